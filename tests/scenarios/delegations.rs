//! Acting for others, recovery and certificates on a running chain, and the auditor's own judgement of every step.

use ledger_types::{
    AccountKind, CertificateClaim, CertificateUse, Digest, Fen, GovernanceChange, Height, KeyId, KeyPurpose, KeyRecord,
    Payload, PayloadKind, RecoveryPolicy, RejectReason, SignerIdentity, TrustAnchor, TrustAnchors,
};
use sdk::Identity;
use tests::{People, TestChain, draft, outcome, reasons};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A service provider's operator who acts for the merchant.
async fn operator(chain: &TestChain, people: &People) -> Identity {
    let (account, admin) = chain.open_account(AccountKind::ServiceProvider, None, "样例服务商").await.unwrap();
    let key = chain.new_key().unwrap();
    let kinds = PayloadKind::business_bits();
    let record = KeyRecord { purpose: KeyPurpose::Operator, kinds, ..KeyRecord::admin(KeyId(1), key.public_key().0) };
    chain.accept(&admin, Payload::UpdateKeys { account, add: vec![record], revoke: vec![] }).await.unwrap();
    let operator = Identity::account(account, KeyId(1), key).acting_for(people.merchant_id);
    operator.sealing_with(chain.new_sender_key().unwrap())
}

fn provider(operator: &Identity) -> ledger_types::AccountId {
    let SignerIdentity::Account { account, .. } = operator.identity else { panic!("a bare key") };
    account
}

/// Issues and returns what came of it.
async fn issue(chain: &TestChain, by: &Identity) -> Vec<RejectReason> {
    let fate = chain.try_issue(by, &draft(10_600)).await.unwrap();
    outcome(&fate).map_or_else(|_| reasons(&fate).unwrap(), |_| Vec::new())
}

