//! `taxchain account`.

mod keys;
pub(in crate::commands) mod reading_key;
mod role;

use clap::Subcommand;
use ledger_types::owner::account_address;
use ledger_types::{KeyId, Owner, Payload};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};

/// `taxchain account`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain account list\n  taxchain account open --name cafe --keys part-hosted --kind enterprise --title 某某餐饮店 --tax-id 91440300MA5DEK0334\n  taxchain account keys --account cafe --mode own\n  taxchain account show --account merchant --output json\n  taxchain account holds --account company\n  taxchain account issued --account merchant\n  taxchain account revoke-key --account cafe --key 1\n  taxchain account role list --account bureau"
)]
pub(crate) enum Command {
    /// The identities of this home folder.
    List,
    /// Register an account at the invoice service, and say who keeps its keys.
    Open(keys::Open),
    /// Change who keeps an account's keys.
    Keys(keys::Keep),
    /// Make and register a key that offers carry content keys for.
    #[command(before_help = "EXAMPLES\n  taxchain account reading-key --account company")]
    ReadingKey {
        /// A name of home.json.
        #[arg(long)]
        account: String,
    },
    /// An account, who keeps its keys, its approval and what it has used.
    Show {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
    },
    /// What an account holds.
    Holds {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// Page to go on with.
        #[arg(long)]
        page: Option<String>,
    },
    /// What a merchant issued.
    Issued {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// Page to go on with.
        #[arg(long)]
        page: Option<String>,
    },
    /// Offices: who may do what for an account.
    #[command(subcommand)]
    Role(role::Command),
    /// Revoke a key of an account: by an administrator's key of it, or the bureau's.
    RevokeKey {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// Which key.
        #[arg(long)]
        key: KeyId,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    if let Command::List = command {
        return list(global);
    }
    let session = Session::open(global).await?;
    match command {
        Command::List => list(global),
        Command::Role(command) => role::run(&session, command).await,
        Command::Open(args) => keys::open(&session, global, args).await,
        Command::Keys(args) => keys::keep(&session, global, args).await,
        Command::ReadingKey { account } => reading_key::register(&session, &account).await,
        Command::Show { account } => show(&session, global, &account).await,
        Command::Holds { account, page } => {
            let address = account_address(&session.client.chain_id(), session.home.account(&account)?);
            let held = session.client.outputs_of(&Owner::Address(address), 50, page).await?;
            Ok(outputs(&held))
        }
        Command::Issued { account, page } => {
            let issued = session.client.invoices_of(session.home.account(&account)?, 50, page).await?;
            Ok(outputs(&issued))
        }
        Command::RevokeKey { account, key } => {
            let account = session.home.account(&account)?;
            let who = session.identity("bureau")?;
            let (tx, block) =
                session.act(&who, Payload::UpdateKeys { account, add: Vec::new(), revoke: vec![key] }).await?;
            Ok(Answer::new().placed(&tx, &block))
        }
    }
}

fn list(global: &Global) -> Result<Answer, Failure> {
    let home = crate::home::Home::open(global.home.as_deref())?;
    let rows = home
        .file
        .identities
        .iter()
        .map(|(name, e)| vec![json!(name), json!(e.account.0), json!(e.key_id.0), json!(e.role)]);
    Ok(Answer::new().table(&["name", "account", "key", "role"], rows.collect()))
}

async fn show(session: &Session, global: &Global, name: &str) -> Result<Answer, Failure> {
    let id = session.home.account(name)?;
    let account = session.client.account(id).await?;
    let account = account.ok_or_else(|| Failure::not_found(format!("there is no account {id}")))?;
    let mut answer = Answer::new()
        .field("account", id.0)
        .field("kind", json!(account.kind))
        .field("area", account.area.0)
        .field("name", account.name.as_str())
        .field("tax_id", json!(account.tax_id))
        .field("open", account.open)
        .field("address", account_address(&session.client.chain_id(), id).to_string())
        .field("keys", account.keys.len())
        .field("staffed", session.client.offices(id).await?.is_some());
    if let Some(profile) = session.client.taxpayer(id).await? {
        let usage = session.client.usage(id).await?;
        answer = answer
            .field("profile", json!(profile))
            .field("month", usage.month.to_string())
            .field("quota", profile.monthly_quota.to_string())
            .field("reserved", usage.reserved.to_string())
            .field("consumed", usage.consumed.to_string());
        if let Some(left) = session.client.quota_left(id).await? {
            answer = answer.field("left", left.to_string());
        }
    }
    keys::shown(session, global, &account, answer).await
}

fn outputs(page: &sdk::Page<(ledger_types::Slot, ledger_types::OutputRecord)>) -> Answer {
    let rows: Vec<Vec<Value>> = page.items.iter().map(|(slot, record)| super::show::row(*slot, record)).collect();
    let mut answer = Answer::new().table(super::show::COLUMNS, rows);
    if let Some(token) = &page.next {
        answer = answer.next(format!("the same with --page {token}"));
    }
    answer
}
