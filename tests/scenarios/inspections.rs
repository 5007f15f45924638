//! A staffed bureau reads what invoices say only under an inspection, by two auditors, after it stands on record.

use ledger_types::inspection::ACCESS_WINDOW_MS;
use ledger_types::*;
use sdk::{ClientError, Fate, Identity};
use tests::{AREA, TestChain, outcome, reasons};
use tonic::Code;

use crate::offices::{BUREAU, assign, jointly, operators};
use crate::wallet::{claim, wallet};

const MERCHANT: &str = "91440300MA5DEK017E";

async fn reads(chain: &TestChain, slot: Slot, who: &Identity) -> bool {
    match chain.client.contents(slot, who).await {
        Ok(contents) => contents.unwrap().sections.len() == 3,
        Err(ClientError::Report(report)) if report.code == Code::PermissionDenied => false,
        Err(other) => panic!("{other}"),
    }
}

fn place(fate: &Fate) -> InspectionId {
    outcome(fate).unwrap();
    let block = fate.verdict().unwrap();
    InspectionId { height: block.height, tx: block.index }
}

fn key(who: &Identity) -> KeyId {
    let SignerIdentity::Account { key, .. } = who.identity else { panic!("a bare key") };
    key
}

fn asked(inspection: InspectionId, slots: &[Slot]) -> AccessRequest {
    AccessRequest { inspection, slots: slots.to_vec(), purpose: Digest([9; 32]) }
}

async fn record(chain: &TestChain, inspection: InspectionId, slots: &[Slot], by: &[&Identity]) -> Fate {
    jointly(chain, Payload::RecordAccess(asked(inspection, slots)), by).await
}

/// A security administrator, an approver, and three auditors of a bureau that has offices from now on.
async fn staff(chain: &TestChain) -> [Identity; 5] {
    let people = <[Identity; 5]>::try_from(operators(chain, 5).await).ok().unwrap();
    let auditor = Role::Auditor;
    let roles = [Role::SecurityAdministrator, Role::Approver, auditor, auditor, auditor];
    for (person, (who, role)) in (1..).zip(people.iter().zip(roles)) {
        chain.accept(&chain.bureau, assign(who, role, person)).await.unwrap();
    }
    people
}

