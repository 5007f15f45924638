//! Who may call a node, and by what right: one table, held where every call passes (`NodeGateway::measured`).
//!
//! A node has no accounts of callers. What it tells everyone is what stands on the chain for everyone: commitments and the
//! register. What changes the chain, or opens contents, carries a signature that is checked against the register and the
//! offices in it. A call without a row is refused; a test holds the rows against the descriptors.

/// By what right a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Anyone's: commitments and the register.
    Public,
    /// Whoever signed what is handed in, as far as the register lets him.
    Signature,
    /// Anyone's on a chain whose clock is driven; nobody's elsewhere.
    DrivenClock,
}

use Right::{DrivenClock, Public, Signature};

const ROWS: &[(&str, Right)] = &[
    ("Submit", Signature),
    ("SubmitStream", Signature),
    ("WaitReceipt", Public),
    ("GetFate", Public),
    ("GetTransaction", Public),
    ("GetBlock", Public),
    ("GetHeaders", Public),
    ("GetInvoice", Public),
    ("GetOutput", Public),
    ("ListOutputs", Public),
    ("ListInvoices", Public),
    ("GetHistory", Public),
    ("GetAccount", Public),
    ("GetTaxpayer", Public),
    ("GetUsage", Public),
    ("GetGovernance", Public),
    ("ListOffences", Public),
    ("GetPeers", Public),
    ("GetDelegations", Public),
    ("GetRecovery", Public),
    ("GetCertificates", Public),
    ("GetAnchoredLog", Public),
    ("GetCommittee", Public),
    ("GetRuleBook", Public),
    ("GetApplication", Public),
    ("GetRedForm", Public),
    ("GetProof", Public),
    ("OpenContent", Signature),
    ("LinkClaims", Signature),
    ("ListGrants", Public),
    ("ListInspections", Public),
    ("ListErasures", Public),
    ("Subscribe", Public),
    ("GetStatus", Public),
    ("GetGenesis", Public),
    ("SetClock", DrivenClock),
];

/// The row of a call; without one it is nobody's.
pub(super) fn right(method: &str) -> Option<Right> {
    ROWS.iter().find(|(name, _)| *name == method).map(|(_, right)| *right)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn every_call_of_a_node_has_one_row() {
        let set = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        let files = set.file.iter().filter(|file| file.package() == "taxchain.node.v1");
        let calls: BTreeSet<&str> = files.flat_map(|f| &f.service).flat_map(|s| &s.method).map(|m| m.name()).collect();
        let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
        assert_eq!((rows.len(), &rows), (ROWS.len(), &calls));
        assert_eq!(right("Delete"), None);
        assert_eq!(right("SetClock"), Some(DrivenClock));
    }
}
