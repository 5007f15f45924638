//! The keys of the register as storage sorts them.

use super::RegistryKey;
use crate::ids::ProposalId;

impl RegistryKey {
    /// The key in storage: a tag, then big-endian fields, so that bytes sort like `Ord`.
    pub fn storage_key(&self) -> Vec<u8> {
        let mut out = vec![self.tag()];
        match self {
            Self::Counters | Self::Params | Self::Validators | Self::NextCommittee | Self::AcceptedEpochs => {}
            Self::Epoch | Self::Governance | Self::Adaptive | Self::Committee | Self::TrustAnchors => {}
            Self::PastEpoch(number) | Self::Proposal(ProposalId(number)) | Self::Hands(ProposalId(number)) => {
                out.extend_from_slice(&number.to_be_bytes())
            }
            Self::Offence(digest) | Self::Certificate(digest) => out.extend_from_slice(&digest.0),
            Self::Timer { due_ms, number } => {
                out.extend_from_slice(&due_ms.to_be_bytes());
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Account(a)
            | Self::Taxpayer(a)
            | Self::Usage(a)
            | Self::Staff(a)
            | Self::Delegates(a)
            | Self::Recovery(a) => out.extend_from_slice(&a.0.to_be_bytes()),
            Self::AccountOfTaxId(id) => out.extend_from_slice(id.as_str().as_bytes()),
            Self::RuleBook { area, version } => {
                out.extend_from_slice(&area.0.to_be_bytes());
                out.extend_from_slice(&version.to_be_bytes());
            }
            Self::RuleBookHead(area) | Self::Numbering(area) => out.extend_from_slice(&area.0.to_be_bytes()),
            Self::Application(id) => out.extend_from_slice(&id.0.to_be_bytes()),
            Self::PastCommittee(epoch) => out.extend_from_slice(&epoch.to_be_bytes()),
            Self::RedForm(id) => out.extend_from_slice(&id.0.to_be_bytes()),
            Self::Order { seller: account, order_ref: digest }
            | Self::Payment { provider: account, payment_ref: digest }
            | Self::Separated { account, holder: digest }
            | Self::AnchoredLog { account, log: digest } => {
                out.extend_from_slice(&account.0.to_be_bytes());
                out.extend_from_slice(&digest.0);
            }
            Self::Delegation { from, to } => {
                out.extend_from_slice(&from.0.to_be_bytes());
                out.extend_from_slice(&to.0.to_be_bytes());
            }
            Self::KeyUsage { account, key } | Self::Office { account, key } => {
                out.extend_from_slice(&account.0.to_be_bytes());
                out.extend_from_slice(&key.0.to_be_bytes());
            }
            Self::Grant(id) => out.extend_from_slice(&id.sorted_bytes()),
            Self::Erasure(id) => out.extend_from_slice(&id.sorted_bytes()),
            Self::Erased(slot) => out.extend_from_slice(&slot.0.to_be_bytes()),
            Self::Inspection(id) => out.extend_from_slice(&id.sorted_bytes()),
            Self::GrantsBy(from) => out.extend_from_slice(&from.0),
            Self::GrantsTo { to, from } => {
                out.extend_from_slice(&to.0);
                out.extend_from_slice(&from.0);
            }
            Self::Access { account, key, slot } | Self::LinkAccess { account, key, slot } => {
                out.extend_from_slice(&account.0.to_be_bytes());
                out.extend_from_slice(&key.0.to_be_bytes());
                out.extend_from_slice(&slot.0.to_be_bytes());
            }
        }
        out
    }

    /// The first byte of the storage key: the variant's number.
    pub fn tag(&self) -> u8 {
        match self {
            Self::Counters => 0,
            Self::Params => 1,
            Self::Validators => 2,
            Self::Timer { .. } => 3,
            Self::Account(_) => 4,
            Self::AccountOfTaxId(_) => 5,
            Self::Taxpayer(_) => 6,
            Self::Usage(_) => 7,
            Self::RuleBook { .. } => 8,
            Self::RuleBookHead(_) => 9,
            Self::Numbering(_) => 10,
            Self::Application(_) => 11,
            Self::Order { .. } => 12,
            Self::Payment { .. } => 13,
            Self::RedForm(_) => 14,
            Self::KeyUsage { .. } => 15,
            Self::Epoch => 16,
            Self::PastEpoch(_) => 17,
            Self::Governance => 18,
            Self::Proposal(_) => 19,
            Self::Offence(_) => 20,
            Self::Adaptive => 21,
            Self::Committee => 22,
            Self::Office { .. } => 23,
            Self::Staff(_) => 24,
            Self::Separated { .. } => 25,
            Self::Hands(_) => 26,
            Self::Delegates(_) => 27,
            Self::Delegation { .. } => 28,
            Self::Recovery(_) => 29,
            Self::Certificate(_) => 30,
            Self::TrustAnchors => 31,
            Self::Grant(_) => 32,
            Self::GrantsTo { .. } => 33,
            Self::GrantsBy(_) => 34,
            Self::Inspection(_) => 35,
            Self::Access { .. } => 36,
            Self::NextCommittee => 37,
            Self::AnchoredLog { .. } => 38,
            Self::PastCommittee(_) => 39,
            Self::AcceptedEpochs => 40,
            Self::LinkAccess { .. } => 45,
            Self::Erasure(_) => 41,
            Self::Erased(_) => 42,
        }
    }
}
