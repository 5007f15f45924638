#![allow(clippy::unwrap_used)]

use super::*;
use crate::context::IssuePurpose;
use crate::usage;
use ledger_types::RejectReason::{
    KindNotApproved, OverBurst, OverDailyCount, OverQuota, TaxpayerBlocked, TaxpayerNotApproved, TaxpayerRisk,
};
use ledger_types::body::TitleKind;
use ledger_types::output::Origin;
use ledger_types::{
    AccountId, ApplicationId, Area, BlockTime, CreditGrade, Fen, Height, InvoiceKind, KindApproval, Month, Owner,
    RejectReason, RiskLevel, RuleBook, TaxpayerKind, TaxpayerStatus, Usage,
};

/// 2026-11-02 09:00 in Shenzhen.
const NOW: BlockTime = BlockTime(1_793_581_200_000);

fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1) }],
        monthly_quota: Fen(1_000),
        daily_count: 5,
        burst_per_minute: 3,
        rates: vec![],
        categories: vec![],
    }
}

fn application(quota_month: Month) -> Application {
    Application {
        id: ApplicationId(1),
        seller: AccountId(7),
        origin: Origin { height: Height(1), tx: 0, item: 0 },
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Individual,
        net: Fen(600),
        tax: Fen(36),
        owner: Owner::Condition([1; 32]),
        order_ref: [0; 32],
        quota_month,
        rule_book: 1,
        expires_ms: u64::MAX,
    }
}

fn reasons(profile: Option<&TaxpayerProfile>, usage: Usage, application: &Application) -> Vec<RejectReason> {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let ctx = IssueContext { book: &book, profile, usage, now: NOW, purpose: IssuePurpose::Issue };
    check_applied(&ctx, application).refusals.iter().map(|r| r.reason).collect()
}

fn used(net: i64) -> Usage {
    usage::consume(usage::roll(Usage::default(), NOW), Fen(net)).unwrap()
}

#[test]
fn the_invoice_is_not_judged_again_but_the_seller_is() {
    let here = application(Month(202_611));
    assert_eq!(
        reasons(Some(&profile()), used(0), &here),
        [],
        "over a limit lowered meanwhile, and issued all the same"
    );
    assert_eq!(reasons(None, used(0), &here), [TaxpayerNotApproved]);
    let blocked = TaxpayerProfile {
        status: TaxpayerStatus::Suspended,
        risk: RiskLevel::High,
        kinds: vec![],
        daily_count: 1,
        burst_per_minute: 1,
        ..profile()
    };
    assert_eq!(
        reasons(Some(&blocked), used(0), &here),
        [TaxpayerBlocked, TaxpayerRisk, KindNotApproved, OverDailyCount, OverBurst]
    );
}

#[test]
fn quota_is_asked_for_again_only_if_the_reservation_lapsed_with_its_month() {
    let (here, last_month) = (application(Month(202_611)), application(Month(202_610)));
    assert_eq!(reasons(Some(&profile()), used(1_000), &here), [], "600 of the 1,000 are its own reservation");
    assert_eq!(reasons(Some(&profile()), used(400), &last_month), []);
    assert_eq!(reasons(Some(&profile()), used(401), &last_month), [OverQuota]);
}

#[test]
fn who_may_not_issue_may_not_reverse() {
    assert_eq!(check_red(Some(&profile())), []);
    assert_eq!(check_red(None)[0].reason, TaxpayerNotApproved);
    for status in TaxpayerStatus::ALL.iter().filter(|s| **s != TaxpayerStatus::Normal) {
        let profile = TaxpayerProfile { status: *status, ..profile() };
        assert_eq!(check_red(Some(&profile)).len(), 1, "{status:?}");
    }
    let risky = TaxpayerProfile { risk: RiskLevel::High, ..profile() };
    assert_eq!(check_red(Some(&risky))[0].reason, TaxpayerRisk);
    let spent = TaxpayerProfile { monthly_quota: Fen(0), kinds: vec![], ..profile() };
    assert_eq!(check_red(Some(&spent)), [], "limits of issuing do not stop a reversal");
}
