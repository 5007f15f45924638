//! Offers come and go with the change sets.
#![allow(clippy::unwrap_used)]

use ledger_types::output::Origin;
use ledger_types::{
    AccountId, Area, Asset, BookingState, Change, FaceState, Fen, InvoiceCode, InvoiceKind, InvoiceNumber,
    InvoiceRecord, OutputRecord, Owner, ReimbursementState, TitleKind,
};

use super::super::tests::fresh;
use super::*;

const GIVER: Address = Address([1; 32]);
const TAKER: Address = Address([2; 32]);

fn change(slot: u64, sequence: u32, claim: ClaimState) -> Change {
    let invoice = InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Organisation,
        origin: Origin { height: Height(1), tx: 0, item: 0 },
        seller: AccountId(3),
        code: InvoiceCode::build(Area(4403), 26, 1).unwrap(),
        number: InvoiceNumber::FIRST,
        tax: Fen(1),
        issued_ms: 1,
        rule_book: 1,
        face: FaceState::Blue,
        claim,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let record = OutputRecord {
        version: 1,
        sequence,
        amount: Fen(100),
        owner: Owner::Address(GIVER),
        asset: Asset::Invoice(invoice),
    };
    Change::Output { cause: 0, slot: Slot(slot), record }
}

fn offered() -> ClaimState {
    ClaimState::Offered { from: GIVER, to: TAKER, until_ms: 9 }
}

async fn at(store: &Store, height: u64, changes: Vec<Change>) {
    store.apply_offers(Height(height), &ChangeSet { changes }).await.unwrap();
}

#[tokio::test]
async fn an_offer_stands_until_it_is_answered() {
    let (_dir, store) = fresh().await;
    at(&store, 1, vec![change(5, 0, ClaimState::Claimed), change(6, 2, offered()), change(8, 2, offered())]).await;
    let to_me = store.offers(&TAKER, OfferSide::Receiver, None, 10).await.unwrap();
    assert_eq!(to_me, [Slot(6), Slot(8)]);
    assert_eq!(store.offers(&TAKER, OfferSide::Receiver, Some(Slot(6)), 10).await.unwrap(), [Slot(8)]);
    assert_eq!(store.offers(&GIVER, OfferSide::Giver, None, 1).await.unwrap(), [Slot(6)]);
    assert!(store.offers(&TAKER, OfferSide::Giver, None, 10).await.unwrap().is_empty());
    at(&store, 2, vec![change(6, 3, ClaimState::Claimed)]).await;
    assert_eq!(store.offers(&TAKER, OfferSide::Receiver, None, 10).await.unwrap(), [Slot(8)]);
    assert_eq!(store.offers_height().await.unwrap(), Height(2));
}

#[tokio::test]
async fn a_height_counts_once() {
    let (_dir, store) = fresh().await;
    at(&store, 2, vec![change(6, 2, offered())]).await;
    at(&store, 2, vec![change(6, 3, ClaimState::Claimed)]).await;
    at(&store, 1, vec![change(6, 1, ClaimState::Claimed)]).await;
    assert_eq!(store.offers(&TAKER, OfferSide::Receiver, None, 10).await.unwrap(), [Slot(6)], "only news is taken in");
}
