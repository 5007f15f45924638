//! One-time addresses and the content keys that claims and offers carry: the holder finds and opens what is his with his
//! secret and the bytes of blocks, and nobody else learns what belongs together.

use std::collections::BTreeSet;

use crypto::{CommitteeKeys, KeyUse, SenderKey, SigningKey, Wallet};
use ledger_types::key_wrap::HOLDER_EPOCH;
use ledger_types::*;
use sdk::wraps::Body;
use sdk::{ClientError, Identity, WALLET_GAP, sign_claim, sign_with_wrap};
use tests::{AREA, IssuedInvoice, People, TestChain, outcome};

fn random() -> impl FnMut(&mut [u8]) -> Result<(), crypto::KeyError> {
    |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from)
}

pub(crate) fn wallet(chain: &TestChain) -> Wallet {
    Wallet::of_key(&SigningKey::generate(chain.chain.provider(), KeyUse::Encryption).unwrap()).unwrap()
}

async fn transaction(chain: &TestChain, id: &TxId) -> Transaction {
    chain.client.transaction(id).await.unwrap().unwrap().tx
}

/// Claims an invoice to an address of a wallet, with the content key for it.
pub(crate) async fn claim(chain: &TestChain, invoice: &IssuedInvoice, wallet: &Wallet, index: u32) -> Transaction {
    let id = chain.client.chain_id();
    let carried = transaction(chain, &invoice.tx).await;
    let body = Body { tx: &carried, item: 0 };
    let wrap = body.wrap_own(&body.key_of_token(&invoice.token).unwrap(), wallet);
    let claimer = Identity::bare(invoice.token.claim_key(&id, chain.chain.provider()).unwrap());
    let payload = Payload::Claim { spend: Spend::new(invoice.slot, 0), to: wallet.address(&id, index) };
    let frame = chain.client.new_frame(AREA).unwrap();
    let committee = chain.client.committee().unwrap();
    let statement = LinkStatement { slot: invoice.slot, to: wallet.address(&id, index) };
    let tag = wallet.link_tag(&id, &committee, &statement, chain.chain.provider()).unwrap();
    let signed = sign_claim(&frame, payload, (Some(&wrap), Some(&tag)), &[&claimer], &mut random()).unwrap();
    outcome(&chain.client.submit_and_wait(&signed).await.unwrap()).unwrap();
    transaction(chain, &signed.id).await
}

async fn issue(chain: &TestChain, people: &People) -> IssuedInvoice {
    chain.issue(&people.merchant, 10_600).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimer_opens_his_invoice_with_his_secret_and_block_bytes_and_nobody_else_does() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let (invoice, other) = (issue(&chain, &people).await, issue(&chain, &people).await);
    let (own, stranger) = (wallet(&chain), wallet(&chain));
    let claimed = claim(&chain, &invoice, &own, 0).await;
    let theirs = claim(&chain, &other, &stranger, 0).await;
    // From here on only the bytes of the two transactions and the secret.
    let (tx, other_tx) = (transaction(&chain, &invoice.tx).await, transaction(&chain, &other.tx).await);
    let body = Body { tx: &tx, item: 0 };
    let key = body.key_of_claim(&claimed, &own).unwrap();
    assert!(!body.opened(&key).unwrap().lines().unwrap().is_empty());
    let unreadable = |result: Result<sdk::Contents, ClientError>| matches!(result, Err(ClientError::BadAnswer { .. }));
    assert!(unreadable(body.opened(&body.key_of_claim(&claimed, &stranger).unwrap())), "another's secret");
    assert!(unreadable(body.opened(&body.key_of_claim(&theirs, &own).unwrap())), "another invoice's claim");
    let wrong = Body { tx: &other_tx, item: 0 };
    assert!(unreadable(wrong.opened(&wrong.key_of_claim(&claimed, &own).unwrap())), "it opens no other invoice");
    assert!(body.key_of_claim(&tx, &own).is_none(), "the invoice itself carries none");

    let read = chain.client.wallet_contents(invoice.slot, &own).await.unwrap().unwrap();
    assert!(read.is_whole(&tx));
    assert!(chain.client.wallet_contents(other.slot, &own).await.is_err(), "carried, but for another");
    // A node still answers who holds it now, by its one-time key.
    let holder = own.key(&chain.client.chain_id(), 0, chain.chain.provider()).unwrap();
    assert!(chain.client.ask_contents(invoice.slot, &tx, &Identity::bare(holder)).await.unwrap().is_whole(&tx));
    chain.stop().await.unwrap();
    let keys = chain.chain.committee_keys().unwrap();
    let report = auditor::run(&chain.chain.data_dir(), auditor::RunOptions::default(), &*keys, &mut |_| {}).unwrap();
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_carries_the_content_key_for_the_receivers_registered_key() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let (invoice, id) = (issue(&chain, &people).await, chain.client.chain_id());
    let own = wallet(&chain);
    let claimed = claim(&chain, &invoice, &own, 0).await;
    let encryption = || SigningKey::generate(chain.chain.provider(), KeyUse::Encryption).unwrap();
    let (of_company, of_rival, of_giver) = (encryption(), encryption(), encryption());
    let record = KeyRecord { purpose: KeyPurpose::Encryption, ..KeyRecord::admin(KeyId(1), of_company.public_key().0) };
    let register = Payload::UpdateKeys { account: people.company_id, add: vec![record], revoke: Vec::new() };
    chain.accept(&people.company, register).await.unwrap();
    let account = chain.client.account(people.company_id).await.unwrap().unwrap();
    let registered = account.keys.iter().find(|key| key.purpose == KeyPurpose::Encryption).unwrap().public_key;

    let tx = transaction(&chain, &invoice.tx).await;
    let body = Body { tx: &tx, item: 0 };
    let key = body.key_of_claim(&claimed, &own).unwrap();
    let giver = SenderKey::new(of_giver).unwrap();
    let wrap = body.wrap_to(&key, &giver, registered).unwrap();
    let holder = Identity::bare(own.key(&id, 0, chain.chain.provider()).unwrap());
    let to = ledger_types::owner::account_address(&id, people.company_id);
    let until_ms = chain.client.now().0 + 3_600_000;
    let payload = Payload::OfferTransfer { spend: chain.spend(invoice.slot).await.unwrap(), to, until_ms };
    let frame = chain.client.new_frame(AREA).unwrap();
    let signed = sign_with_wrap(&frame, payload, &wrap, &[&holder], &mut random()).unwrap();
    outcome(&chain.client.submit_and_wait(&signed).await.unwrap()).unwrap();
    let offered = transaction(&chain, &signed.id).await;
    let keys = |key: &SigningKey| CommitteeKeys::new([(HOLDER_EPOCH, key.clone())].into()).unwrap();
    let found = body.key_of_offer(&offered, &keys(&of_company)).unwrap();
    assert!(!body.opened(&found).unwrap().lines().unwrap().is_empty());
    let wrong = body.key_of_offer(&offered, &keys(&of_rival)).unwrap();
    assert!(matches!(body.opened(&wrong), Err(ClientError::BadAnswer { .. })), "another's key");
}

