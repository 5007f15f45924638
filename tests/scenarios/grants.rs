//! Grants from end to end: who was let in sees the sections granted while the grant stands, and nothing else.

use anyhow::Result;
use ledger_types::*;
use sdk::{ClientError, Contents, Identity};
use tests::{IssuedInvoice, People, TestChain, outcome};
use tonic::Code;

/// Reads an invoice; the kinds of section that come back, none if it is not for this reader.
async fn seen(chain: &TestChain, slot: Slot, who: &Identity) -> Vec<SectionKind> {
    match chain.client.contents(slot, who).await {
        Ok(contents) => contents.unwrap().sections.iter().map(Section::kind).collect(),
        Err(ClientError::Report(report)) if report.code == Code::PermissionDenied => {
            assert_eq!(report.reason_name, "FORBIDDEN", "the answer of an invoice that is not there");
            Vec::new()
        }
        Err(other) => panic!("{other}"),
    }
}

const WHOLE: [SectionKind; 3] = [SectionKind::Facts, SectionKind::Buyer, SectionKind::Lines];

async fn give(chain: &TestChain, by: &Identity, to: &Identity, scope: GrantScope, sections: SectionSet) -> GrantId {
    try_give(chain, by, to, scope, sections, 3_600_000).await.unwrap()
}

async fn try_give(
    chain: &TestChain,
    by: &Identity,
    to: &Identity,
    scope: GrantScope,
    sections: SectionSet,
    for_ms: u64,
) -> Result<GrantId> {
    let until_ms = chain.client.stamp().await?.time.0 + for_ms;
    let request = GrantRequest { to: to.address(&chain.client.chain_id()), scope, sections, until_ms };
    let fate = chain.fate(by, Payload::GrantAccess(request)).await?;
    outcome(&fate)?;
    let block = fate.verdict().unwrap();
    Ok(GrantId { height: block.height, tx: block.index })
}

async fn held_by_company(chain: &TestChain, people: &People) -> IssuedInvoice {
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
    invoice
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_shows_its_sections_until_it_is_taken_back() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let (invoice, other) = (held_by_company(&chain, &people).await, held_by_company(&chain, &people).await);
    let slots = || GrantScope::Slots(vec![invoice.slot]);
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, []);
    let some = SectionSet::of(&[SectionKind::Lines]);
    let first = give(&chain, &people.company, &people.rival, slots(), some).await;
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, [SectionKind::Lines]);
    assert_eq!(seen(&chain, other.slot, &people.rival).await, [], "another invoice of the same holder");
    assert_eq!(seen(&chain, invoice.slot, &people.employee).await, [], "another reader");
    let contents = chain.client.contents(invoice.slot, &people.rival).await.unwrap().unwrap();
    assert!(contents.lines().is_ok() && matches!(contents.facts(), Err(ClientError::BadAnswer { .. })));
    // The seller gives the rest; what two gave adds up.
    let rest = SectionSet::of(&[SectionKind::Facts, SectionKind::Buyer]);
    let second = give(&chain, &people.merchant, &people.rival, slots(), rest).await;
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, WHOLE);
    let to_rival = chain.client.grants_to(people.rival.address(&chain.client.chain_id())).await.unwrap();
    let mut ids: Vec<GrantId> = to_rival.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [first, second]);
    // Back it goes, one by one, from the very block on.
    let refused = chain.refuse(&people.rival, Payload::RevokeAccess { grant: first }).await.unwrap();
    assert_eq!(refused, [RejectReason::NotGiver]);
    chain.accept(&people.company, Payload::RevokeAccess { grant: first }).await.unwrap();
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, [SectionKind::Facts, SectionKind::Buyer]);
    chain.accept(&people.merchant, Payload::RevokeAccess { grant: second }).await.unwrap();
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, []);
    assert!(chain.client.grants_by(people.company.address(&chain.client.chain_id())).await.unwrap().is_empty());
    assert_eq!(seen(&chain, invoice.slot, &people.company).await, WHOLE, "its holder always");
    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_with_its_time_and_with_what_its_giver_holds() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = held_by_company(&chain, &people).await;
    let slots = || GrantScope::Slots(vec![invoice.slot]);
    try_give(&chain, &people.company, &people.rival, slots(), SectionSet::ALL, 60_000).await.unwrap();
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, WHOLE);
    chain.advance(61_000).await.unwrap();
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, [], "over");

    let held = GrantScope::Period { issued: false, held: true, kind: None, from_ms: 0, to_ms: u64::MAX };
    give(&chain, &people.company, &people.rival, held, SectionSet::ALL).await;
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, WHOLE);
    let later = held_by_company(&chain, &people).await;
    assert_eq!(seen(&chain, later.slot, &people.rival).await, WHOLE, "also one that came later");
    let stays = chain.issue(&people.merchant, 10_600).await.unwrap();
    assert_eq!(seen(&chain, stays.slot, &people.rival).await, [], "not the company's");
    let (to, _) = chain.open_account(AccountKind::Person, None, "").await.unwrap();
    let until_ms = chain.client.now().0 + 3_600_000;
    let to = ledger_types::owner::account_address(&chain.client.chain_id(), to);
    let offer = Payload::OfferTransfer { spend: chain.spend(invoice.slot).await.unwrap(), to, until_ms };
    chain.accept(&people.company, offer).await.unwrap();
    assert_eq!(seen(&chain, invoice.slot, &people.rival).await, WHOLE, "an offer is not taken yet");
    chain.hand_over(later.slot, &people.company, people.merchant_id, &people.merchant).await.unwrap();
    assert_eq!(seen(&chain, later.slot, &people.rival).await, [], "no longer the company's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_without_an_account_gives_and_is_given() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    let friend = Identity::bare(chain.new_key().unwrap());
    let slots = || GrantScope::Slots(vec![invoice.slot]);
    assert_eq!(seen(&chain, invoice.slot, &friend).await, []);
    give(&chain, &people.employee, &friend, slots(), SectionSet::ALL).await;
    assert_eq!(seen(&chain, invoice.slot, &friend).await, WHOLE);
    let all = GrantScope::Period { issued: true, held: true, kind: None, from_ms: 0, to_ms: u64::MAX };
    assert!(try_give(&chain, &people.employee, &friend, all, SectionSet::ALL, 60_000).await.is_err());
    assert!(try_give(&chain, &friend, &people.rival, slots(), SectionSet::ALL, 60_000).await.is_err(), "not handed on");
    // What a node answers with is held against the chain: a section that is another invoice's does not pass.
    let other = chain.issue(&people.merchant, 21_200).await.unwrap();
    let theirs = chain.client.contents(other.slot, &people.merchant).await.unwrap().unwrap();
    let tx = chain.client.transaction(&invoice.tx).await.unwrap().unwrap().tx;
    assert!(!Contents { sections: theirs.sections[..1].to_vec(), ..theirs }.is_whole(&tx));
}
