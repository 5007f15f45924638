//! Fates.

use ledger_types::{BlockTime, Height, Receipt, RequestId, RequestScope, TxId};

use super::error::{ConvertError, Problem};
use super::field::{Read, message, ms, optional, request_id, required, tx_id, u16_of, wire_ms};
use crate::types::v1 as wire;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The transaction, while known.
    pub tx_id: Option<TxId>,
    /// Its request id, while known.
    pub request: Option<(RequestScope, RequestId)>,
    /// Where it stands.
    pub state: FateState,
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FateState {
    /// Admitted, waiting for a block. Not final.
    Pending,
    /// In a block and took effect. Final.
    Committed(Box<InBlock>),
    /// In a block and refused with a receipt. Final.
    Refused(Box<InBlock>),
    /// Can no longer enter a block, and is in none. Final.
    Expired,
    /// Never seen; may still arrive. Not final.
    Unknown,
}

/// A verdict in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBlock {
    /// The block.
    pub height: Height,
    /// The place in it.
    pub index: u16,
    /// Its time.
    pub time: BlockTime,
    /// The receipt.
    pub receipt: Receipt,
}

impl InBlock {
    /// The height whose header and certificate prove it.
    pub fn provable_at(&self) -> Height {
        self.height.next()
    }
}

impl Fate {
    /// A verdict in a block: the receipt says whether it took effect.
    pub fn in_block(tx_id: TxId, request: (RequestScope, RequestId), verdict: InBlock) -> Self {
        let accepted = verdict.receipt.is_accepted();
        let verdict = Box::new(verdict);
        let state = if accepted { FateState::Committed(verdict) } else { FateState::Refused(verdict) };
        Self { tx_id: Some(tx_id), request: Some(request), state }
    }

    /// True if it will not change any more.
    pub fn is_final(&self) -> bool {
        matches!(self.state, FateState::Committed(_) | FateState::Refused(_) | FateState::Expired)
    }

    /// The verdict, if in a block.
    pub fn verdict(&self) -> Option<&InBlock> {
        match &self.state {
            FateState::Committed(v) | FateState::Refused(v) => Some(v),
            _ => None,
        }
    }
}

impl From<(RequestScope, RequestId)> for wire::RequestKey {
    fn from((scope, id): (RequestScope, RequestId)) -> Self {
        Self { scope: scope.0, request_id: id.0.to_vec() }
    }
}

impl TryFrom<wire::RequestKey> for (RequestScope, RequestId) {
    type Error = ConvertError;

    fn try_from(w: wire::RequestKey) -> Result<Self, ConvertError> {
        Ok((RequestScope(w.scope), request_id(&w.request_id, "request_id")?))
    }
}

impl From<&Fate> for wire::Fate {
    fn from(fate: &Fate) -> Self {
        let state = match &fate.state {
            FateState::Pending => wire::FateState::Pending,
            FateState::Committed(_) => wire::FateState::Committed,
            FateState::Refused(_) => wire::FateState::Refused,
            FateState::Expired => wire::FateState::Expired,
            FateState::Unknown => wire::FateState::Unknown,
        };
        let verdict = fate.verdict();
        Self {
            state: state.into(),
            tx_id: fate.tx_id.map(|id| id.0.to_vec()).unwrap_or_default(),
            request: fate.request.map(Into::into),
            height: verdict.map(|v| v.height.0),
            index: verdict.map(|v| v.index.into()),
            block_time_ms: verdict.map(|v| wire_ms(v.time.0)),
            receipt: verdict.map(|v| (&v.receipt).into()),
            provable_at: verdict.map(|v| v.provable_at().0),
        }
    }
}

impl TryFrom<wire::Fate> for Fate {
    type Error = ConvertError;

    fn try_from(w: wire::Fate) -> Result<Self, ConvertError> {
        let state = wire::FateState::try_from(w.state)
            .map_err(|_| ConvertError::new("state", Problem::UnknownEnum(w.state)))?;
        let tx = if w.tx_id.is_empty() { None } else { Some(tx_id(&w.tx_id, "tx_id")?) };
        let request = optional(w.request.clone(), "request")?;
        let state = match state {
            wire::FateState::Unspecified => return Err(ConvertError::missing("state")),
            wire::FateState::Pending => FateState::Pending,
            wire::FateState::Expired => FateState::Expired,
            wire::FateState::Unknown => FateState::Unknown,
            wire::FateState::Committed => FateState::Committed(Box::new(verdict(w, true)?)),
            wire::FateState::Refused => FateState::Refused(Box::new(verdict(w, false)?)),
        };
        Ok(Self { tx_id: tx, request, state })
    }
}

fn verdict(w: wire::Fate, accepted: bool) -> Read<InBlock> {
    let verdict = InBlock {
        height: Height(required(w.height, "height")?),
        index: u16_of(required(w.index, "index")?, "index")?,
        time: BlockTime(ms(required(w.block_time_ms, "block_time_ms")?, "block_time_ms")?),
        receipt: message(w.receipt, "receipt")?,
    };
    if verdict.receipt.is_accepted() == accepted {
        Ok(verdict)
    } else {
        Err(ConvertError::new("receipt", Problem::Contradiction("says something else than the state")))
    }
}
