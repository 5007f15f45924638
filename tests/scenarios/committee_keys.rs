//! The committee's key is changed while the chain is in use: four nodes, each with a folder of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chain_node::devnet::DevChainPlan;
use crypto::{CommitteeKeys, KeyUse, OrderToken, SigningKey};
use ledger_types::limits::{COMMITTEE_NOTICE, MIN_COMMITTEE_OVERLAP_MS};
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::TxOutcome;
use ledger_types::*;
use sdk::{
    ClientError, CommitteeView, Contents, Frame, Identity, InvoiceDraft, LightClient, NodeClient, SignedTx,
    sign_invoice,
};
use tests::{AREA, IssuedInvoice, People, START, TestChain, draft, outcome};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);

async fn four() -> (TestChain, People) {
    let plan = DevChainPlan { clock: ClockMode::Driven, start: Some(START), ..DevChainPlan::default() };
    let chain = TestChain::start_four_by(plan).await.unwrap();
    let people = chain.people().await.unwrap();
    (chain, people)
}

fn new_key(chain: &TestChain) -> SigningKey {
    SigningKey::generate(chain.chain.provider(), KeyUse::Encryption).unwrap()
}

/// Has the chain name a key of the next epoch; the bureau operates all validators.
async fn name(chain: &TestChain, key: &SigningKey) -> Committee {
    let epoch = chain.client.committee_keys(false).await.unwrap().committee.unwrap().epoch + 1;
    let committee = Committee { epoch, public_key: key.public_key().0 };
    let change = CommitteeChange { committee, overlap_ms: MIN_COMMITTEE_OVERLAP_MS };
    let effective = Height(chain.client.stamp().await.unwrap().height.0 + 6);
    let payload = Payload::ProposeChange { change: GovernanceChange::NextCommittee(change), effective };
    assert!(matches!(chain.accept(&chain.bureau, payload).await.unwrap(), TxOutcome::Proposed(_)));
    let view = until(chain, "the key is named", |view| view.next.is_some()).await;
    assert_eq!(view.next.unwrap().change.committee, committee);
    committee
}

