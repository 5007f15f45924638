//! Tax rates and the four kinds of zero.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Why a line bears no tax (零税率标识). "0 %", exempt and out of scope are different things in law and on the face.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ZeroKind {
    /// 出口零税: exports, flag 0.
    Export = 0,
    /// 免税: exempt, flag 1.
    Exempt = 1,
    /// 不征税: outside VAT, flag 2.
    OutOfScope = 2,
    /// 普通零税率: ordinary zero rate, flag 3.
    Ordinary = 3,
}

/// A VAT rate or levy rate (税率/征收率) in 1/10000: 13 % is 1300, 1.5 % is 150. A zero says which zero it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TaxRate {
    /// A rate above zero, in 1/10000.
    Percent(u16) = 0,
    /// No tax, and why.
    Zero(ZeroKind) = 1,
}

impl TaxRate {
    /// The rate in 1/10000; 0 for every kind of zero.
    pub fn basis_points(self) -> i128 {
        match self {
            Self::Percent(bp) => i128::from(bp),
            Self::Zero(_) => 0,
        }
    }

    /// True if `Percent` really is above zero and at most 100 %: the canonical form of a rate.
    pub fn is_well_formed(self) -> bool {
        !matches!(self, Self::Percent(bp) if bp == 0 || bp > 10_000)
    }

    /// Tax on a net amount, both in fen, half up (away from zero for negative amounts).
    pub fn tax_on_net(self, net: i128) -> i128 {
        div_half_up(net * self.basis_points(), 10_000)
    }

    /// Net part of a gross amount, both in fen, half up; the tax is the rest, so that gross stays exact.
    pub fn net_of_gross(self, gross: i128) -> i128 {
        div_half_up(gross * 10_000, 10_000 + self.basis_points())
    }
}

/// Integer division that rounds half away from zero (四舍五入). `divisor` must be positive.
pub fn div_half_up(value: i128, divisor: i128) -> i128 {
    let magnitude = (value.abs() * 2 + divisor) / (divisor * 2);
    if value < 0 { -magnitude } else { magnitude }
}

impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(bp) if bp % 100 == 0 => write!(f, "{}%", bp / 100),
            Self::Percent(bp) => {
                let text = format!("{}.{:02}", bp / 100, bp % 100);
                write!(f, "{}%", text.trim_end_matches('0'))
            }
            Self::Zero(ZeroKind::Export) => f.write_str("出口零税"),
            Self::Zero(ZeroKind::Exempt) => f.write_str("免税"),
            Self::Zero(ZeroKind::OutOfScope) => f.write_str("不征税"),
            Self::Zero(ZeroKind::Ordinary) => f.write_str("0%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_zeros_are_four_values_and_faces() {
        let faces: Vec<String> = [ZeroKind::Export, ZeroKind::Exempt, ZeroKind::OutOfScope, ZeroKind::Ordinary]
            .map(|z| TaxRate::Zero(z).to_string())
            .to_vec();
        assert_eq!(faces, ["出口零税", "免税", "不征税", "0%"]);
        assert_eq!(TaxRate::Percent(150).to_string(), "1.5%");
        assert_eq!(TaxRate::Percent(1300).to_string(), "13%");
    }

    #[test]
    fn gross_splits_exactly_and_rounds_half_up() {
        let rate = TaxRate::Percent(600);
        let net = rate.net_of_gross(19_800);
        assert_eq!((net, 19_800 - net), (18_679, 1_121));
        assert_eq!(TaxRate::Percent(1300).tax_on_net(50), 7, "6.5 rounds up");
        assert_eq!(TaxRate::Percent(1300).tax_on_net(-50), -7, "and away from zero when red");
        assert_eq!(div_half_up(5, 10), 1);
        assert_eq!(div_half_up(-5, 10), -1);
        assert_eq!(div_half_up(4, 10), 0);
    }
}
