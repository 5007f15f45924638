//! `taxchain erase`: orders that parts of invoices' contents be deleted.

use clap::{Args as ClapArgs, Subcommand};
use ledger_types::{BlockTime, Erasure, ErasureId, ErasureRequest, Payload, SectionKind, SectionSet, Slot};
use sdk::NodeClient;
use serde_json::{Value, json};

use super::issue::reference;
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};
use crate::words;

/// Arguments of `erase`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain erase --slot 0 --section buyer --section contacts --ground 'decision 2026-31' --as security --co-sign approver\n  taxchain erase list                     # orders, and whether this node carried them out\n  taxchain node erasures https://127.0.0.1:7000 https://127.0.0.1:7010"
)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    list: Option<Listed>,
    /// Which invoices; at most 100 an order.
    #[arg(long = "slot", required = true)]
    slots: Vec<Slot>,
    /// What of them: seller, buyer, lines, contacts, attachments. Amounts stay.
    #[arg(long = "section", required = true)]
    sections: Vec<String>,
    /// The legal ground; only its SM3 goes on chain.
    #[arg(long, required = true)]
    ground: Option<String>,
}

/// `taxchain erase list`.
#[derive(Subcommand)]
enum Listed {
    /// Orders, and whether the node that is asked carried them out.
    #[command(before_help = "EXAMPLES\n  taxchain erase list")]
    List,
}

/// Columns of a list of orders.
pub(super) const COLUMNS: [&str; 7] = ["order", "bureau", "area", "slots", "sections", "ordered", "carried out"];

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match args.list {
        Some(Listed::List) => Ok(Answer::new().table(&COLUMNS, rows(&session.client).await?)),
        None => order(&session, args).await,
    }
}

async fn order(session: &Session, args: Args) -> Result<Answer, Failure> {
    let mut slots = args.slots;
    slots.sort_unstable();
    slots.dedup();
    let sections = args.sections.iter().map(|name| kind_of(name)).collect::<Result<Vec<_>, _>>()?;
    let sections = SectionSet::of(&sections);
    let ground = reference(&session.client.chain_id(), &args.ground.unwrap_or_default());
    let who = session.identity("security")?;
    let asked = ErasureRequest { area: session.area(), slots, sections, ground };
    let (tx, block) = session.act(&who, Payload::OrderErasure(asked)).await?;
    let id = ErasureId { height: block.height, tx: block.index };
    Ok(Answer::new()
        .field("order", id.to_string())
        .field("sections", words::sections(sections))
        .field("transaction", tx.id.to_string())
        .field("height", block.height.0)
        .next("taxchain node erasures".to_owned()))
}

fn kind_of(name: &str) -> Result<SectionKind, Failure> {
    let erasable = words::ERASABLE.iter().find(|(_, known, _)| *known == name);
    erasable.map(|(kind, ..)| *kind).ok_or_else(|| {
        Failure::new(exit::USAGE, format!("{name:?} cannot be erased: seller, buyer, lines, contacts, attachments can"))
    })
}

/// The orders that a node knows, a row each.
pub(super) async fn rows(client: &NodeClient) -> Result<Vec<Vec<Value>>, Failure> {
    Ok(client.erasures().await?.iter().map(|(id, erasure, done)| row(*id, erasure, *done)).collect())
}

fn row(id: ErasureId, erasure: &Erasure, done: bool) -> Vec<Value> {
    vec![
        json!(id.to_string()),
        json!(erasure.bureau.0),
        json!(erasure.area.0),
        json!(erasure.slots.iter().map(|slot| slot.0).collect::<Vec<_>>()),
        json!(words::sections(erasure.sections)),
        json!(BlockTime(erasure.at_ms).to_string()),
        json!(done),
    ]
}
