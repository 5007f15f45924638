//! Registering in each mode, living in it, and moving from one to another.

use std::fs;
use std::sync::atomic::Ordering;

use crypto::OrderToken;
use ledger_types::{KeyId, KeyPurpose, KeyRecord, Role};
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::types::v1::{self as types, KeyMode};
use sdk::Identity;

use super::people::{Keeper, new_key, to_account};
use crate::world::{World, by_slot, invoice, report, request_id, world};

async fn issue_by_service(w: &World, merchant: &Keeper) -> Result<pb::IssueResponse, tonic::Status> {
    let terms = to_account(w.company.account);
    let request = pb::IssueRequest { header: merchant.party.header(), invoice: invoice(19_800), terms };
    merchant.party.clone().merchant.issue(request).await.map(tonic::Response::into_inner)
}

fn audited(w: &World, call: &str) -> usize {
    let folder = w.dir.path().join("service/audit-1");
    let texts = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    texts.map(|text| text.matches(call).count()).sum()
}

#[tokio::test]
async fn each_mode_registers_the_keys_that_it_says() {
    let w = world().await;
    for (mode, hosted) in [
        (KeyMode::Hosted, vec![true, true, true]),
        (KeyMode::PartHosted, vec![false, true, true]),
        (KeyMode::Own, vec![false, false, false]),
    ] {
        let merchant = Keeper::open(&w, mode).await;
        assert_eq!(merchant.kept().await, (mode, hosted));
        let request = pb::GetKeysRequest { acting_account: merchant.party.account, read_options: None };
        let keys = merchant.party.clone().keys.get_keys(request).await.unwrap().into_inner().keys;
        let purposes: Vec<_> =
            keys.into_iter().map(|key| (key.key.as_ref().unwrap().purpose(), key.key.unwrap().kinds)).collect();
        let operator = |role: Role| (types::KeyPurpose::Operator, role.kinds());
        let expected = [(types::KeyPurpose::Admin, 0), operator(Role::InvoicingOperator), operator(Role::FinanceClerk)];
        assert_eq!(purposes, expected, "{mode:?}: one key, one purpose");
    }
}

#[tokio::test]
async fn a_merchant_with_own_keys_lives_through_the_service_and_answers_are_the_same() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let (issues, holds) =
        (merchant.at(&w, &w.service.endpoint(), 1).await, merchant.at(&w, &w.service.endpoint(), 2).await);
    let unsigned = issue_by_service(&w, &merchant).await;
    assert_eq!(report(unsigned).reason_name, "KEY_NOT_HELD");

    let token = OrderToken::generate().unwrap();
    let address = token.address(&w.chain.genesis.chain_id()).0.to_vec();
    let recipient = Some(pb::Recipient { recipient: Some(pb::recipient::Recipient::TokenAddress(address)) });
    let terms = Some(pb::IssueTerms { recipient, order_id: "order 7".into(), ..Default::default() });
    let id = request_id();
    let header = merchant.party.header_with(id);
    let request = pb::IssueRequest { header: header.clone(), invoice: invoice(19_800), terms };
    // The reply is lost, and the node was away: the bytes are kept and sent again.
    w.chain.lose_replies.store(1, Ordering::SeqCst);
    let first = issues.act(Change::Issue(request.clone()), &[Some(token.clone())]).await.unwrap();
    assert_eq!(first.operation.state(), types::FateState::Committed);
    let again = issues.act(Change::Issue(request.clone()), &[Some(token.clone())]).await.unwrap();
    assert_eq!((again.operation, again.signed), (first.operation.clone(), None), "signed once");
    let answer = merchant.party.clone().merchant.issue(request.clone()).await.unwrap().into_inner();
    assert_eq!(answer.operation, Some(first.operation));
    let issued = answer.invoice.unwrap();
    assert_eq!(
        (issued.totals.unwrap().total, issued.claim_token.as_str()),
        (19_800, ""),
        "the token is the merchant's"
    );
    let other = pb::IssueRequest { invoice: invoice(1), ..request };
    let conflict = issues.act(Change::Issue(other), &[Some(token.clone())]).await.unwrap_err();
    assert!(matches!(conflict, sdk::ClientError::Report(r) if r.number() == Some(202)));

    let claim_key = token.claim_key(&w.chain.genesis.chain_id(), &crypto::SoftwareProvider::shared()).unwrap();
    let claim = pb::ClaimRequest {
        header: merchant.party.header(),
        token_key: claim_key.public_key().0.to_vec(),
        ..Default::default()
    };
    holds.claim(claim.clone(), &Identity::bare(claim_key)).await.unwrap();
    let claimed = merchant.party.clone().wallet.claim(claim).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!(claimed.summary.unwrap().slot, issued.slot);
    let lock = pb::LockRequest {
        header: merchant.party.header(),
        invoices: vec![by_slot(issued.slot).unwrap()],
        until_ms: None,
        reason: 4,
    };
    holds.act(Change::Lock(lock), &[]).await.unwrap();
    let book = pb::BookRequest {
        header: merchant.party.header(),
        invoice: by_slot(issued.slot),
        deductible: true,
        voucher_number: "v-1".into(),
    };
    holds.act(Change::Book(book), &[]).await.unwrap();
    let paid = pb::ReimburseRequest {
        header: merchant.party.header(),
        invoice: by_slot(issued.slot),
        bank_receipt: "b".into(),
    };
    holds.act(Change::Reimburse(paid.clone()), &[]).await.unwrap();
    let answer = merchant.party.clone().finance.reimburse(paid).await.unwrap().into_inner();
    assert_eq!(answer.invoice.unwrap().slot, issued.slot);
    // One key, one purpose, also here: the chain refuses.
    let wrong = pb::IssueRequest { header: merchant.party.header(), invoice: invoice(100), terms: to_account(1) };
    let refused = holds.act(Change::Issue(wrong), &[]).await.unwrap_err();
    assert!(matches!(refused, sdk::ClientError::Report(r) if r.reason_name == "KEY_NOT_ALLOWED"), "a finance key");
}

