//! The same with keys in a cipher device: who signs is who has the key, wherever that lies.

use std::sync::Arc;

use crypto::{KeyProvider, KeyUse, SecretString, SigningKey};
use ledger_types::Role;
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::types::v1::{FateState, KeyMode};
use sdf::{SdfProvider, Settings};

use super::people::{Keeper, to_account};
use crate::world::{invoice, sealed_world};

#[tokio::test]
async fn a_merchant_whose_keys_are_in_a_device_issues_and_leaves_through_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libcard.so");
    // The library that cargo built beside this test program.
    let built = std::env::current_exe().unwrap().with_file_name("libmock_device.so");
    std::fs::copy(&built, &library).unwrap();
    let settings = Settings { spare: Some((1, 100)), ..Settings::of(library) };
    let pin = SecretString::from(str::from_utf8(mock_device::PIN).unwrap());
    let device: Arc<dyn KeyProvider> = Arc::new(SdfProvider::with_pin(settings, pin).unwrap());
    let keys = (0..2).map(|_| SigningKey::generate(&device, KeyUse::Transaction).unwrap()).collect();

    let w = sealed_world().await;
    let roles = [None, Some(Role::InvoicingOperator)];
    let merchant = Keeper::open_with(&w, KeyMode::Own, keys, &roles).await;
    merchant.approve(&w).await;
    let issue = pb::IssueRequest {
        header: merchant.party.header(),
        invoice: invoice(19_800),
        terms: to_account(w.company.account),
    };
    let issues = merchant.at(&w, &w.service.endpoint(), 1).await;
    let done = issues.act(Change::Issue(issue.clone()), &[]).await.unwrap();
    assert_eq!(done.operation.state(), FateState::Committed);
    let answer = merchant.party.clone().merchant.issue(issue).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!(answer.totals.unwrap().total, 19_800);
    // The device's key registers the service's, and ends them.
    let admin = merchant.at(&w, &w.service.endpoint(), 0).await;
    admin.act(Change::ChangeKeys(merchant.asks(KeyMode::PartHosted, &[], &[])), &[]).await.unwrap();
    assert_eq!(merchant.kept().await, (KeyMode::PartHosted, vec![false, false, true, true]));
    admin.act(Change::ChangeKeys(merchant.asks(KeyMode::Own, &[], &[2, 3])), &[]).await.unwrap();
    assert_eq!(merchant.kept().await, (KeyMode::Own, vec![false; 4]));
}