async fn audit(mut chain: TestChain, issued: u32) {
    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert_eq!(report.last_line(), format!("auditor: {issued} issued, 0 differences"), "{:?}", report.differences);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_provider_issues_for_a_merchant_within_limits_and_the_chain_says_who_acted_for_whom() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let operator = operator(&chain, &people).await;
    let to = provider(&operator);
    assert_eq!(issue(&chain, &operator).await, [RejectReason::NoDelegation]);
    let until_ms = chain.client.now().0 + 30 * DAY_MS;
    let kinds = PayloadKind::Issue.bit();
    let grant = |daily_count, daily_amount| Payload::Delegate { to, kinds, until_ms, daily_count, daily_amount };
    chain.accept(&people.merchant, grant(2, Fen::ZERO)).await.unwrap();

    let fate = chain.try_issue(&operator, &draft(10_600)).await.unwrap();
    let ledger_types::TxOutcome::Issued(issued) = outcome(&fate).unwrap() else { panic!("no invoice") };
    let record = chain.record(issued.slot).await.unwrap();
    assert_eq!(record.invoice().unwrap().seller, people.merchant_id);
    let history = chain.client.history(issued.slot).await.unwrap();
    let tx = chain.client.transaction(&history[0].tx.unwrap()).await.unwrap().unwrap().tx;
    let signer = tx.envelope.signers[0];
    assert_eq!((signer.identity, signer.acting_for), (operator.identity, Some(people.merchant_id)));

    assert_eq!(issue(&chain, &operator).await, []);
    assert_eq!(issue(&chain, &operator).await, [RejectReason::DelegationLimitReached]);
    let given = chain.client.delegations(people.merchant_id).await.unwrap();
    assert_eq!((given.len(), given[0].0, given[0].1.used.count), (1, to, 2));
    chain.advance(DAY_MS).await.unwrap();
    assert_eq!(issue(&chain, &operator).await, [], "another day");
    chain.accept(&people.merchant, grant(0, Fen(1))).await.unwrap();
    assert_eq!(issue(&chain, &operator).await, [RejectReason::DelegationLimitReached]);
    let end = Payload::EndDelegation { from: people.merchant_id, to };
    chain.accept(&chain.bureau, end.clone()).await.unwrap();
    assert_eq!(issue(&chain, &operator).await, [RejectReason::NoDelegation]);
    assert_eq!(chain.refuse(&people.merchant, end).await.unwrap(), [RejectReason::DelegationUnknown]);
    assert_eq!(chain.client.delegations(people.merchant_id).await.unwrap(), []);
    audit(chain, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guardians_bring_a_lost_account_back_and_the_auditor_agrees() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let account = people.merchant_id;
    let mut guardians = vec![people.company_id, people.rival_id];
    guardians.sort_unstable();
    let policy = RecoveryPolicy { guardians, threshold: 2, delay_ms: 2 * DAY_MS, per_year: 2 };
    chain.accept(&people.merchant, Payload::SetRecovery { policy: Some(policy.clone()) }).await.unwrap();
    let key = chain.new_key().unwrap();
    let (new_key, evidence) = (key.public_key().0, Digest([5; 32]));
    let propose = Payload::ProposeRecovery { account, new_key, evidence };
    chain.accept(&people.company, propose.clone()).await.unwrap();
    chain.accept(&people.merchant, Payload::CancelRecovery { account, number: 1 }).await.unwrap();
    chain.accept(&people.company, propose.clone()).await.unwrap();
    let approve = |number| Payload::ApproveRecovery { account, number };
    assert_eq!(chain.refuse(&people.company, approve(2)).await.unwrap(), [RejectReason::RecoveryRepeated]);
    chain.accept(&people.rival, approve(2)).await.unwrap();
    let pending = chain.client.recovery(account).await.unwrap().unwrap().pending.unwrap();
    assert_eq!((pending.number, pending.approvals.len()), (2, 2));
    chain.advance(2 * DAY_MS + 1).await.unwrap();
    // The next block carries the task out before its transactions.
    let lost = chain.refuse(&people.merchant, Payload::SetRecovery { policy: None }).await.unwrap();
    assert_eq!(lost, [RejectReason::KeyRevoked]);
    let renewed = Identity::account(account, KeyId(1), key);
    chain.accept(&renewed, Payload::SetRecovery { policy: None }).await.unwrap();
    let recovery = chain.client.recovery(account).await.unwrap().unwrap();
    assert_eq!((recovery.policy, recovery.done.len()), (None, 1));
    assert_eq!(chain.client.recovery(people.rival_id).await.unwrap(), None);
    // One that nobody else approves lapses.
    chain.accept(&renewed, Payload::SetRecovery { policy: Some(policy) }).await.unwrap();
    let new_key = chain.new_key().unwrap().public_key().0;
    chain.accept(&people.rival, Payload::ProposeRecovery { account, new_key, evidence }).await.unwrap();
    chain.advance(31 * DAY_MS).await.unwrap();
    assert_eq!(chain.refuse(&people.company, approve(3)).await.unwrap(), [RejectReason::RecoveryUnknown]);
    audit(chain, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_outside_authorities_stand_on_the_chain_and_the_auditor_agrees() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let account = people.merchant_id;
    let claim = |n: u8| CertificateClaim {
        fingerprint: Digest([n; 32]),
        public_key: chain.new_key().unwrap().public_key().0,
        not_before_ms: 0,
        not_after_ms: u64::MAX,
        usage: CertificateUse::Client,
    };
    for (n, by) in [(3, &people.merchant), (2, &chain.bureau), (1, &people.merchant)] {
        chain.accept(by, Payload::RegisterCertificate { account, certificate: claim(n) }).await.unwrap();
    }
    let twice = Payload::RegisterCertificate { account, certificate: claim(3) };
    assert_eq!(chain.refuse(&people.merchant, twice).await.unwrap(), [RejectReason::CertificateKnown]);
    let foreign = Payload::RevokeCertificate { fingerprint: Digest([3; 32]), reason: 1 };
    assert_eq!(chain.refuse(&people.rival, foreign.clone()).await.unwrap(), [RejectReason::WrongRole]);
    chain.accept(&chain.bureau, foreign).await.unwrap();
    let held = chain.client.certificates_of(account).await.unwrap();
    let seen: Vec<_> = held.iter().map(|r| (r.claim.fingerprint.0[0], r.revoked.is_some())).collect();
    assert_eq!(seen, [(1, false), (2, false), (3, true)]);
    assert_eq!(chain.client.certificate(Digest([2; 32])).await.unwrap(), Some(held[1]));
    assert_eq!(chain.client.certificate(Digest([9; 32])).await.unwrap(), None);

    let der = b"an authority".to_vec();
    let anchors = vec![TrustAnchor { fingerprint: Digest(sm::sm3(&der)), der, label: "CA".to_owned() }];
    let list = TrustAnchors { anchors };
    let effective = Height(chain.client.stamp().await.unwrap().height.0 + 5);
    let change = GovernanceChange::TrustAnchors(list.clone());
    // The operator of the one validator decides.
    chain.accept(&chain.bureau, Payload::ProposeChange { change, effective }).await.unwrap();
    assert_eq!(chain.client.trust_anchors().await.unwrap(), TrustAnchors::default());
    for _ in 0..6 {
        // Anything that makes a block.
        let close = Payload::CloseAccount { account: ledger_types::AccountId(999) };
        chain.refuse(&chain.bureau, close).await.unwrap();
    }
    assert_eq!(chain.client.trust_anchors().await.unwrap(), list);
    audit(chain, 0).await;
}