/// An inspection of a merchant's invoices, for a day from now.
async fn inspection_of(chain: &TestChain, merchant: &str, auditors: [&Identity; 2]) -> InspectionRequest {
    let mut auditors = auditors.map(key).to_vec();
    auditors.sort_unstable();
    let now = chain.client.stamp().await.unwrap().time.0;
    InspectionRequest {
        area: AREA,
        tax_ids: vec![merchant.parse().unwrap()],
        from_ms: 0,
        to_ms: u64::MAX,
        case: Digest([7; 32]),
        until_ms: now + 86_400_000,
        auditors,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_are_served_to_auditors_after_their_access_is_on_record_and_the_audit_lists_it() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    let other = chain.issue(&people.merchant, 21_200).await.unwrap();
    assert!(reads(&chain, invoice.slot, &chain.bureau).await, "unstaffed: as on any development chain");

    let [security, approver, first, second, third] = staff(&chain).await;
    let everybody = [&chain.bureau, &security, &approver, &first, &second, &third];
    for who in everybody {
        assert!(!reads(&chain, invoice.slot, who).await, "nobody reads without a record");
    }
    let request = inspection_of(&chain, MERCHANT, [&first, &second]).await;
    let open = || Payload::OpenInspection(request.clone());
    assert_eq!(chain.refuse(&security, open()).await.unwrap(), [RejectReason::ApproverMissing]);
    let inspection = place(&jointly(&chain, open(), &[&security, &approver]).await);
    for who in everybody {
        assert!(!reads(&chain, invoice.slot, who).await, "an inspection is no record of access");
    }
    let alone = record(&chain, inspection, &[invoice.slot], &[&first]).await;
    assert_eq!(reasons(&alone).unwrap(), [RejectReason::SecondAuditorMissing]);
    assert!(!reads(&chain, invoice.slot, &first).await, "a refused record opens nothing");

    outcome(&record(&chain, inspection, &[invoice.slot], &[&first, &second]).await).unwrap();
    assert!(reads(&chain, invoice.slot, &first).await && reads(&chain, invoice.slot, &second).await);
    assert!(!reads(&chain, other.slot, &first).await, "a slot that is not on record");
    for who in [&chain.bureau, &security, &approver, &third] {
        assert!(!reads(&chain, invoice.slot, who).await, "not an officer of this record");
    }
    chain.advance(ACCESS_WINDOW_MS + 60_000).await.unwrap();
    assert!(!reads(&chain, invoice.slot, &first).await, "too late: another record is needed");
    outcome(&record(&chain, inspection, &[invoice.slot, other.slot], &[&second, &first]).await).unwrap();
    assert!(reads(&chain, invoice.slot, &first).await && reads(&chain, other.slot, &second).await);
    // An office that ends takes the right with it, record or not.
    let end = Payload::EndRole { account: BUREAU, key: key(&first) };
    chain.accept(&security, end).await.unwrap();
    assert!(!reads(&chain, invoice.slot, &first).await && reads(&chain, invoice.slot, &second).await);

    let listed = chain.client.inspections().await.unwrap();
    assert_eq!((listed.len(), listed[0].0, listed[0].1.sellers.clone()), (1, inspection, vec![people.merchant_id]));
    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert!(report.is_clean(), "{report}");
    let said: Vec<_> = report.readings.iter().map(|r| (r.bureau, r.inspection, r.slots.clone())).collect();
    let both = vec![invoice.slot, other.slot];
    assert_eq!(said, [(BUREAU, inspection, vec![invoice.slot]), (BUREAU, inspection, both)]);
    assert_eq!(report.readings[1].auditors, [key(&second), key(&first)]);
    assert!(report.to_string().contains("access records           2"), "{report}");
}

/// Slots of claims that a node names as of one wallet; none if it does not answer this person.
async fn linked(chain: &TestChain, slot: Slot, who: &Identity) -> Option<Vec<Slot>> {
    match chain.client.linked_claims(slot, who, |_| {}).await {
        Ok(claims) => Some(claims.unwrap_or_default().iter().map(|claim| claim.slot).collect()),
        Err(ClientError::Report(report)) if report.code == Code::PermissionDenied => None,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_auditors_on_record_find_the_claims_of_a_wallet_and_nobody_else_does() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let (own, other) = (wallet(&chain), wallet(&chain));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for index in 0..3 {
        let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
        claim(&chain, &invoice, &own, index).await;
        ours.push(invoice.slot);
        let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
        claim(&chain, &invoice, &other, index).await;
        theirs.push(invoice.slot);
    }
    let unclaimed = chain.issue(&people.merchant, 10_600).await.unwrap();
    assert_eq!(linked(&chain, ours[0], &chain.bureau).await, None, "a bureau without offices has no two persons");
    let [security, approver, first, second, third] = staff(&chain).await;
    let request = inspection_of(&chain, MERCHANT, [&first, &second]).await;
    let inspection = place(&jointly(&chain, Payload::OpenInspection(request), &[&security, &approver]).await);
    let payload = |slots: &[Slot]| Payload::RecordLinkAccess(asked(inspection, slots));

    outcome(&record(&chain, inspection, &ours, &[&first, &second]).await).unwrap();
    assert_eq!(linked(&chain, ours[0], &first).await, None, "a record of reading is none of linking");
    let alone = jointly(&chain, payload(&ours[..1]), &[&first]).await;
    assert_eq!(reasons(&alone).unwrap(), [RejectReason::SecondAuditorMissing]);
    let strangers = jointly(&chain, payload(&ours[..1]), &[&first, &third]).await;
    assert_eq!(reasons(&strangers).unwrap(), [RejectReason::OutsideInspection]);
    assert_eq!(linked(&chain, ours[0], &first).await, None);

    let asked_for = [ours[0], theirs[1], unclaimed.slot];
    outcome(&jointly(&chain, payload(&asked_for), &[&first, &second]).await).unwrap();
    for who in [&first, &second] {
        assert_eq!(linked(&chain, ours[0], who).await.unwrap(), ours);
        assert_eq!(linked(&chain, theirs[1], who).await.unwrap(), theirs);
    }
    assert!(!reads(&chain, theirs[1], &first).await, "nor is a record of linking one of reading");
    assert_eq!(linked(&chain, unclaimed.slot, &first).await.unwrap(), [], "nobody claimed it");
    assert_eq!(linked(&chain, ours[1], &first).await, None, "a slot that is not on record");
    for who in [&chain.bureau, &security, &approver, &third, &people.merchant] {
        assert_eq!(linked(&chain, ours[0], who).await, None, "not an officer of this record");
    }
    let claims = chain.client.linked_claims(ours[0], &first, |_| {}).await.unwrap().unwrap();
    assert!(claims.iter().all(|claim| claim.link.wallet == own.link_key(&chain.client.chain_id()).0));
    chain.advance(ACCESS_WINDOW_MS + 60_000).await.unwrap();
    assert_eq!(linked(&chain, ours[0], &first).await, None, "too late: another record is needed");

    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert!(report.is_clean(), "{report}");
    let said: Vec<_> = report.readings.iter().map(|r| (r.links, r.slots.clone())).collect();
    assert_eq!(said, [(false, ours), (true, asked_for.to_vec())]);
}
