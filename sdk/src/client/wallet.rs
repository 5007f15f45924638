//! A wallet's invoices: found again from its secret alone, and opened without asking a node for contents.

use crypto::{CommitteeKeys, Wallet};
use ledger_types::seal::ContentKey;
use ledger_types::{OutputRecord, Owner, PayloadKind, Slot, Transaction};

use super::NodeClient;
use super::contents::Contents;
use crate::error::ClientError;
use crate::wraps::Body;

/// So many addresses in a row without an invoice end a search: more than anybody claims and hands on without keeping one.
pub const WALLET_GAP: u32 = 100;

/// An invoice at one of a wallet's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletInvoice {
    /// The index of the key that holds it.
    pub index: u32,
    /// Where it is.
    pub slot: Slot,
    /// As it is now.
    pub record: OutputRecord,
}

impl NodeClient {
    /// All that a wallet holds, or offers to others: its addresses from 0 on are asked for one by one, until `gap` in a
    /// row behind `used` hold nothing. The node learns which addresses were asked for together: ask one that one trusts.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn wallet_invoices(
        &self,
        wallet: &Wallet,
        used: u32,
        gap: u32,
    ) -> Result<Vec<WalletInvoice>, ClientError> {
        let (chain, mut found) = (self.chain_id(), Vec::new());
        let (mut index, mut end) = (0u32, used.saturating_add(gap));
        while index < end {
            let owner = Owner::Address(wallet.address(&chain, index));
            let mut page = None;
            loop {
                let answer = self.outputs_of(&owner, 500, page).await?;
                if !answer.items.is_empty() {
                    end = end.max(index.saturating_add(1).saturating_add(gap));
                }
                found.extend(answer.items.into_iter().map(|(slot, record)| WalletInvoice { index, slot, record }));
                page = answer.next;
                if page.is_none() {
                    break;
                }
            }
            index += 1;
        }
        Ok(found)
    }

    /// What an invoice says that this wallet claimed: opened with the content key that the claim carries. None if there is
    /// no invoice, or its claim carries nothing for this wallet.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer, or hands out what does not open or match.
    pub async fn wallet_contents(&self, slot: Slot, wallet: &Wallet) -> Result<Option<Contents>, ClientError> {
        let carried = self.carried_to_wallet(slot, wallet).await?;
        carried.map(|carried| carried.body().opened(&carried.key)).transpose()
    }

    /// The content key that the claim of an invoice carries for this wallet.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn carried_to_wallet(&self, slot: Slot, wallet: &Wallet) -> Result<Option<Carried>, ClientError> {
        self.carried(slot, PayloadKind::Claim, |body, claim| body.key_of_claim(claim, wallet)).await
    }

    /// What an invoice says that was offered to who holds an encryption key (`keys` holds it at
    /// [`HOLDER_EPOCH`](ledger_types::key_wrap::HOLDER_EPOCH)): opened with the content key that the newest offer carries for
    /// it. None if there is no invoice, or no offer carries one.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer, or hands out what does not open or match.
    pub async fn offered_contents(&self, slot: Slot, keys: &CommitteeKeys) -> Result<Option<Contents>, ClientError> {
        let carried =
            self.carried(slot, PayloadKind::OfferTransfer, |body, offer| body.key_of_offer(offer, keys)).await?;
        carried.map(|carried| carried.body().opened(&carried.key)).transpose()
    }

    /// The content key that the newest step of a kind carries, as `find` finds it.
    async fn carried(
        &self,
        slot: Slot,
        kind: PayloadKind,
        find: impl Fn(&Body<'_>, &Transaction) -> Option<ContentKey>,
    ) -> Result<Option<Carried>, ClientError> {
        let Some(record) = self.output(slot).await? else { return Ok(None) };
        let Some(invoice) = record.invoice() else { return Ok(None) };
        let Some(tx) = self.body_of(slot).await? else { return Ok(None) };
        let item = invoice.origin.item;
        let steps = self.history(slot).await?;
        let ids = steps.iter().rev().filter(|step| step.kind == Some(kind)).filter_map(|step| step.tx);
        for id in ids {
            let Some(step) = self.transaction(&id).await?.filter(|found| found.tx.envelope.tx_id() == id) else {
                continue;
            };
            if let Some(key) = find(&Body { tx: &tx, item }, &step.tx) {
                return Ok(Some(Carried { tx, item, key }));
            }
        }
        Ok(None)
    }
}

/// An invoice's body, and its content key as a step carried it: not tried yet.
#[derive(Debug)]
pub struct Carried {
    tx: Transaction,
    item: u16,
    /// The content key.
    pub key: ContentKey,
}

impl Carried {
    /// The body that it is for.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        Body { tx: &self.tx, item: self.item }
    }
}
