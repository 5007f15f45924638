//! Change sets.

use ledger_types::change_set::{Cause, SYSTEM_CAUSE};
use ledger_types::{Change, ChangeSet, Height, RegistryKey, RegistryValue, RequestEntry};

use super::error::{ConvertError, Problem};
use super::field::{Read, list, message, optional, required, tx_id, u16_of};
use crate::node::v1::ChangeKind;
use crate::types::v1 as wire;
use crate::types::v1::change::Change as WireChange;

/// Most changes of a block: 8 MiB of transactions make far fewer.
const MAX_CHANGES: usize = 1_000_000;

fn wire_cause(cause: Cause) -> Option<u32> {
    (cause != SYSTEM_CAUSE).then(|| cause.into())
}

fn cause(w: Option<u32>) -> Read<Cause> {
    match w {
        None => Ok(SYSTEM_CAUSE),
        Some(n) if n < SYSTEM_CAUSE.into() => Ok(n as u16),
        Some(_) => Err(ConvertError::new("cause", Problem::OutOfRange { least: 0, most: 65_534 })),
    }
}

impl From<&RequestEntry> for wire::RequestEntry {
    fn from(r: &RequestEntry) -> Self {
        Self {
            request: Some((r.scope, r.id).into()),
            tx_id: r.tx.0.to_vec(),
            height: r.height.0,
            index: r.index.into(),
            accepted: r.accepted,
        }
    }
}

impl TryFrom<wire::RequestEntry> for RequestEntry {
    type Error = ConvertError;

    fn try_from(w: wire::RequestEntry) -> Result<Self, ConvertError> {
        let (scope, id) = message(w.request, "request")?;
        Ok(Self {
            scope,
            id,
            tx: tx_id(&w.tx_id, "tx_id")?,
            height: Height(w.height),
            index: u16_of(w.index, "index")?,
            accepted: w.accepted,
        })
    }
}

impl From<&Change> for wire::Change {
    fn from(change: &Change) -> Self {
        let change = match change {
            Change::Output { cause, slot, record } => WireChange::Output(wire::OutputChange {
                cause: wire_cause(*cause),
                output: Some((*slot, record).into()),
            }),
            Change::Registry { cause, key, value } => WireChange::Registry(wire::RegistryChange {
                cause: wire_cause(*cause),
                key: Some(key.into()),
                value: value.as_deref().map(Into::into),
            }),
            Change::Request(entry) => WireChange::Request(entry.into()),
        };
        Self { change: Some(change) }
    }
}

impl TryFrom<wire::Change> for Change {
    type Error = ConvertError;

    fn try_from(w: wire::Change) -> Result<Self, ConvertError> {
        match required(w.change, "change")? {
            WireChange::Output(o) => output(o).map_err(|e| e.within("output")),
            WireChange::Registry(r) => registry(r).map_err(|e| e.within("registry")),
            WireChange::Request(r) => message(Some(r), "request").map(Self::Request),
        }
    }
}

fn output(w: wire::OutputChange) -> Read<Change> {
    let (slot, record) = message(w.output, "output")?;
    Ok(Change::Output { cause: cause(w.cause)?, slot, record })
}

fn registry(w: wire::RegistryChange) -> Read<Change> {
    let key: RegistryKey = message(w.key, "key")?;
    let value: Option<RegistryValue> = optional(w.value, "value")?;
    if value.as_ref().is_some_and(|v| !belongs(&key, v)) {
        return Err(ConvertError::new("value", Problem::Contradiction("is not of the key's kind")));
    }
    Ok(Change::Registry { cause: cause(w.cause)?, key, value: value.map(Box::new) })
}

