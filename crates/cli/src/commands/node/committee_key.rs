//! `taxchain node committee-key`: the keys that bodies are sealed for (委员会密钥), of this node and of the chain.

use std::path::{Path, PathBuf};

use chain_node::node_file::NodeFile;
use chain_node::shell::{committee_key_epochs, committee_key_file};
use clap::{Args, Subcommand};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};
use ledger_types::committee::fingerprint;
use ledger_types::{Committee, Payload};
use sdk::CommitteeView;
use serde_json::json;

use super::failed;
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::key_files::{self, Password, password};
use crate::session::{Global, Session};

/// `taxchain node committee-key`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain node committee-key status                     # in force, next and who is ready, former\n  taxchain node committee-key new --config bureau-1/node.toml --epoch 2\n  taxchain governance propose --committee-key 02ab… --effective-in 50\n  taxchain node committee-key export --config bureau-1/node.toml --epoch 2 --to for-bureau-2.pem    # password in TAXCHAIN_KEY_PASSWORD\n  taxchain node committee-key install for-bureau-2.pem --config bureau-2/node.toml --epoch 2\n  taxchain node committee-key ready --config bureau-2/node.toml    # only for a node without a report_key"
)]
pub(crate) enum Command {
    /// Show the chain's keys, who is ready for the next one, and which ones a node has.
    Status,
    /// Make a key for an epoch, in this node's folder: to be named by `taxchain governance propose --committee-key`.
    New(KeyArgs),
    /// Write a key of this node's folder to a file under another password, for another bureau.
    Export(ExportArgs),
    /// Put a key that another bureau exported, or that holders of shares joined, into this node's folder. A running node
    /// takes it within seconds.
    Install(InstallArgs),
    /// Show the chain that this node has the next key. Nodes with a report_key do so by themselves.
    Ready(ReadyArgs),
}

/// Which key of which node.
#[derive(Args)]
pub(crate) struct KeyArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
    /// The epoch of the key.
    #[arg(long)]
    epoch: u32,
    /// File with the password of the node's keys, for a node that starts sealed; what its file names if absent.
    #[arg(long, value_name = "FILE")]
    node_password_file: Option<PathBuf>,
}

/// Arguments of `committee-key export`.
#[derive(Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    which: KeyArgs,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `committee-key install`.
#[derive(Args)]
pub(crate) struct InstallArgs {
    /// The file that was handed over.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    which: KeyArgs,
    /// The fingerprint that was agreed on; without it the chain must have named the key already.
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<String>,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `committee-key ready`.
#[derive(Args)]
pub(crate) struct ReadyArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Status => status(&Session::open(global).await?).await,
        Command::New(args) => new(&args),
        Command::Export(args) => export(&args),
        Command::Install(args) => install(global, args).await,
        Command::Ready(args) => ready(global, &args).await,
    }
}

impl KeyArgs {
    /// Where the key lies, and the password that it lies under.
    fn place(&self) -> Result<(PathBuf, SecretString), Failure> {
        let file = NodeFile::read(&self.config).map_err(failed)?;
        let of_node = self.node_password_file.as_deref().or(file.password_file.as_deref());
        let path = of_node.ok_or_else(|| {
            Failure::config("the node starts sealed: give --node-password-file with the password of its keys")
        })?;
        let secret = password(Some(path), "--node-password-file")?;
        let folder = file.committee_key_folder;
        std::fs::create_dir_all(&folder)?;
        Ok((committee_key_file(&folder, self.epoch), secret))
    }
}

fn write(path: &Path, key: &SigningKey, secret: &SecretString) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::new(exit::IO, format!("{}: there is a file already", path.display())));
    }
    key_file::write(path, key, secret).map_err(|e| Failure::new(exit::IO, e.to_string()))
}

fn described(path: &Path, epoch: u32, key: &SigningKey) -> Answer {
    let public = key.public_key().0;
    Answer::new()
        .field("epoch", epoch)
        .field("public_key", hex::encode(public))
        .field("fingerprint", fingerprint(&public))
        .field("file", path.display().to_string())
}

fn new(args: &KeyArgs) -> Result<Answer, Failure> {
    let (path, secret) = args.place()?;
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).map_err(Failure::general)?;
    write(&path, &key, &secret)?;
    let public = hex::encode(key.public_key().0);
    Ok(described(&path, args.epoch, &key)
        .next("taxchain node committee-key export … --to FILE     # for each other node".to_owned())
        .next(format!("taxchain governance propose --committee-key {public} --effective-in 100")))
}

