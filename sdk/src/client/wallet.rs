//! A wallet's invoices: found again from its secret alone, and opened without asking a node for contents.

use crypto::Wallet;
use ledger_types::{OutputRecord, Owner, PayloadKind, Slot};

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
        let Some(record) = self.output(slot).await? else { return Ok(None) };
        let Some(invoice) = record.invoice() else { return Ok(None) };
        let Some(tx) = self.body_of(slot).await? else { return Ok(None) };
        let body = Body { tx: &tx, item: invoice.origin.item };
        let steps = self.history(slot).await?;
        let claims = steps.iter().filter(|step| step.kind == Some(PayloadKind::Claim)).filter_map(|step| step.tx);
        for id in claims {
            let Some(claim) = self.transaction(&id).await?.filter(|found| found.tx.envelope.tx_id() == id) else {
                continue;
            };
            if let Some(key) = body.key_of_claim(&claim.tx, wallet) {
                return body.opened(&key).map(Some);
            }
        }
        Ok(None)
    }
}
