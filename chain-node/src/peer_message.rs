//! What nodes of one chain say to each other, as canonical bytes. Who says it is the connection's business.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{BlockId, BlockTime, Canonical, CanonicalError, Digest, Height, LedgerStatement, SwitchRequest};
use proofs::snapshot::ChunkName;

use crate::engines::EngineMessage;

/// Most blocks in one answer.
pub const MAX_BLOCKS: u16 = 64;
/// Most bytes of blocks in one answer; one block always fits.
pub const MAX_BLOCKS_BYTES: usize = 8 << 20;
/// Most transactions in one message.
pub const MAX_TXS: usize = 1_024;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PeerMessage {
    /// Of one engine to another.
    Engine {
        /// Epoch it belongs to.
        epoch: u64,
        /// The engine's bytes.
        bytes: Vec<u8>,
    } = 0,
    /// A proposed block: canonical bytes. The proposal that names its id comes from the engine.
    Body(Vec<u8>) = 1,
    /// Who has the block of this id?
    WantBody {
        /// Its height.
        height: Height,
        /// Its id.
        id: BlockId,
    } = 2,
    /// Transactions that wait: canonical bytes.
    Txs(Vec<Vec<u8>>) = 3,
    /// Where the sender stands.
    Status {
        /// Its newest block.
        height: Height,
        /// That block's id.
        id: BlockId,
    } = 4,
    /// Please send blocks.
    WantBlocks {
        /// The first.
        from: Height,
        /// How many, at most [`MAX_BLOCKS`].
        count: u16,
    } = 5,
    /// Blocks in order, each with its certificate.
    Blocks(Vec<CertifiedBlock>) = 6,
    /// The driven clock was set (development chains).
    Clock(BlockTime) = 7,
    /// What the sender's ledger is, signed with its peer key.
    Statement {
        /// The statement.
        statement: LedgerStatement,
        /// SM2, r||s.
        signature: [u8; 64],
    } = 8,
    /// Please send blocks with what they changed: for a node that does not execute.
    WantFrames {
        /// The first.
        from: Height,
        /// How many, at most [`MAX_BLOCKS`].
        count: u16,
    } = 9,
    /// Blocks in order with their certificates, receipts and changes, as they are stored.
    Frames(Vec<Vec<u8>>) = 10,
    /// The sender's wish that the chain change its kind of consensus.
    Switch(Box<SwitchRequest>) = 16,
    /// Which snapshots are there?
    WantSnapshot = 32,
    /// The snapshots that the sender has, the newest first.
    Snapshots(Vec<Offer>) = 33,
    /// Please send a chunk of a snapshot.
    WantChunk {
        /// The snapshot.
        snapshot: Digest,
        /// Its chunk.
        chunk: ChunkName,
    } = 34,
    /// A chunk.
    Chunk {
        /// Of which snapshot.
        snapshot: Digest,
        /// Its name there.
        chunk: ChunkName,
        /// Its bytes, as they are stored.
        bytes: Vec<u8>,
    } = 35,
    /// The sender does not have that chunk (any more).
    NoChunk {
        /// Of which snapshot.
        snapshot: Digest,
        /// Which.
        chunk: ChunkName,
    } = 36,
    /// The blocks that were asked for are not kept here.
    NotKept {
        /// The first that is.
        first: Height,
    } = 37,
    /// Contents of the block that was asked for were deleted by order: it can be had as a frame, to be applied.
    Erased {
        /// Its height.
        height: Height,
    } = 38,
}

/// A final block, as canonical bytes of block and certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertifiedBlock {
    /// The block.
    pub block: Vec<u8>,
    /// Its certificate.
    pub certificate: Vec<u8>,
}

/// A snapshot that a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Offer {
    /// The state is as after this block.
    pub height: Height,
    /// Its name.
    pub snapshot: Digest,
}

impl PeerMessage {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.to_canonical()
    }

    /// From bytes; nothing may be left over.
    pub fn decode(bytes: &[u8]) -> Result<Self, CanonicalError> {
        Self::from_canonical(bytes)
    }

    /// Whether it goes before blocks and transactions.
    pub fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Engine { .. }
                | Self::Status { .. }
                | Self::Statement { .. }
                | Self::Switch(_)
                | Self::Clock(_)
                | Self::WantBody { .. }
                | Self::WantBlocks { .. }
                | Self::WantFrames { .. }
                | Self::NotKept { .. }
                | Self::Erased { .. }
                | Self::WantSnapshot
                | Self::Snapshots(_)
                | Self::WantChunk { .. }
                | Self::NoChunk { .. }
        )
    }

    /// For logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Engine { .. } => "engine",
            Self::Body(_) => "body",
            Self::WantBody { .. } => "want_body",
            Self::Txs(_) => "txs",
            Self::Status { .. } => "status",
            Self::WantBlocks { .. } => "want_blocks",
            Self::Blocks(_) => "blocks",
            Self::WantFrames { .. } => "want_frames",
            Self::Frames(_) => "frames",
            Self::Clock(_) => "clock",
            Self::Statement { .. } => "statement",
            Self::Switch(_) => "switch",
            Self::WantSnapshot => "want_snapshot",
            Self::Snapshots(_) => "snapshots",
            Self::WantChunk { .. } => "want_chunk",
            Self::Chunk { .. } => "chunk",
            Self::NoChunk { .. } => "no_chunk",
            Self::NotKept { .. } => "not_kept",
            Self::Erased { .. } => "erased",
        }
    }
}

impl From<EngineMessage> for PeerMessage {
    fn from(message: EngineMessage) -> Self {
        Self::Engine { epoch: message.epoch, bytes: message.bytes }
    }
}
