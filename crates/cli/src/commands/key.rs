//! `taxchain key`: keys, and vaults that several holders open together (密钥与门限恢复).

mod files;
mod vaults;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use crypto::KeyUse;
use crypto::vault::SealedShare;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::key_files::{self, Password};

pub(super) use files::{public_key, read_share, refused};

/// `taxchain key`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain key new holder.pem --use share-holder         # password in TAXCHAIN_KEY_PASSWORD\n  taxchain key show holder.pem\n  taxchain key show sdf:vote --config node.toml           # a key in a cipher card or HSM\n  taxchain key split keys/vote.pem --use vote --threshold 3 --holder 福田=02… --holder 南山=03… --holder 罗湖=02… --out ./vote-vault\n  taxchain key split keys/password --threshold 3 --holder … --out ./password-vault    # for a node that starts sealed\n  taxchain key share share-2.pem --key holder.pem --to 03… --out for-the-desk.pem\n  taxchain key join vote-vault/vault.pem --share a.pem --share b.pem --share c.pem --key desk.pem --out keys/vote-new.pem\n  taxchain key resplit vote-vault/vault.pem --share a.pem --share b.pem --share c.pem --key desk.pem --threshold 2 --holder … --out ./new-vault"
)]
pub(crate) enum Command {
    /// Make a key in a new file.
    New(NewArgs),
    /// Show the public side of a key, a vault or a share.
    Show(ShowArgs),
    /// Put a key, or a password, into a vault that so many holders open together.
    Split(SplitArgs),
    /// Hand one's share on: seal it to another key, for who joins shares.
    Share(ShareArgs),
    /// Open a vault with enough shares, and write what is in it to a new file.
    Join(JoinArgs),
    /// Put what is in a vault into a new one: after a share was lost, or for other holders.
    Resplit(ResplitArgs),
}

/// Arguments of `key new`.
#[derive(Args)]
pub(crate) struct NewArgs {
    /// The new file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the key is for: one key, one use.
    #[arg(long = "use", value_name = "USE", value_parser = key_use)]
    key_use: KeyUse,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `key show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// A key file, a vault, a share; or `sdf:` and the name of a key in a device.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The node's configuration file, which names the device.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    password: Password,
}

/// Who holds shares of a new vault.
#[derive(Args)]
struct Holders {
    /// How many of the holders open it.
    #[arg(long, value_name = "N")]
    threshold: usize,
    /// A holder: a name, and the public key that his share is sealed to; once for each.
    #[arg(long = "holder", value_name = "NAME=KEY", required = true)]
    holders: Vec<String>,
    /// A new folder for the vault and its shares.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Arguments of `key split`.
#[derive(Args)]
pub(crate) struct SplitArgs {
    /// A key file; or, without --use, a file with a password.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the key is for.
    #[arg(long = "use", value_name = "USE", value_parser = key_use)]
    key_use: Option<KeyUse>,
    #[command(flatten)]
    holders: Holders,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `key share`.
#[derive(Args)]
pub(crate) struct ShareArgs {
    /// The share.
    #[arg(value_name = "FILE")]
    share: PathBuf,
    /// The key that it is sealed to.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The public key that it is to be sealed to.
    #[arg(long, value_name = "KEY")]
    to: String,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    password: Password,
}

/// A vault and enough of its shares.
#[derive(Args)]
struct Shares {
    /// The vault.
    #[arg(value_name = "VAULT")]
    vault: PathBuf,
    /// A share; once for each.
    #[arg(long = "share", value_name = "FILE", required = true)]
    shares: Vec<PathBuf>,
    /// A key that shares are sealed to; once for each.
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `key join`.
#[derive(Args)]
pub(crate) struct JoinArgs {
    #[command(flatten)]
    shares: Shares,
    /// The new file for the key, or for the password.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File with the password of the new key file; TAXCHAIN_NEW_KEY_PASSWORD if absent.
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

/// Arguments of `key resplit`.
#[derive(Args)]
pub(crate) struct ResplitArgs {
    #[command(flatten)]
    shares: Shares,
    #[command(flatten)]
    holders: Holders,
}

/// Runs it.
pub(super) fn run(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::New(args) => new(&args),
        Command::Show(args) => files::show(&args),
        Command::Split(args) => vaults::split(&args),
        Command::Share(args) => share(&args),
        Command::Join(args) => vaults::join(&args),
        Command::Resplit(args) => vaults::resplit(&args),
    }
}

fn key_use(name: &str) -> Result<KeyUse, String> {
    let known = || KeyUse::ALL.iter().map(|u| u.name()).collect::<Vec<_>>().join(", ");
    KeyUse::named(name).ok_or_else(|| format!("one of: {}", known()))
}

fn new(args: &NewArgs) -> Result<Answer, Failure> {
    let key = files::new_key(&args.file, args.key_use, &args.password.read()?)?;
    Ok(Answer::new()
        .field("key", args.file.display().to_string())
        .field("use", args.key_use.name())
        .field("public", hex::encode(key.public_key().0)))
}

fn share(args: &ShareArgs) -> Result<Answer, Failure> {
    let share = read_share(&args.share)?;
    let key = key_files::read(&args.key, KeyUse::ShareHolder, &args.password.read()?)?;
    let handed = share.hand_on(&key, &public_key(&args.to)?).map_err(refused)?;
    key_files::write_new(&args.out, &handed.to_pem(), 0o600)?;
    Ok(described(&handed).field("share", args.out.display().to_string()))
}

fn described(share: &SealedShare) -> Answer {
    Answer::new()
        .field("holder", share.holder())
        .field("number", share.index())
        .field("vault", share.vault())
        .field("sealed_to", hex::encode(share.recipient().0))
}
