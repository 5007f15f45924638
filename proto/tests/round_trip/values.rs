//! Domain values of every shape, from a seed.

mod access;
mod chain;
mod governance;
mod invoices;
mod register;

pub(crate) use access::*;
pub(crate) use chain::*;
pub(crate) use governance::*;
pub(crate) use invoices::*;
pub(crate) use register::*;

use ledger_types::*;

use crate::seed::Seed;

/// Times as the wire can carry them.
pub(crate) fn ms(s: &mut Seed) -> u64 {
    s.next() >> s.pick(&[1u32, 20, 24, 60])
}

pub(crate) fn fen(s: &mut Seed) -> Fen {
    Fen(s.next() as i64 >> s.pick(&[0u32, 20, 40, 63]))
}

pub(crate) fn account_id(s: &mut Seed) -> AccountId {
    AccountId(1 + s.below(u64::from(u32::MAX)) as u32)
}

pub(crate) fn area_id(s: &mut Seed) -> Area {
    Area(1 + s.below(9_999) as u16)
}

pub(crate) fn slot(s: &mut Seed) -> Slot {
    Slot(s.next())
}

pub(crate) fn text(s: &mut Seed) -> String {
    s.pick(&["", "深圳市某某餐饮有限公司", "*餐饮服务*餐费", "a", "一\u{10ffff}"]).to_owned()
}

pub(crate) fn tax_id(s: &mut Seed) -> TaxId {
    s.pick(&[
        "91350100M000100Y43",
        "9144030071526726XG",
        "44030071526726X",
        "12345678901234567",
        "11010519491231002X01",
    ])
    .parse()
    .expect("a valid tax id")
}

pub(crate) fn code(s: &mut Seed) -> InvoiceCode {
    InvoiceCode::build(area_id(s), s.below(100) as u8, 1 + s.below(9) as u8).expect("in range")
}

pub(crate) fn number(s: &mut Seed) -> InvoiceNumber {
    InvoiceNumber::new(1 + s.below(99_999_999) as u32).expect("in range")
}

pub(crate) fn tax_code(s: &mut Seed) -> TaxCode {
    TaxCode::new((1 + s.below(6)) * 1_000_000_000_000_000_000 + s.below(1_000_000_000_000_000_000)).expect("in range")
}

pub(crate) fn rate(s: &mut Seed) -> TaxRate {
    let zeros = [ZeroKind::Export, ZeroKind::Exempt, ZeroKind::OutOfScope, ZeroKind::Ordinary];
    if s.flag() { TaxRate::Percent(1 + s.below(10_000) as u16) } else { TaxRate::Zero(s.pick(&zeros)) }
}

/// Any of the policies, read from their numbers in the format.
pub(crate) fn policy(s: &mut Seed) -> Policy {
    Policy::from_canonical(&[s.below(19) as u8]).expect("0 to 18")
}

pub(crate) fn quantity(s: &mut Seed) -> Quantity {
    Quantity::new(s.next() as i64 >> s.pick(&[0u32, 30, 60]), s.below(14) as u8).expect("at most 13 places")
}

pub(crate) fn digest(s: &mut Seed) -> Digest {
    Digest(s.bytes())
}

pub(crate) fn address(s: &mut Seed) -> Address {
    Address(s.bytes())
}

pub(crate) fn tx_id(s: &mut Seed) -> TxId {
    TxId(s.bytes())
}

pub(crate) fn request(s: &mut Seed) -> (RequestScope, RequestId) {
    (RequestScope(s.next()), RequestId(s.bytes()))
}
