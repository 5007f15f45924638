//! What the writer shares with readers: after each commit one snapshot, swapped in as a whole.

use std::sync::{Arc, PoisonError, RwLock};

use ledger_types::{BlockFrame, Canonical, ChainId, ErasureId, Genesis, Height};

use crate::engine::KvRead;
use crate::error::{StoreError, damaged};
use crate::frame_cache::FrameCache;
use crate::registry_cache::RegistryCache;
use crate::segment::{Place, SegmentReader};
use crate::slot_tree::SlotTree;
use crate::snapshot::Base;
use crate::tip::Tip;

/// A height and the rows as of it.
pub(crate) struct Published {
    pub(crate) tip: Tip,
    pub(crate) rows: Arc<dyn KvRead>,
}

/// Shared by the store, its views and its readers.
pub(crate) struct Shared {
    pub(crate) chain: ChainId,
    pub(crate) genesis: Genesis,
    /// The snapshot that the data begin with.
    pub(crate) base: Option<Base>,
    pub(crate) segments: SegmentReader,
    pub(crate) slots: Arc<RwLock<SlotTree>>,
    pub(crate) registry: Arc<RegistryCache>,
    pub(crate) frames: FrameCache,
    /// The newest order of erasure that was carried out here, and all before it.
    pub(crate) erased_to: RwLock<Option<ErasureId>>,
    newest: RwLock<Arc<Published>>,
    /// The last field, so that it goes when all others are closed, not when their closing begins.
    pub(crate) open: Arc<()>,
}

impl Shared {
    pub(crate) fn new(
        genesis: Genesis,
        base: Option<Base>,
        segments: SegmentReader,
        slots: Arc<RwLock<SlotTree>>,
        first: Published,
    ) -> Self {
        let registry = Arc::new(RegistryCache::default());
        registry.reset(first.tip.height);
        Self {
            chain: genesis.chain_id(),
            genesis,
            base,
            segments,
            slots,
            registry,
            frames: FrameCache::default(),
            erased_to: RwLock::default(),
            newest: RwLock::new(Arc::new(first)),
            open: Arc::default(),
        }
    }

    /// The first block that is kept.
    pub(crate) fn first_block(&self) -> Height {
        self.base.as_ref().map_or(Height(1), |base| base.height.next())
    }

    /// The newest height.
    pub(crate) fn newest(&self) -> Arc<Published> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn publish(&self, published: Published) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }

    /// The frame at a place in the segments.
    pub(crate) fn frame_at(&self, height: Height, place: Place) -> Result<Arc<BlockFrame>, StoreError> {
        if let Some(frame) = self.frames.get(height) {
            return Ok(frame);
        }
        // Held until it is in the cache: what is erased meanwhile would come back in it.
        let _held = self.segments.hold();
        let stored = self.segments.read_held(place)?;
        let bytes = stored.raw.len();
        let bad = |what: String| damaged(&self.segments.path(place), place.offset, what);
        if stored.height != height {
            return Err(bad(format!("the frame is of height {}, not {height}", stored.height)));
        }
        let frame = Arc::new(decode_frame(&stored.raw).map_err(bad)?);
        self.frames.keep(height, bytes, &frame);
        Ok(frame)
    }
}

/// A frame's contents; what is wrong with them.
pub(crate) fn decode_frame(raw: &[u8]) -> Result<BlockFrame, String> {
    let frame = BlockFrame::from_canonical(raw).map_err(|e| e.to_string())?;
    if frame.version != BlockFrame::VERSION {
        return Err(format!("frame version {} is not known", frame.version));
    }
    Ok(frame)
}