/// Blocks go on until the first node says so.
async fn until(chain: &TestChain, what: &str, holds: impl Fn(&CommitteeView) -> bool) -> CommitteeView {
    let began = Instant::now();
    loop {
        let view = chain.client.committee_keys(false).await.unwrap();
        if holds(&view) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: {view:?}");
        chain.advance(50).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Signs an issue as a client that knows no other key than `committee`.
fn sign_for(chain: &TestChain, committee: Committee, who: &Identity) -> (SignedTx, OrderToken) {
    let token = OrderToken::generate().unwrap();
    let request = InvoiceRequest {
        owner: OwnerCondition::TokenKey(token.address(&chain.client.chain_id())),
        order_ref: Digest::ZERO,
        payments: Vec::new(),
    };
    let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
    let frame = Frame { committee: Some(committee), ..chain.client.new_frame(AREA).unwrap() };
    let draft = InvoiceDraft { token: Some(token.clone()), ..draft(10_600) };
    (sign_invoice(&frame, Payload::Issue(request), &draft, &[who], &mut random).unwrap(), token)
}

fn epoch_of(tx: &SignedTx) -> u32 {
    Transaction::from_canonical(&tx.bytes).unwrap().body.seal().unwrap().epoch
}

async fn reads(chain: &TestChain, people: &People, invoice: &IssuedInvoice) -> Contents {
    // Asked of the node, not opened with one's own key.
    let asking = Identity { seals: None, ..people.merchant.clone() };
    chain.client.contents(invoice.slot, &asking).await.unwrap().unwrap()
}

/// Issues one invoice after another until told to stop: slots, and the epochs that they were sealed for.
fn issue_on(
    client: NodeClient,
    merchant: &Identity,
    stop: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Vec<(Slot, u32)>> {
    let (stop, merchant) = (stop.clone(), merchant.clone());
    tokio::spawn(async move {
        let mut slots = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
            let token = OrderToken::generate().unwrap();
            let owner = OwnerCondition::TokenKey(token.address(&client.chain_id()));
            let request = InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
            let frame = client.new_frame(AREA).unwrap();
            let payload = Payload::Issue(request);
            let tx = sign_invoice(&frame, payload, &draft(10_600), &[&merchant], &mut random).unwrap();
            match outcome(&client.submit_and_wait(&tx).await.unwrap()).unwrap() {
                TxOutcome::Issued(issued) => slots.push((issued.slot, epoch_of(&tx))),
                other => panic!("{other:?}"),
            }
        }
        slots
    })
}

/// Exact to the height, on all nodes alike.
async fn same_on_all(chain: &TestChain, (first, second): (Committee, Committee), in_force: Height) {
    for client in chain.others.iter().chain([&chain.client]) {
        let began = Instant::now();
        let past = loop {
            let view = client.committee_keys(false).await.unwrap();
            if let [past] = view.past[..] {
                assert_eq!((view.committee, view.accepted.as_slice()), (Some(second), &[1][..]));
                break past;
            }
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!((past.committee, past.last.next()), (first, in_force));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_changes_under_load_and_nothing_is_lost() {
    let (mut chain, people) = four().await;
    let first = chain.client.committee().unwrap();
    let old = chain.issue(&people.merchant, 10_600).await.unwrap();
    let key = new_key(&chain);
    let second = name(&chain, &key).await;
    // Three have it; the fourth gets another file by mistake.
    for place in 0..3 {
        chain.chain.install_committee_key(place, 2, &key).unwrap();
    }
    chain.chain.install_committee_key(3, 2, &new_key(&chain)).unwrap();
    let view = until(&chain, "three are ready", |view| view.next.as_ref().is_some_and(|n| n.ready.len() == 3)).await;
    assert_eq!(view.held, [1, 2], "taken without a restart");
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    for _ in 0..2 * COMMITTEE_NOTICE {
        chain.advance(10).await.unwrap();
    }
    let view = chain.client.committee_keys(false).await.unwrap();
    let next = view.next.unwrap();
    assert_eq!((view.committee, next.first, next.ready.len()), (Some(first), None, 3), "one is not ready");
    assert_eq!(chain.metric(3, "taxchain_committee_not_ready").unwrap(), 1.0);
    assert_eq!(chain.metric(0, "taxchain_committee_not_ready").unwrap(), 0.0);
    assert_eq!(chain.others[2].committee_keys(false).await.unwrap().held, [1], "a wrong file is not taken");

    // Clients of two nodes go on issuing, each with what it knows.
    let stop = Arc::new(AtomicBool::new(false));
    let load = [chain.client.clone(), chain.others[1].clone()].map(|client| issue_on(client, &people.merchant, &stop));
    // The right file in the place of the wrong one.
    std::fs::remove_file(chain.chain.committee_key_folder(3).join("committee-2.pem")).unwrap();
    chain.chain.install_committee_key(3, 2, &key).unwrap();
    let view = until(&chain, "announced", |view| view.next.as_ref().is_some_and(|n| n.first.is_some())).await;
    let in_force = view.next.unwrap().first.unwrap();
    // A node is away while the key changes.
    chain.stop_last().await.unwrap();
    until(&chain, "in force", |view| view.committee == Some(second)).await;
    chain.start_last().await.unwrap();
    for _ in 0..20 {
        chain.advance(10).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let mut issued = Vec::new();
    for one in load {
        issued.extend(one.await.unwrap());
    }
    assert!(issued.iter().any(|(_, epoch)| *epoch == 1), "{issued:?}");

    same_on_all(&chain, (first, second), in_force).await;
    // What was sealed before and after is read alike, and each invoice of the load is there.
    let new = chain.issue(&people.merchant, 10_600).await.unwrap();
    assert_eq!(chain.client.committee(), Some(second));
    for invoice in [&old, &new] {
        assert_eq!(reads(&chain, &people, invoice).await.buyer().unwrap().name, "个人");
    }
    for (slot, _) in &issued {
        assert!(chain.client.output(*slot).await.unwrap().is_some_and(|record| record.invoice().is_some()));
    }
    // Who follows headers sees the key come into force, and believes no other.
    let mut light = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
    assert_eq!(light.committee(&chain.client).await.unwrap(), Some(second));
    let honest = chain.client.committee_keys(true).await.unwrap();
    let lie = CommitteeView { committee: Some(Committee { public_key: first.public_key, ..second }), ..honest.clone() };
    assert!(light.check_committee(&lie, "liar").is_err());
    let mut bent = honest;
    bent.proofs[0].height = bent.proofs[0].height.next();
    assert!(light.check_committee(&bent, "liar").is_err());
    replay(&chain, &key).await;
}

/// Another program judges it all again; without the second key it says so.
async fn replay(chain: &TestChain, second: &SigningKey) {
    let first = chain.chain.key("committee-1", KeyUse::Encryption).unwrap();
    let both = CommitteeKeys::new([(1, first.clone()), (2, second.clone())].into()).unwrap();
    let audit = |keys: &CommitteeKeys| {
        let data = chain.chain.data_dir_of(1);
        auditor::run(&data, auditor::RunOptions::default(), keys, &mut |_| {})
    };
    let report = audit(&both).unwrap();
    assert!(report.is_clean(), "{:?}", report.differences);
    let one = CommitteeKeys::new([(1, first)].into()).unwrap();
    assert_eq!(audit(&one).unwrap_err().to_string().matches("epoch 2").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_overlap_the_former_key_is_refused_by_name_and_a_client_seals_again() {
    let (mut chain, people) = four().await;
    let first = chain.client.committee().unwrap();
    let key = new_key(&chain);
    for place in 0..4 {
        // Before the chain names it: it counts from then on.
        chain.chain.install_committee_key(place, 2, &key).unwrap();
    }
    let second = name(&chain, &key).await;
    until(&chain, "in force", |view| view.committee == Some(second)).await;
    // In the overlap both are taken.
    let (tx, _) = sign_for(&chain, first, &people.merchant);
    outcome(&chain.client.submit_and_wait(&tx).await.unwrap()).unwrap();
    let past = chain.client.committee_keys(false).await.unwrap().past[0];
    chain.client.set_clock(past.until).await.unwrap();
    let (tx, _) = sign_for(&chain, first, &people.merchant);
    outcome(&chain.client.submit_and_wait(&tx).await.unwrap()).unwrap();
    until(&chain, "over", |view| view.accepted.is_empty()).await;
    // Refused by name, with the epoch in force, where nothing can be sealed again.
    let (tx, token) = sign_for(&chain, first, &people.merchant);
    let bytes_only = SignedTx { seals: None, ..tx.clone() };
    let Err(ClientError::Report(report)) = chain.client.submit_and_wait(&bytes_only).await else { panic!("taken") };
    assert_eq!(report.reason_name, "WRONG_SEAL_EPOCH");
    assert_eq!(report.refusals[0].args, [Arg::Count(1), Arg::Count(2)]);
    // With the sender's key at hand: the same transaction, under the same request id, once.
    let again = chain.client.sealed_again(&tx).await.unwrap().unwrap();
    assert_eq!((again.id, again.request_id, epoch_of(&again)), (tx.id, tx.request_id, 2));
    let fate = chain.client.submit_and_wait(&tx).await.unwrap();
    let TxOutcome::Issued(issued) = outcome(&fate).unwrap() else { panic!() };
    assert_eq!(outcome(&chain.others[0].submit_and_wait(&tx).await.unwrap()).unwrap(), TxOutcome::Issued(issued));
    // The holder of the order token opens it as ever.
    let stored = chain.client.transaction(&tx.id).await.unwrap().unwrap().tx;
    let opened = Contents::of_token(&stored, 0, &token).unwrap().unwrap();
    assert_eq!(opened.buyer().unwrap().name, "个人");
    // A node that was away for all of it starts, and knows both.
    chain.stop_last().await.unwrap();
    chain.start_last().await.unwrap();
    let last = chain.others.last().unwrap();
    assert_eq!(last.committee_keys(false).await.unwrap().held, [1, 2]);
    // Without the key in force it says which is missing.
    chain.stop_last().await.unwrap();
    std::fs::remove_file(chain.chain.committee_key_folder(3).join("committee-2.pem")).unwrap();
    let why = chain.start_last().await.unwrap_err().to_string();
    assert!(why.contains("epoch 2") && why.contains(&second.fingerprint()), "{why}");
    chain.chain.install_committee_key(3, 2, &new_key(&chain)).unwrap();
    let why = chain.start_last().await.unwrap_err().to_string();
    assert!(why.contains("another") && why.contains(&second.fingerprint()), "{why}");
}
