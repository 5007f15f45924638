//! Headers and certificates.

use ledger_types::{BlockId, BlockTime, ChainId, CommitCertificate, ConsensusKind, Header, Height};

use super::error::ConvertError;
use super::field::{at_most, bytes, choice, digest, list_with, ms, u16_of, wire_ms};
use crate::types::v1 as wire;

/// Most validators of a set, one bit each in a certificate.
const MAX_SIGNATURES: usize = 256;

impl From<&Header> for wire::Header {
    fn from(h: &Header) -> Self {
        Self {
            version: h.version.into(),
            protocol: h.protocol,
            chain_id: h.chain_id.0.to_vec(),
            height: h.height.0,
            epoch: h.epoch,
            consensus: wire::ConsensusKind::from(h.consensus).into(),
            time_ms: wire_ms(h.time.0),
            parent: h.parent.0.to_vec(),
            tx_root: h.tx_root.0.to_vec(),
            state_root: h.state_root.0.to_vec(),
            receipts_root: h.receipts_root.0.to_vec(),
            changes_root: h.changes_root.0.to_vec(),
            rule_books_root: h.rule_books_root.0.to_vec(),
            validators_hash: h.validators_hash.0.to_vec(),
            next_validators_hash: h.next_validators_hash.0.to_vec(),
            params_hash: h.params_hash.0.to_vec(),
            last_certificate_hash: h.last_certificate_hash.0.to_vec(),
            evidence_root: h.evidence_root.0.to_vec(),
            proposer: h.proposer.into(),
        }
    }
}

impl TryFrom<wire::Header> for Header {
    type Error = ConvertError;

    fn try_from(w: wire::Header) -> Result<Self, ConvertError> {
        Ok(Self {
            version: u16_of(w.version, "version")?,
            protocol: w.protocol,
            chain_id: ChainId(bytes(&w.chain_id, "chain_id")?),
            height: Height(w.height),
            epoch: w.epoch,
            consensus: choice::<wire::ConsensusKind, ConsensusKind>(w.consensus, "consensus")?,
            time: BlockTime(ms(w.time_ms, "time_ms")?),
            parent: BlockId(bytes(&w.parent, "parent")?),
            tx_root: digest(&w.tx_root, "tx_root")?,
            state_root: digest(&w.state_root, "state_root")?,
            receipts_root: digest(&w.receipts_root, "receipts_root")?,
            changes_root: digest(&w.changes_root, "changes_root")?,
            rule_books_root: digest(&w.rule_books_root, "rule_books_root")?,
            validators_hash: digest(&w.validators_hash, "validators_hash")?,
            next_validators_hash: digest(&w.next_validators_hash, "next_validators_hash")?,
            params_hash: digest(&w.params_hash, "params_hash")?,
            last_certificate_hash: digest(&w.last_certificate_hash, "last_certificate_hash")?,
            evidence_root: digest(&w.evidence_root, "evidence_root")?,
            proposer: u16_of(w.proposer, "proposer")?,
        })
    }
}

impl From<&CommitCertificate> for wire::CommitCertificate {
    fn from(c: &CommitCertificate) -> Self {
        Self {
            version: c.version.into(),
            epoch: c.epoch,
            kind: wire::ConsensusKind::from(c.kind).into(),
            height: c.height.0,
            round: c.round,
            block_id: c.block_id.0.to_vec(),
            bitmap: c.bitmap.clone(),
            signatures: c.signatures.iter().map(|s| s.to_vec()).collect(),
        }
    }
}

impl TryFrom<wire::CommitCertificate> for CommitCertificate {
    type Error = ConvertError;

    fn try_from(w: wire::CommitCertificate) -> Result<Self, ConvertError> {
        at_most(w.bitmap.len(), MAX_SIGNATURES / 8, "bitmap")?;
        Ok(Self {
            version: u16_of(w.version, "version")?,
            epoch: w.epoch,
            kind: choice::<wire::ConsensusKind, ConsensusKind>(w.kind, "kind")?,
            height: Height(w.height),
            round: w.round,
            block_id: BlockId(bytes(&w.block_id, "block_id")?),
            bitmap: w.bitmap,
            signatures: list_with(w.signatures, MAX_SIGNATURES, "signatures", |s: Vec<u8>| bytes(&s, ""))?,
        })
    }
}
