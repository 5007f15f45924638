//! Hosted keys, tokens and keys at rest of a service: whether it runs or not.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use crypto::KeyUse;
use invoice_service::{MasterSecret, Resealed, ServiceError, ServiceFolder, TokenRole};
use ledger_types::{AccountId, KeyId, Role};

use super::Which;
use super::file::ServiceFile;
use crate::answer::{Answer, Output};
use crate::failure::{Failure, exit};
use crate::key_files::{self, Password};
use crate::session::Global;

/// Arguments of `service host-key`.
#[derive(Args)]
pub(crate) struct HostKeyArgs {
    #[command(flatten)]
    which: Which,
    /// Whose key.
    #[arg(long)]
    account: AccountId,
    /// Its number in the account.
    #[arg(long, default_value_t = KeyId(0))]
    key_id: KeyId,
    /// The key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    password: Password,
}

/// `taxchain service token`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain service token create --config service.toml --account 12                       # for all the account may do\n  taxchain service token create --config service.toml --account 12 --role finance_clerk\n  taxchain service token create --config service.toml --account 1 --role rule_maker --key 2   # ends with the office of key 2\n  taxchain service token revoke --config service.toml --account 12                       # all of its tokens"
)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown this once.
    Create(CreateArgs),
    /// Take all tokens of an account back, at once.
    Revoke(RevokeArgs),
}

/// Arguments of `service token create`.
#[derive(Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    which: Which,
    /// For whom.
    #[arg(long)]
    account: AccountId,
    /// For one role; for all that the account may do if absent.
    #[arg(long)]
    role: Option<Role>,
    /// The key of the account whose office on the chain the token stands for: it ends with that.
    #[arg(long, requires = "role")]
    key: Option<KeyId>,
}

/// Arguments of `service token revoke`.
#[derive(Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    which: Which,
    /// Whose.
    #[arg(long)]
    account: AccountId,
}

/// Arguments of `service rotate`.
#[derive(Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    which: Which,
    /// Of this account alone; of all if absent.
    #[arg(long)]
    account: Option<AccountId>,
}

/// Arguments of `service change-master`.
#[derive(Args)]
pub(crate) struct ChangeMasterArgs {
    #[command(flatten)]
    which: Which,
    /// The new master secret, for the service's user only; it is made if it is not there.
    #[arg(long, value_name = "FILE")]
    new_file: PathBuf,
}

fn failed(error: ServiceError) -> Failure {
    Failure::new(exit::GENERAL, error.to_string())
}

async fn open(which: &Which) -> Result<ServiceFolder, Failure> {
    let file = ServiceFile::read(&which.config)?;
    ServiceFolder::open(file.data(), &file.master_secret()?).await.map_err(failed)
}

pub(super) async fn host_key(args: HostKeyArgs) -> Result<Answer, Failure> {
    let key = key_files::read(&args.key, KeyUse::Transaction, &args.password.read()?)?;
    let folder = open(&args.which).await?;
    folder.host_key(args.account, args.key_id, &key).await.map_err(failed)?;
    folder.close().await;
    Ok(Answer::new()
        .field("account", args.account.0)
        .field("key", args.key_id.0)
        .field("public_key", hex::encode(key.public_key().0)))
}

pub(super) async fn token(command: TokenCommand) -> Result<Answer, Failure> {
    match command {
        TokenCommand::Create(args) => {
            let role = args.role.map(|role| TokenRole { role, key: args.key });
            let folder = open(&args.which).await?;
            let token = folder.create_token(args.account, role).await.map_err(failed)?;
            folder.close().await;
            let role = args.role.map_or("everything", Role::name);
            let answer = Answer::new().field("account", args.account.0).field("for", role);
            Ok(answer.field("token", token.to_string()))
        }
        TokenCommand::Revoke(args) => {
            let folder = open(&args.which).await?;
            let revoked = folder.revoke_tokens(args.account).await.map_err(failed)?;
            folder.close().await;
            Ok(Answer::new().field("account", args.account.0).field("revoked", revoked))
        }
    }
}

pub(super) async fn rotate(global: &Global, args: RotateArgs) -> Result<Answer, Failure> {
    let folder = open(&args.which).await?;
    let accounts = match args.account {
        Some(account) => vec![account],
        None => folder.tenants().await.map_err(failed)?,
    };
    let (mut done, all) = (Resealed::default(), accounts.len());
    for (place, account) in accounts.into_iter().enumerate() {
        done += folder.rotate(account).await.map_err(failed)?;
        if !global.quiet && global.output == Output::Table {
            eprintln!("{} of {all}: account {}", place + 1, account.0);
        }
    }
    folder.close().await;
    Ok(Answer::new()
        .field("accounts", all)
        .field("transactions", done.transactions)
        .field("claim_tokens", done.claim_tokens)
        .field("keys", done.keys))
}

pub(super) async fn change_master(args: ChangeMasterArgs) -> Result<Answer, Failure> {
    let file = ServiceFile::read(&args.which.config)?;
    let secret = MasterSecret::from_file_or_new(&args.new_file).map_err(|e| Failure::config(e.to_string()))?;
    let folder = open(&args.which).await?;
    let keys = folder.change_master_secret(&secret).await.map_err(failed)?;
    folder.close().await;
    // From here on only the new one opens the store.
    let answer = Answer::new().field("data_keys", keys);
    Ok(answer.next(format!(
        "mv {} {}    # then start the service again",
        args.new_file.display(),
        file.master_secret_file().display()
    )))
}
