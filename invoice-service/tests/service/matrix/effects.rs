//! Every call for real, by a token of a role that its row names (recording payments has none), and what it did: on the
//! chain for a change, in the answer for a read.

use std::collections::BTreeSet;

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use invoice_service::ApiToken;
use ledger::StateView;
use ledger_types::{
    Account, AccountId, ApplicationId, FaceState, FormId, KeyId, KeyRecord, OutputRecord, RedFormState, RegistryKey,
    RegistryValue, Role, RuleBook, Slot, TaxpayerProfile, TaxpayerStatus,
};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::onboarding::newcomer;
use crate::world::{AREA, Party, START, World, by_slot, invoice, party, profile, request_id, world};

const REASON: i32 = types::RedReason::SalesReturn as i32;

type Done = BTreeSet<&'static str>;

/// The calls whose effect was seen.
pub async fn all() -> Done {
    let mut w = world().await;
    let mut done = Done::new();
    bureau(&mut w, &mut done).await;
    issuing(&mut w, &mut done).await;
    wallet(&mut w, &mut done).await;
    finance(&mut w, &mut done).await;
    red(&mut w, &mut done).await;
    payments(&mut w, &mut done).await;
    reading(&mut w, &mut done).await;
    public(&mut w, &mut done).await;
    done.extend(crate::own_keys::effects(&w).await);
    done
}

async fn hired(w: &World, account: u32, role: Role) -> Party {
    let token = w.service.admin().create_role_token(AccountId(account), role).await.unwrap();
    party(&w.service.endpoint(), account, token.bearer()).await
}

fn record(w: &World, slot: u64) -> OutputRecord {
    w.chain.state().view.output(Slot(slot)).unwrap().unwrap()
}

fn account(w: &World, id: u32) -> Account {
    match w.chain.registry(&RegistryKey::Account(AccountId(id))) {
        Some(RegistryValue::Account(account)) => account,
        other => panic!("{other:?}"),
    }
}

fn taxpayer(w: &World, id: u32) -> Option<TaxpayerProfile> {
    match w.chain.registry(&RegistryKey::Taxpayer(AccountId(id))) {
        Some(RegistryValue::Taxpayer(profile)) => Some(profile),
        _ => None,
    }
}

async fn bureau(w: &mut World, done: &mut Done) {
    let mut maker = hired(w, 1, Role::RuleMaker).await;
    let book = RuleBook::standard(AREA, 2, START.0 + 86_400_000);
    let request = pb::PublishRuleBookRequest { header: maker.header(), rule_book: Some((&book).into()) };
    maker.bureau.publish_rule_book(request).await.unwrap();
    let key = RegistryKey::RuleBook { area: AREA, version: 2 };
    assert_eq!(w.chain.registry(&key), Some(RegistryValue::RuleBook(Box::new(book))));
    done.insert("BureauService/PublishRuleBook");

    let mut clerk = hired(w, 1, Role::BureauOperator).await;
    let request = pb::OpenAccountRequest {
        header: clerk.header(),
        kind: types::AccountKind::PaymentProvider.into(),
        area: AREA.0.into(),
        tax_id: None,
        name: "云付".into(),
        keys: Vec::new(),
    };
    let id = clerk.bureau.open_account(request).await.unwrap().into_inner().account.unwrap().id;
    assert_eq!(account(w, id).name, "云付");
    done.insert("BureauService/OpenAccount");

    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
    let add = vec![(&KeyRecord::admin(KeyId(1), key.public_key().0)).into()];
    let request = pb::UpdateKeysRequest { header: clerk.header(), account: id, add, revoke: Vec::new() };
    clerk.bureau.update_keys(request).await.unwrap();
    assert_eq!(account(w, id).keys.len(), 2);
    done.insert("BureauService/UpdateKeys");

    clerk.bureau.close_account(pb::CloseAccountRequest { header: clerk.header(), account: id }).await.unwrap();
    assert!(!account(w, id).open);
    done.insert("BureauService/CloseAccount");

    let company = w.company.account;
    assert_eq!(taxpayer(w, company), None);
    let profile = Some((&profile()).into());
    let request = pb::ApproveTaxpayerRequest { header: clerk.header(), account: company, profile };
    clerk.bureau.approve_taxpayer(request).await.unwrap();
    assert_eq!(taxpayer(w, company).unwrap().status, TaxpayerStatus::Normal);
    done.insert("BureauService/ApproveTaxpayer");

    let status = types::TaxpayerStatus::Suspended.into();
    let request = pb::SetTaxpayerStatusRequest { header: clerk.header(), account: company, status, reason: 1 };
    clerk.bureau.set_taxpayer_status(request).await.unwrap();
    assert_eq!(taxpayer(w, company).unwrap().status, TaxpayerStatus::Suspended);
    done.insert("BureauService/SetTaxpayerStatus");
}

