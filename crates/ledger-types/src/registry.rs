//! The register: everything in state that is not an output or a request line, by key.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::adaptive::Adaptive;
use crate::anchored_log::AnchoredLog;
use crate::application::Application;
use crate::committee::{AcceptedEpochs, Committee, NextCommittee, PastCommittee};
use crate::delegation::{Delegates, Delegation};
use crate::erasure::{ErasedSections, Erasure};
use crate::governance::{Epoch, Governance, Offence, PastEpoch, Proposal};
use crate::grant::{Grant, GrantsBy, GrantsTo};
use crate::ids::{AccountId, Address, ApplicationId, Area, Digest, FormId, KeyId, ProposalId, Slot};
use crate::inspection::{Access, Inspection, LinkAccess};
use crate::invoice_number::{InvoiceCode, InvoiceNumber};
use crate::money::Fen;
use crate::office::{Hands, Office, Staff};
use crate::params::ChainParams;
use crate::place_id::{ErasureId, GrantId, InspectionId};
use crate::recovery::Recovery;
use crate::red_form::RedForm;
use crate::registered_certificate::{CertificateRecord, TrustAnchors};
use crate::rule_book::RuleBook;
use crate::tax_id::TaxId;
use crate::taxpayer::TaxpayerProfile;
use crate::timer::TimerTask;
use crate::usage::Usage;
use crate::validator::ValidatorSet;

mod storage_key;

/// Which entry. `Ord` is the order of the keys in storage and in change sets.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RegistryKey {
    /// Next ids.
    Counters = 0,
    /// Chain parameters.
    Params = 1,
    /// The validators in force.
    Validators = 2,
    /// A due task: by time, then by number.
    Timer {
        /// Due at this block time (ms).
        due_ms: u64,
        /// Tie-breaker, in order of making.
        number: u64,
    } = 3,
    /// An account.
    Account(AccountId) = 4,
    /// Which account has a tax id.
    AccountOfTaxId(TaxId) = 5,
    /// What is approved for a taxpayer.
    Taxpayer(AccountId) = 6,
    /// What a taxpayer has used.
    Usage(AccountId) = 7,
    /// A rule book.
    RuleBook {
        /// Its area.
        area: Area,
        /// Its version.
        version: u32,
    } = 8,
    /// Which rule book of an area is in force, and which was published last.
    RuleBookHead(Area) = 9,
    /// The next invoice number of an area.
    Numbering(Area) = 10,
    /// An application.
    Application(ApplicationId) = 11,
    /// What an order became: one invoice a live order.
    Order {
        /// Whose order.
        seller: AccountId,
        /// SM3 of the order.
        order_ref: Digest,
    } = 12,
    /// A recorded payment, by its provider's reference.
    Payment {
        /// Who recorded it.
        provider: AccountId,
        /// SM3 of the provider's payment id.
        payment_ref: Digest,
    } = 13,
    /// A red-letter form.
    RedForm(FormId) = 14,
    /// What a key with limits has used today.
    KeyUsage {
        /// Whose key.
        account: AccountId,
        /// Which key.
        key: KeyId,
    } = 15,
    /// The epoch of the next block; none before the first change.
    Epoch = 16,
    /// An epoch that is over.
    PastEpoch(u64) = 17,
    /// Who approves changes, and those under way; none before the first proposal.
    Governance = 18,
    /// A proposal.
    Proposal(ProposalId) = 19,
    /// A proven misbehaviour, by the digest of its place.
    Offence(Digest) = 20,
    /// The adaptive policy; none before the first.
    Adaptive = 21,
    /// The committee that bodies are sealed for; none on a chain of plain bodies.
    Committee = 22,
    /// The office of a key; none for most keys.
    Office {
        /// Whose key.
        account: AccountId,
        /// Which key.
        key: KeyId,
    } = 23,
    /// That an account is staffed; none before its first office.
    Staff(AccountId) = 24,
    /// Which key has the one separated office that a person may have in an account.
    Separated {
        /// In which account.
        account: AccountId,
        /// The commitment to the person.
        holder: Digest,
    } = 25,
    /// The persons who had a hand in a proposal; none if no office signed it.
    Hands(ProposalId) = 26,
    /// To whom an enterprise has delegated; none before its first delegation.
    Delegates(AccountId) = 27,
    /// A delegation.
    Delegation {
        /// Of which enterprise.
        from: AccountId,
        /// To which service provider.
        to: AccountId,
    } = 28,
    /// Who may recover an account, and a recovery under way; none for most.
    Recovery(AccountId) = 29,
    /// A registered certificate, by SM3 of its DER form.
    Certificate(Digest) = 30,
    /// The outside authorities whose certificates are accepted; none before the first.
    TrustAnchors = 31,
    /// A grant.
    Grant(GrantId) = 32,
    /// The grants of one giver to one receiver; none without any.
    GrantsTo {
        /// The receiver.
        to: Address,
        /// The giver.
        from: Address,
    } = 33,
    /// All grants of a giver; none without any.
    GrantsBy(Address) = 34,
    /// An inspection.
    Inspection(InspectionId) = 35,
    /// The newest record of an officer's access to an invoice.
    Access {
        /// The officer's bureau.
        account: AccountId,
        /// His key.
        key: KeyId,
        /// The invoice.
        slot: Slot,
    } = 36,
    /// The committee's key that is named and not in force yet; none for most of the time.
    NextCommittee = 37,
    /// How far a log that an account keeps elsewhere has come.
    AnchoredLog {
        /// Whose log.
        account: AccountId,
        /// Which of its logs.
        log: Digest,
    } = 38,
    /// A key of the committee that was in force, by its epoch.
    PastCommittee(u32) = 39,
    /// The former epochs that bodies may still be sealed for; none most of the time.
    AcceptedEpochs = 40,
    /// An order of erasure.
    Erasure(ErasureId) = 41,
    /// What was ordered to be erased of an invoice; none for most.
    Erased(Slot) = 42,
    /// The newest record that an officer asks which claims are of the wallet that claimed an invoice.
    LinkAccess {
        /// The officer's bureau.
        account: AccountId,
        /// His key.
        key: KeyId,
        /// The invoice.
        slot: Slot,
    } = 45,
}

