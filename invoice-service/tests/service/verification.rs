//! Public verification: right values open, anything else gets one answer, within limits.

use proto::ErrorReport;
use proto::invoice::v1 as pb;
use proto::types::v1::{FaceStatus, ReimbursementStatus};

use crate::world::{COMPANY_NAME, SELLER_NAME, SELLER_TAX_ID, World, party, report, world};

async fn stranger(w: &World) -> crate::world::Party {
    party(&w.service.endpoint(), 0, String::new()).await
}

fn url(text: &str) -> pb::VerifyByUrlRequest {
    pb::VerifyByUrlRequest { input: Some(pb::verify_by_url_request::Input::Url(text.into())) }
}

fn by_code(issued: &pb::IssuedInvoice, check_code: &str, net: i64) -> pb::VerifyByCheckCodeRequest {
    pb::VerifyByCheckCodeRequest {
        face: issued.face.clone(),
        check_code: check_code.into(),
        net,
        issued_date: None,
        seller_tax_id: None,
    }
}

/// Everything of a failure that a caller can tell apart.
fn told(report: &ErrorReport) -> String {
    format!("{:?} {} {:?} {:?} {:?}", report.code, report.message, report.localized, report.metadata, report.field)
}

#[tokio::test]
async fn both_forms_and_the_check_code_show_the_same_record() {
    let mut w = world().await;
    let issued = w.issue(19_800).await;
    let mut v = stranger(&w).await.verify;
    let a = v.verify_by_url(url(&issued.qr_url)).await.unwrap().into_inner().record.unwrap();
    let csv = pb::VerifyByCsvRequest { text: issued.qr_text.clone() };
    let b = v.verify_by_csv(csv).await.unwrap().into_inner().record.unwrap();
    let request = pb::VerifyByCheckCodeRequest {
        issued_date: Some("2026-11-02".into()),
        seller_tax_id: Some(SELLER_TAX_ID.into()),
        ..by_code(&issued, &issued.check_code, 18_679)
    };
    let c = v.verify_by_check_code(request).await.unwrap().into_inner().record.unwrap();
    let without_count = |r: &pb::BillRecord| pb::BillRecord { checks_today: 0, ..r.clone() };
    assert_eq!(without_count(&a), without_count(&b));
    assert_eq!(without_count(&a), without_count(&c));
    assert_eq!((a.net, a.tax, a.total), (18_679, 1_121, 19_800));
    assert_eq!((a.seller_name.as_str(), a.seller_tax_id.as_str()), (SELLER_NAME, SELLER_TAX_ID));
    assert_eq!(a.buyer_name, COMPANY_NAME);
    assert_eq!((a.status(), a.reimbursement()), (FaceStatus::Blue, ReimbursementStatus::Open));
    assert!(a.sample);
}

#[tokio::test]
async fn whatever_does_not_match_gets_one_and_the_same_answer() {
    let mut w = world().await;
    let issued = w.issue(19_800).await;
    let mut v = stranger(&w).await.verify;
    let mut other_hash = issued.invoice_hash.clone();
    other_hash.replace_range(10..11, if &other_hash[10..11] == "0" { "1" } else { "0" });
    let urls = [
        issued.qr_url.replace("total_amount=19800", "total_amount=19801"),
        issued.qr_url.replace("bill_num=00000001", "bill_num=00000777"),
        issued.qr_url.replace(&issued.invoice_hash, &other_hash),
    ];
    let mut answers = Vec::new();
    for text in urls {
        answers.push(told(&report(v.verify_by_url(url(&text)).await)));
    }
    for text in [
        issued.qr_text.replace("186.79", "186.78"),
        issued.qr_text.replace("20261102", "20261103"),
        issued.qr_text.replace("144032609110", "144032609210"),
        issued.qr_text.replace(SELLER_TAX_ID, crate::world::COMPANY_TAX_ID),
    ] {
        answers.push(told(&report(v.verify_by_csv(pb::VerifyByCsvRequest { text }).await)));
    }
    let wrong_code = if issued.check_code == "00000" { "11111" } else { "00000" };
    let mut unknown = by_code(&issued, &issued.check_code, 18_679);
    unknown.face.as_mut().unwrap().number = "00000777".into();
    for request in [by_code(&issued, wrong_code, 18_679), by_code(&issued, &issued.check_code, 1), unknown] {
        answers.push(told(&report(v.verify_by_check_code(request).await)));
    }
    assert_eq!(answers.len(), 10);
    assert!(answers[0].contains("VERIFY_MISMATCH"));
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn a_check_code_can_be_tried_five_times_a_day_whether_the_invoice_exists_or_not() {
    let mut w = world().await;
    let issued = w.issue(19_800).await;
    let mut v = stranger(&w).await.verify;
    let wrong = if issued.check_code == "00000" { "11111" } else { "00000" };
    let mut unknown = by_code(&issued, wrong, 18_679);
    unknown.face.as_mut().unwrap().number = "00000777".into();
    let mut last = Vec::new();
    for request in [by_code(&issued, wrong, 18_679), unknown] {
        for _ in 0..5 {
            assert_eq!(report(v.verify_by_check_code(request.clone()).await).reason_name, "VERIFY_MISMATCH");
        }
        let over = report(v.verify_by_check_code(request.clone()).await);
        assert_eq!(over.reason_name, "RATE_LIMITED");
        assert!(over.retry_after.unwrap().as_secs() > 3_600, "tomorrow");
        last.push(over.message);
    }
    assert_eq!(last[0], last[1]);
    let right = by_code(&issued, &issued.check_code, 18_679);
    assert_eq!(report(v.verify_by_check_code(right.clone()).await).reason_name, "RATE_LIMITED", "too late for today");
    v.verify_by_url(url(&issued.qr_url)).await.unwrap();
    let now = w.chain.state().time;
    w.chain.set_time(now.plus_ms(86_400_000));
    let record = v.verify_by_check_code(right).await.unwrap().into_inner().record.unwrap();
    assert_eq!(record.checks_today, 1, "a new day");
}

#[tokio::test]
async fn one_caller_cannot_try_for_ever() {
    let w = world().await;
    let mut config = crate::world::config(&w.node, w.dir.path().join("second"));
    config.limits.public_rate = invoice_service::Rate { per_minute: 1, burst: 3 };
    let service = invoice_service::serve(config, std::future::pending()).await.unwrap();
    let mut v = party(&service.endpoint(), 0, String::new()).await.verify;
    let text = format!("http://x?hash={}&bill_num=00000001&total_amount=1", "01".repeat(33));
    for _ in 0..3 {
        assert_eq!(report(v.verify_by_url(url(&text)).await).reason_name, "VERIFY_MISMATCH");
    }
    assert_eq!(report(v.verify_by_url(url(&text)).await).reason_name, "RATE_LIMITED");
}

#[tokio::test]
async fn malformed_input_is_named_by_field() {
    let w = world().await;
    let mut v = stranger(&w).await.verify;
    let bad = report(v.verify_by_url(url("http://x?hash=12&bill_num=00000001&total_amount=1")).await);
    assert_eq!((bad.reason_name.as_str(), bad.field.as_deref()), ("INVALID_ARGUMENT", Some("hash")));
    let bad = report(v.verify_by_csv(pb::VerifyByCsvRequest { text: "01,04,x".into() }).await);
    assert_eq!((bad.reason_name.as_str(), bad.field.as_deref()), ("INVALID_ARGUMENT", Some("text")));
}