async fn apply(operator: &mut Party) -> u64 {
    let request =
        pb::ApplyRequest { header: operator.header(), invoice: invoice(19_800), terms: None, expires_ms: None };
    operator.merchant.apply(request).await.unwrap().into_inner().application.unwrap()
}

async fn issuing(w: &mut World, done: &mut Done) {
    let mut operator = hired(w, w.seller.account, Role::InvoicingOperator).await;
    let request =
        pb::PreCheckRequest { acting_account: operator.account, invoice: invoice(19_800), ..Default::default() };
    assert!(operator.merchant.pre_check(request).await.unwrap().into_inner().read_context.is_some());
    done.insert("MerchantService/PreCheck");

    let application = apply(&mut operator).await;
    let key = RegistryKey::Application(ApplicationId(application));
    assert!(w.chain.registry(&key).is_some());
    done.insert("MerchantService/Apply");
    let request = pb::IssueAppliedRequest { header: operator.header(), application };
    let slot = operator.merchant.issue_applied(request).await.unwrap().into_inner().invoice.unwrap().slot;
    assert_eq!((w.chain.registry(&key), record(w, slot).amount.0), (None, 19_800));
    done.insert("MerchantService/IssueApplied");
    let application = apply(&mut operator).await;
    let request = pb::WithdrawApplicationRequest { header: operator.header(), application };
    operator.merchant.withdraw_application(request).await.unwrap();
    assert_eq!(w.chain.registry(&RegistryKey::Application(ApplicationId(application))), None);
    done.insert("MerchantService/WithdrawApplication");

    let request = pb::IssueRequest { header: operator.header(), invoice: invoice(10_600), terms: None };
    let slot = operator.merchant.issue(request).await.unwrap().into_inner().invoice.unwrap().slot;
    assert_eq!(record(w, slot).amount.0, 10_600);
    done.insert("MerchantService/Issue");
    let item = |gross| pb::BatchInput { invoice: invoice(gross), recipient: None };
    let request = pb::IssueBatchRequest { header: operator.header(), invoices: vec![item(10_000), item(20_000)] };
    let issued = operator.merchant.issue_batch(request).await.unwrap().into_inner().invoices;
    assert_eq!(issued.iter().map(|i| record(w, i.slot).amount.0).collect::<Vec<_>>(), [10_000, 20_000]);
    done.insert("MerchantService/IssueBatch");

    let mut viewer = hired(w, w.seller.account, Role::Viewer).await;
    let quota = pb::GetQuotaRequest { account: viewer.account, read_options: None };
    assert!(viewer.merchant.get_quota(quota).await.unwrap().into_inner().consumed > 0);
    done.insert("MerchantService/GetQuota");
    let list = pb::ListIssuedRequest { acting_account: viewer.account, ..Default::default() };
    assert_eq!(viewer.merchant.list_issued(list).await.unwrap().into_inner().invoices.len(), 4);
    done.insert("MerchantService/ListIssued");
}

