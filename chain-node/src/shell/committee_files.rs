//! The committee's key files of a node's folder: one that appears is taken without a restart (热加载).
//!
//! A file is opened once the chain has named the key of its epoch, and taken only if it is that key: a wrong one would judge
//! bodies wrongly. Files stay encrypted on the disk, under the password of the node's other keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crypto::{CommitteeKeys, KeyUse, SigningKey};
use ledger_types::Committee;
use ledger_types::committee::fingerprint;
use storage::Reader;

use super::RunningNode;
use crate::node_file::NodeFileError;
use crate::node_keys::NodeKeys;
use crate::queries::committee::committee;

/// Between two looks at the folder.
const EVERY: Duration = Duration::from_secs(2);

/// Where the key file of an epoch lies in a folder of the committee's keys.
#[must_use]
pub fn committee_key_file(folder: &Path, epoch: u32) -> PathBuf {
    folder.join(format!("committee-{epoch}.pem"))
}

/// The epochs whose files lie in a folder, rising; none if there is no folder.
#[must_use]
pub fn committee_key_epochs(folder: &Path) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let epoch = |name: &str| name.strip_prefix("committee-")?.strip_suffix(".pem")?.parse().ok();
    let mut epochs: Vec<u32> = entries.filter_map(|entry| epoch(entry.ok()?.file_name().to_str()?)).collect();
    epochs.sort_unstable();
    epochs
}

/// Opens what appears in a folder.
pub(crate) struct CommitteeFolder {
    pub(crate) folder: PathBuf,
    pub(crate) opener: NodeKeys,
    pub(crate) keys: Arc<CommitteeKeys>,
    pub(crate) reader: Reader,
    /// Files that were opened already: by epoch, as they were then.
    pub(crate) seen: BTreeMap<u32, SystemTime>,
}

impl CommitteeFolder {
    /// Takes each key that the chain knows and this node does not have yet.
    fn look(&mut self) {
        let known = match committee(&self.reader) {
            Ok(view) => {
                let next = view.rules.next.map(|next| next.change.committee);
                view.past.iter().map(|past| past.committee).chain(view.rules.committee).chain(next).collect::<Vec<_>>()
            }
            Err(error) => return tracing::error!(%error, "the committee's keys cannot be read"),
        };
        for wanted in known {
            if !self.keys.confirm(&wanted) {
                self.look_for(&wanted);
            }
        }
    }

    fn look_for(&mut self, wanted: &Committee) {
        let epoch = wanted.epoch;
        let path = committee_key_file(&self.folder, epoch);
        let Ok(changed) = std::fs::metadata(&path).and_then(|file| file.modified()) else { return };
        if self.seen.insert(epoch, changed) == Some(changed) {
            return;
        }
        let path = path.display();
        match self.open(epoch) {
            Ok(key) if key.public_key().0 == wanted.public_key => {
                let taken = self.keys.offer(epoch, key).map(|()| self.keys.confirm(wanted));
                tracing::info!(%path, epoch, fingerprint = wanted.fingerprint(), ?taken, "takes a key of the committee");
            }
            Ok(other) => tracing::error!(
                %path,
                epoch,
                found = fingerprint(&other.public_key().0),
                wanted = wanted.fingerprint(),
                "the committee's key file holds another key than the chain names: it is not taken"
            ),
            Err(error) => tracing::error!(%path, epoch, %error, "the committee's key file cannot be opened"),
        }
    }

    fn open(&self, epoch: u32) -> Result<SigningKey, NodeFileError> {
        self.opener.key(&committee_key_file(&self.folder, epoch), KeyUse::Encryption)
    }
}

impl RunningNode {
    /// Takes keys of the committee that appear in the folder, until the node stops.
    pub(crate) fn follow_committee_keys(&self, mut folder: CommitteeFolder) {
        let mut stopping = self.stop.subscribe();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    _ = stopping.wait_for(|stop| *stop) => return,
                }
                // Opening a key file takes a moment on purpose.
                let looked = tokio::task::spawn_blocking(move || {
                    folder.look();
                    folder
                });
                match looked.await {
                    Ok(back) => folder = back,
                    Err(error) => {
                        return tracing::error!(%error, "the folder of the committee's keys is followed no more");
                    }
                }
            }
        });
    }
}