#[tokio::test]
async fn what_was_submitted_while_the_node_is_away_is_sent_when_it_is_back() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let issues = merchant.at(&w, &w.service.endpoint(), 1).await;
    w.chain.away.store(true, Ordering::SeqCst);
    let request = pb::IssueRequest {
        header: merchant.party.header(),
        invoice: invoice(19_800),
        terms: to_account(w.company.account),
    };
    let pending = issues.act(Change::Issue(request.clone()), &[]).await.unwrap().operation;
    assert_eq!(pending.state(), types::FateState::Pending);
    w.chain.away.store(false, Ordering::SeqCst);
    let answer = merchant.party.clone().merchant.issue(request).await.unwrap().into_inner();
    assert_eq!(answer.operation.unwrap().tx_id, pending.tx_id);
    assert!(answer.invoice.is_some());
}

#[tokio::test]
async fn a_part_hosted_service_does_daily_business_and_nothing_of_an_administrators() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::PartHosted).await;
    merchant.approve(&w).await;
    let slot = issue_by_service(&w, &merchant).await.unwrap().invoice.unwrap().slot;
    let red = pb::IssueRedRequest { header: merchant.party.header(), invoice: by_slot(slot), reason: 1, form: None };
    merchant.party.clone().merchant.issue_red(red).await.unwrap();
    // An administrator's act: the service has no such key.
    let mut keys = merchant.party.clone().keys;
    let take_over = || merchant.asks(KeyMode::Hosted, &[], &[0]);
    assert_eq!(report(keys.change_keys(take_over()).await).reason_name, "KEY_NOT_HELD");
    // A service that takes its key for more than it is: the chain refuses.
    let store = w.dir.path().join("service/service.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(store);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_with(options).await.unwrap();
    let lie = sqlx::query("UPDATE hosted_keys SET kinds = NULL WHERE key_id = 1 AND account = ?");
    assert_eq!(lie.bind(merchant.party.account).execute(&pool).await.unwrap().rows_affected(), 1);
    let refused = report(keys.change_keys(take_over()).await);
    assert_eq!((refused.reason_name.as_str(), refused.tx_id.is_some()), ("KEY_NOT_ALLOWED", true), "by a block");
    assert_eq!(merchant.kept().await, (KeyMode::PartHosted, vec![false, true, true]));
}

#[tokio::test]
async fn the_enterprise_ends_the_services_keys_alone_and_the_service_forgets_them() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::PartHosted).await;
    merchant.approve(&w).await;
    issue_by_service(&w, &merchant).await.unwrap();
    merchant.update_keys_alone(&w, 0, Vec::new(), vec![KeyId(1)]);
    let mut tries = 0;
    // The service follows the chain; nobody tells it anything.
    while audited(&w, "service/forget-key-1\"") == 0 {
        tries += 1;
        assert!(tries < 500, "the service keeps a key that is revoked");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(merchant.kept().await, (KeyMode::PartHosted, vec![false, false, true]));
    assert_eq!(report(issue_by_service(&w, &merchant).await).reason_name, "KEY_NOT_HELD");
    merchant.update_keys_alone(&w, 0, Vec::new(), vec![KeyId(2)]);
    assert_eq!(merchant.kept().await, (KeyMode::Own, vec![false; 3]));
    assert_eq!(audited(&w, "service/forget-key-"), 2, "once each");
}

