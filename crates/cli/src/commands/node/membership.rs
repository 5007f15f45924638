//! A node's voting key joins the validators, or leaves them: proposals like any other.

use std::path::PathBuf;

use chain_node::node_file::NodeFile;
use clap::Args;
use ledger_types::{AccountId, GovernanceChange, Validator, ValidatorSet};

use super::failed;
use crate::answer::Answer;
use crate::commands::governance::propose;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// Arguments of `node join`.
#[derive(Args)]
pub(crate) struct JoinArgs {
    #[command(flatten)]
    which: Which,
    /// The account that operates it.
    #[arg(long, value_name = "ACCOUNT")]
    operator: u32,
}

/// Arguments of `node leave`.
#[derive(Args)]
pub(crate) struct LeaveArgs {
    #[command(flatten)]
    which: Which,
}

/// A node's key, and from when on.
#[derive(Args)]
struct Which {
    /// The node's configuration file: its voting key joins or leaves.
    #[arg(long, value_name = "FILE", env = "TAXCHAIN_NODE_CONFIG", required_unless_present = "vote_key")]
    config: Option<PathBuf>,
    /// Its public voting key in hexadecimal, in place of the file.
    #[arg(long, value_name = "KEY", conflicts_with = "config")]
    vote_key: Option<String>,
    /// In force from so many heights ahead; the last approval must come two heights before.
    #[arg(long, value_name = "HEIGHTS", default_value_t = 100)]
    effective_in: u64,
}

impl Which {
    fn key(&self) -> Result<[u8; sm::PUBLIC_KEY_LEN], Failure> {
        if let Some(text) = &self.vote_key {
            let key = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            return key.ok_or_else(|| Failure::new(exit::DATA, "--vote-key: 66 hexadecimal digits are needed"));
        }
        let path = self.config.as_deref().unwrap_or_else(|| std::path::Path::new("node.toml"));
        let key = NodeFile::read(path).and_then(|file| file.public_vote_key()).map_err(failed)?;
        let none = || Failure::config(format!("{}: vote_key is missing: an observer cannot vote", path.display()));
        key.ok_or_else(none)
    }
}

/// `taxchain node join`.
pub(super) async fn join(global: &Global, args: JoinArgs) -> Result<Answer, Failure> {
    let (session, vote_key) = (Session::open(global).await?, args.which.key()?);
    let mut validators = validators(&session).await?;
    if validators.iter().any(|v| v.vote_key == vote_key) {
        return Err(Failure::new(exit::DATA, "this key is a validator's already"));
    }
    validators.push(Validator { operator: AccountId(args.operator), vote_key });
    change(&session, validators, args.which.effective_in).await
}

/// `taxchain node leave`.
pub(super) async fn leave(global: &Global, args: LeaveArgs) -> Result<Answer, Failure> {
    let (session, vote_key) = (Session::open(global).await?, args.which.key()?);
    let mut validators = validators(&session).await?;
    let before = validators.len();
    validators.retain(|v| v.vote_key != vote_key);
    if validators.len() == before {
        return Err(Failure::not_found("this key is no validator's"));
    }
    change(&session, validators, args.which.effective_in).await
}

async fn validators(session: &Session) -> Result<Vec<Validator>, Failure> {
    let view = session.client.governance(None).await?;
    Ok(view.map(|view| view.validators.validators).unwrap_or_default())
}

async fn change(session: &Session, validators: Vec<Validator>, ahead: u64) -> Result<Answer, Failure> {
    let count = validators.len();
    let answer = propose(session, GovernanceChange::Validators(ValidatorSet { validators }), ahead).await?;
    Ok(answer.field("validators", count).next("every node's configuration must name the new node before it votes"))
}
