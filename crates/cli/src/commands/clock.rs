//! `taxchain clock`.

use clap::Subcommand;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::period::Span;
use crate::session::{Global, Session};

/// `taxchain clock`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain clock advance 72h      # on a chain started with `taxchain dev --driven`\n  taxchain clock show"
)]
pub(crate) enum Command {
    /// Show block time.
    Show,
    /// Let time pass: for example 90s, 30m, 72h, 40d.
    Advance {
        /// How long.
        by: Span,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let time = match command {
        Command::Show => session.client.stamp().await?.time,
        Command::Advance { by } => session.client.set_clock(session.client.now().plus_ms(by.ms)).await?,
    };
    Ok(Answer::new().field("block_time", time.to_string()).field("ms", time.0))
}