#[tokio::test]
async fn a_merchant_moves_from_hosted_over_part_hosted_to_own_keys_and_back() {
    let w = world().await;
    let mut merchant = Keeper::open(&w, KeyMode::Hosted).await;
    merchant.approve(&w).await;
    merchant.keys = (0..5).map(|_| new_key()).collect();
    let record = |id: u16, role: Option<Role>| {
        let admin = KeyRecord::admin(KeyId(id), merchant.keys[usize::from(id)].public_key().0);
        role.map_or(admin.clone(), |r| KeyRecord { purpose: KeyPurpose::Operator, kinds: r.kinds(), ..admin })
    };
    // The service signs: it has the administrator's key, and loses it with this.
    let mut keys = merchant.party.clone().keys;
    let request = merchant.asks(KeyMode::PartHosted, &[record(3, None)], &[]);
    let answer = keys.change_keys(request.clone()).await.unwrap().into_inner();
    assert_eq!(answer.mode(), KeyMode::PartHosted);
    assert_eq!(keys.change_keys(request).await.unwrap().into_inner(), answer, "a repeat");
    assert_eq!(merchant.kept().await.1, [false, true, true, false]);
    assert_eq!(audited(&w, "service/forget-key-0\""), 1);
    issue_by_service(&w, &merchant).await.unwrap();
    // The enterprise signs: its own keys take over, the service's end.
    let own = merchant.at(&w, &w.service.endpoint(), 3).await;
    let request = merchant.asks(KeyMode::Own, &[record(4, Some(Role::InvoicingOperator))], &[1, 2]);
    own.act(Change::ChangeKeys(request.clone()), &[]).await.unwrap();
    let answer = keys.change_keys(request).await.unwrap().into_inner();
    assert_eq!(answer.mode(), KeyMode::Own);
    assert_eq!(report(issue_by_service(&w, &merchant).await).reason_name, "KEY_NOT_HELD");
    let issue = pb::IssueRequest {
        header: merchant.party.header(),
        invoice: invoice(100),
        terms: to_account(w.company.account),
    };
    merchant.at(&w, &w.service.endpoint(), 4).await.act(Change::Issue(issue), &[]).await.unwrap();
    // And back: the service makes keys, which the enterprise's key registers.
    for (mode, hosted) in [
        (KeyMode::PartHosted, vec![false, false, false, false, false, true, true]),
        (KeyMode::Hosted, vec![false, false, false, false, false, true, true, true]),
    ] {
        let request = merchant.asks(mode, &[], &[]);
        own.act(Change::ChangeKeys(request), &[]).await.unwrap();
        assert_eq!(merchant.kept().await, (mode, hosted));
        issue_by_service(&w, &merchant).await.unwrap();
    }
    let nothing = merchant.asks(KeyMode::Hosted, &[], &[]);
    assert_eq!(report(keys.change_keys(nothing).await).field.as_deref(), Some("mode"));
}

#[tokio::test]
async fn what_is_submitted_is_the_accounts_own_and_of_this_change() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let mut keys = merchant.party.clone().keys;
    let issue = pb::IssueRequest {
        header: merchant.party.header(),
        invoice: invoice(19_800),
        terms: to_account(w.company.account),
    };
    let change = |change| Some(pb::Change { change: Some(change) });
    let request = pb::PrepareRequest { change: change(Change::Issue(issue.clone())), key: 1 };
    let prepared = keys.prepare(request).await.unwrap().into_inner().transaction;
    let transaction = merchant.sign(&w, &prepared, 1);
    let submit = |asked: Change| pb::SubmitRequest {
        change: change(asked),
        transaction: transaction.clone(),
        prepared: prepared.clone(),
    };
    let other_id = pb::IssueRequest { header: merchant.party.header(), ..issue.clone() };
    let withdraw = pb::WithdrawApplicationRequest { header: issue.header.clone(), application: 1 };
    for (asked, field) in [
        (Change::Issue(other_id), "transaction.request_id"),
        (Change::WithdrawApplication(withdraw), "transaction.payload"),
    ] {
        assert_eq!(report(keys.submit(submit(asked)).await).field.as_deref(), Some(field));
    }
    let mut others = w.seller.clone().keys;
    let theirs = pb::IssueRequest {
        header: w
            .seller
            .header_with(ledger_types::RequestId(issue.header.clone().unwrap().request_id.try_into().unwrap())),
        ..issue.clone()
    };
    assert_eq!(
        report(others.submit(submit(Change::Issue(theirs))).await).field.as_deref(),
        Some("transaction.signers")
    );
    // A token that the service would know is no token of who signs.
    let waiting = pb::IssueRequest { header: merchant.party.header(), terms: None, ..issue.clone() };
    let request = pb::PrepareRequest { change: change(Change::Issue(waiting)), key: 1 };
    assert_eq!(report(keys.prepare(request).await).field.as_deref(), Some("change"));
    let broken = pb::SubmitRequest { transaction: transaction[..100].to_vec(), ..submit(Change::Issue(issue.clone())) };
    assert_eq!(report(keys.submit(broken).await).field.as_deref(), Some("transaction"));
    keys.submit(submit(Change::Issue(issue))).await.unwrap();
}