fn export(args: &ExportArgs) -> Result<Answer, Failure> {
    let (path, secret) = args.which.place()?;
    let key = key_files::read(&path, KeyUse::Encryption, &secret)?;
    write(&args.to, &key, &args.password.read()?)?;
    Ok(described(&args.to, args.which.epoch, &key).next("hand the file and its password over on two different ways"))
}

async fn install(global: &Global, args: InstallArgs) -> Result<Answer, Failure> {
    let key = key_files::read(&args.file, KeyUse::Encryption, &args.password.read()?)?;
    let found = fingerprint(&key.public_key().0);
    let wanted = match &args.fingerprint {
        Some(agreed) => agreed.to_lowercase(),
        None => named(&Session::open(global).await?, args.which.epoch).await?.fingerprint(),
    };
    if found != wanted {
        let why = format!(
            "{}: the key of epoch {} has fingerprint {wanted}, this file's has {found}",
            args.file.display(),
            args.which.epoch
        );
        return Err(Failure::new(exit::DATA, why));
    }
    let (path, secret) = args.which.place()?;
    write(&path, &key, &secret)?;
    Ok(described(&path, args.which.epoch, &key)
        .next("taxchain node committee-key status          # a running node takes it within seconds"))
}

/// The key of an epoch, as the chain names it.
async fn named(session: &Session, epoch: u32) -> Result<Committee, Failure> {
    let view = session.client.committee_keys(false).await?;
    let next = view.next.map(|next| next.change.committee);
    let known = view.past.iter().map(|past| past.committee).chain(view.committee).chain(next);
    known.into_iter().find(|committee| committee.epoch == epoch).ok_or_else(|| {
        Failure::not_found(format!(
            "the chain names no key of epoch {epoch} yet: give --fingerprint as it was agreed on"
        ))
    })
}

async fn ready(global: &Global, args: &ReadyArgs) -> Result<Answer, Failure> {
    let file = NodeFile::read(&args.config).map_err(failed)?;
    let session = Session::open(global).await?;
    let view = session.client.committee_keys(false).await?;
    let next = view.next.ok_or_else(|| Failure::not_found("no next key of the committee is named"))?;
    let committee = next.change.committee;
    let proof = file.prove_committee_key(&session.client.chain_id(), committee).map_err(failed)?;
    let (tx, block) = session.act(&session.identity("bureau")?, Payload::CommitteeReady(Box::new(proof))).await?;
    Ok(Answer::new()
        .field("epoch", committee.epoch)
        .field("transaction", tx.id.to_string())
        .field("height", block.height.0)
        .next("taxchain node committee-key status"))
}

async fn status(session: &Session) -> Result<Answer, Failure> {
    let view = session.client.committee_keys(false).await?;
    let validators = session.client.governance(None).await?.map_or_else(Vec::new, |view| view.validators.validators);
    let mut rows: Vec<Vec<serde_json::Value>> = Vec::new();
    for past in &view.past {
        let open = view.accepted.contains(&past.committee.epoch);
        let state = if open { "accepted" } else { "former" };
        rows.push(row(&view, &past.committee, state, json!(past.last.0)));
    }
    rows.extend(view.committee.iter().map(|committee| row(&view, committee, "in_force", json!(null))));
    let mut answer = Answer::new().field("epoch", view.committee.map_or(0, |committee| committee.epoch));
    if let Some(next) = &view.next {
        rows.push(row(&view, &next.change.committee, "next", json!(null)));
        let missing: Vec<String> = validators
            .iter()
            .filter(|validator| !next.is_ready(&validator.vote_key))
            .map(|validator| hex::encode(validator.vote_key))
            .collect();
        answer = answer
            .field("next_epoch", next.change.committee.epoch)
            .field("ready", validators.len() - missing.len())
            .field("validators", validators.len())
            .field("first_height", json!(next.first.map(|height| height.0)))
            .field("overlap_hours", next.change.overlap_ms / 3_600_000)
            .field("not_ready", json!(missing));
    }
    Ok(answer.table(&["epoch", "state", "fingerprint", "public_key", "last_height", "this_node_has_it"], rows))
}

fn row(view: &CommitteeView, committee: &Committee, state: &str, last: serde_json::Value) -> Vec<serde_json::Value> {
    vec![
        json!(committee.epoch),
        json!(state),
        json!(committee.fingerprint()),
        json!(hex::encode(committee.public_key)),
        last,
        json!(view.held.contains(&committee.epoch)),
    ]
}

/// The committee's key files that lie in the folder of a node, beside those that its file names.
pub(in crate::commands) fn epochs_in(folder: &Path) -> Vec<(u32, PathBuf)> {
    committee_key_epochs(folder).into_iter().map(|epoch| (epoch, committee_key_file(folder, epoch))).collect()
}
