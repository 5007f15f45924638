//! What a bureau approves for a taxpayer (票种核定 and admission).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::policy::Policy;
use crate::rate::TaxRate;

macro_rules! plain_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize,
            Deserialize,
        )]
        #[borsh(use_discriminant = true)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $value),* }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

plain_enum!(
    /// Kind of taxpayer (纳税人类型).
    TaxpayerKind {
        /// 一般纳税人.
        General = 0,
        /// 小规模纳税人.
        SmallScale = 1,
        /// 自然人 through the bureau (代开).
        NaturalPerson = 2,
    }
);

plain_enum!(
    /// Standing of a taxpayer; all but `Normal` block issuing and red letters.
    TaxpayerStatus {
        /// 正常.
        Normal = 0,
        /// 非正常户.
        Abnormal = 1,
        /// 暂停开票: suspended by the bureau.
        Suspended = 2,
        /// 走逃（失联）.
        Fled = 3,
        /// 注销: for ever.
        Cancelled = 4,
    }
);

plain_enum!(
    /// Tax credit grade (纳税信用等级).
    CreditGrade { #[allow(missing_docs)] A = 0, #[allow(missing_docs)] B = 1, #[allow(missing_docs)] M = 2,
        #[allow(missing_docs)] C = 3, #[allow(missing_docs)] D = 4 }
);

plain_enum!(
    /// Risk level (风险等级); `High` blocks issuing and red letters.
    RiskLevel {
        /// 低.
        Low = 0,
        /// 中.
        Medium = 1,
        /// 高 (风险纳税人).
        High = 2,
    }
);

plain_enum!(
    /// Kind of invoice (票种). Open for the other kinds of the national list.
    InvoiceKind {
        /// 深圳电子普通发票, the blockchain ordinary invoice.
        BlockchainOrdinary = 0,
        /// 区块链电子专用发票, reserved.
        BlockchainSpecial = 1,
    }
);

/// A kind of invoice approved for a taxpayer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct KindApproval {
    /// The kind.
    pub kind: InvoiceKind,
    /// Highest amount without tax of one invoice (最高开票限额), fen.
    pub max_amount: Fen,
}

/// A rate a taxpayer may use for tax codes under a prefix, under a policy, between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RateGrant {
    /// The leading digits of the tax codes covered; 0 with 0 digits covers all.
    pub code_prefix: u64,
    /// How many digits `code_prefix` has.
    pub prefix_digits: u8,
    /// The rate.
    pub rate: TaxRate,
    /// The policy that goes with it.
    pub policy: Policy,
    /// First block time (ms), inclusive.
    pub valid_from_ms: u64,
    /// Last block time (ms), inclusive; `u64::MAX` for no end.
    pub valid_to_ms: u64,
}

/// Everything a bureau approved for a taxpayer. Replaced as a whole by a new approval.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TaxpayerProfile {
    /// Kind of taxpayer.
    pub kind: TaxpayerKind,
    /// Standing.
    pub status: TaxpayerStatus,
    /// Credit grade.
    pub credit: CreditGrade,
    /// Risk level.
    pub risk: RiskLevel,
    /// Kinds of invoice and their limits.
    pub kinds: Vec<KindApproval>,
    /// Cap of amount without tax in a natural month (总授信额度), fen.
    pub monthly_quota: Fen,
    /// Most invoices a day, 0 for no limit.
    pub daily_count: u32,
    /// Most invoices within a minute, 0 for no limit.
    pub burst_per_minute: u32,
    /// Rates, each for a range of tax codes.
    pub rates: Vec<RateGrant>,
    /// Tax-code prefixes (with their number of digits) within the business scope (经营范围); empty for all.
    pub categories: Vec<(u64, u8)>,
}
