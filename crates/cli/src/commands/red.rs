//! `taxchain red`.

use clap::{Subcommand, ValueEnum};
use ledger_types::payload::RedAnswer;
use ledger_types::receipt::TxOutcome;
use ledger_types::{FormId, Payload, RedReason, Slot};

use super::issue::unexpected;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};

/// Why an invoice is reversed.
#[derive(Clone, Copy, ValueEnum)]
pub enum Reason {
    /// 01 开票有误.
    IssueError,
    /// 02 销货退回.
    SalesReturn,
    /// 03 服务中止.
    ServiceStopped,
    /// 04 销售折让.
    SalesAllowance,
}

impl From<Reason> for RedReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::IssueError => Self::IssueError,
            Reason::SalesReturn => Self::SalesReturn,
            Reason::ServiceStopped => Self::ServiceStopped,
            Reason::SalesAllowance => Self::SalesAllowance,
        }
    }
}

/// `taxchain red`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain red issue --slot 1                    # unused: the seller reverses it directly\n  taxchain red request --slot 0                  # booked: ask first\n  taxchain red confirm --form 1                  # the company confirms within 72 hours\n  taxchain red refuse --form 1                   # or refuses\n  taxchain red withdraw --form 1                 # or the merchant takes it back\n  taxchain red issue --slot 0 --form 1"
)]
pub(crate) enum Command {
    /// Issue the red invoice in full.
    Issue {
        /// The blue invoice.
        #[arg(long)]
        slot: Slot,
        /// Why.
        #[arg(long, value_enum, default_value = "issue-error")]
        reason: Reason,
        /// The confirmed form, if it was booked.
        #[arg(long)]
        form: Option<FormId>,
    },
    /// Ask the other side: open a confirmation form.
    Request {
        /// The blue invoice.
        #[arg(long)]
        slot: Slot,
        /// Why.
        #[arg(long, value_enum, default_value = "issue-error")]
        reason: Reason,
    },
    /// Confirm a form.
    Confirm {
        /// The form.
        #[arg(long)]
        form: FormId,
    },
    /// Refuse a form.
    Refuse {
        /// The form.
        #[arg(long)]
        form: FormId,
    },
    /// Withdraw one's own form.
    Withdraw {
        /// The form.
        #[arg(long)]
        form: FormId,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Issue { slot, reason, form } => {
            let merchant = session.identity("merchant")?;
            let sequence = session.output(slot).await?.sequence;
            let payload = Payload::IssueRed { invoice: slot, sequence, reason: reason.into(), form };
            let (tx, block) = session.act(&merchant, payload).await?;
            let Some(TxOutcome::RedIssued { red, .. }) = Session::outcome(&block) else { return Err(unexpected()) };
            Ok(Answer::new()
                .field("blue_slot", slot.0)
                .field("red_slot", red.slot.0)
                .field("code", red.code.to_string())
                .field("number", red.number.to_string())
                .field("transaction", tx.id.to_string())
                .next(format!("taxchain flow --slot {slot}")))
        }
        Command::Request { slot, reason } => {
            let who = session.identity("merchant")?;
            let (tx, block) = session.act(&who, Payload::RequestRed { invoice: slot, reason: reason.into() }).await?;
            let Some(TxOutcome::FormOpened(form)) = Session::outcome(&block) else { return Err(unexpected()) };
            Ok(Answer::new()
                .field("form", form.0)
                .field("transaction", tx.id.to_string())
                .next(format!("taxchain red confirm --form {form}")))
        }
        Command::Confirm { form } => answer(&session, form, RedAnswer::Confirm, "company").await,
        Command::Refuse { form } => answer(&session, form, RedAnswer::Refuse, "company").await,
        Command::Withdraw { form } => answer(&session, form, RedAnswer::Withdraw, "merchant").await,
    }
}

async fn answer(session: &Session, form: FormId, answer: RedAnswer, usual: &str) -> Result<Answer, Failure> {
    let who = session.identity(usual)?;
    let (tx, block) = session.act(&who, Payload::AnswerRed { form, answer }).await?;
    Ok(Answer::new().field("form", form.0).placed(&tx, &block).next(format!("taxchain show --form {form}")))
}
