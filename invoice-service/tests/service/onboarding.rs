//! Newcomers, and who may act for whom.

use invoice_service::ApiToken;
use ledger_types::AccountId;
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::world::{AREA, World, invoice, party, report, request_id, world};

pub fn newcomer(id: ledger_types::RequestId) -> pb::OnboardRequest {
    pb::OnboardRequest {
        request_id: id.0.to_vec(),
        area: AREA.0.into(),
        kind: types::AccountKind::Enterprise.into(),
        tax_id: Some("914403001922038216".into()),
        name: "深圳市新来科技有限公司".into(),
        public_key: Vec::new(),
        chain_id: Vec::new(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_newcomer_brings_its_token_and_acts_with_a_hosted_key_at_once() {
    let w = world().await;
    let token = ApiToken::generate().unwrap();
    let mut me = party(&w.service.endpoint(), 0, token.bearer()).await;
    let id = request_id();
    let first = me.merchant.onboard(newcomer(id)).await.unwrap().into_inner();
    let account = first.account.unwrap();
    assert!(w.service.admin().hosts(AccountId(account)).await.unwrap());
    assert_eq!((first.public_key.len(), first.address.len()), (33, 32));
    let again = me.merchant.onboard(newcomer(id)).await.unwrap().into_inner();
    assert_eq!(first, again, "a retry registers nobody twice");
    me.account = account;
    let request = pb::IssueRequest { header: me.header(), invoice: invoice(1_000), terms: None };
    assert_eq!(report(me.merchant.issue(request).await).number(), Some(502), "registered, not approved yet");
}

#[tokio::test]
async fn another_token_cannot_take_a_registration_over() {
    let w = world().await;
    let id = request_id();
    let endpoint = w.service.endpoint();
    let mut me = party(&endpoint, 0, ApiToken::generate().unwrap().bearer()).await;
    me.merchant.onboard(newcomer(id)).await.unwrap();
    // The request id stands on chain for everybody to see.
    let mut thief = party(&endpoint, 0, ApiToken::generate().unwrap().bearer()).await;
    assert_eq!(report(thief.merchant.onboard(newcomer(id)).await).number(), Some(202));
    let mut nobody = party(&endpoint, 0, String::new()).await;
    assert_eq!(report(nobody.merchant.onboard(newcomer(request_id())).await).reason_name, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_service_without_a_registrar_registers_nobody() {
    let w = world().await;
    let mut config = crate::world::config(&w.node, w.dir.path().join("second"));
    config.registrar = None;
    let service = invoice_service::serve(config, std::future::pending()).await.unwrap();
    let mut me = party(&service.endpoint(), 0, ApiToken::generate().unwrap().bearer()).await;
    assert_eq!(report(me.merchant.onboard(newcomer(request_id())).await).reason_name, "NOT_OFFERED_HERE");
}

/// The seller's wish, sent with the employee's token.
async fn in_anothers_name(w: &mut World) -> proto::ErrorReport {
    let request = pb::IssueRequest { header: w.seller.header(), invoice: invoice(1_000), terms: None };
    report(w.employee.merchant.issue(request).await)
}

#[tokio::test]
async fn nobody_acts_or_reads_in_anothers_name() {
    let mut w = world().await;
    let refused = in_anothers_name(&mut w).await;
    assert_eq!((refused.reason_name.as_str(), refused.field.as_deref()), ("FORBIDDEN", Some("acting_account")));
    let quota = pb::GetQuotaRequest { account: w.seller.account, read_options: None };
    assert_eq!(report(w.employee.merchant.get_quota(quota.clone()).await).reason_name, "FORBIDDEN");
    w.bureau.merchant.get_quota(quota).await.unwrap();
    let slot = w.issue(1_000).await.slot;
    let flow = |acting_account| pb::GetInvoiceFlowRequest {
        acting_account,
        invoice: crate::world::by_slot(slot),
        read_options: None,
    };
    assert_eq!(report(w.employee.audit.get_invoice_flow(flow(w.employee.account)).await).reason_name, "FORBIDDEN");
    w.bureau.audit.get_invoice_flow(flow(1)).await.unwrap();
    let list = pb::ListTaxpayerInvoicesRequest {
        acting_account: w.employee.account,
        taxpayer: Some(pb::list_taxpayer_invoices_request::Taxpayer::Account(w.seller.account)),
        ..Default::default()
    };
    assert_eq!(report(w.employee.audit.list_taxpayer_invoices(list).await).reason_name, "FORBIDDEN");
    let last = w.chain.state().txs.values().max_by_key(|c| c.entry.height).unwrap().entry.tx;
    let receipt = |acting_account| pb::GetReceiptRequest {
        acting_account,
        subject: Some(pb::get_receipt_request::Subject::TxId(last.0.to_vec())),
        read_options: None,
    };
    assert_eq!(report(w.employee.audit.get_receipt(receipt(w.employee.account)).await).reason_name, "FORBIDDEN");
    w.seller.audit.get_receipt(receipt(w.seller.account)).await.unwrap();
    w.bureau.audit.get_receipt(receipt(1)).await.unwrap();
}

#[tokio::test]
async fn a_revoked_or_invented_token_opens_nothing() {
    let mut w = world().await;
    assert_eq!(w.service.admin().revoke_api_tokens(AccountId(w.seller.account)).await.unwrap(), 1);
    let request = pb::IssueRequest { header: w.seller.header(), invoice: invoice(1_000), terms: None };
    assert_eq!(report(w.seller.merchant.issue(request.clone()).await).reason_name, "UNAUTHENTICATED");
    let mut inventor = party(&w.service.endpoint(), w.seller.account, ApiToken::generate().unwrap().bearer()).await;
    assert_eq!(report(inventor.merchant.issue(request).await).reason_name, "UNAUTHENTICATED");
}

#[tokio::test]
async fn an_account_whose_key_is_elsewhere_is_told_so() {
    let w = world().await;
    let token = ApiToken::generate().unwrap();
    let mut me = party(&w.service.endpoint(), 0, token.bearer()).await;
    let own = w.bureau_key.public_key().0.to_vec();
    let request = pb::OnboardRequest { public_key: own, ..newcomer(request_id()) };
    me.account = me.merchant.onboard(request).await.unwrap().into_inner().account.unwrap();
    let request = pb::IssueRequest { header: me.header(), invoice: invoice(1_000), terms: None };
    assert_eq!(report(me.merchant.issue(request).await).reason_name, "KEY_NOT_HELD");
}

#[tokio::test]
async fn a_bureau_suspends_and_closes_and_changes_keys() {
    let mut w = world().await;
    let status = |status: types::TaxpayerStatus, header| pb::SetTaxpayerStatusRequest {
        header,
        account: 2,
        status: status.into(),
        reason: 7,
    };
    assert_eq!(w.seller.account, 2);
    w.bureau.bureau.set_taxpayer_status(status(types::TaxpayerStatus::Suspended, w.bureau.header())).await.unwrap();
    let request = pb::IssueRequest { header: w.seller.header(), invoice: invoice(1_000), terms: None };
    assert_eq!(report(w.seller.merchant.issue(request).await).number(), Some(503));
    let by_seller = status(types::TaxpayerStatus::Normal, w.seller.header());
    assert_eq!(report(w.seller.bureau.set_taxpayer_status(by_seller).await).number(), Some(306));
    let add = ledger_types::KeyRecord::admin(ledger_types::KeyId(1), w.bureau_key.public_key().0);
    let keys =
        pb::UpdateKeysRequest { header: w.bureau.header(), account: 2, add: vec![(&add).into()], revoke: vec![0] };
    let account = w.bureau.bureau.update_keys(keys).await.unwrap().into_inner().account.unwrap();
    assert_eq!(account.keys.len(), 2);
    let request = pb::IssueRequest { header: w.seller.header(), invoice: invoice(1_000), terms: None };
    let refused = report(w.seller.merchant.issue(request).await);
    assert_eq!(refused.reason_name, "KEY_NOT_HELD", "the hosted key was revoked, and so forgotten");
    let close = pb::CloseAccountRequest { header: w.bureau.header(), account: 2 };
    w.bureau.bureau.close_account(close).await.unwrap();
}