async fn wallet(w: &mut World, done: &mut Done) {
    let mut clerk = hired(w, w.company.account, Role::FinanceClerk).await;
    let mut receiver = hired(w, w.seller.account, Role::FinanceClerk).await;
    let issued = w.issue(5_000).await;
    let slot = issued.slot;
    let request = pb::ClaimRequest { header: clerk.header(), claim_token: issued.claim_token, ..Default::default() };
    clerk.wallet.claim(request).await.unwrap();
    assert_eq!(record(w, slot).sequence, 1);
    done.insert("WalletService/Claim");
    let to = |w: &World| Some(pb::Recipient { recipient: Some(pb::recipient::Recipient::Account(w.seller.account)) });
    let offer = |w: &World, clerk: &Party| pb::OfferRequest {
        header: clerk.header(),
        invoice: by_slot(slot),
        to: to(w),
        until_ms: None,
    };
    clerk.wallet.offer(offer(w, &clerk)).await.unwrap();
    assert_eq!(record(w, slot).sequence, 2);
    done.insert("WalletService/Offer");
    let request = pb::WithdrawRequest { header: clerk.header(), invoice: by_slot(slot) };
    clerk.wallet.withdraw(request).await.unwrap();
    assert_eq!(record(w, slot).sequence, 3);
    done.insert("WalletService/Withdraw");
    clerk.wallet.offer(offer(w, &clerk)).await.unwrap();
    let request = pb::RefuseRequest { header: receiver.header(), invoice: by_slot(slot) };
    receiver.wallet.refuse(request).await.unwrap();
    assert_eq!(record(w, slot).sequence, 5);
    done.insert("WalletService/Refuse");
    let owner = record(w, slot).owner;
    clerk.wallet.offer(offer(w, &clerk)).await.unwrap();
    let request = pb::AcceptRequest { header: receiver.header(), invoice: by_slot(slot) };
    receiver.wallet.accept(request).await.unwrap();
    assert_ne!(record(w, slot).owner, owner);
    done.insert("WalletService/Accept");
    let slot = w.issue_to_company(6_000).await.slot;
    let mut viewer = hired(w, w.company.account, Role::Viewer).await;
    let request = pb::ListHeldRequest { acting_account: viewer.account, ..Default::default() };
    let held = viewer.wallet.list_held(request).await.unwrap().into_inner().invoices;
    assert_eq!(held.iter().map(|i| i.slot).collect::<Vec<_>>(), [slot]);
    done.insert("WalletService/ListHeld");
}

async fn lock(clerk: &mut Party, slot: u64) {
    let invoices = by_slot(slot).into_iter().collect();
    let request = pb::LockRequest { header: clerk.header(), invoices, until_ms: None, reason: 0 };
    clerk.finance.lock(request).await.unwrap();
}

async fn book(clerk: &mut Party, slot: u64) {
    let request = pb::BookRequest {
        header: clerk.header(),
        invoice: by_slot(slot),
        deductible: true,
        voucher_number: "2026-11-0001".into(),
    };
    clerk.finance.book(request).await.unwrap();
}

/// The states of an invoice's machines.
fn states(w: &World, slot: u64) -> (bool, bool, bool) {
    use ledger_types::ReimbursementState::{Closed, Locked};
    let held = record(w, slot);
    let invoice = held.invoice().unwrap();
    let locked = matches!(invoice.reimbursement, Locked { .. });
    (locked, invoice.booking.booked_by().is_some(), matches!(invoice.reimbursement, Closed { .. }))
}

