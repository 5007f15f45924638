//! Who keeps the keys: the service, the enterprise, or each some; and what a service can do that lies.

mod device;
mod liar;
mod modes;
mod people;
mod sealed;

use std::collections::BTreeSet;

use ledger_types::{AccountId, KeyId, KeyRecord, Role};
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::types::v1 as types;

use crate::world::{World, invoice, party};
use people::{Keeper, new_key};

/// Every call of the key service for real, for the matrix.
pub async fn effects(w: &World) -> BTreeSet<&'static str> {
    let mut done = BTreeSet::new();
    let merchant = Keeper::open(w, types::KeyMode::Own).await;
    merchant.approve(w).await;
    let role = w.service.admin().create_role_token(AccountId(merchant.party.account), Role::InvoicingOperator).await;
    let mut operator = party(&w.service.endpoint(), merchant.party.account, role.unwrap().bearer()).await;
    let issue = pb::IssueRequest {
        header: operator.header(),
        invoice: invoice(19_800),
        terms: people::to_account(w.company.account),
    };
    let change = Some(pb::Change { change: Some(Change::Issue(issue.clone())) });
    let request = pb::PrepareRequest { change: change.clone(), key: 1 };
    let prepared = operator.keys.prepare(request).await.unwrap().into_inner().transaction;
    assert!(!prepared.is_empty());
    done.insert("KeyService/Prepare");
    let transaction = merchant.sign(w, &prepared, 1);
    let request = pb::SubmitRequest { change, transaction, prepared };
    operator.keys.submit(request).await.unwrap();
    let slot = operator.merchant.issue(issue).await.unwrap().into_inner().invoice.unwrap().slot;
    assert_eq!(w.chain.state().view.outputs().find(|o| o.0.0 == slot).unwrap().1.amount.0, 19_800);
    done.insert("KeyService/Submit");

    let mut seller = w.seller.clone();
    let keys = |seller: &crate::world::Party| pb::GetKeysRequest { acting_account: seller.account, read_options: None };
    let before = seller.keys.get_keys(keys(&seller)).await.unwrap().into_inner();
    assert_eq!((before.mode(), before.keys.len()), (types::KeyMode::Hosted, 1));
    done.insert("KeyService/GetKeys");
    let own = KeyRecord::admin(KeyId(1), new_key().public_key().0);
    let request = pb::ChangeKeysRequest {
        header: seller.header(),
        mode: types::KeyMode::PartHosted.into(),
        own_keys: vec![(&own).into()],
        revoke: Vec::new(),
    };
    let after = seller.keys.change_keys(request).await.unwrap().into_inner();
    assert_eq!((after.mode(), after.keys.len()), (types::KeyMode::PartHosted, 4));
    done.insert("KeyService/ChangeKeys");
    done
}
