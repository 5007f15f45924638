//! How configuration names a key in the device: `sdf:3`, or `sdf:vote` where `[sdf]` has a label `vote`.

use std::path::Path;

use crate::{SdfError, Settings};

const PREFIX: &str = "sdf:";

/// The name of a key in the device, if that is what stands in the place of a key file's path.
#[must_use]
pub fn device_key_name(place: &Path) -> Option<&str> {
    place.to_str()?.strip_prefix(PREFIX)
}

/// The index that a name means.
pub(crate) fn index(settings: &Settings, name: &str) -> Result<u32, SdfError> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    if let Some(index) = settings.labels.get(name) {
        return Ok(*index);
    }
    name.parse().ok().filter(|index| *index > 0).ok_or_else(|| {
        let known: Vec<&str> = settings.labels.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        SdfError::UnknownName { name: name.to_owned(), known }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_by_index_or_label() {
        let mut settings = Settings::of("lib.so".into());
        settings.labels.insert("vote".to_owned(), 7);
        assert_eq!((index(&settings, "vote").unwrap(), index(&settings, "sdf:12").unwrap()), (7, 12));
        for wrong in ["0", "-1", "wote", "", "4294967296"] {
            let error = index(&settings, wrong).unwrap_err();
            assert_eq!(error, SdfError::UnknownName { name: wrong.to_owned(), known: "vote".to_owned() });
        }
    }

    #[test]
    fn a_path_is_no_name() {
        assert_eq!(device_key_name(Path::new("sdf:vote")), Some("vote"));
        assert_eq!(device_key_name(Path::new("keys/vote.pem")), None);
        assert_eq!(device_key_name(Path::new("/etc/sdf:vote")), None);
    }
}
