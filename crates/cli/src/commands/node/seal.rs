//! `taxchain node unseal | seal`, and the start of a node that is sealed.

use std::io::Write;
use std::path::{Path, PathBuf};

use chain_node::RunningNode;
use chain_node::node_file::NodeFile;
use chain_node::sealed::{self, Door, DoorError, Question, SealedError, SealedNode};
use clap::Args;
use crypto::KeyUse;
use serde_json::json;

use crate::answer::{Answer, Output};
use crate::commands::key;
use crate::failure::{Failure, exit};
use crate::key_files::{self, Password};
use crate::session::Global;

/// Arguments of `node unseal`.
#[derive(Args)]
pub(crate) struct UnsealArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
    /// One's share; without it, says how far the node is.
    #[arg(long, value_name = "FILE", requires = "key")]
    share: Option<PathBuf>,
    /// The key that the share is sealed to.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `node seal`.
#[derive(Args)]
pub(crate) struct SealArgs {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG")]
    config: PathBuf,
}

/// Gives a share, or asks.
pub(super) async fn unseal(args: UnsealArgs) -> Result<Answer, Failure> {
    let socket = socket(&args.config)?;
    let state = ask(&socket, &Question::Status).await?;
    let (Some(path), Some(key_path)) = (&args.share, &args.key) else { return Ok(told(&state)) };
    let Some(desk) = state.desk.as_deref().filter(|_| state.sealed) else {
        return Err(Failure::new(exit::CONFLICT, "节点未封存\n    the node is open already: no share is needed"));
    };
    let share = key::read_share(path)?;
    let key = key_files::read(key_path, KeyUse::ShareHolder, &args.password.read()?)?;
    // Sealed again, to the key that the node made for this start.
    let share = share.hand_on(&key, &key::public_key(desk)?).map_err(key::refused)?;
    Ok(told(&ask(&socket, &Question::Share { share: share.to_pem() }).await?))
}

/// Seals a running node.
pub(super) async fn seal(args: SealArgs) -> Result<Answer, Failure> {
    let said = ask(&socket(&args.config)?, &Question::Seal).await?;
    let answer = Answer::new().field("sealed", said.sealed).field("stopping", said.stopping);
    Ok(answer.next(format!("taxchain node start --config {}    # it starts sealed", args.config.display())))
}

fn told(said: &sealed::Answer) -> Answer {
    let answer = Answer::new().field("sealed", said.sealed).field("given", json!(said.given));
    match &said.vault {
        Some(vault) => {
            answer.field("missing", said.missing).field("threshold", said.threshold).detail("vault", vault.as_str())
        }
        None => answer,
    }
}

async fn ask(socket: &Path, question: &Question) -> Result<sealed::Answer, Failure> {
    let said = sealed::ask(socket, question).await.map_err(door_failed)?;
    if said.refused {
        return Err(Failure { code: exit::VERIFICATION, lines: said.messages, reasons: Vec::new() });
    }
    Ok(said)
}

fn door_failed(error: DoorError) -> Failure {
    let code = if matches!(error, DoorError::Nobody { .. }) { exit::UNAVAILABLE } else { exit::IO };
    Failure::new(code, error.to_string())
}

fn socket(config: &Path) -> Result<PathBuf, Failure> {
    let file = NodeFile::read(config).map_err(super::failed)?;
    let none = || Failure::config(format!("{} has no [unseal]: this node does not start sealed", config.display()));
    Ok(file.unseal.ok_or_else(none)?.socket)
}

/// Starts to serve; a node that is to start sealed waits for shares first, and can be sealed again at the door.
pub(super) async fn serve(global: &Global, file: NodeFile) -> Result<(RunningNode, Option<Door>), Failure> {
    let options = storage::Options::default();
    if file.unseal.is_none() {
        return Ok((file.serve(options).await.map_err(super::failed)?, None));
    }
    let sealed = SealedNode::open(file).await.map_err(failed)?;
    say(global, &sealed)?;
    let (file, keys, door) = sealed.wait().await.map_err(failed)?;
    let node = file.serve_with(keys, options, None).await.map_err(super::failed)?;
    Ok((node, Some(door)))
}

/// Resolves when the node is told to seal; never for one that has no door.
pub(super) async fn told_to_seal(door: Option<&Door>) {
    match door {
        Some(door) => door.told_to_seal().await,
        None => std::future::pending().await,
    }
}

fn say(global: &Global, node: &SealedNode) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let socket = node.socket().display().to_string();
    let health = node.health().map(|address| format!("http://{address}/healthz"));
    match global.output {
        Output::Json => {
            let facts = json!({ "ready": false, "sealed": true, "shares": node.threshold(), "socket": socket,
                "health": health, "pid": std::process::id() });
            writeln!(out, "{facts}")?;
        }
        Output::Table => {
            writeln!(out, "taxchain node is sealed · 节点已封存")?;
            writeln!(
                out,
                "  it waits for {} shares: taxchain node unseal --config … --share FILE --key FILE",
                node.threshold()
            )?;
            writeln!(out, "  socket    {socket}")?;
        }
    }
    Ok(out.flush()?)
}

fn failed(error: SealedError) -> Failure {
    match error {
        SealedError::File(error) => super::failed(error),
        SealedError::Vault(error) => key::refused(error),
        SealedError::Door(error) => door_failed(error),
        SealedError::VaultFile { .. } | SealedError::OtherThreshold { .. } => Failure::config(error.to_string()),
        SealedError::Key(error) => Failure::general(error),
    }
}
