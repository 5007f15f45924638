//! What a node gives to those that begin with a snapshot.

use ledger_types::{Digest, Height};
use proofs::snapshot::ChunkName;
use storage::{Shelf, SnapshotFolder, StoreError};

use crate::peer_message::{Offer, PeerMessage};

/// Bytes a second that all who fetch get together: a fraction of what a disk and a link bear beside consensus.
const BYTES_A_SECOND: u64 = 48 << 20;
/// At once, after a rest.
const BURST: u64 = 16 << 20;

/// Reads what is asked for from the shelf.
pub struct SnapshotServer {
    shelf: Shelf,
    known: Vec<(Height, Digest)>,
    /// Bytes that may leave now, and when that was counted.
    allowance: (u64, u64),
}

impl SnapshotServer {
    /// Serves what stands on this shelf.
    pub fn new(shelf: Shelf) -> Self {
        Self { shelf, known: Vec::new(), allowance: (BURST, 0) }
    }

    /// What to say to a peer's question; none to what is no question of this kind.
    ///
    /// # Errors
    /// Those of the disk; a rotten chunk is told as missing.
    pub fn answer(&mut self, message: &PeerMessage) -> Result<Option<PeerMessage>, StoreError> {
        match message {
            PeerMessage::WantSnapshot => {
                self.look()?;
                let offers = self.known.iter().map(|(height, snapshot)| Offer { height: *height, snapshot: *snapshot });
                Ok(Some(PeerMessage::Snapshots(offers.collect())))
            }
            PeerMessage::WantChunk { snapshot, chunk } => {
                let (snapshot, chunk) = (*snapshot, *chunk);
                let found = match self.folder(&snapshot)? {
                    Some(folder) => sound(&folder, chunk)?,
                    None => None,
                };
                Ok(Some(match found {
                    Some(bytes) => PeerMessage::Chunk { snapshot, chunk, bytes },
                    None => PeerMessage::NoChunk { snapshot, chunk },
                }))
            }
            _ => Ok(None),
        }
    }

    /// So many bytes are about to leave: how long to wait before, ms.
    pub fn wait_ms(&mut self, bytes: usize, now_ms: u64) -> u64 {
        let (left, counted) = self.allowance;
        let earned = now_ms.saturating_sub(counted).saturating_mul(BYTES_A_SECOND) / 1_000;
        let left = left.saturating_add(earned).min(BURST);
        let bytes = bytes as u64;
        if bytes <= left {
            self.allowance = (left - bytes, now_ms);
            return 0;
        }
        let wait = (bytes - left).saturating_mul(1_000) / BYTES_A_SECOND + 1;
        self.allowance = (0, now_ms.saturating_add(wait));
        wait
    }

    fn folder(&mut self, snapshot: &Digest) -> Result<Option<SnapshotFolder>, StoreError> {
        if !self.known.iter().any(|(_, id)| id == snapshot) {
            self.look()?;
        }
        let height = self.known.iter().find(|(_, id)| id == snapshot).map(|(height, _)| *height);
        Ok(height.map(|height| self.shelf.at(height)))
    }

    /// Reads the names of the snapshots anew.
    fn look(&mut self) -> Result<(), StoreError> {
        let heights = self.shelf.heights()?;
        self.known.retain(|(height, _)| heights.contains(height));
        for height in heights {
            if self.known.iter().any(|(known, _)| *known == height) {
                continue;
            }
            match self.shelf.at(height).manifest() {
                Ok(manifest) => self.known.push((height, manifest.id())),
                Err(error) => tracing::error!(%error, "a snapshot's manifest cannot be read: it is not offered"),
            }
        }
        self.known.sort_unstable_by_key(|(height, _)| std::cmp::Reverse(*height));
        Ok(())
    }
}

fn sound(folder: &SnapshotFolder, chunk: ChunkName) -> Result<Option<Vec<u8>>, StoreError> {
    match folder.sound_bytes(chunk) {
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(%error, "a chunk of a snapshot is damaged: it is not given");
            Ok(None)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use ledger_types::ChainId;
    use storage::MemoryDisk;

    use super::*;

    #[test]
    fn what_leaves_is_bounded_by_the_second() {
        let shelf = Shelf::of_chain(Arc::new(MemoryDisk::new()), Path::new("/d"), &ChainId([1; 32]));
        let mut server = SnapshotServer::new(shelf);
        let (mut now, mut sent) = (10_000, 0_u64);
        while now < 14_000 {
            let waited = server.wait_ms(1 << 20, now);
            sent += 1 << 20;
            now += waited;
        }
        assert!((3 * BYTES_A_SECOND..=4 * BYTES_A_SECOND + 2 * BURST).contains(&sent), "{sent}");
    }
}
