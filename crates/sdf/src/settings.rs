//! How a device is configured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::SdfError;

/// The section `[sdf]` of a configuration file. Relative paths count from the folder of that file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The vendor's library.
    pub library: PathBuf,
    /// File with the PIN of the keys, for its owner only; `TAXCHAIN_SDF_PIN` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_file: Option<PathBuf>,
    /// Sessions kept with the device, at most.
    #[serde(default = "four")]
    pub sessions: u16,
    /// How long one call may take, with waiting and further tries, ms.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
    /// Names for indexes: `vote = 1`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, u32>,
    /// First and last index of keys that were made in the device and are for nothing yet: new keys are taken from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spare: Option<(u32, u32)>,
}

fn four() -> u16 {
    4
}

fn five_seconds() -> u64 {
    5_000
}

impl Settings {
    /// A device with this library, all else as usual.
    #[must_use]
    pub fn of(library: PathBuf) -> Self {
        let (sessions, timeout_ms) = (four(), five_seconds());
        Self { library, pin_file: None, sessions, timeout_ms, labels: BTreeMap::new(), spare: None }
    }

    /// The same with paths that count from `folder`.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        self.library = folder.join(self.library);
        self.pin_file = self.pin_file.map(|file| folder.join(file));
        self
    }

    pub(crate) fn check(&self) -> Result<(), SdfError> {
        let wrong = |what: &str| Err(SdfError::Settings(what.to_owned()));
        if !(1..=64).contains(&self.sessions) {
            return wrong("`sessions` must be 1 to 64");
        }
        if !(10..=120_000).contains(&self.timeout_ms) {
            return wrong("`timeout_ms` must be 10 to 120000");
        }
        if self.labels.values().any(|index| *index == 0) || self.spare.is_some_and(|(from, to)| from == 0 || to < from)
        {
            return wrong("keys in a device are numbered from 1 on, and `spare` is [first, last]");
        }
        Ok(())
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
