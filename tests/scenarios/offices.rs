//! A staffed bureau on a running chain, and the auditor's own judgement of every step.

use crypto::SigningKey;
use ledger_types::{
    AccountId, Digest, GovernanceChange, Height, KeyId, KeyPurpose, KeyRecord, Payload, PayloadKind, RejectReason,
    Role, RuleBook,
};
use sdk::{Identity, sign_plain};
use tests::{AREA, TestChain, outcome, reasons};

pub(crate) const BUREAU: AccountId = AccountId(1);

/// Operators' keys of the bureau, from id 1 on; any kind of payload.
pub(crate) async fn operators(chain: &TestChain, count: u16) -> Vec<Identity> {
    let kinds = PayloadKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit());
    let keys: Vec<SigningKey> = (0..count).map(|_| chain.new_key().unwrap()).collect();
    let account = chain.client.account(BUREAU).await.unwrap().unwrap();
    let first = u16::try_from(account.keys.len()).unwrap();
    let record = |(id, key): (u16, &SigningKey)| KeyRecord {
        purpose: KeyPurpose::Operator,
        kinds,
        ..KeyRecord::admin(KeyId(id), key.public_key().0)
    };
    let add = (first..).zip(&keys).map(record).collect();
    chain.accept(&chain.bureau, Payload::UpdateKeys { account: BUREAU, add, revoke: Vec::new() }).await.unwrap();
    (first..).zip(keys).map(|(id, key)| Identity::account(BUREAU, KeyId(id), key)).collect()
}

pub(crate) fn assign(key: &Identity, role: Role, person: u8) -> Payload {
    let ledger_types::SignerIdentity::Account { account, key } = key.identity else { panic!("a bare key") };
    Payload::AssignRole { account, key, role, holder: Digest([person; 32]), until_ms: u64::MAX }
}

pub(crate) async fn jointly(chain: &TestChain, payload: Payload, by: &[&Identity]) -> sdk::Fate {
    let tx = sign_plain(&chain.client.new_frame(AREA).unwrap(), payload, by).unwrap();
    chain.client.submit_and_wait(&tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staffed_bureau_works_by_offices_and_the_auditor_agrees() {
    let mut chain = TestChain::start().await.unwrap();
    assert_eq!(chain.client.offices(BUREAU).await.unwrap(), None, "unstaffed");
    let [maker, approver, clerk, security] = <[Identity; 4]>::try_from(operators(&chain, 4).await).ok().unwrap();
    let staff = [
        (&maker, Role::RuleMaker),
        (&approver, Role::Approver),
        (&clerk, Role::BureauOperator),
        (&security, Role::SecurityAdministrator),
    ];
    for (person, (key, role)) in (1..).zip(staff) {
        chain.accept(&chain.bureau, assign(key, role, person)).await.unwrap();
    }
    let offices = chain.client.offices(BUREAU).await.unwrap().unwrap();
    assert_eq!(offices.iter().map(|(_, office)| office.role).collect::<Vec<_>>(), staff.map(|(_, role)| role));

    let book = |chain: &TestChain| {
        Payload::PublishRuleBook(Box::new(RuleBook::standard(AREA, 2, chain.client.now().0 + 60_000)))
    };
    assert_eq!(chain.refuse(&chain.bureau, book(&chain)).await.unwrap()[0], RejectReason::RoleNotAllowed);
    assert_eq!(chain.refuse(&maker, book(&chain)).await.unwrap(), [RejectReason::ApproverMissing]);
    outcome(&jointly(&chain, book(&chain), &[&maker, &approver]).await).unwrap();
    let effective = Height(1_000_000);
    let propose = || Payload::ProposeChange { change: GovernanceChange::Protocol(2), effective };
    let fate = jointly(&chain, propose(), &[&maker, &clerk]).await;
    assert!(reasons(&fate).unwrap().contains(&RejectReason::RoleNotAllowed));
    outcome(&jointly(&chain, propose(), &[&maker, &approver]).await).unwrap();

    assert_eq!(
        chain.refuse(&security, assign(&clerk, Role::Auditor, 4)).await.unwrap(),
        [RejectReason::OwnOffice, RejectReason::RoleConflict]
    );
    chain.accept(&security, assign(&clerk, Role::Auditor, 3)).await.unwrap();
    let clash = assign(&approver, Role::SystemAdministrator, 3);
    assert_eq!(chain.refuse(&security, clash).await.unwrap(), [RejectReason::RoleConflict]);
    let ledger_types::SignerIdentity::Account { key, .. } = clerk.identity else { panic!("a bare key") };
    chain.accept(&security, Payload::EndRole { account: BUREAU, key }).await.unwrap();
    let again = chain.refuse(&security, Payload::EndRole { account: BUREAU, key }).await.unwrap();
    assert_eq!(again, [RejectReason::OfficeUnknown]);
    assert_eq!(chain.client.offices(BUREAU).await.unwrap().unwrap().len(), 3);

    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert_eq!(report.last_line(), "auditor: 0 issued, 0 differences", "{:?}", report.differences);
}
