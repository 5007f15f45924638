//! Streams of invoices, each signed by itself, and what the node said of every one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crypto::OrderToken;
use ledger_types::body::EntryMode;
use ledger_types::payload::InvoiceRequest;
use ledger_types::{Area, BuyerTitle, Digest, Fen, InvoiceKind, OwnerCondition, Payload, Policy, TaxRate, TitleKind};
use sdk::{FateState, Identity, InvoiceDraft, Item, NodeClient, SignedTx, sign_invoice};
use tokio::sync::{Semaphore, mpsc};

/// Transactions of one stream under way at once.
const WINDOW: usize = 64;
/// One in so many is over the amount allowed: refused by the rules, with a receipt.
const ONE_IN_TOO_LARGE: u64 = 10;

/// A transaction that was sent, or was about to be, and its verdict if that came.
pub(crate) struct Sent {
    pub(crate) tx: SignedTx,
    pub(crate) verdict: Option<FateState>,
}

/// Makes invoices of one merchant.
#[derive(Clone)]
pub(crate) struct Till {
    client: NodeClient,
    merchant: Identity,
    token: Arc<OrderToken>,
    made: Arc<AtomicU64>,
}

impl Till {
    pub(crate) fn new(client: NodeClient, merchant: Identity) -> Self {
        let token = Arc::new(OrderToken::generate().unwrap());
        Self { client, merchant, token, made: Arc::default() }
    }

    fn sign(&self) -> SignedTx {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let too_large = number % ONE_IN_TOO_LARGE == ONE_IN_TOO_LARGE - 1;
        let gross = if too_large { 20_000_000 } else { 100 + i64::try_from(number % 900).unwrap() };
        let chain = self.client.chain_id();
        let owner = OwnerCondition::TokenKey(self.token.address(&chain));
        let payload = Payload::Issue(InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() });
        let frame = self.client.new_frame(Area(4403)).unwrap();
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        sign_invoice(&frame, payload, &meal(gross), &[&self.merchant], &mut random).unwrap()
    }

    /// Sends so many over one stream, or for ever; ends with the node.
    pub(crate) async fn stream(self, count: usize) -> Vec<Sent> {
        let Ok((transactions, mut fates)) = self.client.submit_stream(true, WINDOW).await else { return Vec::new() };
        let (note, mut noted) = mpsc::unbounded_channel();
        let window = Arc::new(Semaphore::new(WINDOW));
        let places = window.clone();
        let feeder = tokio::spawn(async move {
            for _ in 0..count {
                // Closed once the answers have ended.
                let Ok(place) = places.acquire().await else { return };
                place.forget();
                let tx = self.sign();
                // Noted first: the node may have it even if this side never learns that it went out.
                if note.send(tx.clone()).is_err() || transactions.send(tx).await.is_err() {
                    return;
                }
            }
        });
        let mut sent = Vec::new();
        while let Some(fate) = fates.recv().await {
            let Ok(fate) = fate else { break };
            let tx: SignedTx = noted.recv().await.unwrap();
            assert_eq!(fate.tx_id, Some(tx.id), "answers come in the order of the transactions");
            window.add_permits(1);
            sent.push(Sent { tx, verdict: fate.is_final().then_some(fate.state) });
        }
        window.close();
        feeder.await.unwrap();
        while let Some(tx) = noted.recv().await {
            sent.push(Sent { tx, verdict: None });
        }
        sent
    }
}

/// A meal for a person.
fn meal(gross: i64) -> InvoiceDraft {
    let item = Item {
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().unwrap(),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
    };
    let buyer = BuyerTitle {
        kind: TitleKind::Individual,
        name: "个人".to_owned(),
        tax_id: None,
        address_and_bank: String::new(),
    };
    InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        buyer,
        seller: None,
        lines: vec![item.gross_line(Fen(gross))],
        remark: String::new(),
        drawer: "收银一".to_owned(),
        token: None,
    }
}
