//! Typed reading of the register: the value's type goes with the key's.

use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

use ledger_types::registry::{Counters, KeyUsage, Numbering, OrderFate, RuleBookHead};
use ledger_types::{
    AcceptedEpochs, Access, Account, AccountId, Adaptive, AnchoredLog, Application, CertificateRecord, ChainParams,
    Committee, Delegates, Delegation, Epoch, ErasedSections, Erasure, Governance, Grant, GrantsBy, GrantsTo, Hands,
    Inspection, KeyId, LinkAccess, NextCommittee, Offence, Office, PastCommittee, PastEpoch, Proposal, Recovery,
    RedForm, RegistryValue, RuleBook, Slot, Staff, TaxpayerProfile, TimerTask, TrustAnchors, Usage, ValidatorSet,
};

/// A type that the register holds.
pub(crate) trait Entry: Sized {
    /// The value, if the entry is of this type.
    fn of(value: &RegistryValue) -> Option<&Self>;
    /// The entry of this value.
    fn into_value(self) -> RegistryValue;
}

macro_rules! entries {
    ($($name:ident: $ty:ty),* $(,)?) => {
        $(impl Entry for $ty {
            fn of(value: &RegistryValue) -> Option<&Self> {
                match value {
                    RegistryValue::$name(inner) => Some(inner),
                    _ => None,
                }
            }

            fn into_value(self) -> RegistryValue {
                RegistryValue::$name(self.into())
            }
        })*
    };
}

entries! {
    Counters: Counters,
    Params: ChainParams,
    Validators: ValidatorSet,
    Timer: TimerTask,
    Account: Account,
    AccountOfTaxId: AccountId,
    Taxpayer: TaxpayerProfile,
    Usage: Usage,
    RuleBook: RuleBook,
    RuleBookHead: RuleBookHead,
    Numbering: Numbering,
    Application: Application,
    Order: OrderFate,
    Payment: Slot,
    RedForm: RedForm,
    KeyUsage: KeyUsage,
    Epoch: Epoch,
    PastEpoch: PastEpoch,
    Governance: Governance,
    Proposal: Proposal,
    Offence: Offence,
    Adaptive: Adaptive,
    Office: Office,
    Staff: Staff,
    Separated: KeyId,
    Hands: Hands,
    Delegates: Delegates,
    Delegation: Delegation,
    Recovery: Recovery,
    Certificate: CertificateRecord,
    TrustAnchors: TrustAnchors,
    Grant: Grant,
    GrantsTo: GrantsTo,
    GrantsBy: GrantsBy,
    Inspection: Inspection,
    Access: Access,
    LinkAccess: LinkAccess,
    AnchoredLog: AnchoredLog,
    Committee: Committee,
    NextCommittee: NextCommittee,
    PastCommittee: PastCommittee,
    AcceptedEpochs: AcceptedEpochs,
    Erasure: Erasure,
    Erased: ErasedSections,
}

/// A shared entry of a known type.
#[derive(Clone)]
pub(crate) struct Held<T> {
    value: Rc<RegistryValue>,
    of: PhantomData<T>,
}

impl<T: Entry> Held<T> {
    /// `None` if the entry is of another type.
    pub(crate) fn new(value: Rc<RegistryValue>) -> Option<Self> {
        T::of(&value).is_some().then_some(Self { value, of: PhantomData })
    }
}

impl<T: Entry> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        T::of(&self.value).expect("the type was checked when this was made")
    }
}
