//! `taxchain wallet`, and claims to its addresses.

use std::sync::Arc;

use clap::Subcommand;
use crypto::{KeyProvider, OrderToken, SoftwareProvider, Wallet};
use ledger_types::{LinkStatement, Payload, Slot, Spend};
use sdk::wraps::Body;
use sdk::{Identity, WALLET_GAP};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};
use crate::wallet_file;

/// `taxchain wallet`.
#[derive(Subcommand)]
#[command(before_help = "EXAMPLES\n  taxchain wallet list\n  taxchain wallet read --slot 0")]
pub(crate) enum Command {
    /// All that this folder's wallet holds, found on the chain from its secret.
    List,
    /// Read what an invoice says, with the content key that its claim carries; no node is asked for contents.
    Read {
        /// Which invoice.
        #[arg(long)]
        slot: Slot,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let wallet = wallet_file::open(&session.home)?;
    match command {
        Command::List => list(&session, &wallet).await,
        Command::Read { slot } => {
            let found = session.client.wallet_contents(slot, &wallet).await?;
            let found = found.ok_or_else(|| {
                Failure::not_found("there is no such invoice, or its claim carries nothing for this wallet")
            })?;
            super::show::sections(&found, Answer::new().field("slot", slot.0))
        }
    }
}

/// Claims to a new address of the wallet, with the content key for it where the invoice's maker left one, and a tag that tells
/// the bureau's auditors, two of them and on record, which wallet it is.
pub(super) async fn claim(
    session: &Session,
    slot: Slot,
    token: &OrderToken,
    claimer: Identity,
) -> Result<Answer, Failure> {
    let (home, chain) = (&session.home, session.client.chain_id());
    let wallet = wallet_file::open_or_make(home)?;
    let index = next_index(session, &wallet).await?;
    let record = session.output(slot).await?;
    let to = wallet.address(&chain, index);
    let payload = Payload::Claim { spend: Spend::new(slot, record.sequence), to };
    let origin = session.client.body_tx(slot).await?;
    let carried = match origin {
        Some(id) => session.client.transaction(&id).await?.filter(|found| found.tx.envelope.tx_id() == id),
        None => None,
    };
    let wrap = carried.zip(record.invoice()).and_then(|(found, invoice)| {
        let body = Body { tx: &found.tx, item: invoice.origin.item };
        let key = body.key_of_token(token)?;
        // A key that opens nothing is not worth carrying: a node is asked then.
        body.opened(&key).ok().map(|_| body.wrap_own(&key, &wallet))
    });
    let link = match session.client.committee() {
        Some(committee) => {
            let statement = LinkStatement { slot, to };
            let provider: Arc<dyn KeyProvider> = SoftwareProvider::shared();
            Some(wallet.link_tag(&chain, &committee, &statement, &provider).map_err(Failure::general)?)
        }
        // A chain of plain bodies has nobody to seal for.
        None => None,
    };
    wallet_file::use_index(home, index)?;
    let (tx, block) = session.act_carrying(&claimer, payload, (wrap.as_ref(), link.as_ref())).await?;
    Ok(Answer::new()
        .field("slot", slot.0)
        .field("claimed_by", format!("wallet/{index}"))
        .field("address", to.to_string())
        .field("carries_content_key", wrap.is_some())
        .placed(&tx, &block)
        .next(format!("taxchain transfer offer --slot {slot} --to company --as wallet/{index}")))
}

/// An index that was not used: behind the noted one and behind all that the chain has, should the note be lost.
async fn next_index(session: &Session, wallet: &Wallet) -> Result<u32, Failure> {
    let noted = wallet_file::next_index(&session.home);
    if noted > 0 {
        return Ok(noted);
    }
    let found = session.client.wallet_invoices(wallet, 0, WALLET_GAP).await?;
    Ok(found.iter().map(|invoice| invoice.index.saturating_add(1)).max().unwrap_or(0))
}

async fn list(session: &Session, wallet: &Wallet) -> Result<Answer, Failure> {
    let used = wallet_file::next_index(&session.home);
    let found = session.client.wallet_invoices(wallet, used, WALLET_GAP).await?;
    let row = |invoice: &sdk::WalletInvoice| -> Vec<Value> {
        let head = vec![json!(format!("wallet/{}", invoice.index))];
        [head, super::show::row(invoice.slot, &invoice.record)].concat()
    };
    let columns = [&["key"], super::show::COLUMNS].concat();
    Ok(Answer::new().table(&columns, found.iter().map(row).collect()))
}
