//! Each invoice once.

use proto::invoice::v1 as pb;
use proto::types::v1::{BookingStatus, ReimbursementStatus};

use crate::world::{Party, World, by_slot, report, world};

pub async fn lock(party: &mut Party, slots: &[u64]) -> Result<pb::LockResponse, tonic::Status> {
    let invoices = slots.iter().filter_map(|s| by_slot(*s)).collect();
    let request = pb::LockRequest { header: party.header(), invoices, until_ms: None, reason: 0 };
    Ok(party.finance.lock(request).await?.into_inner())
}

pub async fn book(party: &mut Party, slot: u64) -> pb::InvoiceSummary {
    let request = pb::BookRequest {
        header: party.header(),
        invoice: by_slot(slot),
        deductible: true,
        voucher_number: "2026-11-0001".into(),
    };
    party.finance.book(request).await.unwrap().into_inner().invoice.unwrap()
}

fn reimburse(party: &Party, slot: u64) -> pb::ReimburseRequest {
    pb::ReimburseRequest { header: party.header(), invoice: by_slot(slot), bank_receipt: "b-1".into() }
}

#[tokio::test]
async fn an_invoice_is_locked_booked_and_reimbursed_exactly_once() {
    let mut w = world().await;
    let slot = w.issue_to_company(19_800).await.slot;
    let locked = lock(&mut w.company, &[slot]).await.unwrap();
    assert_eq!(locked.invoices[0].state.as_ref().unwrap().reimbursement, ReimbursementStatus::Locked as i32);
    let booked = book(&mut w.company, slot).await;
    assert_eq!(booked.state.unwrap().booking, BookingStatus::BookedDeductible as i32);
    let tries = (0..20).map(|_| {
        let mut party = w.company.clone();
        let request = reimburse(&party, slot);
        tokio::spawn(async move { party.finance.reimburse(request).await })
    });
    let mut won = 0;
    for one in futures::future::join_all(tries).await {
        match one.unwrap() {
            Ok(answer) => {
                won += 1;
                let state = answer.into_inner().invoice.unwrap().state.unwrap();
                assert_eq!(state.closed.unwrap().by, w.company.account);
            }
            refused => {
                let number = report(refused).number();
                assert!(matches!(number, Some(602 | 614)), "OUTPUT_SPENT or ALREADY_REIMBURSED: {number:?}");
            }
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_lock_takes_all_or_none_and_names_the_bad_one() {
    let mut w = world().await;
    let mine = w.issue_to_company(10_000).await.slot;
    let unclaimed = w.issue(20_000).await.slot;
    let refused = report(lock(&mut w.company, &[mine, unclaimed]).await);
    assert!(refused.refusals.iter().all(|r| r.item == Some(1)), "{:?}", refused.refusals);
    let unknown = report(lock(&mut w.company, &[mine, 999]).await);
    assert_eq!((unknown.number(), unknown.refusals[0].item), (Some(601), Some(1)));
    lock(&mut w.company, &[mine]).await.unwrap();
    let unlock = pb::UnlockRequest { header: w.company.header(), invoices: vec![by_slot(mine).unwrap()] };
    w.company.finance.unlock(unlock).await.unwrap();
    let none = pb::LockRequest { header: w.company.header(), ..Default::default() };
    assert_eq!(report(w.company.finance.lock(none).await).field.as_deref(), Some("invoices"));
}

#[tokio::test]
async fn a_sequence_that_the_caller_saw_guards_against_what_happened_since() {
    let mut w = world().await;
    let slot = w.issue_to_company(10_000).await.slot;
    lock(&mut w.company, &[slot]).await.unwrap();
    let old = pb::InvoiceRef { sequence: Some(0), ..by_slot(slot).unwrap() };
    let request = pb::UnlockRequest { header: w.company.header(), invoices: vec![old] };
    assert_eq!(report(w.company.finance.unlock(request).await).number(), Some(602));
}

async fn verify(w: &mut World, items: Vec<pb::VerifyItem>) -> Vec<pb::VerifyResult> {
    let request = pb::VerifyRequest { acting_account: w.company.account, items, read_options: None };
    w.company.finance.verify(request).await.unwrap().into_inner().results
}

fn failed(result: &pb::VerifyResult) -> Vec<pb::CheckKind> {
    result.checks.iter().filter(|c| !c.passed).map(|c| c.kind()).collect()
}

#[tokio::test]
async fn a_batch_of_checks_has_a_reason_for_each_row() {
    use pb::CheckKind as K;
    let mut w = world().await;
    let good = w.issue_to_company(10_000).await;
    let unclaimed = w.issue(20_000).await;
    let reimbursed = w.issue_to_company(30_000).await.slot;
    lock(&mut w.company, &[reimbursed]).await.unwrap();
    book(&mut w.company, reimbursed).await;
    let request = reimburse(&w.company, reimbursed);
    w.company.finance.reimburse(request).await.unwrap();
    let item = |invoice, total| pb::VerifyItem { invoice, total };
    let by_face = Some(pb::InvoiceRef { invoice: good.face.map(pb::invoice_ref::Invoice::Face), sequence: None });
    let items = vec![
        item(by_face, Some(10_000)),
        item(by_slot(good.slot), Some(10_001)),
        item(by_slot(unclaimed.slot), Some(20_000)),
        item(by_slot(unclaimed.slot), None),
        item(by_slot(reimbursed), None),
        item(by_slot(999), Some(1)),
    ];
    let results = verify(&mut w, items).await;
    let kinds: Vec<Vec<K>> = results.iter().map(failed).collect();
    let wanted: [&[K]; 6] = [&[], &[K::Amount], &[K::Held], &[K::Exists], &[K::NotReimbursed], &[K::Exists]];
    assert_eq!(kinds, wanted);
    assert!(results[0].passed && results[0].invoice.is_some());
    assert!(results[2].invoice.is_none(), "the face of what the company does not hold is not shown");
    assert_eq!(results[3].checks, results[5].checks, "one answer for what is not there and what is not shown");
    let detail = &results[4].checks.iter().find(|c| !c.passed).unwrap().detail_en;
    assert!(detail.contains("2026-11-02"), "who and when: {detail}");
}

#[tokio::test]
async fn more_than_five_hundred_checks_at_once_are_refused() {
    let mut w = world().await;
    let item = pb::VerifyItem { invoice: by_slot(0), total: None };
    let request = pb::VerifyRequest { acting_account: w.company.account, items: vec![item; 501], read_options: None };
    let refused = report(w.company.finance.verify(request).await);
    assert_eq!((refused.reason_name.as_str(), refused.field.as_deref()), ("INVALID_ARGUMENT", Some("items")));
}
