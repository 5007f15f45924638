//! A staffed bureau reads what invoices say only under an inspection, by two auditors, after it stands on record.

use ledger_types::inspection::ACCESS_WINDOW_MS;
use ledger_types::*;
use sdk::{ClientError, Fate, Identity};
use tests::{AREA, TestChain, outcome, reasons};
use tonic::Code;

use crate::offices::{BUREAU, assign, jointly, operators};

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

async fn record(chain: &TestChain, inspection: InspectionId, slots: &[Slot], by: &[&Identity]) -> Fate {
    let asked = AccessRequest { inspection, slots: slots.to_vec(), purpose: Digest([9; 32]) };
    jointly(chain, Payload::RecordAccess(asked), by).await
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_are_served_to_auditors_after_their_access_is_on_record_and_the_audit_lists_it() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    let other = chain.issue(&people.merchant, 21_200).await.unwrap();
    assert!(reads(&chain, invoice.slot, &chain.bureau).await, "unstaffed: as on any development chain");

    let [security, approver, first, second, third] =
        <[Identity; 5]>::try_from(operators(&chain, 5).await).ok().unwrap();
    let staff = [
        (&security, Role::SecurityAdministrator),
        (&approver, Role::Approver),
        (&first, Role::Auditor),
        (&second, Role::Auditor),
        (&third, Role::Auditor),
    ];
    for (person, (key, role)) in (1..).zip(staff) {
        chain.accept(&chain.bureau, assign(key, role, person)).await.unwrap();
    }
    let everybody = [&chain.bureau, &security, &approver, &first, &second, &third];
    for who in everybody {
        assert!(!reads(&chain, invoice.slot, who).await, "nobody reads without a record");
    }
    let mut auditors = vec![key(&first), key(&second)];
    auditors.sort_unstable();
    let now = chain.client.stamp().await.unwrap().time.0;
    let request = InspectionRequest {
        area: AREA,
        tax_ids: vec![MERCHANT.parse().unwrap()],
        from_ms: 0,
        to_ms: u64::MAX,
        case: Digest([7; 32]),
        until_ms: now + 86_400_000,
        auditors,
    };
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
