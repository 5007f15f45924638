//! The frames read or written last, decoded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::{BlockFrame, Height};

/// Bytes of canonical frames kept.
const MOST_BYTES: usize = 64 << 20;

/// Frames by height, the one used last at the back.
#[derive(Default)]
pub(crate) struct FrameCache {
    frames: Mutex<VecDeque<(Height, usize, Arc<BlockFrame>)>>,
}

impl FrameCache {
    pub(crate) fn get(&self, height: Height) -> Option<Arc<BlockFrame>> {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let at = frames.iter().position(|(h, ..)| *h == height)?;
        let found = frames.remove(at)?;
        let frame = Arc::clone(&found.2);
        frames.push_back(found);
        Some(frame)
    }

    pub(crate) fn forget(&self, height: Height) {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.retain(|(h, ..)| *h != height);
    }

    pub(crate) fn keep(&self, height: Height, bytes: usize, frame: &Arc<BlockFrame>) {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.retain(|(h, ..)| *h != height);
        frames.push_back((height, bytes, Arc::clone(frame)));
        while frames.len() > 1 && frames.iter().map(|(_, bytes, _)| bytes).sum::<usize>() > MOST_BYTES {
            frames.pop_front();
        }
    }
}
