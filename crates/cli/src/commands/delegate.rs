//! `taxchain delegate`: let a service provider act for an enterprise (委托).

use clap::{Args, Subcommand};
use ledger_types::{AccountId, BlockTime, Delegation, Fen, Payload, PayloadKind};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// `taxchain delegate`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain delegate grant --account merchant --to 12 --kinds issue,issue_red --days 365 --daily-count 500 --daily-amount 100000\n  taxchain delegate list --account merchant\n  taxchain issue --total 198.00 --as agent-clerk --acting-for merchant     # by an operator of the service provider\n  taxchain delegate end --account merchant --to 12"
)]
pub(crate) enum Command {
    /// Let a service provider's operators act for an enterprise, or change what they may: by its administrator's key.
    #[command(
        before_help = "EXAMPLES\n  taxchain delegate grant --account merchant --to 12\n  taxchain delegate grant --account merchant --to 12 --kinds issue --days 30 --daily-count 100"
    )]
    Grant(Grant),
    /// End a delegation: by an administrator's key of either side, or the bureau's.
    #[command(
        before_help = "EXAMPLES\n  taxchain delegate end --account merchant --to 12\n  taxchain delegate end --account merchant --to 12 --as bureau"
    )]
    End {
        /// The enterprise: a name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// The service provider: a name of home.json or an account id.
        #[arg(long)]
        to: String,
    },
    /// The delegations of an enterprise.
    #[command(before_help = "EXAMPLES\n  taxchain delegate list --account merchant --output json")]
    List {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
    },
}

/// What is delegated.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Grant {
    /// The enterprise: a name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// The service provider: a name of home.json or an account id.
    #[arg(long)]
    to: String,
    /// Kinds of transaction, e.g. issue,issue_batch,issue_red,lock; all kinds of business if absent.
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    kinds: Vec<PayloadKind>,
    /// For so many days.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Most transactions a day; no limit if absent.
    #[arg(long, default_value_t = 0)]
    daily_count: u32,
    /// Most money a day, yuan; no limit if absent.
    #[arg(long, default_value = "0", value_name = "YUAN")]
    daily_amount: Fen,
}

/// A kind that can be delegated.
fn kind(text: &str) -> Result<PayloadKind, String> {
    let kind: PayloadKind =
        serde_json::from_value(json!(text)).map_err(|_| "no such kind, e.g. issue, lock, issue_red".to_owned())?;
    match PayloadKind::delegable_bits() & kind.bit() {
        0 => Err("this is never delegated: only business is".to_owned()),
        _ => Ok(kind),
    }
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Grant(asked) => grant(&session, asked).await,
        Command::End { account, to } => {
            let (from, receiver) = (session.home.account(&account)?, session.home.account(&to)?);
            let who = session.identity(&account)?;
            let (tx, block) = session.act(&who, Payload::EndDelegation { from, to: receiver }).await?;
            Ok(done(from, receiver).placed(&tx, &block).next(format!("taxchain delegate list --account {account}")))
        }
        Command::List { account } => list(&session, session.home.account(&account)?).await,
    }
}

fn done(from: AccountId, to: AccountId) -> Answer {
    Answer::new().field("account", from.0).field("to", to.0)
}

async fn grant(session: &Session, asked: Grant) -> Result<Answer, Failure> {
    let (from, to) = (session.home.account(&asked.account)?, session.home.account(&asked.to)?);
    let who = session.identity(&asked.account)?;
    let kinds = match asked.kinds.is_empty() {
        true => PayloadKind::delegable_bits(),
        false => asked.kinds.iter().fold(0, |bits, kind| bits | kind.bit()),
    };
    let now = session.client.stamp().await?.time;
    let until_ms = now.plus_ms(asked.days.saturating_mul(DAY_MS)).0;
    let (daily_count, daily_amount) = (asked.daily_count, asked.daily_amount);
    let payload = Payload::Delegate { to, kinds, until_ms, daily_count, daily_amount };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(done(from, to)
        .field("kinds", names(kinds))
        .field("until", BlockTime(until_ms).to_string())
        .placed(&tx, &block)
        .next(format!("taxchain delegate list --account {}", asked.account))
        .next(format!("taxchain issue --total 198.00 --as OPERATOR --acting-for {}", asked.account)))
}

fn names(kinds: u64) -> Value {
    json!(PayloadKind::ALL.iter().filter(|kind| kinds & kind.bit() != 0).collect::<Vec<_>>())
}

async fn list(session: &Session, account: AccountId) -> Result<Answer, Failure> {
    let given = session.client.delegations(account).await?;
    let now = session.client.stamp().await?.time;
    let row = |(to, delegation): &(AccountId, Delegation)| {
        let today = delegation.used.day == now.day_number();
        vec![
            json!(to.0),
            json!(delegation.is_in_force(now.0)),
            json!(BlockTime(delegation.until_ms).to_string()),
            names(delegation.kinds),
            limit(u64::from(delegation.daily_count).into(), delegation.daily_count > 0),
            limit(delegation.daily_amount.to_string().into(), delegation.daily_amount > Fen::ZERO),
            json!(if today { delegation.used.count } else { 0 }),
            json!(if today { delegation.used.amount } else { Fen::ZERO }.to_string()),
        ]
    };
    let rows: Vec<Vec<Value>> = given.iter().map(row).collect();
    let columns = ["to", "in force", "until", "kinds", "a day", "money a day", "used today", "money today"];
    Ok(Answer::new().field("account", account.0).field("delegations", rows.len()).table(&columns, rows))
}

fn limit(value: Value, is_set: bool) -> Value {
    if is_set { value } else { Value::Null }
}
