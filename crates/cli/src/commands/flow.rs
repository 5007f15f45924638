//! `taxchain flow`.

use clap::Args as ClapArgs;
use ledger_types::Slot;
use serde_json::json;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};
use crate::words;

/// Arguments of `flow`.
#[derive(ClapArgs)]
#[command(before_help = "EXAMPLES\n  taxchain flow --slot 0")]
pub(crate) struct Args {
    /// The invoice.
    #[arg(long)]
    slot: Slot,
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let steps = session.client.history(args.slot).await?;
    if steps.is_empty() {
        return Err(Failure::not_found(format!("there is nothing in slot {}", args.slot)));
    }
    let mut rows = Vec::new();
    for step in &steps {
        let names = step.record.invoice().map(|i| i.state_names().map(words::both).join(" · ")).unwrap_or_default();
        let verb = step.kind.map_or_else(|| json!("system"), |k| json!(k));
        let by = match step.tx {
            None => None,
            Some(id) => session.client.transaction(&id).await?.map(|t| json!(words::signers(&t.tx.envelope.signers))),
        };
        rows.push(vec![
            json!(step.record.sequence),
            json!(step.height.0),
            json!(step.time.to_string()),
            verb,
            json!(names),
            json!(step.tx.map(|t| t.to_string())),
            by.unwrap_or_default(),
        ]);
    }
    let columns =
        ["step", "height", "time", "what", "face · claim · reimbursement · booking", "transaction", "signers"];
    Ok(Answer::new()
        .table(&columns, rows)
        .next(format!("taxchain proof export --slot {} --file invoice.proof", args.slot)))
}
