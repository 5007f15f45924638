//! `taxchain service`: one invoice service, its hosted keys, its tokens, its keys at rest, its audit log.

pub(super) mod beside;
mod file;
mod folder;
mod log;
mod start;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::Global;

/// `taxchain service`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain service init ./service --service-node https://bureau-1.example:7000 --genesis genesis.json --roots root.pem\n  taxchain service start --config service/service.toml\n  taxchain service host-key --config service/service.toml --account 12 --key shop.key    # its password in TAXCHAIN_KEY_PASSWORD\n  taxchain service token create --config service/service.toml --account 12 --role invoicing_operator\n  taxchain service token revoke --config service/service.toml --account 12\n  taxchain service rotate --config service/service.toml                       # new data keys for all accounts\n  taxchain service change-master --config service/service.toml --new-file new-master-secret\n  taxchain service audit-log --config service/service.toml                    # checks every entry, and the anchor on the chain"
)]
pub(crate) enum Command {
    /// Write the files of a service: configuration, master secret, TLS key and a request for its certificate.
    Init(file::InitArgs),
    /// Run the service until it is told to stop.
    Start(start::StartArgs),
    /// Take an account's key into the service's keeping (密钥托管).
    HostKey(folder::HostKeyArgs),
    /// API tokens: make one, take all of an account back.
    #[command(subcommand)]
    Token(folder::TokenCommand),
    /// Give accounts new data keys and seal all they have here again, also while the service runs (密钥轮换).
    Rotate(folder::RotateArgs),
    /// Put another master secret in the place of the one there is.
    ChangeMaster(folder::ChangeMasterArgs),
    /// Check the audit log: every entry, on every sink, and against its anchor on the chain (审计日志).
    AuditLog(log::AuditLogArgs),
}

/// Which service.
#[derive(Args)]
struct Which {
    /// The service's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_SERVICE_CONFIG")]
    config: PathBuf,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Option<Answer>, Failure> {
    match command {
        Command::Init(args) => file::init(global, &args).map(Some),
        Command::Start(args) => start::run(global, args).await.map(|()| None),
        Command::HostKey(args) => folder::host_key(args).await.map(Some),
        Command::Token(command) => folder::token(command).await.map(Some),
        Command::Rotate(args) => folder::rotate(global, args).await.map(Some),
        Command::ChangeMaster(args) => folder::change_master(args).await.map(Some),
        Command::AuditLog(args) => log::run(args).await.map(Some),
    }
}
