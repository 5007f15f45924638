//! One refusal: reason, level, field, typed arguments. Text is made at the edge, in Chinese and English.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Digest, KeyId, Slot, TxId};
use crate::invoice_number::{InvoiceCode, InvoiceNumber};
use crate::money::Fen;
use crate::rate::TaxRate;
use crate::reason::RejectReason;
use crate::tax_code::TaxCode;
use crate::time::BlockTime;

/// How bad it is. Only errors refuse.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Level {
    /// Refuses.
    Error = 0,
    /// Noted; does not refuse.
    Warning = 1,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $num:expr, $path:expr);* $(;)?) => {
        /// The field a refusal is about.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize,
            Deserialize,
        )]
        #[borsh(use_discriminant = true)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $name = $num),* }

        impl Field {
            /// The dotted path in the business API; `[]` stands for the index in [`Refusal::item`] or `line`.
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }
        }
    };
}

fields! {
    /// The transaction as a whole.
    Transaction = 0, "transaction";
    /// The request id.
    RequestId = 1, "request_id";
    /// The validity limit.
    ValidUntil = 2, "valid_until";
    /// The chain id.
    ChainId = 3, "chain_id";
    /// The signers.
    Signers = 4, "signers";
    /// A signature.
    Signatures = 5, "signatures";
    /// The body sections.
    Sections = 6, "sections";
    /// The area.
    Area = 7, "area";
    /// An account.
    Account = 8, "account";
    /// A tax id.
    TaxId = 9, "tax_id";
    /// A name.
    Name = 10, "name";
    /// Keys.
    Keys = 11, "keys";
    /// A taxpayer's profile.
    Profile = 12, "profile";
    /// A taxpayer's status.
    Status = 13, "status";
    /// The rule book.
    RuleBook = 14, "rule_book";
    /// The seller.
    Seller = 15, "seller";
    /// The buyer's title.
    Buyer = 16, "buyer";
    /// The buyer's tax id.
    BuyerTaxId = 17, "buyer.tax_id";
    /// The buyer's name.
    BuyerName = 18, "buyer.name";
    /// Kind of invoice.
    Kind = 19, "facts.kind";
    /// Total without tax.
    Net = 20, "facts.net";
    /// Total tax.
    Tax = 21, "facts.tax";
    /// Total with tax.
    Total = 22, "facts.total";
    /// Remark.
    Remark = 23, "facts.remark";
    /// Special element.
    SpecialElement = 24, "facts.special_element";
    /// Deduction.
    Deduction = 25, "facts.deduction";
    /// The lines.
    Lines = 26, "lines";
    /// A line's name.
    LineName = 27, "lines[].name";
    /// A line's tax code.
    LineTaxCode = 28, "lines[].tax_code";
    /// A line's quantity.
    LineQuantity = 29, "lines[].quantity";
    /// A line's amount.
    LineNet = 30, "lines[].net";
    /// A line's rate.
    LineRate = 31, "lines[].rate";
    /// A line's policy.
    LinePolicy = 32, "lines[].policy";
    /// A line's tax.
    LineTax = 33, "lines[].tax";
    /// A line's nature.
    LineNature = 34, "lines[].nature";
    /// A line's specification or unit.
    LineText = 35, "lines[].spec";
    /// The owner condition.
    Owner = 36, "owner";
    /// The order.
    OrderRef = 37, "order_ref";
    /// The payments.
    Payments = 38, "payments";
    /// The output spent.
    Spend = 39, "spend";
    /// A time limit.
    Until = 40, "until";
    /// The application.
    Application = 41, "application";
    /// The receiver.
    To = 42, "to";
    /// The red-letter form.
    Form = 43, "form";
    /// The red letter's reason.
    RedReason = 44, "reason";
    /// The invoice.
    Invoice = 45, "invoice";
    /// The payment's amount.
    Amount = 46, "amount";
    /// The payment's reference.
    PaymentRef = 47, "payment_ref";
    /// The payee.
    Payee = 48, "payee";
    /// The batch.
    Batch = 49, "batch";
    /// The drawer.
    Drawer = 50, "facts.drawer";
    /// The seller's printed face.
    SellerFace = 51, "seller_face";
    /// What would change in the chain's own rules.
    Change = 52, "change";
    /// From which height on.
    EffectiveHeight = 53, "effective_height";
    /// A proposal.
    Proposal = 54, "proposal";
    /// Evidence against a validator.
    Evidence = 55, "evidence";
    /// A switch certificate.
    Switch = 56, "switch";
    /// An office.
    Role = 57, "role";
    /// A delegation.
    Delegation = 60, "delegation";
    /// A recovery of an account.
    Recovery = 61, "recovery";
    /// A certificate.
    Certificate = 62, "certificate";
    /// A grant.
    Grant = 70, "grant";
    /// An inspection.
    Inspection = 71, "inspection";
    /// A log.
    Log = 72, "log";
    /// The committee's next key.
    CommitteeKey = 73, "committee_key";
    /// An order of erasure.
    Erasure = 80, "erasure";
}

/// A typed argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Arg {
    /// A count or limit.
    Count(u64) = 0,
    /// Money.
    Money(Fen) = 1,
    /// A time.
    Time(BlockTime) = 2,
    /// An account.
    Account(AccountId) = 3,
    /// A key.
    Key(KeyId) = 4,
    /// A slot.
    Slot(Slot) = 5,
    /// A sequence.
    Sequence(u32) = 6,
    /// A transaction.
    Tx(TxId) = 7,
    /// A rate.
    Rate(TaxRate) = 8,
    /// A tax code.
    TaxCode(TaxCode) = 9,
    /// An invoice code.
    Code(InvoiceCode) = 10,
    /// An invoice number.
    Number(InvoiceNumber) = 11,
    /// A digest.
    Digest(Digest) = 12,
    /// A code of a small enumeration, by its number.
    Choice(u8) = 13,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub reason: RejectReason,
    /// How bad.
    pub level: Level,
    /// About what.
    pub field: Field,
    /// Which item of a batch or list of spends, from 0.
    pub item: Option<u16>,
    /// Which line, from 1 as printed.
    pub line: Option<u16>,
    /// Values for the text: what was expected, what was found.
    pub args: Vec<Arg>,
}

impl Refusal {
    /// An error about a field.
    pub fn new(reason: RejectReason, field: Field) -> Self {
        Self { reason, level: Level::Error, field, item: None, line: None, args: Vec::new() }
    }

    /// With arguments.
    #[must_use]
    pub fn with(mut self, args: impl IntoIterator<Item = Arg>) -> Self {
        self.args.extend(args);
        self
    }

    /// In line `line` (from 1).
    #[must_use]
    pub fn at_line(mut self, line: u16) -> Self {
        self.line = Some(line);
        self
    }

    /// In item `item` (from 0).
    #[must_use]
    pub fn at_item(mut self, item: u16) -> Self {
        self.item = Some(item);
        self
    }
}
