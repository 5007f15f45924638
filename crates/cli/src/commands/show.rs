//! `taxchain show`.

use clap::Args as ClapArgs;
use ledger_types::{
    ApplicationId, Asset, BlockTime, Canonical, FormId, Height, InvoiceFacts, OutputRecord, SectionKind, Slot,
    Transaction, TxId,
};
use sdk::{Contents, Identity, NodeClient};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};
use crate::words;

/// Arguments of `show`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain show                       # the chain\n  taxchain show --slot 0\n  taxchain show --slot 0 --height 12  # as it was\n  taxchain show --slot 0 --contents --as company\n  taxchain show --tx TRANSACTION\n  taxchain show --block 7"
)]
#[group(multiple = true)]
pub(crate) struct Args {
    /// An invoice or payment by slot.
    #[arg(long)]
    slot: Option<Slot>,
    /// As it was after this height.
    #[arg(long, requires = "slot")]
    height: Option<Height>,
    /// With its contents, as seller, holder, bureau, or under a grant; say with `--as` which.
    #[arg(long, requires = "slot", conflicts_with = "height")]
    contents: bool,
    /// A transaction.
    #[arg(long, conflicts_with = "slot")]
    tx: Option<TxId>,
    /// A block.
    #[arg(long, conflicts_with_all = ["slot", "tx"])]
    block: Option<Height>,
    /// A red-letter form.
    #[arg(long, conflicts_with_all = ["slot", "tx", "block"])]
    form: Option<FormId>,
    /// An application.
    #[arg(long, conflicts_with_all = ["slot", "tx", "block", "form"])]
    application: Option<ApplicationId>,
}

/// Columns of a list of outputs.
pub(super) const COLUMNS: &[&str] =
    &["slot", "code", "number", "amount", "issued", "face", "claim", "reimbursement", "booking"];

/// One output as a row.
pub(super) fn row(slot: Slot, record: &OutputRecord) -> Vec<Value> {
    match &record.asset {
        Asset::Invoice(invoice) => {
            let [face, claim, reimbursement, booking] = invoice.state_names();
            vec![
                json!(slot.0),
                json!(invoice.code.to_string()),
                json!(invoice.number.to_string()),
                json!(record.amount.to_string()),
                json!(BlockTime(invoice.issued_ms).to_string()),
                json!(face),
                json!(claim),
                json!(reimbursement),
                json!(booking),
            ]
        }
        Asset::Payment(payment) => {
            let mut row = vec![json!(slot.0), json!("payment"), Value::Null, json!(record.amount.to_string())];
            row.extend([json!(payment.paid.to_string()), json!("payment"), Value::Null, Value::Null, Value::Null]);
            row
        }
    }
}

/// An output field by field, behind what the answer has already.
pub(super) fn details(answer: Answer, slot: Slot, record: &OutputRecord) -> Answer {
    let answer = answer.field("slot", slot.0).field("sequence", record.sequence);
    let owned = |answer: Answer| answer.worded("owner", json!(record.owner), words::owner(&record.owner));
    match &record.asset {
        Asset::Invoice(invoice) => {
            let [face, claim, reimbursement, booking] = invoice.state_names();
            let answer = answer
                .field("code", invoice.code.to_string())
                .field("number", invoice.number.to_string())
                .worded("seller", invoice.seller.0, format!("account {}", invoice.seller))
                .field("amount", record.amount.to_string())
                .field("tax", invoice.tax.to_string())
                .field("issued", BlockTime(invoice.issued_ms).to_string())
                .field("rule_book", invoice.rule_book)
                .worded("face", face, words::both(face))
                .worded("claim", claim, words::both(claim))
                .worded("reimbursement", reimbursement, words::both(reimbursement))
                .worded("booking", booking, words::both(booking))
                .detail("state", json!(invoice));
            owned(answer)
        }
        Asset::Payment(payment) => {
            owned(answer.field("amount", record.amount.to_string()).field("payment", json!(payment)))
        }
    }
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    if let Some(slot) = args.slot {
        let record = match args.height {
            None => session.client.output(slot).await?,
            Some(height) => session.client.output_at(slot, height).await?,
        };
        let record = record.ok_or_else(|| Failure::not_found(format!("there is nothing in slot {slot}")))?;
        let mut answer = details(Answer::new(), slot, &record);
        if args.contents {
            answer = contents(&session, slot, "merchant", answer).await?;
        }
        return Ok(answer.next(format!("taxchain flow --slot {slot}")));
    }
    if let Some(id) = args.tx {
        return transaction(&session, id).await;
    }
    if let Some(height) = args.block {
        return block(&session, height).await;
    }
    if let Some(form) = args.form {
        let found = session.client.red_form(form).await?;
        let found = found.ok_or_else(|| Failure::not_found(format!("there is no form {form}")))?;
        let expires = BlockTime(found.expires_ms).to_string();
        return Ok(Answer::new().field("form", json!(found)).field("expires", expires));
    }
    if let Some(id) = args.application {
        let found = session.client.application(id).await?;
        let found = found.ok_or_else(|| Failure::not_found(format!("application {id} is not waiting")))?;
        return Ok(Answer::new().field("application", json!(found)));
    }
    chain(&session).await
}