/// All places of eight bytes that two of these share and none of the others has: what would link them.
fn linking(ours: &[Transaction], others: &[Transaction]) -> usize {
    let windows =
        |tx: &Transaction| -> BTreeSet<Vec<u8>> { tx.to_canonical().windows(8).map(<[u8]>::to_vec).collect() };
    let common: BTreeSet<Vec<u8>> = others.iter().flat_map(windows).collect();
    let mut seen = BTreeSet::new();
    let own = ours.iter().flat_map(|tx| windows(tx).into_iter().filter(|window| !common.contains(window)));
    own.filter(|window| !seen.insert(window.clone())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_public_of_two_claims_tells_that_they_are_one_wallets_and_it_finds_them_all() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let own = wallet(&chain);
    let (mut ours, mut others, mut slots) = (Vec::new(), Vec::new(), Vec::new());
    for index in [0, 1, 2, 3, 40] {
        let (invoice, another) = (issue(&chain, &people).await, issue(&chain, &people).await);
        ours.push(claim(&chain, &invoice, &own, index).await);
        others.push(claim(&chain, &another, &wallet(&chain), index).await);
        slots.push((index, invoice.slot));
    }
    assert_eq!(linking(&ours, &others), 0);
    let addresses: BTreeSet<Address> = ours
        .iter()
        .map(|tx| match tx.envelope.payload {
            Payload::Claim { to, .. } => to,
            _ => panic!("a claim"),
        })
        .collect();
    let signers: BTreeSet<_> = ours.iter().flat_map(|tx| &tx.envelope.signers).map(|s| format!("{s:?}")).collect();
    assert_eq!((addresses.len(), signers.len()), (ours.len(), ours.len()));
    // The search finds what is there: a second claim to an address that was used.
    let careless = issue(&chain, &people).await;
    ours.push(claim(&chain, &careless, &own, 3).await);
    assert!(linking(&ours, &others) >= 25, "32 bytes of address and the key behind it");
    slots.push((3, careless.slot));
    slots.sort_unstable();

    let found = chain.client.wallet_invoices(&own, 0, WALLET_GAP).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|invoice| (invoice.index, invoice.slot)).collect();
    found.sort_unstable();
    assert_eq!(found, slots, "all of its own, and none of the others");
    let short = chain.client.wallet_invoices(&own, 0, 10).await.unwrap();
    assert_eq!(short.len(), 5, "index 40 lies behind a gap of ten");
    let told = chain.client.wallet_invoices(&own, 41, 1).await.unwrap();
    assert_eq!(told.len(), 6, "unless one knows how far one got");
    assert!(chain.client.wallet_invoices(&wallet(&chain), 0, 20).await.unwrap().is_empty());
}