/// The value of an entry; the variant goes with the key's.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RegistryValue {
    /// Of `Counters`.
    Counters(Counters) = 0,
    /// Of `Params`.
    Params(ChainParams) = 1,
    /// Of `Validators`.
    Validators(ValidatorSet) = 2,
    /// Of `Timer`.
    Timer(TimerTask) = 3,
    /// Of `Account`.
    Account(Account) = 4,
    /// Of `AccountOfTaxId`.
    AccountOfTaxId(AccountId) = 5,
    /// Of `Taxpayer`.
    Taxpayer(TaxpayerProfile) = 6,
    /// Of `Usage`.
    Usage(Usage) = 7,
    /// Of `RuleBook`.
    RuleBook(Box<RuleBook>) = 8,
    /// Of `RuleBookHead`.
    RuleBookHead(RuleBookHead) = 9,
    /// Of `Numbering`.
    Numbering(Numbering) = 10,
    /// Of `Application`.
    Application(Application) = 11,
    /// Of `Order`.
    Order(OrderFate) = 12,
    /// Of `Payment`.
    Payment(Slot) = 13,
    /// Of `RedForm`.
    RedForm(RedForm) = 14,
    /// Of `KeyUsage`.
    KeyUsage(KeyUsage) = 15,
    /// Of `Epoch`.
    Epoch(Epoch) = 16,
    /// Of `PastEpoch`.
    PastEpoch(PastEpoch) = 17,
    /// Of `Governance`.
    Governance(Governance) = 18,
    /// Of `Proposal`.
    Proposal(Box<Proposal>) = 19,
    /// Of `Offence`.
    Offence(Offence) = 20,
    /// Of `Adaptive`.
    Adaptive(Adaptive) = 21,
    /// Of `Committee`.
    Committee(Committee) = 22,
    /// Of `Office`.
    Office(Office) = 23,
    /// Of `Staff`.
    Staff(Staff) = 24,
    /// Of `Separated`.
    Separated(KeyId) = 25,
    /// Of `Hands`.
    Hands(Hands) = 26,
    /// Of `Delegates`.
    Delegates(Delegates) = 27,
    /// Of `Delegation`.
    Delegation(Delegation) = 28,
    /// Of `Recovery`.
    Recovery(Box<Recovery>) = 29,
    /// Of `Certificate`.
    Certificate(Box<CertificateRecord>) = 30,
    /// Of `TrustAnchors`.
    TrustAnchors(TrustAnchors) = 31,
    /// Of `Grant`.
    Grant(Grant) = 32,
    /// Of `GrantsTo`.
    GrantsTo(GrantsTo) = 33,
    /// Of `GrantsBy`.
    GrantsBy(GrantsBy) = 34,
    /// Of `Inspection`.
    Inspection(Inspection) = 35,
    /// Of `Access`.
    Access(Access) = 36,
    /// Of `NextCommittee`.
    NextCommittee(NextCommittee) = 37,
    /// Of `AnchoredLog`.
    AnchoredLog(AnchoredLog) = 38,
    /// Of `PastCommittee`.
    PastCommittee(PastCommittee) = 39,
    /// Of `AcceptedEpochs`.
    AcceptedEpochs(AcceptedEpochs) = 40,
    /// Of `Erasure`.
    Erasure(Erasure) = 41,
    /// Of `Erased`.
    Erased(ErasedSections) = 42,
    /// Of `LinkAccess`.
    LinkAccess(LinkAccess) = 45,
}

/// Next ids to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Counters {
    /// Next account.
    pub account: AccountId,
    /// Next slot: also how many leaves the slot tree has.
    pub slot: Slot,
    /// Next application.
    pub application: ApplicationId,
    /// Next form.
    pub form: FormId,
    /// Next timer number.
    pub timer: u64,
}

/// The rule books of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RuleBookHead {
    /// In force; 0 for none yet.
    pub active: u32,
    /// Published last.
    pub published: u32,
}

/// The next invoice number of an area (全市流水).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Numbering {
    /// The code in use.
    pub code: InvoiceCode,
    /// The next number; `None` when the code is used up.
    pub next: Option<InvoiceNumber>,
}

/// What an order became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OrderFate {
    /// Applied for.
    Applied(ApplicationId) = 0,
    /// Issued.
    Issued(Slot) = 1,
}

/// What a key has used today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct KeyUsage {
    /// The day (days since 1970 in Asia/Shanghai).
    pub day: u64,
    /// Transactions of the day.
    pub count: u32,
    /// Money of the day, fen.
    pub amount: Fen,
}
