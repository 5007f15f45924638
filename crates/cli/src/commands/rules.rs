//! `taxchain rules`.

use std::path::PathBuf;

use clap::Subcommand;
use ledger_types::{Payload, RuleBook, TxOutcome, Verdict};
use proto::catalogue::{Lang, render};
use sdk::Contents;
use serde_json::json;
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// `taxchain rules`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain rules show --output json > book.json\n  taxchain rules publish --file book.json          # the next version, in force at its effective_ms\n  taxchain rules explain --tx TRANSACTION          # why an invoice passed or failed, by today's rules"
)]
pub(crate) enum Command {
    /// Show a rule book.
    Show {
        /// The version; absent for the one in force.
        #[arg(long)]
        version: Option<u32>,
    },
    /// Publish a rule book from a JSON file as the next version.
    Publish {
        /// The file; `taxchain rules show --output json` prints one.
        #[arg(long)]
        file: PathBuf,
        /// Seconds from now until it takes force; overrides the file.
        #[arg(long, value_name = "SECONDS")]
        effective_in: Option<u64>,
    },
    /// Judge a committed invoice again by the rules, approval and use of now, and say every rule that fails.
    Explain {
        /// The transaction that carried the invoice.
        #[arg(long)]
        tx: ledger_types::TxId,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Show { version } => {
            let book = session.client.rule_book(session.area(), version).await?;
            let book = book.ok_or_else(|| Failure::not_found("there is no such rule book"))?;
            Ok(Answer::new().field("book", json!(book)))
        }
        Command::Publish { file, effective_in } => publish(&session, &file, effective_in).await,
        Command::Explain { tx } => explain(&session, tx).await,
    }
}

async fn publish(session: &Session, file: &std::path::Path, effective_in: Option<u64>) -> Result<Answer, Failure> {
    let text = std::fs::read_to_string(file)?;
    let mut value: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| Failure::new(exit::DATA, format!("{}: {e}", file.display())))?;
    // What `rules show` printed has the book in a field.
    if let Some(inner) = value.get_mut("book") {
        value = inner.take();
    }
    let mut book: RuleBook =
        serde_json::from_value(value).map_err(|e| Failure::new(exit::DATA, format!("{}: {e}", file.display())))?;
    let known = session.client.rule_book(session.area(), None).await?.map_or(0, |b| b.version);
    book.version = book.version.max(known + 1);
    if let Some(seconds) = effective_in {
        book.effective_ms = session.client.now().0 + seconds * 1_000;
    }
    book.effective_ms = book.effective_ms.max(session.client.now().0 + 1_000);
    let (version, effective_ms) = (book.version, book.effective_ms);
    let bureau = session.identity("bureau")?;
    let (tx, block) = session.act(&bureau, Payload::PublishRuleBook(Box::new(book))).await?;
    Ok(Answer::new()
        .field("version", version)
        .field("effective", ledger_types::BlockTime(effective_ms).to_string())
        .placed(&tx, &block)
        .next(format!("taxchain rules show --version {version}")))
}

async fn explain(session: &Session, id: ledger_types::TxId) -> Result<Answer, Failure> {
    let found =
        session.client.transaction(&id).await?.ok_or_else(|| Failure::not_found("there is no such transaction"))?;
    let body = opened(session, &found).await?;
    let seller = found.entry.scope.0;
    let seller = ledger_types::AccountId(
        u32::try_from(seller).map_err(|_| Failure::new(exit::DATA, "the transaction was not signed by an account"))?,
    );
    let book = session.client.rule_book(found.tx.envelope.area, None).await?;
    let book = book.ok_or_else(|| Failure::not_found("no rule book is in force"))?;
    let profile = session.client.taxpayer(seller).await?;
    let now = session.client.now();
    let usage = tax_rules::usage::roll(session.client.usage(seller).await?, now);
    let purpose = match found.tx.envelope.payload {
        Payload::Apply { .. } => IssuePurpose::Apply,
        _ => IssuePurpose::Issue,
    };
    let context = IssueContext { book: &book, profile: profile.as_ref(), usage, now, purpose };
    let (facts, buyer, lines) = (body.facts()?, body.buyer()?, body.lines()?);
    let input = InvoiceInput { facts: &facts, seller: None, buyer: &buyer, lines: &lines };
    let verdict = tax_rules::evaluate(&context, &input);
    let rows = verdict.refusals.iter().map(|r| {
        let field = proto::status::field_path(r);
        vec![
            json!(r.reason.number()),
            json!(r.reason.name()),
            json!(field),
            json!(render(r, Lang::Zh)),
            json!(render(r, Lang::En)),
        ]
    });
    Ok(Answer::new()
        .field("passes", verdict.passes())
        .field("rule_book", book.version)
        .field("committed_as", if found.receipt.is_accepted() { "accepted" } else { "refused" })
        .table(&["number", "reason", "field", "中文", "english"], rows.collect()))
}

/// The plaintext of an invoice's transaction: in clear, sealed by who asks, or asked of the node if it was issued.
async fn opened(session: &Session, found: &sdk::CommittedTx) -> Result<Contents, Failure> {
    if let Some(contents) = Contents::in_clear(&found.tx, 0).filter(|contents| !contents.sections.is_empty()) {
        return Ok(contents);
    }
    let who = session.sender("merchant")?;
    if let Some(own) = Contents::of_sender(&found.tx, 0, &who, &session.client)? {
        return Ok(own);
    }
    match &found.receipt.verdict {
        Verdict::Accepted(TxOutcome::Issued(issued)) => {
            Ok(session.client.ask_contents(issued.slot, &found.tx, &who).await?)
        }
        _ => Err(Failure::new(exit::DATA, "the transaction carries no invoice of its own that you can open")),
    }
}
