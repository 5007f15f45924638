//! Everything a verdict depends on, owned, so that it can be changed.

use ledger_types::body::{EntryMode, TitleKind};
use ledger_types::{
    Area, BlockTime, BuyerTitle, CreditGrade, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, KindApproval, Policy,
    RateGrant, RiskLevel, RuleBook, SellerFace, TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus, Usage,
    ZeroKind,
};
use tax_rules::entry::{self, Item, LineLabel};
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose, usage};

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) book: RuleBook,
    pub(crate) profile: Option<TaxpayerProfile>,
    pub(crate) usage: Usage,
    pub(crate) now: BlockTime,
    pub(crate) purpose: IssuePurpose,
    pub(crate) facts: InvoiceFacts,
    pub(crate) seller: Option<SellerFace>,
    pub(crate) buyer: BuyerTitle,
    pub(crate) lines: Vec<InvoiceLine>,
}

/// What the seller may use.
pub(crate) const RATES: [(TaxRate, Policy); 8] = [
    (TaxRate::Percent(600), Policy::None),
    (TaxRate::Percent(1300), Policy::None),
    (TaxRate::Percent(300), Policy::Simplified3),
    (TaxRate::Percent(150), Policy::Simplified5At1_5),
    (TaxRate::Zero(ZeroKind::Exempt), Policy::Exempt),
    (TaxRate::Zero(ZeroKind::OutOfScope), Policy::OutOfScope),
    (TaxRate::Zero(ZeroKind::Ordinary), Policy::None),
    (TaxRate::Zero(ZeroKind::Export), Policy::RareEarth),
];

pub(crate) const CODES: [&str; 4] =
    ["3070401000000000000", "3070402000000000000", "1090511000000000000", "6010000000000000000"];

/// 2026-11-02 09:00 in Shenzhen.
const NOW: BlockTime = BlockTime(1_793_581_200_000);

pub(crate) fn label(rate: usize, code: usize) -> LineLabel {
    let (rate, policy) = RATES[rate % RATES.len()];
    let code = CODES[if rate == TaxRate::Zero(ZeroKind::OutOfScope) { 3 } else { code % 3 }];
    LineLabel {
        name: "*餐饮服务*餐费".into(),
        tax_code: code.parse().unwrap(),
        spec: "A4".into(),
        unit: "份".into(),
        rate,
        policy,
    }
}

fn profile() -> TaxpayerProfile {
    let grant = |(rate, policy)| RateGrant {
        code_prefix: 0,
        prefix_digits: 0,
        rate,
        policy,
        valid_from_ms: NOW.0 - 1_000_000,
        valid_to_ms: NOW.0 + 1_000_000,
    };
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::B,
        risk: RiskLevel::Medium,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000_000_000) }],
        monthly_quota: Fen(10_000_000_000_000),
        daily_count: 100,
        burst_per_minute: 10,
        rates: RATES.map(grant).to_vec(),
        categories: vec![(3, 1), (109, 3), (6_010_000_000_000_000_000, 19)],
    }
}

impl World {
    /// A valid invoice of these items.
    pub(crate) fn of(items: &[Item], mode: EntryMode) -> Self {
        let book = RuleBook::standard(Area(4403), 1, NOW.0 - 1_000_000);
        let lines = entry::lines(&book, mode, items).unwrap();
        let usage = usage::roll(Usage::default(), NOW);
        Self {
            facts: entry::facts(InvoiceKind::BlockchainOrdinary, mode, &lines, [3; 16]).unwrap(),
            book,
            profile: Some(profile()),
            usage: Usage { reserved: Fen(1_000), consumed: Fen(2_000), day_count: 3, minute_count: 2, ..usage },
            now: NOW,
            purpose: IssuePurpose::Issue,
            seller: None,
            buyer: BuyerTitle {
                kind: TitleKind::Organisation,
                name: "深圳市某某有限公司".into(),
                tax_id: Some("91350100M000100Y43".parse().unwrap()),
                address_and_bank: String::new(),
            },
            lines,
        }
    }

    pub(crate) fn plain() -> Self {
        let item = Item { label: label(0, 0), quantity: None, amount: Fen(10_000), discount: Fen(0) };
        Self::of(&[item], EntryMode::Net)
    }

    pub(crate) fn context(&self) -> IssueContext<'_> {
        IssueContext {
            book: &self.book,
            profile: self.profile.as_ref(),
            usage: self.usage,
            now: self.now,
            purpose: self.purpose,
        }
    }

    pub(crate) fn invoice(&self) -> InvoiceInput<'_> {
        InvoiceInput { facts: &self.facts, seller: self.seller.as_ref(), buyer: &self.buyer, lines: &self.lines }
    }

    pub(crate) fn with_profile(&mut self, change: impl FnOnce(&mut TaxpayerProfile)) {
        if let Some(profile) = &mut self.profile {
            change(profile);
        }
    }

    /// Totals that fit the lines.
    pub(crate) fn add_up(&mut self) {
        let clamp = |sum: i128| Fen(sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        let net: i128 = self.lines.iter().map(|l| i128::from(l.net.0)).sum();
        let tax: i128 = self.lines.iter().map(|l| i128::from(l.tax.0)).sum();
        (self.facts.net, self.facts.tax, self.facts.total) = (clamp(net), clamp(tax), clamp(net + tax));
    }

    pub(crate) fn lower_invoice_limits(&mut self) {
        self.book.max_invoice_amount.0 -= 1;
        self.with_profile(|p| p.kinds.iter_mut().for_each(|k| k.max_amount.0 -= 1));
    }

    pub(crate) fn widen_grants(&mut self) {
        self.with_profile(|p| p.rates.iter_mut().for_each(|g| (g.code_prefix, g.prefix_digits) = (0, 0)));
    }
}