async fn finance(w: &mut World, done: &mut Done) {
    let mut clerk = hired(w, w.company.account, Role::FinanceClerk).await;
    let slot = w.issue_to_company(19_800).await.slot;
    let items = vec![pb::VerifyItem { invoice: by_slot(slot), total: None }];
    let request = pb::VerifyRequest { acting_account: clerk.account, items, read_options: None };
    assert_eq!(clerk.finance.verify(request).await.unwrap().into_inner().results.len(), 1);
    done.insert("FinanceService/Verify");
    lock(&mut clerk, slot).await;
    assert_eq!(states(w, slot), (true, false, false));
    done.insert("FinanceService/Lock");
    let invoices = by_slot(slot).into_iter().collect();
    clerk.finance.unlock(pb::UnlockRequest { header: clerk.header(), invoices }).await.unwrap();
    assert_eq!(states(w, slot), (false, false, false));
    done.insert("FinanceService/Unlock");
    lock(&mut clerk, slot).await;
    book(&mut clerk, slot).await;
    assert_eq!(states(w, slot), (true, true, false));
    done.insert("FinanceService/Book");
    let request = pb::UnbookRequest { header: clerk.header(), invoice: by_slot(slot) };
    clerk.finance.unbook(request).await.unwrap();
    assert_eq!(states(w, slot), (true, false, false));
    done.insert("FinanceService/Unbook");
    book(&mut clerk, slot).await;
    let request = pb::ReimburseRequest { header: clerk.header(), invoice: by_slot(slot), bank_receipt: "b-1".into() };
    clerk.finance.reimburse(request).await.unwrap();
    assert_eq!(states(w, slot), (false, true, true));
    done.insert("FinanceService/Reimburse");
    let mut viewer = hired(w, w.company.account, Role::Viewer).await;
    let request = pb::ListReceivedRequest { acting_account: viewer.account, ..Default::default() };
    let received = viewer.finance.list_received(request).await.unwrap().into_inner().invoices;
    assert!(received.iter().any(|i| i.slot == slot));
    done.insert("FinanceService/ListReceived");
}

fn form(w: &World, id: u64) -> RedFormState {
    match w.chain.registry(&RegistryKey::RedForm(FormId(id))) {
        Some(RegistryValue::RedForm(form)) => form.state,
        other => panic!("{other:?}"),
    }
}

async fn red(w: &mut World, done: &mut Done) {
    let mut operator = hired(w, w.seller.account, Role::InvoicingOperator).await;
    let mut clerk = hired(w, w.company.account, Role::FinanceClerk).await;
    let slot = w.issue(7_000).await.slot;
    let request = pb::IssueRedRequest { header: operator.header(), invoice: by_slot(slot), reason: REASON, form: None };
    operator.merchant.issue_red(request).await.unwrap();
    assert!(matches!(record(w, slot).invoice().unwrap().face, FaceState::Reversed { .. }));
    done.insert("MerchantService/IssueRed");

    let slot = w.issue_to_company(8_000).await.slot;
    lock(&mut clerk, slot).await;
    book(&mut clerk, slot).await;
    let request = pb::RequestRedRequest { header: operator.header(), invoice: by_slot(slot), reason: REASON };
    let id = operator.merchant.request_red(request).await.unwrap().into_inner().form.unwrap().id;
    assert_eq!(form(w, id), RedFormState::AwaitingBuyer);
    done.insert("MerchantService/RequestRed");
    let answer = types::RedAnswer::Refuse.into();
    let request = pb::AnswerRedAsBuyerRequest { header: clerk.header(), form: id, answer };
    clerk.finance.answer_red_as_buyer(request).await.unwrap();
    assert_eq!(form(w, id), RedFormState::RefusedByBuyer);
    done.insert("FinanceService/AnswerRedAsBuyer");
    let request = pb::RequestRedAsBuyerRequest { header: clerk.header(), invoice: by_slot(slot), reason: REASON };
    let id = clerk.finance.request_red_as_buyer(request).await.unwrap().into_inner().form.unwrap().id;
    assert_eq!(form(w, id), RedFormState::AwaitingSeller);
    done.insert("FinanceService/RequestRedAsBuyer");
    let request = pb::AnswerRedRequest { header: operator.header(), form: id, answer };
    operator.merchant.answer_red(request).await.unwrap();
    assert_eq!(form(w, id), RedFormState::RefusedBySeller);
    done.insert("MerchantService/AnswerRed");
}

