//! Preferential policies (优惠政策标识) 01-18.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::rate::{TaxRate, ZeroKind};

/// The preferential policy a line claims. Numbers are those of the direct-connect channel's code list.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Policy {
    /// No policy.
    None = 0,
    /// 简易征收.
    SimplifiedLevy = 1,
    /// 稀土产品.
    RareEarth = 2,
    /// 免税.
    Exempt = 3,
    /// 不征税.
    OutOfScope = 4,
    /// 先征后退.
    LevyThenRefund = 5,
    /// 100%先征后退.
    LevyThenRefund100 = 6,
    /// 50%先征后退.
    LevyThenRefund50 = 7,
    /// 按3%简易征收.
    Simplified3 = 8,
    /// 按5%简易征收.
    Simplified5 = 9,
    /// 按5%简易征收减按1.5%计征.
    Simplified5At1_5 = 10,
    /// 即征即退30%.
    RefundOnLevy30 = 11,
    /// 即征即退50%.
    RefundOnLevy50 = 12,
    /// 即征即退70%.
    RefundOnLevy70 = 13,
    /// 即征即退100%.
    RefundOnLevy100 = 14,
    /// 超税负3%即征即退.
    RefundAbove3 = 15,
    /// 超税负8%即征即退.
    RefundAbove8 = 16,
    /// 超税负12%即征即退.
    RefundAbove12 = 17,
    /// 超税负6%即征即退.
    RefundAbove6 = 18,
}

impl Policy {
    /// The one rate that this policy prescribes, if it does.
    pub fn prescribed_rate(self) -> Option<TaxRate> {
        match self {
            Self::Exempt => Some(TaxRate::Zero(ZeroKind::Exempt)),
            Self::OutOfScope => Some(TaxRate::Zero(ZeroKind::OutOfScope)),
            Self::Simplified3 => Some(TaxRate::Percent(300)),
            Self::Simplified5 => Some(TaxRate::Percent(500)),
            Self::Simplified5At1_5 => Some(TaxRate::Percent(150)),
            _ => None,
        }
    }

    /// True for the simplified levies (简易征收), which may not be mixed with out-of-scope lines.
    pub fn is_simplified(self) -> bool {
        matches!(self, Self::SimplifiedLevy | Self::Simplified3 | Self::Simplified5 | Self::Simplified5At1_5)
    }
}
