//! What a transaction asks for. One variant a kind; the numbers are frozen, gaps are reserved.

mod bits;
mod invoice_request;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use invoice_request::{InvoiceRequest, PaymentUse};

use crate::account::{AccountKind, KeyRecord};
use crate::committee::CommitteeReady;
use crate::erasure::ErasureRequest;
use crate::evidence::Evidence;
use crate::governance::GovernanceChange;
use crate::grant::GrantRequest;
use crate::ids::{AccountId, Address, ApplicationId, Area, Digest, FormId, Height, KeyId, ProposalId, Slot};
use crate::inspection::{AccessRequest, InspectionRequest};
use crate::money::Fen;
use crate::office::Role;
use crate::owner::OwnerCondition;
use crate::place_id::GrantId;
use crate::recovery::RecoveryPolicy;
pub use crate::red_form::RedAnswer;
use crate::red_form::RedReason;
use crate::registered_certificate::CertificateClaim;
use crate::rule_book::RuleBook;
use crate::switch::SwitchCertificate;
use crate::tax_id::TaxId;
use crate::taxpayer::{TaxpayerProfile, TaxpayerStatus};

/// Names an output to spend: the slot, the sequence it must have, and the condition where it is kept by hash.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Spend {
    /// The slot.
    pub slot: Slot,
    /// The sequence expected; another one means that somebody was first (`OUTPUT_SPENT`).
    pub sequence: u32,
    /// The condition behind `Owner::Condition`.
    pub reveal: Option<OwnerCondition>,
}

impl Spend {
    /// A spend of an output whose owner is in clear.
    pub fn new(slot: Slot, sequence: u32) -> Self {
        Self { slot, sequence, reveal: None }
    }
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$fdoc:meta])* $field:ident : $ty:ty),* $(,)? })? $(($inner:ty))? = $num:expr),* $(,)?) => {
        /// What is asked. The numbers are frozen; 0, 49-63 are reserved for later kinds.
        #[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
        #[borsh(use_discriminant = true)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Payload {
            $($(#[$doc])* $name $({ $($(#[$fdoc])* $field: $ty),* })? $(($inner))? = $num),*
        }

        /// The kind of a payload, without its fields.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize,
            Deserialize,
        )]
        #[borsh(use_discriminant = true)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum PayloadKind { $($(#[$doc])* $name = $num),* }

        impl PayloadKind {
            /// All kinds, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name, e.g. for metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }

        impl Payload {
            /// Its kind.
            pub fn kind(&self) -> PayloadKind {
                match self { $(Self::$name { .. } => PayloadKind::$name),* }
            }
        }
    };
}

