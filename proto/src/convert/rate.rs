//! Rates.

use ledger_types::{TaxRate, ZeroKind};

use super::error::{ConvertError, Problem};
use super::field::{choice, required};
use crate::types::v1 as wire;
use crate::types::v1::tax_rate::Rate;

impl From<&TaxRate> for wire::TaxRate {
    fn from(rate: &TaxRate) -> Self {
        let rate = match rate {
            TaxRate::Percent(bp) => Rate::BasisPoints((*bp).into()),
            TaxRate::Zero(kind) => Rate::Zero(wire::ZeroKind::from(*kind).into()),
        };
        Self { rate: Some(rate) }
    }
}

impl TryFrom<wire::TaxRate> for TaxRate {
    type Error = ConvertError;

    fn try_from(w: wire::TaxRate) -> Result<Self, ConvertError> {
        match required(w.rate, "rate")? {
            Rate::BasisPoints(bp @ 1..=10_000) => Ok(Self::Percent(bp as u16)),
            Rate::BasisPoints(_) => {
                Err(ConvertError::new("basis_points", Problem::OutOfRange { least: 1, most: 10_000 }))
            }
            Rate::Zero(kind) => choice::<wire::ZeroKind, ZeroKind>(kind, "zero").map(Self::Zero),
        }
    }
}