async fn payments(w: &mut World, done: &mut Done) {
    // No office goes with a payment provider: its tokens have all its rights.
    let request = pb::RecordPaymentRequest {
        header: w.provider.header(),
        payment_id: "p-1".into(),
        payee: w.seller.account,
        amount: 4_200,
    };
    let slot = w.provider.payment.record_payment(request).await.unwrap().into_inner().slot.unwrap();
    assert_eq!(record(w, slot).payment().unwrap().paid.0, 4_200);
    done.insert("PaymentService/RecordPayment");
    let mut operator = hired(w, w.seller.account, Role::InvoicingOperator).await;
    let request = pb::GetPaymentRequest { acting_account: operator.account, slot, read_options: None };
    assert!(operator.payment.get_payment(request).await.unwrap().into_inner().output.is_some());
    done.insert("PaymentService/GetPayment");
}

async fn reading(w: &mut World, done: &mut Done) {
    let mut operator = hired(w, w.seller.account, Role::InvoicingOperator).await;
    let id = request_id();
    let request = pb::IssueRequest { header: operator.header_with(id), invoice: invoice(10_600), terms: None };
    let answer = operator.merchant.issue(request).await.unwrap().into_inner();
    let (slot, tx_id) = (answer.invoice.unwrap().slot, answer.operation.unwrap().tx_id);
    let request =
        pb::GetOperationRequest { acting_account: operator.account, request_id: id.0.to_vec(), read_options: None };
    let fate = operator.operation.get_operation(request).await.unwrap().into_inner().fate.unwrap();
    assert_eq!(fate.tx_id, tx_id);
    done.insert("OperationService/GetOperation");

    let mut auditor = hired(w, 1, Role::Auditor).await;
    let request = pb::GetInvoiceFlowRequest { acting_account: 1, invoice: by_slot(slot), read_options: None };
    assert_eq!(auditor.audit.get_invoice_flow(request).await.unwrap().into_inner().steps.len(), 1);
    done.insert("AuditService/GetInvoiceFlow");
    let request = pb::ListTaxpayerInvoicesRequest {
        acting_account: 1,
        taxpayer: Some(pb::list_taxpayer_invoices_request::Taxpayer::Account(w.seller.account)),
        ..Default::default()
    };
    assert!(auditor.audit.list_taxpayer_invoices(request).await.unwrap().into_inner().total_count > 4);
    done.insert("AuditService/ListTaxpayerInvoices");
    let subject = Some(pb::get_receipt_request::Subject::TxId(tx_id.clone()));
    let request = pb::GetReceiptRequest { acting_account: 1, subject, read_options: None };
    let fate = auditor.audit.get_receipt(request).await.unwrap().into_inner().fate.unwrap();
    assert_eq!(fate.tx_id, tx_id);
    done.insert("AuditService/GetReceipt");
}

async fn public(w: &mut World, done: &mut Done) {
    let issued = w.issue(9_000).await;
    let mut nobody = party(&w.service.endpoint(), 0, String::new()).await;
    let input = Some(pb::verify_by_url_request::Input::Url(issued.qr_url.clone()));
    let answer = nobody.verify.verify_by_url(pb::VerifyByUrlRequest { input }).await.unwrap().into_inner();
    assert!(answer.record.is_some());
    done.insert("VerifyService/VerifyByUrl");
    let request = pb::VerifyByCsvRequest { text: issued.qr_text.clone() };
    assert!(nobody.verify.verify_by_csv(request).await.unwrap().into_inner().record.is_some());
    done.insert("VerifyService/VerifyByCsv");
    let request = pb::VerifyByCheckCodeRequest {
        face: issued.face.clone(),
        check_code: issued.check_code.clone(),
        net: issued.totals.unwrap().net,
        issued_date: None,
        seller_tax_id: None,
    };
    assert!(nobody.verify.verify_by_check_code(request).await.unwrap().into_inner().record.is_some());
    done.insert("VerifyService/VerifyByCheckCode");
    let token = ApiToken::generate().unwrap();
    let mut newcomers = party(&w.service.endpoint(), 0, token.bearer()).await;
    let opened = newcomers.merchant.onboard(newcomer(request_id())).await.unwrap().into_inner().account.unwrap();
    assert_eq!(account(w, opened).name, "深圳市新来科技有限公司");
    done.insert("MerchantService/Onboard");
}