payloads! {
    /// Opens an account (开户). By a bureau.
    OpenAccount {
        /// What kind of party.
        kind: AccountKind,
        /// Home area.
        area: Area,
        /// Tax id; needed for enterprises.
        tax_id: Option<TaxId>,
        /// Registered name; empty for persons.
        name: String,
        /// First keys, ids 0, 1, ….
        keys: Vec<KeyRecord>,
    } = 1,
    /// Adds and revokes keys. By an administrator's key of the account, or a bureau.
    UpdateKeys {
        /// Whose keys.
        account: AccountId,
        /// Keys to add; ids continue the account's.
        add: Vec<KeyRecord>,
        /// Keys to revoke.
        revoke: Vec<KeyId>,
    } = 2,
    /// Closes an account for ever. By a bureau.
    CloseAccount {
        /// Which account.
        account: AccountId,
    } = 3,
    /// Approves a taxpayer (票种核定), replacing an earlier approval. By a bureau.
    ApproveTaxpayer {
        /// The enterprise.
        account: AccountId,
        /// What is approved.
        profile: TaxpayerProfile,
    } = 4,
    /// Publishes a rule book of an area (开票规则). By a bureau.
    PublishRuleBook(Box<RuleBook>) = 5,
    /// Suspends, resumes or otherwise changes a taxpayer's standing. By a bureau.
    SetTaxpayerStatus {
        /// The enterprise.
        account: AccountId,
        /// The new standing.
        status: TaxpayerStatus,
        /// A reason code of the bureau's.
        reason: u16,
    } = 6,
    /// Applies for an invoice (申请开票): judged by the rules, quota reserved. By the seller.
    Apply {
        /// The invoice.
        request: InvoiceRequest,
        /// Last block time (ms) at which it can be issued.
        expires_ms: u64,
    } = 7,
    /// Issues an application (开票). By the seller.
    IssueApplied {
        /// The application.
        application: ApplicationId,
    } = 8,
    /// Withdraws an application; its quota goes back. By the seller.
    WithdrawApplication {
        /// The application.
        application: ApplicationId,
    } = 9,
    /// Applies and issues in one step. By the seller.
    Issue(InvoiceRequest) = 10,
    /// Issues many invoices under one signature, all or none. By the seller.
    IssueBatch {
        /// How many.
        count: u16,
        /// RFC 6962 root over the items' commitments.
        root: Digest,
    } = 11,
    /// Records a payment. By a payment provider.
    RecordPayment {
        /// SM3 of the provider's own payment id; once for ever.
        payment_ref: Digest,
        /// Who was paid.
        payee: AccountId,
        /// How much, fen.
        amount: Fen,
    } = 12,
    /// Claims an invoice (认领). Signed by the key derived from the order token.
    Claim {
        /// The invoice.
        spend: Spend,
        /// The claimant's address.
        to: Address,
    } = 13,
    /// Offers an invoice to another holder (流转).
    OfferTransfer {
        /// The invoice.
        spend: Spend,
        /// Who may accept.
        to: Address,
        /// Last block time (ms) to accept.
        until_ms: u64,
    } = 14,
    /// Accepts an offer. By the receiver.
    AcceptTransfer {
        /// The invoice.
        spend: Spend,
    } = 15,
    /// Refuses an offer. By the receiver.
    RefuseTransfer {
        /// The invoice.
        spend: Spend,
    } = 16,
    /// Withdraws an offer. By the giver.
    WithdrawTransfer {
        /// The invoice.
        spend: Spend,
    } = 17,
    /// Locks invoices for reimbursement (锁定), all or none. By the enterprise that holds them.
    Lock {
        /// The invoices.
        spends: Vec<Spend>,
        /// Last block time (ms) of the lock.
        until_ms: u64,
        /// A reason code of the locker's own.
        reason: u16,
    } = 18,
    /// Unlocks invoices (解锁), all or none. By the locker.
    Unlock {
        /// The invoices.
        spends: Vec<Spend>,
    } = 19,
    /// Books a locked invoice (入账). By the locker.
    Book {
        /// The invoice.
        spend: Spend,
        /// 02 deductible before income tax, or 03 not.
        deductible: bool,
        /// SM3 of the voucher number.
        voucher_ref: Digest,
    } = 20,
    /// Takes a booking back (入账撤销). By whoever booked it.
    Unbook {
        /// The invoice.
        spend: Spend,
    } = 21,
    /// Reimburses a locked and booked invoice (报销): closes it for ever. By the locker.
    Reimburse {
        /// The invoice.
        spend: Spend,
        /// SM3 of the payment's bank receipt.
        paid_ref: Digest,
    } = 22,
    /// Asks for a red letter on a booked or reimbursed invoice: opens the confirmation form. By either side.
    RequestRed {
        /// The blue invoice.
        invoice: Slot,
        /// Why.
        reason: RedReason,
    } = 23,
    /// Answers a form, or withdraws it. By the other side, or the side that asked.
    AnswerRed {
        /// The form.
        form: FormId,
        /// What is said.
        answer: RedAnswer,
    } = 24,
    /// Issues the red invoice in full (红冲): directly while unused, with a confirmed form afterwards. By the seller.
    IssueRed {
        /// The blue invoice.
        invoice: Slot,
        /// The sequence it must have.
        sequence: u32,
        /// Why.
        reason: RedReason,
        /// The confirmed form, once used.
        form: Option<FormId>,
    } = 25,
    /// Proposes a change of the chain's own rules, and approves it. By an approver or a validator's operator.
    ProposeChange {
        /// What would change.
        change: GovernanceChange,
        /// From which height on.
        effective: Height,
    } = 26,
    /// Approves a proposal. By an approver or a validator's operator.
    ApproveChange {
        /// Which.
        proposal: ProposalId,
    } = 27,
    /// Withdraws a proposal that is not approved yet. By its proposer.
    WithdrawChange {
        /// Which.
        proposal: ProposalId,
    } = 28,
    /// Reports that a validator contradicted itself (举证). By anyone: the evidence proves itself.
    ReportMisbehaviour(Box<Evidence>) = 29,
    /// Changes the kind of consensus under the adaptive policy. By anyone: the certificate proves itself.
    SwitchConsensus(SwitchCertificate) = 30,
    /// Gives a key an office (授岗), replacing an earlier one. By an administrator's key of the account, or the holder of
    /// a registrar's office in it.
    AssignRole {
        /// Whose key.
        account: AccountId,
        /// Which: an operator's.
        key: KeyId,
        /// What it may do.
        role: Role,
        /// A commitment to the person who holds the key.
        holder: Digest,
        /// Last block time (ms) of the office; `u64::MAX` for no end.
        until_ms: u64,
    } = 31,
    /// Ends the office of a key (撤岗). By the same as giving it.
    EndRole {
        /// Whose key.
        account: AccountId,
        /// Which.
        key: KeyId,
    } = 32,
    /// Lets a service provider's operators act for an enterprise (委托), replacing an earlier delegation to it. By an
    /// administrator's key of the enterprise.
    Delegate {
        /// The service provider.
        to: AccountId,
        /// Bit `n` allows payload kind `n`; kinds of business only.
        kinds: u64,
        /// Last block time (ms) of the delegation.
        until_ms: u64,
        /// Most transactions a day (Asia/Shanghai), 0 for no limit.
        daily_count: u32,
        /// Most money a day in fen, 0 for no limit.
        daily_amount: Fen,
    } = 33,
    /// Ends a delegation (解除委托). By an administrator's key of either side, or a bureau over the enterprise's area.
    EndDelegation {
        /// The enterprise.
        from: AccountId,
        /// The service provider.
        to: AccountId,
    } = 34,
    /// Names who may recover the account (密钥恢复), or nobody. By an administrator's key of it; ends a proposal under way.
    SetRecovery {
        /// Who, and how.
        policy: Option<RecoveryPolicy>,
    } = 35,
    /// Proposes a new administrator's key of an account, and approves it. By a guardian of it.
    ProposeRecovery {
        /// Whose.
        account: AccountId,
        /// The key, a compressed SEC1 point.
        #[serde(with = "crate::hex_bytes")]
        new_key: [u8; 33],
        /// SM3 of what the guardian looked at.
        evidence: Digest,
    } = 36,
    /// Approves a recovery. By another guardian.
    ApproveRecovery {
        /// Whose.
        account: AccountId,
        /// Which proposal.
        number: u32,
    } = 37,
    /// Ends a recovery that is not carried out yet. By an administrator's key of the account, or a guardian.
    CancelRecovery {
        /// Whose.
        account: AccountId,
        /// Which proposal.
        number: u32,
    } = 38,
    /// Registers a certificate of connections (登记证书). By an administrator's key of the account, or a bureau over its area.
    RegisterCertificate {
        /// Whose.
        account: AccountId,
        /// What it is.
        certificate: CertificateClaim,
    } = 39,
    /// Revokes a registered certificate (吊销证书), for ever. By the same as registering it.
    RevokeCertificate {
        /// SM3 of its DER form.
        fingerprint: Digest,
        /// Why, as RFC 5280 numbers reasons (5.3.1).
        reason: u8,
    } = 40,
    /// Lets somebody see what invoices say (授权查看). By who issued or holds them; the grant's id is the transaction's place.
    GrantAccess(GrantRequest) = 41,
    /// Takes a grant back (撤销授权). By its giver.
    RevokeAccess {
        /// Which.
        grant: GrantId,
    } = 42,
    /// Opens an inspection (立案检查). By a security administrator of a staffed bureau, with an approver beside him.
    OpenInspection(InspectionRequest) = 43,
    /// Puts on record that two auditors are going to read invoices (调阅记录). By an auditor, with another beside him.
    RecordAccess(AccessRequest) = 44,
    /// Shows that a validator has the committee's next key (就绪). By anyone: it proves itself.
    CommitteeReady(Box<CommitteeReady>) = 45,
    /// Puts on record that two auditors are going to ask which claims are of the same wallets (归户调阅记录). As above.
    RecordLinkAccess(AccessRequest) = 46,
    /// Says how far a log of the account's has come (日志锚定). By the account.
    AnchorLog {
        /// Which of its logs.
        log: Digest,
        /// How many entries it has; more than the last time.
        entries: u64,
        /// The hash of the last of them.
        head: Digest,
    } = 47,
    /// Orders that parts of invoices' contents be deleted on every node (依法删除). By a security administrator of a bureau,
    /// with an approver beside him where it has offices; the order's id is the transaction's place.
    OrderErasure(ErasureRequest) = 48,
}
