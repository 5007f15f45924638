//! Tokens for offices of a bureau end with the offices.

use std::time::Duration;

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use invoice_service::TokenRole;
use ledger_types::{AccountId, Digest, KeyId, KeyPurpose, KeyRecord, Payload, Role};
use proto::invoice::v1 as pb;
use sdk::{Draft, Identity};

use crate::world::{AREA, Party, World, party, request_id, world};

const BUREAU: AccountId = AccountId(1);

/// The bureau's administrator acts at the node, without the service.
fn act(w: &World, payload: Payload) {
    let frame = sdk::Frame {
        chain: w.chain.genesis.chain_id(),
        area: AREA,
        request_id: request_id(),
        valid_until_ms: w.chain.state().time.0 + 60_000,
        committee: None,
    };
    let bureau = Identity::account(BUREAU, KeyId(0), w.bureau_key.clone());
    let fate = w.chain.submit(Draft::plain(frame, payload).sign(&[&bureau]).unwrap().bytes).unwrap();
    assert!(matches!(fate.state, sdk::FateState::Committed(_)), "{fate:?}");
}

async fn hired(w: &World, role: TokenRole) -> Party {
    let token = w.service.admin().create_role_token(BUREAU, role).await.unwrap();
    party(&w.service.endpoint(), 1, token.bearer()).await
}

/// Whether the token is one of an office; the service follows the chain.
async fn becomes(party: &Party, wanted: bool) {
    let request =
        pb::GetOperationRequest { acting_account: 1, request_id: request_id().0.to_vec(), read_options: None };
    for _ in 0..500 {
        let refused = match party.clone().operation.get_operation(request.clone()).await {
            Ok(_) => false,
            Err(status) => {
                let report = proto::ErrorReport::from_status(&status);
                assert_eq!(
                    (report.reason_name.as_str(), report.field.as_deref()),
                    ("FORBIDDEN", Some("authorization"))
                );
                true
            }
        };
        if refused != wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the token is not {wanted} after ten seconds");
}

#[tokio::test]
async fn a_token_ends_with_the_office_of_its_key() {
    let w = world().await;
    let tied = hired(&w, TokenRole { role: Role::RuleMaker, key: Some(KeyId(1)) }).await;
    let loose = hired(&w, Role::RuleMaker.into()).await;
    let registrar = hired(&w, Role::BureauOperator.into()).await;
    becomes(&loose, true).await;
    becomes(&tied, false).await;
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
    let admin = KeyRecord::admin(KeyId(1), key.public_key().0);
    let record = KeyRecord { purpose: KeyPurpose::Operator, kinds: Role::RuleMaker.kinds(), ..admin };
    act(&w, Payload::UpdateKeys { account: BUREAU, add: vec![record], revoke: Vec::new() });
    let (account, key, role) = (BUREAU, KeyId(1), Role::RuleMaker);
    let until_ms = w.chain.state().time.0 + 3_600_000;
    act(&w, Payload::AssignRole { account, key, role, holder: Digest([7; 32]), until_ms });
    becomes(&tied, true).await;
    becomes(&loose, true).await;
    // The bureau is staffed now, and nobody registers taxpayers in it.
    becomes(&registrar, false).await;
    act(&w, Payload::EndRole { account, key });
    becomes(&tied, false).await;
    becomes(&loose, false).await;
}
