//! Logs carry ids, never what taxpayers are called, own or owe.

use std::io::Write;
use std::sync::{Arc, Mutex};

use proto::invoice::v1 as pb;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{COMPANY_NAME, COMPANY_TAX_ID, SELLER_NAME, SELLER_TAX_ID, by_slot, invoice, report, world};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Alone in its process would be best; the names looked for are those of every test here, so others only add lines.
#[tokio::test]
async fn logs_hold_no_names_tax_ids_amounts_or_secrets() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_env_filter("invoice_service=trace,sdk=trace,sqlx=trace,tonic=debug")
        .with_writer(log.clone())
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
    let mut w = world().await;
    let issued = w.issue(47_110_815).await;
    let mut employee = w.employee.clone();
    let token = issued.claim_token.clone();
    let claim = pb::ClaimRequest { header: employee.header(), claim_token: token.clone(), ..Default::default() };
    employee.wallet.claim(claim).await.unwrap();
    let input = Some(pb::verify_by_url_request::Input::Url(issued.qr_url.clone()));
    employee.verify.verify_by_url(pb::VerifyByUrlRequest { input }).await.unwrap();
    // Failures of every kind: refused, malformed, conflicting, forbidden.
    let mut bad = invoice(47_110_815);
    bad.as_mut().unwrap().buyer.as_mut().unwrap().tax_id = Some("91350100M000100Y44".into());
    let request = pb::IssueRequest { header: w.seller.header(), invoice: bad, terms: None };
    report(w.seller.merchant.issue(request).await);
    let header = w.seller.header();
    let issue = |gross| pb::IssueRequest { header: header.clone(), invoice: invoice(gross), terms: None };
    w.seller.merchant.issue(issue(47_110_815)).await.unwrap();
    report(w.seller.merchant.issue(issue(47_110_816)).await);
    let lock = pb::LockRequest {
        header: w.company.header(),
        invoices: vec![by_slot(issued.slot).unwrap()],
        until_ms: None,
        reason: 0,
    };
    report(w.company.finance.lock(lock).await);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("request id used for other content"), "the log was heard: {}", text.len());
    let hash_tail = &issued.invoice_hash[20..];
    for secret in [
        SELLER_NAME,
        COMPANY_NAME,
        SELLER_TAX_ID,
        COMPANY_TAX_ID,
        "91350100M000100Y44",
        "47110815",
        "471108.15",
        token.as_str(),
        hash_tail,
        "Bearer",
        "PRIVATE KEY",
        "master secret",
    ] {
        assert!(!text.contains(secret), "{secret:?} is in the log");
    }
}
