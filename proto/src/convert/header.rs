//! Who asks for a change, and under which id.

use ledger_types::{AccountId, ChainId, RequestId};

use super::error::ConvertError;
use super::field::{account, chain_id, request_id};
use crate::invoice::v1 as wire;

/// Who asks for a change, and under which id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeHeader {
    /// The id of this business intent.
    pub request_id: RequestId,
    /// Who acts.
    pub acting_account: AccountId,
    /// Only this chain.
    pub chain_id: Option<ChainId>,
}

impl From<ChangeHeader> for wire::ChangeHeader {
    fn from(h: ChangeHeader) -> Self {
        Self {
            request_id: h.request_id.0.to_vec(),
            acting_account: h.acting_account.0,
            chain_id: h.chain_id.map(|c| c.0.to_vec()).unwrap_or_default(),
        }
    }
}

impl TryFrom<wire::ChangeHeader> for ChangeHeader {
    type Error = ConvertError;

    fn try_from(w: wire::ChangeHeader) -> Result<Self, ConvertError> {
        Ok(Self {
            request_id: request_id(&w.request_id, "request_id")?,
            acting_account: account(w.acting_account, "acting_account")?,
            chain_id: chain_id(&w.chain_id, "chain_id")?,
        })
    }
}
