//! Applying, issuing, quota, dry runs.

use ledger_types::{InvoiceHash, RejectReason};
use proto::convert::{QrText, QrUrl};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::world::{SELLER_TAX_ID, invoice, report, world};

#[tokio::test]
async fn an_issued_invoice_comes_with_everything_for_the_buyer() {
    let mut w = world().await;
    let request = pb::IssueRequest { header: w.seller.header(), invoice: invoice(19_800), terms: None };
    let answer = w.seller.merchant.issue(request).await.unwrap().into_inner();
    let operation = answer.operation.unwrap();
    assert_eq!(operation.state, types::FateState::Committed as i32);
    assert_eq!(operation.provable_at, operation.height.map(|h| h + 1));
    let issued = answer.invoice.unwrap();
    let hash: InvoiceHash = issued.invoice_hash.parse().unwrap();
    assert_eq!(issued.check_code, hash.check_code().to_string());
    let totals = issued.totals.unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (18_679, 1_121, 19_800));
    assert_eq!(issued.issued_date, "2026-11-02");
    let face = issued.face.unwrap();
    assert_eq!((face.code.as_str(), face.number.as_str()), ("144032609110", "00000001"));
    assert_eq!(QrUrl::parse(&issued.qr_url).unwrap().hash, hash);
    let text = QrText::parse(&issued.qr_text).unwrap();
    assert_eq!((text.seller.as_str(), text.net.0), (SELLER_TAX_ID, 18_679));
    assert_eq!(issued.claim_token.len(), 32);
}