/// What the invoice says, behind what the answer has already: all of it, or the sections that were granted.
pub(super) async fn contents(session: &Session, slot: Slot, usual: &str, answer: Answer) -> Result<Answer, Failure> {
    let found = session.client.contents(slot, &session.identity(usual)?).await?;
    let found = found.ok_or_else(|| Failure::not_found(format!("there is no invoice in slot {slot}")))?;
    sections(&found, answer)
}

/// The sections that one has of an invoice.
pub(super) fn sections(found: &Contents, answer: Answer) -> Result<Answer, Failure> {
    let has = |kind| found.has(kind);
    let buyer = has(SectionKind::Buyer).then(|| found.buyer()).transpose()?;
    let lines = has(SectionKind::Lines).then(|| found.lines()).transpose()?;
    let facts = has(SectionKind::Facts).then(|| found.facts()).transpose()?;
    let mut answer = answer;
    if let Some(buyer) = &buyer {
        answer = answer
            .field("buyer", buyer.name.as_str())
            .field("buyer_tax_id", buyer.tax_id.as_ref().map(ToString::to_string));
    }
    if let Some(lines) = &lines {
        answer = answer.field("lines", lines.iter().map(|line| line.name.clone()).collect::<Vec<_>>());
    }
    if let Some(facts) = &facts {
        answer = answer.field("remark", facts.remark.as_str()).field("drawer", facts.drawer.as_str());
    }
    let seller = found.seller()?;
    if !found.erased.is_empty() {
        answer = answer.field("erased", found.erased.iter().map(words::erased).collect::<Vec<_>>());
    }
    Ok(answer.detail("contents", json!({ "facts": facts, "buyer": buyer, "lines": lines, "seller": seller })))
}

async fn chain(session: &Session) -> Result<Answer, Failure> {
    let status = session.client.status().await?;
    let stamp = session.client.stamp().await?;
    Ok(Answer::new()
        .field("chain", session.client.chain_id().to_string())
        .field("name", status.chain_name)
        .field("height", stamp.height.0)
        .field("block_time", stamp.time.to_string())
        .field("state_root", stamp.state_root.to_string())
        .field("slots", status.slots)
        .field("waiting", status.mempool_txs)
        .field("rule_books", status.rule_books)
        .field("software", status.software_version)
        .field("serving", status.serving))
}

async fn transaction(session: &Session, id: TxId) -> Result<Answer, Failure> {
    let subject = sdk::Subject::Tx(id);
    let Some(found) = session.client.transaction(&id).await? else {
        let fate = session.client.fate(subject, None).await?;
        return match Failure::of_fate(&fate) {
            Some(failure) => Err(failure),
            None => Err(Failure::not_found("there is no such transaction")),
        };
    };
    Ok(Answer::new()
        .field("transaction", id.to_string())
        .field("kind", json!(found.tx.envelope.payload.kind()))
        .field("height", found.entry.height.0)
        .field("index", found.entry.index)
        .field("time", found.time.to_string())
        .field("request_id", found.entry.id.to_string())
        .field("accepted", found.entry.accepted)
        .field("receipt", json!(found.receipt))
        .worded("signers", json!(found.tx.envelope.signers), words::signers(&found.tx.envelope.signers)))
}

async fn block(session: &Session, height: Height) -> Result<Answer, Failure> {
    let block = session.client.block(height).await?;
    let block = block.ok_or_else(|| Failure::not_found(format!("there is no block {height}")))?;
    let header = ledger_types::Header::from_canonical(&block.header_canonical)
        .map_err(|e| Failure::new(exit::DATA, e.to_string()))?;
    let ids: Vec<String> = block.tx_ids.iter().map(hex::encode).collect();
    Ok(Answer::new()
        .field("block", hex::encode(&block.block_id))
        .field("time", header.time.to_string())
        .field("header", json!(header))
        .field("transactions", ids))
}

/// The facts of the invoice of a transaction that `signer` signed, from its bytes.
pub(super) fn facts_in(bytes: &[u8], signer: &Identity, client: &NodeClient) -> Result<InvoiceFacts, Failure> {
    let tx = Transaction::from_canonical(bytes).map_err(|e| Failure::new(exit::DATA, e.to_string()))?;
    let contents = match Contents::in_clear(&tx, 0) {
        Some(contents) => Some(contents),
        None => Contents::of_sender(&tx, 0, signer, client)?,
    };
    let contents = contents.ok_or_else(|| Failure::new(exit::DATA, "another key sealed this transaction"))?;
    Ok(contents.facts()?)
}

#[cfg(test)]
mod tests {
    use ledger_types::Section;

    use super::*;

    /// Whoever may see a telephone number reads it in the section itself; commands and logs do not repeat it.
    #[test]
    fn contacts_are_shown_nowhere() {
        let bytes = b"13800138000 wang@example.com".to_vec();
        let sections = vec![Section::Plain { kind: SectionKind::Contacts, salt: [7; 16], bytes: bytes.clone() }];
        let found = Contents { tx: TxId([1; 33]), item: 0, sections, erased: Vec::new() };
        let answer = super::sections(&found, Answer::new().field("slot", 0)).map(|answer| answer.to_json().to_string());
        let said = [answer.unwrap_or_default(), format!("{found:?}"), format!("{:?}", found.sections)].concat();
        assert!(said.contains("Contacts") && said.contains("slot"), "{said}");
        for part in ["13800138000", "138001", "wang@", "example", &hex::encode(&bytes), &format!("{bytes:?}")] {
            assert!(!said.contains(part), "{part} in {said}");
        }
    }
}
