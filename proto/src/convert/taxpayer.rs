//! Taxpayers: what is approved, and what was used of it.

use ledger_types::limits::MAX_PROFILE_ENTRIES;
use ledger_types::{
    CreditGrade, Fen, InvoiceKind, KindApproval, Month, RateGrant, RiskLevel, TaxpayerKind, TaxpayerProfile,
    TaxpayerStatus, Usage,
};

use super::error::ConvertError;
use super::field::{choice, end_ms, list, message, ms, required, wire_end_ms, wire_ms};
use crate::types::v1 as wire;

/// Leading digits as a number with its count, the domain's form.
type Prefix = (u64, u8);

fn wire_prefix((digits, count): Prefix) -> wire::CodePrefix {
    let width = usize::from(count);
    wire::CodePrefix { digits: if count == 0 { String::new() } else { format!("{digits:0width$}") } }
}

fn prefix(w: wire::CodePrefix) -> Result<Prefix, ConvertError> {
    let should = || ConvertError::invalid("digits", "must be at most 19 digits");
    if w.digits.len() > 19 || !w.digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(should());
    }
    let value = if w.digits.is_empty() { 0 } else { w.digits.parse().map_err(|_| should())? };
    Ok((value, w.digits.len() as u8))
}

impl From<&RateGrant> for wire::RateGrant {
    fn from(g: &RateGrant) -> Self {
        Self {
            prefix: Some(wire_prefix((g.code_prefix, g.prefix_digits))),
            rate: Some((&g.rate).into()),
            policy: wire::Policy::from(g.policy).into(),
            valid_from_ms: wire_ms(g.valid_from_ms),
            valid_to_ms: wire_end_ms(g.valid_to_ms),
        }
    }
}

impl TryFrom<wire::RateGrant> for RateGrant {
    type Error = ConvertError;

    fn try_from(w: wire::RateGrant) -> Result<Self, ConvertError> {
        let (code_prefix, prefix_digits) = prefix(required(w.prefix, "prefix")?).map_err(|e| e.within("prefix"))?;
        Ok(Self {
            code_prefix,
            prefix_digits,
            rate: message(w.rate, "rate")?,
            policy: choice::<wire::Policy, _>(w.policy, "policy")?,
            valid_from_ms: ms(w.valid_from_ms, "valid_from_ms")?,
            valid_to_ms: end_ms(w.valid_to_ms, "valid_to_ms")?,
        })
    }
}

impl TryFrom<wire::KindApproval> for KindApproval {
    type Error = ConvertError;

    fn try_from(w: wire::KindApproval) -> Result<Self, ConvertError> {
        Ok(Self { kind: choice::<wire::InvoiceKind, InvoiceKind>(w.kind, "kind")?, max_amount: Fen(w.max_amount) })
    }
}

impl From<&TaxpayerProfile> for wire::TaxpayerProfile {
    fn from(p: &TaxpayerProfile) -> Self {
        let kind = |k: &KindApproval| wire::KindApproval {
            kind: wire::InvoiceKind::from(k.kind).into(),
            max_amount: k.max_amount.0,
        };
        Self {
            kind: wire::TaxpayerKind::from(p.kind).into(),
            status: wire::TaxpayerStatus::from(p.status).into(),
            credit: wire::CreditGrade::from(p.credit).into(),
            risk: wire::RiskLevel::from(p.risk).into(),
            kinds: p.kinds.iter().map(kind).collect(),
            monthly_quota: p.monthly_quota.0,
            daily_count: p.daily_count,
            burst_per_minute: p.burst_per_minute,
            rates: p.rates.iter().map(Into::into).collect(),
            categories: p.categories.iter().copied().map(wire_prefix).collect(),
        }
    }
}

impl TryFrom<wire::TaxpayerProfile> for TaxpayerProfile {
    type Error = ConvertError;

    fn try_from(w: wire::TaxpayerProfile) -> Result<Self, ConvertError> {
        Ok(Self {
            kind: choice::<wire::TaxpayerKind, TaxpayerKind>(w.kind, "kind")?,
            status: choice::<wire::TaxpayerStatus, TaxpayerStatus>(w.status, "status")?,
            credit: choice::<wire::CreditGrade, CreditGrade>(w.credit, "credit")?,
            risk: choice::<wire::RiskLevel, RiskLevel>(w.risk, "risk")?,
            kinds: list(w.kinds, MAX_PROFILE_ENTRIES, "kinds")?,
            monthly_quota: Fen(w.monthly_quota),
            daily_count: w.daily_count,
            burst_per_minute: w.burst_per_minute,
            rates: list(w.rates, MAX_PROFILE_ENTRIES, "rates")?,
            categories: super::field::list_with(w.categories, MAX_PROFILE_ENTRIES, "categories", prefix)?,
        })
    }
}

impl From<&Usage> for wire::Usage {
    fn from(u: &Usage) -> Self {
        Self {
            month: u.month.0,
            reserved: u.reserved.0,
            consumed: u.consumed.0,
            day: u.day,
            day_count: u.day_count,
            minute: u.minute,
            minute_count: u.minute_count,
        }
    }
}

impl TryFrom<wire::Usage> for Usage {
    type Error = ConvertError;

    fn try_from(w: wire::Usage) -> Result<Self, ConvertError> {
        Ok(Self {
            month: Month(w.month),
            reserved: Fen(w.reserved),
            consumed: Fen(w.consumed),
            day: w.day,
            day_count: w.day_count,
            minute: w.minute,
            minute_count: w.minute_count,
        })
    }
}
