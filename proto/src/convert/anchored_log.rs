//! How far logs have come.

use ledger_types::{AnchoredLog, BlockTime, Height};

use super::error::ConvertError;
use super::field::{digest, ms, wire_ms};
use crate::types::v1 as wire;

impl From<&AnchoredLog> for wire::AnchoredLog {
    fn from(log: &AnchoredLog) -> Self {
        Self { entries: log.entries, head: log.head.0.to_vec(), height: log.height.0, time_ms: wire_ms(log.time.0) }
    }
}

impl TryFrom<wire::AnchoredLog> for AnchoredLog {
    type Error = ConvertError;

    fn try_from(w: wire::AnchoredLog) -> Result<Self, ConvertError> {
        Ok(Self {
            entries: w.entries,
            head: digest(&w.head, "head")?,
            height: Height(w.height),
            time: BlockTime(ms(w.time_ms, "time_ms")?),
        })
    }
}
