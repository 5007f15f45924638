//! `taxchain service audit-log`: whether the log is what was written.

use clap::Args;
use invoice_service::ServiceFolder;
use invoice_service::audit_log::{AuditFault, Tail, verify};
use sdk::{ConnectOptions, NodeClient};
use serde_json::{Value, json};

use super::Which;
use super::file::ServiceFile;
use crate::answer::Answer;
use crate::failure::{Failure, exit};

/// Arguments of `service audit-log`.
#[derive(Args)]
pub(crate) struct AuditLogArgs {
    #[command(flatten)]
    which: Which,
    /// Do not ask the chain how far the log had come: an end that was cut off is not found then.
    #[arg(long)]
    offline: bool,
}

pub(super) async fn run(args: AuditLogArgs) -> Result<Answer, Failure> {
    let file = ServiceFile::read(&args.which.config)?;
    let (id, chain) = {
        let folder = ServiceFolder::open(file.data(), &file.master_secret()?).await.map_err(Failure::general)?;
        let id = folder.audit_log_id().await.map_err(Failure::general)?;
        folder.close().await;
        (id.ok_or_else(|| Failure::config("the service was never started: it has no audit log"))?, file.chain()?)
    };
    let anchored = match file.anchor() {
        Some(account) if !args.offline => {
            let options = ConnectOptions::new(file.security()?.calls()).of_chain(chain);
            let node = NodeClient::connect(file.node(), options).await?;
            node.anchored_log(account, id).await?
        }
        _ => None,
    };
    let tail = anchored.map(|anchored| Tail { number: anchored.entries, head: anchored.head });
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    for folder in file.audit_log() {
        match verify(&chain, id, folder, tail) {
            Ok(found) => rows.push(row(folder, Some(found), "ok")),
            Err(error) => {
                rows.push(row(folder, None, error_name(&error)));
                bad.push(error.to_string());
            }
        }
    }
    let answer = Answer::new()
        .field("log", id.to_string())
        .field("anchored_entries", tail.map_or(Value::Null, |tail| json!(tail.number)))
        .field("anchored_at_height", anchored.map_or(Value::Null, |anchored| json!(anchored.height.0)))
        .table(&["folder", "entries", "head", "state"], rows);
    match bad.first() {
        None => Ok(answer),
        Some(first) => Err(Failure::new(exit::VERIFICATION, first.clone())),
    }
}

fn error_name(error: &AuditFault) -> &'static str {
    match error {
        AuditFault::NotAsAnchored { .. } => "CUT OFF",
        AuditFault::File { .. } => "UNREADABLE",
        _ => "CHANGED",
    }
}

fn row(folder: &std::path::Path, tail: Option<Tail>, state: &str) -> Vec<Value> {
    let (entries, head) = tail.map_or((Value::Null, Value::Null), |t| (json!(t.number), json!(t.head.to_string())));
    vec![json!(folder.display().to_string()), entries, head, json!(state)]
}
