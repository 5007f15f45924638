//! Transactions: the canonical bytes are the truth, the message beside them is for people.

use ledger_types::envelope::Signer;
use ledger_types::limits::MAX_TX_BYTES;
use ledger_types::{Canonical, SectionCommitment, SignerIdentity, Transaction};

use super::error::{ConvertError, Problem};
use super::field::{Read, at_most, tx_id, wire_ms};
use crate::types::v1 as wire;
use crate::types::v1::signer::Identity;

impl From<&Signer> for wire::Signer {
    fn from(s: &Signer) -> Self {
        let identity = match &s.identity {
            SignerIdentity::Account { account, key } => {
                Identity::Account(wire::AccountSigner { account: account.0, key: key.0.into() })
            }
            SignerIdentity::BareKey(key) => Identity::BareKey(key.to_vec()),
        };
        Self {
            identity: Some(identity),
            role: wire::SignerRole::from(s.role).into(),
            acting_for: s.acting_for.map(|a| a.0),
        }
    }
}

impl From<&SectionCommitment> for wire::SectionCommitment {
    fn from(c: &SectionCommitment) -> Self {
        Self { kind: wire::SectionKind::from(c.kind).into(), commitment: c.commitment.0.to_vec() }
    }
}

impl From<&Transaction> for wire::Transaction {
    fn from(tx: &Transaction) -> Self {
        let e = &tx.envelope;
        Self {
            canonical: tx.to_canonical(),
            tx_id: e.tx_id().0.to_vec(),
            area: e.area.0.into(),
            request_id: e.request_id.0.to_vec(),
            signers: e.signers.iter().map(Into::into).collect(),
            valid_until_ms: wire_ms(e.valid_until_ms),
            kind: wire::PayloadKind::from(e.payload.kind()).into(),
            payload: Some((&e.payload).into()),
            sections: e.sections.iter().map(Into::into).collect(),
        }
    }
}

/// A transaction from its canonical bytes, strictly: the size is checked first.
pub fn read_transaction(bytes: &[u8], field: &str) -> Read<Transaction> {
    if bytes.is_empty() {
        return Err(ConvertError::missing(field));
    }
    at_most(bytes.len(), MAX_TX_BYTES as usize, field)?;
    Transaction::from_canonical(bytes).map_err(|e| ConvertError::invalid(field, e.to_string()))
}

impl TryFrom<wire::Transaction> for Transaction {
    type Error = ConvertError;

    /// Reads the canonical bytes; the id beside them must be theirs. The rest of the message is not looked at.
    fn try_from(w: wire::Transaction) -> Result<Self, ConvertError> {
        let tx = read_transaction(&w.canonical, "canonical")?;
        if tx.envelope.tx_id() == tx_id(&w.tx_id, "tx_id")? {
            Ok(tx)
        } else {
            Err(ConvertError::new("tx_id", Problem::Contradiction("is not the id of the canonical bytes")))
        }
    }
}
