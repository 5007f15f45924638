//! What every read shares.

use ledger_types::{BlockTime, ChainId, Digest, Height};

use super::error::ConvertError;
use super::field::{Read, bytes, chain_id, digest, ms, wire_ms};
use crate::types::v1 as wire;

/// Which chain and state a caller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Only this chain.
    pub chain_id: Option<ChainId>,
    /// This height or later.
    pub min_height: Option<Height>,
}

/// At which state a read was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadStamp {
    /// The chain.
    pub chain_id: ChainId,
    /// The height whose state answered.
    pub height: Height,
    /// The state root after it.
    pub state_root: Digest,
    /// Whether that block carries a certificate.
    pub finalized: bool,
    /// Its block time.
    pub time: BlockTime,
}

impl ReadOptions {
    /// Reads the options of a request; none means no wishes.
    pub fn read(w: Option<wire::ReadOptions>) -> Read<Self> {
        let Some(w) = w else { return Ok(Self::default()) };
        let chain_id = chain_id(&w.chain_id, "read_options.chain_id")?;
        Ok(Self { chain_id, min_height: w.min_height.map(Height) })
    }
}

impl From<ReadOptions> for wire::ReadOptions {
    fn from(o: ReadOptions) -> Self {
        Self { chain_id: o.chain_id.map(|c| c.0.to_vec()).unwrap_or_default(), min_height: o.min_height.map(|h| h.0) }
    }
}

impl From<&ReadStamp> for wire::ReadContext {
    fn from(s: &ReadStamp) -> Self {
        Self {
            chain_id: s.chain_id.0.to_vec(),
            height: s.height.0,
            state_root: s.state_root.0.to_vec(),
            finalized: s.finalized,
            block_time_ms: wire_ms(s.time.0),
            block_time: s.time.to_string(),
        }
    }
}

impl TryFrom<wire::ReadContext> for ReadStamp {
    type Error = ConvertError;

    fn try_from(w: wire::ReadContext) -> Result<Self, ConvertError> {
        Ok(Self {
            chain_id: ChainId(bytes(&w.chain_id, "chain_id")?),
            height: Height(w.height),
            state_root: digest(&w.state_root, "state_root")?,
            finalized: w.finalized,
            time: BlockTime(ms(w.block_time_ms, "block_time_ms")?),
        })
    }
}
