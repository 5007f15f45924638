//! Which claims to one-time addresses are of one wallet: for an auditor whose asking is on record, among the invoices that the
//! inspection is about.

use ledger_types::{
    AccountId, CannotAgree, Canonical, ChainId, Inspection, LinkStatement, LinkTag, Owner, Payload, Receipt, Seal,
    Section, SectionKind, SignedQuestion, Slot, Transaction, TxId, Unsealer, Verdict, WalletLink,
    receipt::ReceiptSubject,
};
use storage::{Reader, Reading};

use super::contents::{ContentsFault, who_asks};
use super::entitlement::link_access;

/// Invoices that are looked at for one page.
const LOOKED_AT: usize = 500;

/// A claim, and its wallet's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedClaim {
    /// What was claimed, and for which address.
    pub statement: LinkStatement,
    /// The claim.
    pub tx: TxId,
    /// What its wallet says.
    pub link: WalletLink,
}

/// Where a page begins: behind this invoice of this seller.
pub type Place = (AccountId, Slot);

/// A page of claims of one wallet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedClaims {
    /// The wallet's link key; none if the claim that was asked about has no good tag.
    pub wallet: Option<[u8; 33]>,
    /// Those found.
    pub claims: Vec<LinkedClaim>,
    /// How many invoices were looked at.
    pub looked_at: usize,
    /// Where the next page begins; none on the last.
    pub next: Option<Place>,
}

/// Answers a timely question at the newest state, from `after` on.
///
/// # Errors
/// [`ContentsFault`].
pub fn links(
    reader: &Reader,
    keys: &dyn Unsealer,
    signed: &SignedQuestion,
    after: Option<Place>,
) -> Result<LinkedClaims, ContentsFault> {
    let (chain, state) = (reader.chain_id(), reader.now());
    let verified = |key: &sm::PublicKey| crypto::verify_link_question(&chain, signed.question, key, &signed.signature);
    let asker = who_asks(&state, &chain, &signed.question, |key| verified(key).is_ok())?;
    let asker = asker.ok_or(ContentsFault::NotForReader)?;
    let slot = signed.question.slot;
    let record = state.output(slot)?.ok_or(ContentsFault::NotForReader)?;
    let invoice = *record.invoice().ok_or(ContentsFault::NotForReader)?;
    let inspection = link_access(&state, &asker, slot, &invoice)?.ok_or(ContentsFault::NotForReader)?;
    tracing::info!(slot = slot.0, account = asker.id().map(|id| id.0), "looks for the claims of a wallet");
    let wallet = claim_of(&state, keys, &chain, slot)?.map(|claim| claim.link.wallet);
    let mut found = LinkedClaims { wallet, ..LinkedClaims::default() };
    if let Some(wallet) = wallet {
        search(&state, keys, &chain, &inspection, (wallet, after), &mut found)?;
    }
    Ok(found)
}

fn search(
    state: &Reading,
    keys: &dyn Unsealer,
    chain: &ChainId,
    inspection: &Inspection,
    (wallet, after): ([u8; 33], Option<Place>),
    found: &mut LinkedClaims,
) -> Result<(), ContentsFault> {
    let first = after.map_or(0, |(seller, _)| inspection.sellers.partition_point(|other| *other < seller));
    for seller in &inspection.sellers[first..] {
        let behind = after.filter(|(last, _)| last == seller).map(|(_, slot)| slot);
        let room = LOOKED_AT - found.looked_at;
        let listed = state.invoices_of_seller(*seller, behind, room)?;
        found.looked_at += listed.len();
        let last = listed.last().map(|(slot, _)| (*seller, *slot)).filter(|_| listed.len() == room);
        for (slot, record) in listed {
            // With an order token's key it is not claimed yet.
            let claimed = !matches!(record.owner, Owner::TokenKey(_));
            if claimed && record.invoice().is_some_and(|invoice| inspection.concerns(invoice)) {
                let claim = claim_of(state, keys, chain, slot)?;
                found.claims.extend(claim.filter(|claim| claim.link.wallet == wallet));
            }
        }
        if last.is_some() {
            found.next = last;
            return Ok(());
        }
    }
    Ok(())
}

/// The claim of an invoice, if it was claimed with a tag that is a wallet's word.
fn claim_of(
    state: &Reading,
    keys: &dyn Unsealer,
    chain: &ChainId,
    slot: Slot,
) -> Result<Option<LinkedClaim>, ContentsFault> {
    for step in state.history(slot)? {
        let frame = state.frame(step.height)?.ok_or(ContentsFault::Damaged)?;
        for tx in &frame.block.txs {
            let Payload::Claim { spend, to } = &tx.envelope.payload else { continue };
            if spend.slot != slot {
                continue;
            }
            let id = tx.envelope.tx_id();
            let of_it = |receipt: &&Receipt| receipt.subject == ReceiptSubject::Tx(id);
            let accepted = frame.receipts.iter().find(of_it).map(|receipt| &receipt.verdict);
            // It is claimed once.
            if matches!(accepted, Some(Verdict::Accepted(_))) {
                let statement = LinkStatement { slot, to: *to };
                let link = opened(keys, chain, tx, &statement)?;
                return Ok(link.map(|link| LinkedClaim { statement, tx: id, link }));
            }
        }
    }
    Ok(None)
}

/// What a claim's tag says; none if it has none, or none that is a wallet's word for this claim.
fn opened(
    keys: &dyn Unsealer,
    chain: &ChainId,
    claim: &Transaction,
    statement: &LinkStatement,
) -> Result<Option<WalletLink>, ContentsFault> {
    let carried = claim.sections().iter().find_map(|section| match section {
        Section::Plain { kind: SectionKind::Link, bytes, .. } => LinkTag::from_canonical(bytes).ok(),
        _ => None,
    });
    let Some(tag) = carried else { return Ok(None) };
    let seal = Seal { epoch: tag.epoch, sender: tag.sender, for_holders: Vec::new() };
    match keys.agreed_once(chain, &seal) {
        Ok(agreed) => Ok(tag.open(&agreed, chain, statement)),
        // Who claims may write any epoch and any point: it says nothing, then. A device that fails is another matter.
        Err(CannotAgree::NotAPoint | CannotAgree::MissingKey { .. }) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}