/// Whether the value's kind is the key's.
fn belongs(key: &RegistryKey, value: &RegistryValue) -> bool {
    use RegistryKey as K;
    use RegistryValue as V;
    matches!(
        (key, value),
        (K::Counters, V::Counters(_))
            | (K::Params, V::Params(_))
            | (K::Validators, V::Validators(_))
            | (K::Timer { .. }, V::Timer(_))
            | (K::Account(_), V::Account(_))
            | (K::AccountOfTaxId(_), V::AccountOfTaxId(_))
            | (K::Taxpayer(_), V::Taxpayer(_))
            | (K::Usage(_), V::Usage(_))
            | (K::RuleBook { .. }, V::RuleBook(_))
            | (K::RuleBookHead(_), V::RuleBookHead(_))
            | (K::Numbering(_), V::Numbering(_))
            | (K::Application(_), V::Application(_))
            | (K::Order { .. }, V::Order(_))
            | (K::Payment { .. }, V::Payment(_))
            | (K::RedForm(_), V::RedForm(_))
            | (K::KeyUsage { .. }, V::KeyUsage(_))
            | (K::Epoch, V::Epoch(_))
            | (K::PastEpoch(_), V::PastEpoch(_))
            | (K::Governance, V::Governance(_))
            | (K::Proposal(_), V::Proposal(_))
            | (K::Offence(_), V::Offence(_))
            | (K::Adaptive, V::Adaptive(_))
            | (K::Committee, V::Committee(_))
            | (K::Office { .. }, V::Office(_))
            | (K::Staff(_), V::Staff(_))
            | (K::Separated { .. }, V::Separated(_))
            | (K::Hands(_), V::Hands(_))
            | (K::Delegates(_), V::Delegates(_))
            | (K::Delegation { .. }, V::Delegation(_))
            | (K::Recovery(_), V::Recovery(_))
            | (K::Certificate(_), V::Certificate(_))
            | (K::TrustAnchors, V::TrustAnchors(_))
            | (K::Grant(_), V::Grant(_))
            | (K::GrantsTo { .. }, V::GrantsTo(_))
            | (K::GrantsBy(_), V::GrantsBy(_))
            | (K::Inspection(_), V::Inspection(_))
            | (K::Access { .. }, V::Access(_))
            | (K::NextCommittee, V::NextCommittee(_))
            | (K::LinkAccess { .. }, V::LinkAccess(_))
            | (K::AnchoredLog { .. }, V::AnchoredLog(_))
            | (K::PastCommittee(_), V::PastCommittee(_))
            | (K::AcceptedEpochs, V::AcceptedEpochs(_))
            | (K::Erasure(_), V::Erasure(_))
            | (K::Erased(_), V::Erased(_))
    )
}

impl From<&ChangeSet> for wire::ChangeSet {
    fn from(set: &ChangeSet) -> Self {
        Self { changes: set.changes.iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::ChangeSet> for ChangeSet {
    type Error = ConvertError;

    fn try_from(w: wire::ChangeSet) -> Result<Self, ConvertError> {
        Ok(Self { changes: list(w.changes, MAX_CHANGES, "changes")? })
    }
}

impl ChangeKind {
    /// Whether a change is of this kind.
    pub fn covers(self, change: &Change) -> bool {
        matches!(
            (self, change),
            (Self::Output, Change::Output { .. })
                | (Self::Registry, Change::Registry { .. })
                | (Self::Request, Change::Request(_))
        )
    }

    /// Reads a filter: every value set and known, at most 32.
    pub fn filter(values: Vec<i32>, field: &str) -> Read<Vec<Self>> {
        super::field::list_with(values, 32, field, |v| match Self::try_from(v) {
            Ok(Self::Unspecified) => Err(ConvertError::missing("")),
            Ok(kind) => Ok(kind),
            Err(_) => Err(ConvertError::new("", Problem::UnknownEnum(v))),
        })
    }

    /// The changes of these kinds, in order.
    pub fn select(kinds: &[Self], set: &ChangeSet) -> wire::ChangeSet {
        let wanted = |c: &&Change| kinds.iter().any(|k| k.covers(c));
        wire::ChangeSet { changes: set.changes.iter().filter(wanted).map(Into::into).collect() }
    }
}
