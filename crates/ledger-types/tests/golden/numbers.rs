//! The numbers of all plain enumerations: frozen, never used again.

use ledger_types::{
    Canonical, CertificateUse, CreditGrade, Field, InvoiceKind, LineNature, PayloadKind, Policy, Purpose, RedFormState,
    RedInitiator, RedReason, RejectReason, RiskLevel, Role, SectionKind, SignerRole, TaxpayerKind, TaxpayerStatus,
    TitleKind, ZeroKind,
    account::{AccountKind, KeyAlgorithm, KeyPurpose, KeyStatus},
    body::EntryMode,
    genesis::ClockMode,
    header::ConsensusKind,
    output::AssetKind,
    payload::RedAnswer,
    refusal::Level,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::golden;

/// Every value that one byte decodes to, by number.
fn numbers<T: Canonical + Serialize>() -> Value {
    let named = |number: u8| {
        let value = T::from_canonical(&[number]).ok()?;
        assert_eq!(value.to_canonical(), [number]);
        Some((format!("{number:03}"), serde_json::to_value(value).unwrap()))
    };
    let all: Map<String, Value> = (0..=u8::MAX).filter_map(named).collect();
    assert!(!all.is_empty());
    Value::Object(all)
}

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        Value::Object(Map::from_iter([$((stringify!($name).to_owned(), numbers::<$name>())),*]))
    };
}

#[test]
fn enumerations() {
    let vectors = tables![
        AccountKind,
        AssetKind,
        CertificateUse,
        ClockMode,
        ConsensusKind,
        CreditGrade,
        EntryMode,
        Field,
        InvoiceKind,
        KeyAlgorithm,
        KeyPurpose,
        KeyStatus,
        Level,
        LineNature,
        PayloadKind,
        Policy,
        RedAnswer,
        RedFormState,
        RedInitiator,
        RedReason,
        RiskLevel,
        Role,
        SectionKind,
        SignerRole,
        TaxpayerKind,
        TaxpayerStatus,
        TitleKind,
        ZeroKind,
    ];
    golden("enumerations.json", &vectors);
}

#[test]
fn reasons_and_fields() {
    let reasons: Map<String, Value> =
        RejectReason::ALL.iter().map(|reason| (reason.number().to_string(), json!(reason.name()))).collect();
    let fields: Map<String, Value> = (0..=u8::MAX)
        .filter_map(|number| Field::from_canonical(&[number]).ok())
        .map(|field| (format!("{:03}", field as u8), json!(field.path())))
        .collect();
    golden("reasons.json", &json!({ "reasons": reasons, "fields": fields }));
}

/// Purposes separate hashes and signatures; signing purposes are below 64.
#[test]
fn purposes() {
    use Purpose::*;
    let signing = [
        Transaction,
        Vote,
        Proposal,
        LedgerStatement,
        PeerHello,
        GovernanceApproval,
        Webhook,
        CheckpointWitness,
        Release,
        Complaint,
        SwitchRequest,
        ContentQuestion,
        KeyPossession,
        KeyReadiness,
    ];
    let hashing = [
        TxId,
        BlockId,
        Section,
        BatchItem,
        InvoiceHash,
        OwnerCondition,
        AccountAddress,
        KeyAddress,
        RuleBook,
        Validators,
        Params,
        Certificate,
        StateRoot,
        DenseTree,
        Reference,
        Genesis,
        Offence,
        Snapshot,
        SealAgreement,
        ContentKey,
        HolderCover,
        OwnCover,
        KeyCover,
        WalletKey,
    ];
    assert!(signing.iter().all(|p| (*p as u8) < 64) && hashing.iter().all(|p| *p as u8 >= 64));
    let named = |list: &[Purpose]| -> Map<String, Value> {
        list.iter().map(|p| (format!("{:03}", *p as u8), json!(format!("{p:?}")))).collect()
    };
    golden("purposes.json", &json!({ "signing": named(&signing), "hashing": named(&hashing) }));
}
