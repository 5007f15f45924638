//! The valid invoice that every case starts from: one meal of 100.00 and 6 % tax, by a merchant in good standing.

use ledger_types::body::{EntryMode, LineNature, TitleKind};
use ledger_types::{
    Area, BlockTime, BuyerTitle, CreditGrade, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, KindApproval, Policy,
    RateGrant, RiskLevel, RuleBook, SellerFace, TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus, Usage,
    ZeroKind,
};
use tax_rules::usage;

/// 2026-11-02 09:00:00.000 in Shenzhen.
pub(crate) const NOW: BlockTime = BlockTime(1_793_581_200_000);

/// The standing rules, from version 1 of which 1 ms has passed.
pub(crate) fn book() -> RuleBook {
    RuleBook::standard(Area(4403), 1, NOW.0 - 1)
}

/// May use every rate of the standing rules with every policy that fits it, for all codes, for ever.
pub(crate) fn profile() -> TaxpayerProfile {
    use ZeroKind::{Exempt, Export, Ordinary, OutOfScope};
    let plain = [1300, 900, 600, 500, 300, 150, 100].map(|bp| (TaxRate::Percent(bp), Policy::None));
    let simplified = [
        (500, Policy::Simplified5),
        (300, Policy::Simplified3),
        (150, Policy::Simplified5At1_5),
        (300, Policy::SimplifiedLevy),
    ]
    .map(|(bp, policy)| (TaxRate::Percent(bp), policy));
    let zeros = [
        (Exempt, Policy::Exempt),
        (OutOfScope, Policy::OutOfScope),
        (Ordinary, Policy::None),
        (Export, Policy::None),
        (Export, Policy::LevyThenRefund),
    ]
    .map(|(zero, policy)| (TaxRate::Zero(zero), policy));
    let rates = plain.into_iter().chain(simplified).chain(zeros);
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::B,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000_000_000) }],
        monthly_quota: Fen(100_000_000_000_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates: rates.map(|(rate, policy)| grant(rate, policy)).collect(),
        categories: vec![],
    }
}

fn grant(rate: TaxRate, policy: Policy) -> RateGrant {
    RateGrant { code_prefix: 0, prefix_digits: 0, rate, policy, valid_from_ms: 0, valid_to_ms: u64::MAX }
}

pub(crate) fn usage() -> Usage {
    usage::roll(Usage::default(), NOW)
}

/// Totals are filled in from the lines.
pub(crate) fn facts() -> InvoiceFacts {
    InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Net,
        net: Fen(0),
        tax: Fen(0),
        total: Fen(0),
        remark: String::new(),
        drawer: "张三".into(),
        special_element: 0,
        deduction: None,
        secret_salt: [9; 16],
    }
}

pub(crate) fn seller() -> SellerFace {
    SellerFace { branch: "南山店".into(), address_and_bank: String::new() }
}

pub(crate) fn buyer() -> BuyerTitle {
    BuyerTitle {
        kind: TitleKind::Organisation,
        name: "深圳市某某有限公司".into(),
        tax_id: Some("91350100M000100Y43".parse().unwrap()),
        address_and_bank: String::new(),
    }
}

/// The tax is filled in from the amount.
pub(crate) fn line() -> InvoiceLine {
    InvoiceLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".into(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: String::new(),
        quantity: None,
        price: None,
        net: Fen(10_000),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax: Fen(0),
    }
}
