//! Invoices of the scenarios.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use crypto::OrderToken;
use ledger_types::body::EntryMode;
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::{Issued, TxOutcome};
use ledger_types::seal::{SealKey, seal_body, unseal_body};
use ledger_types::{
    BuyerTitle, Digest, Fen, InvoiceKind, OwnerCondition, Payload, Policy, Slot, TaxRate, TitleKind, Transaction, TxId,
};
use sdk::{Fate, Identity, InvoiceDraft, Item, SignedTx, sign_invoice};

use crate::{AREA, TestChain, outcome};

/// An invoice as issued, with its order token.
pub struct IssuedInvoice {
    /// Its slot.
    pub slot: Slot,
    /// Code and number.
    pub issued: Issued,
    /// What claims it.
    pub token: OrderToken,
    /// Its transaction.
    pub tx: TxId,
}

/// A meal of `gross` fen for a person.
pub fn draft(gross: i64) -> InvoiceDraft {
    let item = Item {
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().expect("nineteen digits"),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
    };
    InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        buyer: BuyerTitle {
            kind: TitleKind::Individual,
            name: "个人".to_owned(),
            tax_id: None,
            address_and_bank: String::new(),
        },
        seller: None,
        lines: vec![item.gross_line(Fen(gross))],
        remark: String::new(),
        drawer: "收银一".to_owned(),
        token: None,
    }
}

impl TestChain {
    /// Signs the issue of a draft, to be claimed with `token`.
    pub fn sign_issue(&self, merchant: &Identity, draft: &InvoiceDraft, token: &OrderToken) -> Result<SignedTx> {
        let request = InvoiceRequest {
            owner: OwnerCondition::TokenKey(token.address(&self.client.chain_id())),
            order_ref: Digest::ZERO,
            payments: Vec::new(),
        };
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        let frame = self.client.new_frame(AREA)?;
        let draft = InvoiceDraft { token: Some(token.clone()), ..draft.clone() };
        Ok(sign_invoice(&frame, Payload::Issue(request), &draft, &[merchant], &mut random)?)
    }

    /// A transaction that `sender` sealed, with its body in clear.
    pub fn unsealed(&self, tx: &Transaction, sender: &Identity) -> Result<Transaction> {
        let body = unseal_body(tx, &tx.envelope.tx_id(), &*self.agreed(sender)?);
        let body = body.map_err(|(item, section)| anyhow::anyhow!("invoice {item} does not open: {section:?}"))?;
        Ok(Transaction { body, ..tx.clone() })
    }

    /// A transaction with its body sealed by `sender`, as it is: whatever the SDK would not make. For nobody's token.
    pub fn sealed(&self, tx: &Transaction, sender: &Identity) -> Result<Transaction> {
        let committee = self.client.committee().context("bodies of this chain are plain")?;
        let public = sender.seals.as_ref().context("no key to seal with")?.public_key().0;
        let body = seal_body(tx, &*self.agreed(sender)?, (committee.epoch, public), |_, _| None);
        Ok(Transaction { body, ..tx.clone() })
    }

    fn agreed(&self, sender: &Identity) -> Result<Arc<SealKey>> {
        let committee = self.client.committee().context("bodies of this chain are plain")?;
        let key = sender.seals.as_ref().context("no key to seal with")?;
        Ok(key.agreed(&self.client.chain_id(), &committee)?)
    }

    /// Submits a draft and waits for its fate.
    pub async fn try_issue(&self, merchant: &Identity, draft: &InvoiceDraft) -> Result<Fate> {
        let token = OrderToken::generate()?;
        Ok(self.client.submit_and_wait(&self.sign_issue(merchant, draft, &token)?).await?)
    }

    /// Issues a meal of `gross` fen.
    pub async fn issue(&self, merchant: &Identity, gross: i64) -> Result<IssuedInvoice> {
        let token = OrderToken::generate()?;
        let tx = self.sign_issue(merchant, &draft(gross), &token)?;
        match outcome(&self.client.submit_and_wait(&tx).await?)? {
            TxOutcome::Issued(issued) => Ok(IssuedInvoice { slot: issued.slot, issued, token, tx: tx.id }),
            other => bail!("no invoice but {other:?}"),
        }
    }

    /// Signs the claim of an invoice for an identity.
    pub fn sign_claim(&self, invoice: &IssuedInvoice, to: &Identity) -> Result<SignedTx> {
        let chain = self.client.chain_id();
        let key = invoice.token.claim_key(&chain, self.chain.provider())?;
        let spend = ledger_types::Spend::new(invoice.slot, 0);
        self.sign(&Identity::bare(key), Payload::Claim { spend, to: to.address(&chain) })
    }

    /// Claims an invoice.
    pub async fn claim(&self, invoice: &IssuedInvoice, to: &Identity) -> Result<Fate> {
        Ok(self.client.submit_and_wait(&self.sign_claim(invoice, to)?).await?)
    }
}
