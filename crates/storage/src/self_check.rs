//! A running node reads its block files again, a little at a time: what rots is found before anybody needs it.

use std::sync::Arc;

use ledger_types::{BlockId, Height};

use crate::error::{StoreError, damaged};
use crate::published::{Shared, decode_frame};
use crate::reader::Reader;

/// A walk over all blocks, from the first to the newest, again and again.
pub struct SelfCheck {
    shared: Arc<Shared>,
    reader: Reader,
    next: Height,
    parent: BlockId,
    /// Bytes read in this round.
    read: u64,
}

/// What a step of it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfChecked {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes of all blocks, judged by those read in this round.
    pub whole: u64,
    /// All blocks were read once more; the next step begins at the first.
    pub round_done: bool,
}

impl SelfCheck {
    pub(crate) fn new(shared: Arc<Shared>, reader: Reader) -> Self {
        let next = shared.first_block();
        Self { shared, reader, next, parent: BlockId::ZERO, read: 0 }
    }

    /// Reads at least one block and about so many bytes from the disk: their checksums and the link from block to block,
    /// and that each certificate is of its block.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with file and place, or what reading came to.
    pub fn step(&mut self, most: u64) -> Result<SelfChecked, StoreError> {
        let mut bytes = 0;
        while bytes < most.max(1) {
            let Some(place) = self.reader.at(self.next)?.and_then(|tip| tip.place) else {
                let whole = self.whole();
                (self.next, self.parent, self.read) = (self.shared.first_block(), BlockId::ZERO, 0);
                return Ok(SelfChecked { bytes, whole, round_done: true });
            };
            let stored = self.shared.segments.read(place)?;
            let bad = |what: String| damaged(&self.shared.segments.path(place), place.offset, what);
            bytes += u64::from(place.len);
            self.read += u64::from(place.len);
            let frame = decode_frame(&stored.raw).map_err(bad)?;
            let header = &frame.block.header;
            if stored.height != self.next || header.height != self.next {
                return Err(bad(format!("it is of height {}, not {}", header.height, self.next)));
            }
            if self.next > self.shared.first_block() && header.parent != self.parent {
                return Err(bad("it does not follow the block before".to_owned()));
            }
            let id = header.block_id();
            if frame.certificate.block_id != id {
                return Err(bad("its certificate is of another block".to_owned()));
            }
            (self.next, self.parent) = (self.next.next(), id);
        }
        Ok(SelfChecked { bytes, whole: self.whole(), round_done: false })
    }

    fn whole(&self) -> u64 {
        let first = self.shared.first_block().0;
        let (done, all) = (self.next.0 - first, self.reader.tip().height.next().0.saturating_sub(first));
        let whole = u128::from(self.read) * u128::from(all) / u128::from(done.max(1));
        u64::try_from(whole).unwrap_or(u64::MAX)
    }
}
