//! On a chain that seals bodies: who has the keys seals, and the service answers all the same.

use crypto::OrderToken;
use ledger_types::{Transaction, TxId};
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::types::v1::KeyMode;
use sdk::Contents;

use super::people::{Keeper, to_account};
use crate::world::{COMPANY_NAME, World, invoice, report, sealed_world};

fn sent(w: &World, id: &[u8]) -> Transaction {
    w.chain.state().txs[&TxId(id.try_into().unwrap())].tx.clone()
}

#[tokio::test]
async fn who_keeps_his_keys_seals_and_the_service_answers_and_keeps_no_name_in_clear() {
    let w = sealed_world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let issues = merchant.at(&w, &w.service.endpoint(), 1).await;
    let token = OrderToken::generate().unwrap();
    let address = token.address(&w.chain.genesis.chain_id()).0.to_vec();
    let recipient = Some(pb::Recipient { recipient: Some(pb::recipient::Recipient::TokenAddress(address)) });
    let terms = Some(pb::IssueTerms { recipient, ..Default::default() });
    let request = pb::IssueRequest { header: merchant.party.header(), invoice: invoice(19_800), terms: terms.clone() };
    let done = issues.act(Change::Issue(request.clone()), &[Some(token.clone())]).await.unwrap();
    let tx = sent(&w, &done.operation.tx_id);
    let seal = tx.body.seal().expect("sealed by the merchant");
    assert_eq!(seal.sender, merchant.seals.public_key().0, "with the key that the service does not have");
    let buyers = Contents::of_token(&tx, 0, &token).unwrap().expect("covered for who holds the token");
    assert_eq!(buyers.buyer().unwrap().name, COMPANY_NAME);
    let answer = merchant.party.clone().merchant.issue(request).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!((answer.totals.unwrap().total, answer.invoice_hash.len()), (19_800, 66));

    let apply = pb::ApplyRequest { header: merchant.party.header(), invoice: invoice(5_000), terms, expires_ms: None };
    issues.act(Change::Apply(apply.clone()), &[Some(token)]).await.unwrap();
    let application = merchant.party.clone().merchant.apply(apply).await.unwrap().into_inner().application.unwrap();
    let applied = pb::IssueAppliedRequest { header: merchant.party.header(), application };
    issues.act(Change::IssueApplied(applied.clone()), &[]).await.unwrap();
    let answer = merchant.party.clone().merchant.issue_applied(applied).await.unwrap().into_inner();
    assert_eq!(answer.invoice.unwrap().totals.unwrap().total, 5_000);

    let dir = w.dir.path().join("service");
    w.service.stop().await.unwrap();
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let bytes: Vec<u8> = files.flat_map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!bytes.windows(COMPANY_NAME.len()).any(|at| at == COMPANY_NAME.as_bytes()));
}

#[tokio::test]
async fn a_body_in_clear_or_of_another_invoice_is_not_taken() {
    let w = sealed_world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let mut keys = merchant.party.clone().keys;
    let issue = |gross| {
        let terms = to_account(w.company.account);
        pb::IssueRequest { header: merchant.party.header(), invoice: invoice(gross), terms }
    };
    let mut prepare = async |issue: &pb::IssueRequest| {
        let change = Some(pb::Change { change: Some(Change::Issue(issue.clone())) });
        let request = pb::PrepareRequest { change: change.clone(), key: 1 };
        (change, keys.prepare(request).await.unwrap().into_inner().transaction)
    };
    let (mine, other) = (issue(19_800), issue(100));
    let (change, prepared) = prepare(&mine).await;
    let (_, others) = prepare(&other).await;
    let transaction = merchant.sign(&w, &prepared, 1);
    let mut keys = merchant.party.clone().keys;
    let unsealed = {
        let tx = ledger_types::Canonical::from_canonical(&prepared).unwrap();
        sdk::draft::sign_transaction(tx, None, &[], &[&merchant.identity(1)]).unwrap().bytes
    };
    for (transaction, prepared, field) in [
        (unsealed, prepared.clone(), "transaction.body"),
        (transaction.clone(), others, "prepared"),
        (transaction.clone(), Vec::new(), "prepared"),
    ] {
        let request = pb::SubmitRequest { change: change.clone(), transaction, prepared };
        assert_eq!(report(keys.submit(request).await).field.as_deref(), Some(field));
    }
    keys.submit(pb::SubmitRequest { change, transaction, prepared }).await.unwrap();
}
