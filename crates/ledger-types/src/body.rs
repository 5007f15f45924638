//! The plaintext of body sections.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::policy::Policy;
use crate::quantity::Quantity;
use crate::rate::TaxRate;
use crate::tax_code::TaxCode;
use crate::tax_id::TaxId;
use crate::taxpayer::InvoiceKind;

/// Personal or organisation title (抬头类型).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TitleKind {
    /// 个人.
    Individual = 0,
    /// 单位: needs name and tax id.
    Organisation = 1,
}

/// Whether prices were entered with or without tax (含税/不含税).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EntryMode {
    /// Line amounts were entered without tax.
    Net = 0,
    /// Line amounts were entered with tax and split; gross stays exact.
    Gross = 1,
}

/// Kind, totals and what belongs to the whole invoice. Execution reads this section.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InvoiceFacts {
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// How prices were entered.
    pub entry: EntryMode,
    /// Sum of line amounts without tax (合计金额), fen.
    pub net: Fen,
    /// Sum of tax (合计税额), fen.
    pub tax: Fen,
    /// Amount with tax (价税合计), fen.
    pub total: Fen,
    /// Remark (备注).
    pub remark: String,
    /// Who issues at the till (开票人).
    pub drawer: String,
    /// Special element (特定要素) 01-18, 0 for none. Others than 0 are reserved.
    pub special_element: u8,
    /// Deduction for 差额征税; reserved, must be absent.
    pub deduction: Option<Fen>,
    /// 16 random bytes that make the invoice hash a secret of the face's holders.
    pub secret_salt: [u8; 16],
}

/// The buyer's title (购买方).
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct BuyerTitle {
    /// Personal or organisation.
    pub kind: TitleKind,
    /// Name; may be 个人.
    pub name: String,
    /// Tax id; needed for organisations.
    pub tax_id: Option<TaxId>,
    /// Address and telephone, bank and account, as printed; empty for none.
    pub address_and_bank: String,
}

/// The seller's face where it differs from the register (销售方).
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SellerFace {
    /// Shop or branch name printed under the registered name.
    pub branch: String,
    /// Address and telephone, bank and account.
    pub address_and_bank: String,
}

/// What a line is (发票行性质). Names, because other systems swap the numbers 1 and 2.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum LineNature {
    /// 正常行.
    Normal = 0,
    /// 被折扣行: the line that the next one discounts.
    Discounted = 1,
    /// 折扣行: negative, straight after the discounted line.
    Discount = 2,
}

/// One line (明细).
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// What it is.
    pub nature: LineNature,
    /// Printed name, `*short name*item`.
    pub name: String,
    /// Tax code.
    pub tax_code: TaxCode,
    /// Specification (规格型号), may be empty.
    pub spec: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Quantity; with a price or not at all.
    pub quantity: Option<Quantity>,
    /// Unit price without tax; with a quantity or not at all.
    pub price: Option<Quantity>,
    /// Amount without tax, fen.
    pub net: Fen,
    /// Rate, or which zero.
    pub rate: TaxRate,
    /// Policy claimed.
    pub policy: Policy,
    /// Tax, fen.
    pub tax: Fen,
}

macro_rules! silent_debug {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            /// Taxpayers' data stays out of logs and errors.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })*
    };
}

silent_debug!(InvoiceFacts, BuyerTitle, SellerFace, InvoiceLine);
