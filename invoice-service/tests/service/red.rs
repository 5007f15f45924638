//! Red letters.

use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::finance::{book, lock};
use crate::world::{by_slot, report, world};

const REASON: i32 = types::RedReason::SalesReturn as i32;

#[tokio::test]
async fn an_unused_invoice_is_reversed_directly_and_gives_its_quota_back() {
    let mut w = world().await;
    let blue = w.issue(19_800).await;
    let request =
        pb::IssueRedRequest { header: w.seller.header(), invoice: by_slot(blue.slot), reason: REASON, form: None };
    let answer = w.seller.merchant.issue_red(request).await.unwrap().into_inner();
    let red = answer.red.unwrap();
    assert_eq!(answer.blue, blue.face);
    let totals = red.totals.unwrap();
    assert_eq!((totals.net, totals.tax, totals.total), (-18_679, -1_121, -19_800));
    assert_ne!(red.invoice_hash, blue.invoice_hash);
    assert!(red.qr_url.ends_with("total_amount=-19800"));
    let quota = pb::GetQuotaRequest { account: w.seller.account, read_options: None };
    assert_eq!(w.seller.merchant.get_quota(quota).await.unwrap().into_inner().consumed, 0);
    let flow =
        pb::GetInvoiceFlowRequest { acting_account: w.seller.account, invoice: by_slot(blue.slot), read_options: None };
    let flow = w.seller.audit.get_invoice_flow(flow).await.unwrap().into_inner();
    assert_eq!(flow.invoice.unwrap().reversed_by, red.face);
    assert_eq!(flow.steps.len(), 2);
    let mut public = w.employee.verify.clone();
    let input = Some(pb::verify_by_url_request::Input::Url(red.qr_url));
    let record = public.verify_by_url(pb::VerifyByUrlRequest { input }).await.unwrap().into_inner().record.unwrap();
    assert_eq!(record.status, types::FaceStatus::Red as i32);
}

#[tokio::test]
async fn a_booked_invoice_is_reversed_only_with_the_buyers_confirmation() {
    let mut w = world().await;
    let slot = w.issue_to_company(19_800).await.slot;
    lock(&mut w.company, &[slot]).await.unwrap();
    book(&mut w.company, slot).await;
    let unlock = pb::UnlockRequest { header: w.company.header(), invoices: vec![by_slot(slot).unwrap()] };
    w.company.finance.unlock(unlock).await.unwrap();
    let direct = pb::IssueRedRequest { header: w.seller.header(), invoice: by_slot(slot), reason: REASON, form: None };
    assert_eq!(report(w.seller.merchant.issue_red(direct).await).number(), Some(702));
    let ask = pb::RequestRedRequest { header: w.seller.header(), invoice: by_slot(slot), reason: REASON };
    let form = w.seller.merchant.request_red(ask).await.unwrap().into_inner().form.unwrap();
    assert_eq!((form.state(), form.buyer), (types::RedFormState::AwaitingBuyer, w.company.account));
    let confirm = pb::AnswerRedAsBuyerRequest {
        header: w.company.header(),
        form: form.id,
        answer: types::RedAnswer::Confirm.into(),
    };
    let answered = w.company.finance.answer_red_as_buyer(confirm).await.unwrap().into_inner().form.unwrap();
    assert_eq!(answered.state(), types::RedFormState::Confirmed);
    let red =
        pb::IssueRedRequest { header: w.seller.header(), invoice: by_slot(slot), reason: REASON, form: Some(form.id) };
    w.seller.merchant.issue_red(red).await.unwrap();
    let flow = pb::GetInvoiceFlowRequest { acting_account: 1, invoice: by_slot(slot), read_options: None };
    let flow = w.bureau.audit.get_invoice_flow(flow).await.unwrap().into_inner();
    assert_eq!(flow.red_form.unwrap().state(), types::RedFormState::Used);
}

#[tokio::test]
async fn a_form_that_was_refused_no_longer_stands_in_the_way_of_a_check() {
    let mut w = world().await;
    let slot = w.issue_to_company(19_800).await.slot;
    lock(&mut w.company, &[slot]).await.unwrap();
    book(&mut w.company, slot).await;
    let ask = pb::RequestRedAsBuyerRequest { header: w.company.header(), invoice: by_slot(slot), reason: REASON };
    let form = w.company.finance.request_red_as_buyer(ask).await.unwrap().into_inner().form.unwrap();
    let mut failed = async || {
        let items = vec![pb::VerifyItem { invoice: by_slot(slot), total: None }];
        let request = pb::VerifyRequest { acting_account: w.company.account, items, read_options: None };
        let result = w.company.finance.verify(request).await.unwrap().into_inner().results.remove(0);
        result.checks.into_iter().filter(|c| !c.passed).map(|c| c.kind()).collect::<Vec<_>>()
    };
    assert_eq!(failed().await, [pb::CheckKind::Face]);
    let refuse =
        pb::AnswerRedRequest { header: w.seller.header(), form: form.id, answer: types::RedAnswer::Refuse.into() };
    w.seller.merchant.answer_red(refuse).await.unwrap();
    assert_eq!(failed().await, []);
}
