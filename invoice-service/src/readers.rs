//! Who of the service's accounts may read what is sealed.

use std::sync::Arc;

use ledger_types::owner::account_address;
use ledger_types::{AccountId, Address, ClaimState, InvoiceRecord, Owner, Slot, Transaction};
use proto::{EdgeError, EdgeReason};
use sdk::{ClientError, Contents, NodeClient};
use tonic::Code;

use crate::failure::Failure;
use crate::vault::Vault;

/// The accounts whose keys the service keeps, and the bureau in whose name it reads what theirs may not.
pub(crate) struct Readers {
    pub(crate) vault: Arc<Vault>,
    /// Reads what no hosted party to the invoice can.
    pub(crate) bureau: Option<AccountId>,
}

impl Readers {
    /// The contents of a sealed invoice: opened with what its seller sealed with, or asked of the node as its seller, its
    /// holder, or the bureau, whichever is hosted here.
    pub(crate) async fn open(
        &self,
        node: &NodeClient,
        slot: Slot,
        invoice: &InvoiceRecord,
        tx: &Transaction,
    ) -> Result<Contents, Failure> {
        let mut refused = None;
        for account in self.parties(node, slot, invoice).await? {
            let Some(who) = self.vault.reader(account).await? else { continue };
            if let Some(own) = Contents::of_sender(tx, invoice.origin.item, &who, node)? {
                return Ok(own);
            }
            match node.ask_contents(slot, tx, &who).await {
                Ok(contents) => return Ok(contents),
                // The invoice may have gone to another since it was looked up.
                Err(ClientError::Report(report)) if report.code == Code::PermissionDenied => {
                    refused = Some(Failure::from(ClientError::Report(report)));
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(refused.unwrap_or_else(|| EdgeError::new(EdgeReason::KeyNotHeld).meta("slot", slot).into()))
    }

    /// Those to ask as, the likeliest first.
    async fn parties(&self, node: &NodeClient, slot: Slot, invoice: &InvoiceRecord) -> Result<Vec<AccountId>, Failure> {
        let mut parties = vec![invoice.seller];
        if self.vault.reader(invoice.seller).await?.is_none() {
            let owner = node.output(slot).await?.map(|output| output.owner);
            let holders: Vec<Address> = match (owner, invoice.claim) {
                (Some(Owner::Address(address)), _) => vec![address],
                (_, ClaimState::Offered { from, to, .. }) => vec![from, to],
                _ => Vec::new(),
            };
            let chain = node.chain_id();
            let hosted = self.vault.accounts().await?;
            parties.extend(hosted.into_iter().filter(|id| holders.contains(&account_address(&chain, *id))));
        }
        parties.extend(self.bureau);
        Ok(parties)
    }
}
