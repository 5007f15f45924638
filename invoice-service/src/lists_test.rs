//! Filters and cursors.
#![allow(clippy::unwrap_used)]

use ledger_types::{ChainId, FaceState};

use super::*;
use crate::test_invoice::invoice;

fn hash(chain: u8, list: &str, month: u32) -> FilterHash {
    FilterHash::of(&ChainId([chain; 32]), list, &month)
}

#[test]
fn each_bound_of_a_filter_counts() {
    let held = invoice();
    let red = Held {
        invoice: ledger_types::InvoiceRecord { face: FaceState::Reversed { by: Slot(9) }, ..held.invoice },
        ..held
    };
    let all = InvoiceFilter::all();
    assert!(all.wants(&held) && all.wants(&red));
    let blue = InvoiceFilter { faces: vec![FaceStatus::Blue], ..all.clone() };
    assert!(blue.wants(&held) && !blue.wants(&red));
    let at = held.invoice.issued_ms;
    let cases: [(InvoiceFilter, bool); 8] = [
        (InvoiceFilter { month: 202_611, ..all.clone() }, true),
        (InvoiceFilter { month: 202_610, ..all.clone() }, false),
        (InvoiceFilter { from_ms: at, ..all.clone() }, true),
        (InvoiceFilter { from_ms: at + 1, ..all.clone() }, false),
        (InvoiceFilter { before_ms: at, ..all.clone() }, false),
        (InvoiceFilter { claims: vec![ClaimStatus::Unclaimed], ..all.clone() }, false),
        (InvoiceFilter { reimbursements: vec![ReimbursementStatus::Open], ..all.clone() }, true),
        (InvoiceFilter { bookings: vec![BookingStatus::Unbooked], ..all }, false),
    ];
    for (filter, wanted) in cases {
        assert_eq!(filter.wants(&held), wanted, "{filter:?}");
    }
}

#[test]
fn a_cursor_reads_back_for_its_own_list_alone() {
    let cursor = Cursor { after: Some(Slot(77)), page: Some("01".repeat(17)) };
    let filter = hash(1, "ListIssued", 202_611);
    let text = cursor.token(filter, vec![1, 2, 3]);
    assert!(text.len() <= proto::limits::MAX_PAGE_TOKEN_CHARS);
    assert_eq!(Cursor::read(&text, filter).unwrap(), (cursor, vec![1, 2, 3]));
    for other in [hash(1, "ListIssued", 202_612), hash(1, "ListHeld", 202_611), hash(2, "ListIssued", 202_611)] {
        let status = tonic::Status::from(Cursor::read(&text, other).unwrap_err());
        assert_eq!(proto::ErrorReport::from_status(&status).reason_name, "PAGE_TOKEN");
    }
    assert_eq!(Cursor::read("", filter).unwrap(), (Cursor::default(), Vec::new()));
    assert!(Cursor::read("zz", filter).is_err());
}

#[test]
fn the_longest_cursor_fits_into_a_token() {
    let cursor = Cursor { after: Some(Slot(u64::MAX)), page: Some("f".repeat(34)) };
    let sums = (u64::MAX, i64::MIN, i64::MIN).to_canonical();
    let filter = hash(1, "ListTaxpayerInvoices", 0);
    let text = cursor.token(filter, sums.clone());
    assert_eq!(Cursor::read(&text, filter).unwrap(), (cursor, sums));
}

#[test]
fn months_exist() {
    assert_eq!(month(0).unwrap(), 0);
    assert_eq!(month(202_612).unwrap(), 202_612);
    for bad in [202_600, 202_613, 11, 99_999_999] {
        assert!(month(bad).is_err(), "{bad}");
    }
    assert!(bound(Some(-1), 0, "from_ms").is_err());
    assert_eq!(bound(None, 7, "from_ms").unwrap(), 7);
}