#[tokio::test]
async fn an_application_reserves_quota_until_it_is_issued() {
    let mut w = world().await;
    let quota = pb::GetQuotaRequest { account: w.seller.account, read_options: None };
    let request =
        pb::ApplyRequest { header: w.seller.header(), invoice: invoice(19_800), terms: None, expires_ms: None };
    let applied = w.seller.merchant.apply(request).await.unwrap().into_inner();
    let now = w.seller.merchant.get_quota(quota.clone()).await.unwrap().into_inner();
    assert_eq!((now.month, now.reserved, now.consumed), (202_611, 18_679, 0));
    assert_eq!(now.available, now.quota - 18_679);
    let request = pb::IssueAppliedRequest { header: w.seller.header(), application: applied.application.unwrap() };
    let issued = w.seller.merchant.issue_applied(request).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!(issued.claim_token, applied.claim_token, "the token of the application");
    let now = w.seller.merchant.get_quota(quota).await.unwrap().into_inner();
    assert_eq!((now.reserved, now.consumed, now.today), (0, 18_679, 1));
    let mut employee = w.employee.clone();
    let claim = pb::ClaimRequest { header: employee.header(), claim_token: issued.claim_token, ..Default::default() };
    employee.wallet.claim(claim).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_application_gives_its_quota_back() {
    let mut w = world().await;
    let request =
        pb::ApplyRequest { header: w.seller.header(), invoice: invoice(19_800), terms: None, expires_ms: None };
    let application = w.seller.merchant.apply(request).await.unwrap().into_inner().application.unwrap();
    let request = pb::WithdrawApplicationRequest { header: w.seller.header(), application };
    w.seller.merchant.withdraw_application(request).await.unwrap();
    let quota = pb::GetQuotaRequest { account: w.seller.account, read_options: None };
    assert_eq!(w.seller.merchant.get_quota(quota).await.unwrap().into_inner().reserved, 0);
    let again = pb::IssueAppliedRequest { header: w.seller.header(), application };
    assert_eq!(report(w.seller.merchant.issue_applied(again).await).number(), Some(621));
}

#[tokio::test]
async fn a_refusal_names_every_reason_in_both_languages() {
    let mut w = world().await;
    let mut bad = invoice(19_800).unwrap();
    bad.lines[0].policy = types::Policy::Exempt.into();
    bad.buyer.as_mut().unwrap().tax_id = None;
    let check = pb::PreCheckRequest {
        acting_account: w.seller.account,
        invoice: Some(bad.clone()),
        terms: None,
        read_options: None,
    };
    let checked = w.seller.merchant.pre_check(check).await.unwrap().into_inner();
    assert!(!checked.passes);
    assert!(checked.refusals.iter().all(|r| !r.message_zh.is_empty() && !r.message_en.is_empty()));
    let dry: Vec<u32> = checked.refusals.iter().map(|r| r.number).collect();
    let request = pb::IssueRequest { header: w.seller.header(), invoice: Some(bad), terms: None };
    let refused = report(w.seller.merchant.issue(request).await);
    let on_chain: Vec<u32> = refused.refusals.iter().map(|r| r.reason.number().into()).collect();
    assert_eq!(dry, on_chain, "the dry run says what the chain says");
    assert!(dry.len() >= 2 && refused.refusals.iter().any(|r| r.reason == RejectReason::BuyerTitle));
    assert!(refused.tx_id.is_some() && refused.localized.contains_key("zh-CN"));
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_passes_what_would_pass() {
    let mut w = world().await;
    let check = pb::PreCheckRequest {
        acting_account: w.seller.account,
        invoice: invoice(19_800),
        terms: None,
        read_options: None,
    };
    let before = w.chain.state().height;
    let checked = w.seller.merchant.pre_check(check).await.unwrap().into_inner();
    assert!(checked.passes && checked.refusals.is_empty());
    assert_eq!((checked.rule_book, checked.totals.unwrap().net), (1, 18_679));
    assert_eq!(w.chain.state().height, before);
}

#[tokio::test]
async fn a_batch_is_numbered_in_order_and_each_has_its_own_token() {
    let mut w = world().await;
    let item = |gross| pb::BatchInput { invoice: invoice(gross), recipient: None };
    let invoices = vec![item(10_000), item(20_000), item(30_000)];
    let request = pb::IssueBatchRequest { header: w.seller.header(), invoices };
    let issued = w.seller.merchant.issue_batch(request).await.unwrap().into_inner().invoices;
    let numbers: Vec<String> = issued.iter().map(|i| i.face.clone().unwrap().number).collect();
    assert_eq!(numbers, ["00000001", "00000002", "00000003"]);
    let mut employee = w.employee.clone();
    for one in issued.iter().rev() {
        let token = one.claim_token.clone();
        let claim = pb::ClaimRequest { header: employee.header(), claim_token: token, ..Default::default() };
        let view = employee.wallet.claim(claim).await.unwrap().into_inner().invoice.unwrap();
        assert_eq!(view.summary.unwrap().slot, one.slot);
        assert_eq!(view.invoice_hash, one.invoice_hash);
    }
}

#[tokio::test]
async fn a_bad_invoice_of_a_batch_is_named_by_its_place() {
    let mut w = world().await;
    let mut bad = invoice(20_000);
    bad.as_mut().unwrap().totals = Some(pb::TotalsInput { net: 1, tax: 1, total: 2 });
    let item = |invoice| pb::BatchInput { invoice, recipient: None };
    let invoices = vec![item(invoice(10_000)), item(bad)];
    let request = pb::IssueBatchRequest { header: w.seller.header(), invoices };
    let refused = report(w.seller.merchant.issue_batch(request).await);
    assert_eq!(refused.number(), Some(526));
    assert!(refused.refusals.iter().all(|r| r.item == Some(1)));
}

#[tokio::test]
async fn payments_are_used_up_and_an_order_is_invoiced_once() {
    let mut w = world().await;
    let request = pb::RecordPaymentRequest {
        header: w.provider.header(),
        payment_id: "wx-1".into(),
        payee: w.seller.account,
        amount: 19_800,
    };
    let slot = w.provider.payment.record_payment(request).await.unwrap().into_inner().slot.unwrap();
    let terms = |order: &str, amount| {
        let payments = vec![pb::PaymentPart { slot, amount, sequence: None }];
        Some(pb::IssueTerms { order_id: order.into(), payments, recipient: None })
    };
    let check = |terms| pb::PreCheckRequest {
        acting_account: w.seller.account,
        invoice: invoice(19_800),
        terms,
        read_options: None,
    };
    let mut merchant = w.seller.merchant.clone();
    let short = merchant.pre_check(check(terms("o-1", 19_799))).await.unwrap().into_inner();
    assert_eq!(short.refusals.iter().map(|r| r.number).collect::<Vec<_>>(), [806]);
    assert!(merchant.pre_check(check(terms("o-1", 19_800))).await.unwrap().into_inner().passes);
    let issue = |header, terms| pb::IssueRequest { header, invoice: invoice(19_800), terms };
    merchant.issue(issue(w.seller.header(), terms("o-1", 19_800))).await.unwrap();
    let get = |acting_account| pb::GetPaymentRequest { acting_account, slot, read_options: None };
    let left = merchant_payment(&mut w, get).await;
    assert_eq!(left, 0);
    assert_eq!(report(merchant.issue(issue(w.seller.header(), terms("o-2", 19_800))).await).number(), Some(803));
    let same_order = Some(pb::IssueTerms { order_id: "o-1".into(), ..Default::default() });
    assert_eq!(report(merchant.issue(issue(w.seller.header(), same_order)).await).number(), Some(805));
}

async fn merchant_payment(w: &mut crate::world::World, get: impl Fn(u32) -> pb::GetPaymentRequest) -> i64 {
    let mine = w.seller.payment.get_payment(get(w.seller.account)).await.unwrap().into_inner();
    let stranger = report(w.employee.payment.get_payment(get(w.employee.account)).await);
    assert_eq!(stranger.reason_name, "NOT_FOUND", "to others it is not there");
    w.bureau.payment.get_payment(get(1)).await.unwrap();
    mine.output.unwrap().record.unwrap().amount
}
