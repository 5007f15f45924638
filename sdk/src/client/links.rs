//! Which claims are of one wallet, for auditors whose asking is on record.

use ledger_types::{Address, Canonical, ContentQuestion, LinkStatement, SignedQuestion, Slot, TxId, WalletLink};
use proto::convert::field;
use proto::node::v1 as wire;

use super::NodeClient;
use crate::draft::Identity;
use crate::error::ClientError;

/// A claim to an address that is its wallet's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedClaim {
    /// The invoice.
    pub slot: Slot,
    /// The address.
    pub to: Address,
    /// The claim.
    pub tx: TxId,
    /// The wallet's link key, and its signature over invoice and address: evidence by itself.
    pub link: WalletLink,
}

impl NodeClient {
    /// The claims of the wallet that claimed an invoice, among the invoices that the inspection is about; none if its claim
    /// says nothing of a wallet. Each is checked: a node cannot name another's claim. `looked_at` hears how many invoices were
    /// looked at so far.
    ///
    /// # Errors
    /// [`ClientError::Report`] if the asking of `who` is not on record; [`ClientError::BadAnswer`] if a claim is not the wallet's.
    pub async fn linked_claims(
        &self,
        slot: Slot,
        who: &Identity,
        mut looked_at: impl FnMut(u64),
    ) -> Result<Option<Vec<LinkedClaim>>, ClientError> {
        let (mut found, mut looked, mut page_token) = (Vec::new(), 0, String::new());
        loop {
            let signed_question = self.link_question(slot, who)?;
            let begins = page_token.clone();
            let request = wire::LinkClaimsRequest { signed_question, page_token, read_options: Some(self.options()) };
            let answer = self.wire.clone().link_claims(request).await.map_err(ClientError::from_status)?.into_inner();
            self.hear(answer.read_context.as_ref())?;
            if answer.wallet.is_empty() {
                return Ok(None);
            }
            for claim in &answer.claims {
                found.push(self.linked_claim(claim, &answer.wallet)?);
            }
            looked += u64::from(answer.looked_at);
            looked_at(looked);
            page_token = answer.next_page_token;
            if page_token.is_empty() || page_token == begins {
                return Ok(Some(found));
            }
        }
    }

    fn link_question(&self, slot: Slot, who: &Identity) -> Result<Vec<u8>, ClientError> {
        let random = |e: crypto::random::RandomError| ClientError::Random(e.to_string());
        let nonce = crypto::random::array().map_err(random)?;
        let (version, reader, time_ms) = (ContentQuestion::VERSION, who.identity, self.now().0);
        let question = ContentQuestion { version, slot, reader, time_ms, nonce };
        let signature = who.key.sign_link_question(&self.chain_id(), &question)?;
        Ok(SignedQuestion { question, signature }.to_canonical())
    }

    fn linked_claim(&self, claim: &wire::LinkedClaim, wallet: &[u8]) -> Result<LinkedClaim, ClientError> {
        let bad = |why: &str| ClientError::BadAnswer { what: "linked claims", why: why.to_owned() };
        let to = field::address(&claim.to, "to").map_err(ClientError::from_convert)?;
        let tx = field::tx_id(&claim.tx_id, "tx_id").map_err(ClientError::from_convert)?;
        let wallet = wallet.try_into().map_err(|_| bad("a link key has 33 bytes"))?;
        let signature = claim.signature[..].try_into().map_err(|_| bad("a signature has 64 bytes"))?;
        let (slot, link) = (Slot(claim.slot), WalletLink { wallet, signature });
        match link.says(&self.chain_id(), &LinkStatement { slot, to }) {
            true => Ok(LinkedClaim { slot, to, tx, link }),
            false => Err(bad("the wallet did not say that this claim is its own")),
        }
    }
}
