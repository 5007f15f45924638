//! `taxchain recovery`: guardians bring a new administrator's key in when the old one is lost (密钥恢复).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ledger_types::{AccountId, BlockTime, Digest, Payload, RecoveryPolicy};
use serde_json::json;

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::period::Span;
use crate::session::{Global, Session};

/// `taxchain recovery`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain recovery set --account merchant --guardian bureau --guardian company --guardian cafe --threshold 2 --delay 3d\n  taxchain recovery propose --account merchant --key 02ab… --evidence check.pdf --as company\n  taxchain recovery approve --account merchant --number 1 --as bureau\n  taxchain recovery cancel --account merchant --number 1          # by the account itself or a guardian\n  taxchain recovery show --account merchant"
)]
pub(crate) enum Command {
    /// Name who may recover an account, or nobody: by its administrator's key.
    #[command(
        before_help = "EXAMPLES\n  taxchain recovery set --account merchant --guardian bureau --guardian company --threshold 2 --delay 3d\n  taxchain recovery set --account merchant --nobody"
    )]
    Set(Set),
    /// Propose a new administrator's key, and approve it: by a guardian.
    #[command(
        before_help = "EXAMPLES\n  taxchain recovery propose --account merchant --key 02ab… --evidence check.pdf --as company"
    )]
    Propose {
        /// Whose key: a name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// The key: 66 hexadecimal digits, as `taxchain key` shows it.
        #[arg(long, value_name = "HEX", value_parser = point)]
        key: [u8; 33],
        /// What was looked at, e.g. the record of an identity check; its SM3 goes on the chain.
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
    },
    /// Approve a recovery: by another guardian.
    #[command(before_help = "EXAMPLES\n  taxchain recovery approve --account merchant --number 1 --as bureau")]
    Approve(Which),
    /// End a recovery before it is carried out: by the account itself, or a guardian.
    #[command(before_help = "EXAMPLES\n  taxchain recovery cancel --account merchant --number 1")]
    Cancel(Which),
    /// Who may recover an account, and a recovery under way.
    #[command(before_help = "EXAMPLES\n  taxchain recovery show --account merchant --output json")]
    Show {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
    },
}

/// Who may.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Set {
    /// A name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// A guardian: a name of home.json or an account id; once for each of up to seven.
    #[arg(long = "guardian", required_unless_present = "nobody", conflicts_with = "nobody")]
    guardians: Vec<String>,
    /// How many of them must approve.
    #[arg(long, default_value_t = 1)]
    threshold: u8,
    /// So long after the last approval the new key is in (1h to 90d); until then the account can object.
    #[arg(long, default_value = "3d", value_name = "SPAN")]
    delay: Span,
    /// At most so many recoveries a year, and so many proposals of one guardian.
    #[arg(long, default_value_t = 2)]
    per_year: u8,
    /// Nobody any more.
    #[arg(long)]
    nobody: bool,
}

/// Which recovery.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Which {
    /// A name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// Its number.
    #[arg(long)]
    number: u32,
}

fn point(text: &str) -> Result<[u8; 33], String> {
    let mut bytes = [0; 33];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| "it takes 66 hexadecimal digits".to_owned())?;
    Ok(bytes)
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Set(asked) => {
            let payload = Payload::SetRecovery { policy: policy(&session, &asked)? };
            act(&session, &asked.account, payload).await
        }
        Command::Propose { account, key, evidence } => {
            let bytes =
                std::fs::read(&evidence).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", evidence.display())))?;
            let id = session.home.account(&account)?;
            let payload = Payload::ProposeRecovery { account: id, new_key: key, evidence: Digest(sm::sm3(&bytes)) };
            act(&session, &account, payload).await
        }
        Command::Approve(Which { account, number }) => {
            let id = session.home.account(&account)?;
            act(&session, &account, Payload::ApproveRecovery { account: id, number }).await
        }
        Command::Cancel(Which { account, number }) => {
            let id = session.home.account(&account)?;
            act(&session, &account, Payload::CancelRecovery { account: id, number }).await
        }
        Command::Show { account } => show(&session, session.home.account(&account)?).await,
    }
}

fn policy(session: &Session, asked: &Set) -> Result<Option<RecoveryPolicy>, Failure> {
    if asked.nobody {
        return Ok(None);
    }
    let guardians = asked.guardians.iter().map(|name| session.home.account(name));
    let mut guardians = guardians.collect::<Result<Vec<_>, _>>()?;
    guardians.sort_unstable();
    let (threshold, delay_ms, per_year) = (asked.threshold, asked.delay.ms, asked.per_year);
    Ok(Some(RecoveryPolicy { guardians, threshold, delay_ms, per_year }))
}

async fn act(session: &Session, account: &str, payload: Payload) -> Result<Answer, Failure> {
    let who = session.identity(account)?;
    let (tx, block) = session.act(&who, payload).await?;
    let answer = show(session, session.home.account(account)?).await?;
    Ok(answer.placed(&tx, &block).next(format!("taxchain recovery show --account {account}")))
}

async fn show(session: &Session, account: AccountId) -> Result<Answer, Failure> {
    let answer = Answer::new().field("account", account.0);
    let Some(recovery) = session.client.recovery(account).await? else {
        return Ok(answer.field("guardians", json!([])));
    };
    let ids = |list: &[AccountId]| json!(list.iter().map(|id| id.0).collect::<Vec<_>>());
    let mut answer = match &recovery.policy {
        Some(policy) => answer
            .field("guardians", ids(&policy.guardians))
            .field("threshold", policy.threshold)
            .field("delay_hours", policy.delay_ms / 3_600_000)
            .field("per_year", policy.per_year),
        None => answer.field("guardians", json!([])),
    };
    if let Some(pending) = &recovery.pending {
        answer = answer
            .field("number", pending.number)
            .field("new_key", hex::encode(pending.new_key))
            .field("evidence", hex::encode(pending.evidence.0))
            .field("approvals", ids(&pending.approvals))
            .field("due", json!(pending.due_ms.map(|due_ms| BlockTime(due_ms).to_string())));
    }
    Ok(answer.field("recovered_this_year", recovery.done.len()))
}
