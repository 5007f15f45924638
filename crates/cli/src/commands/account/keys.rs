//! Who keeps an account's keys: registering in a mode, moving to another, and telling which holds.

mod change;
mod open;

use clap::ValueEnum;
use crypto::{KeyUse, SigningKey};
use invoice_service::ApiToken;
use ledger_types::{AccountId, AccountKind, KeyId, KeyPurpose, KeyRecord, KeyStatus, PayloadKind, Role};
use proto::invoice::v1 as pb;
use proto::invoice::v1::key_service_client::KeyServiceClient;
use proto::types::v1 as types;
use sdk::ClientError;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tonic::transport::Channel;

use crate::answer::Answer;
use crate::commands::bureau::new_key;
use crate::failure::{Failure, exit};
use crate::home::IdentityEntry;
use crate::key_files;
use crate::session::{Global, Session};

pub(crate) use change::Keep;
pub(super) use change::run as keep;
pub(crate) use open::Open;
pub(super) use open::run as open;

/// Who is to keep the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// The invoice service keeps none.
    Own,
    /// The administrator's here, those for daily business with the invoice service.
    PartHosted,
    /// The invoice service keeps all.
    Hosted,
}

impl Mode {
    fn wire(self) -> types::KeyMode {
        match self {
            Self::Own => types::KeyMode::Own,
            Self::PartHosted => types::KeyMode::PartHosted,
            Self::Hosted => types::KeyMode::Hosted,
        }
    }

    /// What is kept here: none for an administrator's, and the end of the name in home.json.
    fn own(self, kind: AccountKind) -> Vec<(Option<u64>, &'static str)> {
        let (issues, holds) = (Role::InvoicingOperator.kinds(), Role::FinanceClerk.kinds());
        let business = match kind {
            AccountKind::Enterprise | AccountKind::ServiceProvider => {
                vec![(Some(issues), "-issuing"), (Some(holds), "-finance")]
            }
            AccountKind::PaymentProvider => vec![(Some(PayloadKind::RecordPayment.bit()), "-payments")],
            AccountKind::Person | AccountKind::Bureau | AccountKind::Node => vec![(Some(holds), "-finance")],
        };
        match self {
            Self::Hosted => Vec::new(),
            Self::PartHosted => vec![(None, "")],
            Self::Own => [vec![(None, "")], business].concat(),
        }
    }
}

fn name_of(mode: i32) -> &'static str {
    match types::KeyMode::try_from(mode) {
        Ok(types::KeyMode::Hosted) => "hosted",
        Ok(types::KeyMode::PartHosted) => "part-hosted",
        Ok(types::KeyMode::Own) => "own",
        _ => "not known",
    }
}

/// A call with a token.
fn with<T>(token: &ApiToken, message: T) -> Result<tonic::Request<T>, Failure> {
    let mut request = tonic::Request::new(message);
    let value = token.bearer().parse().map_err(|_| Failure::new(exit::GENERAL, "the token cannot be sent"))?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

async fn channel(session: &Session, global: &Global) -> Result<Channel, Failure> {
    let deadline = std::time::Duration::from_millis(global.deadline_ms);
    Ok(sdk::open_channel(&session.home.file.service, deadline, &global.transport()?).await?)
}

fn token_file(session: &Session, account: AccountId) -> PathBuf {
    session.home.dir().join("tokens").join(account.0.to_string())
}

/// The token of an account at the service, if this folder has one.
fn token_of(session: &Session, account: AccountId) -> Result<Option<ApiToken>, Failure> {
    let path = token_file(session, account);
    if path.exists() { read_token(&path).map(Some) } else { Ok(None) }
}

fn read_token(path: &Path) -> Result<ApiToken, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::config(format!("{}: {e}", path.display()));
    std::fs::read_to_string(path).map_err(|e| failed(&e))?.trim().parse().map_err(|e| failed(&e))
}

/// Identities by their names in home.json.
type Named = Vec<(String, IdentityEntry)>;

/// Makes a key for each purpose, on disk before anything depends on it; with ids from `next` on.
fn make(
    session: &Session,
    name: &str,
    wanted: &[(Option<u64>, &'static str)],
    next: usize,
) -> Result<(Vec<KeyRecord>, Named), Failure> {
    let (mut records, mut entries) = (Vec::new(), Vec::new());
    for (id, (kinds, end)) in (next..).zip(wanted) {
        let name = format!("{name}{end}");
        super::super::bureau::check_new_name(session, &name)?;
        let (key, key_file) = key_here(session, &name, KeyUse::Transaction)?;
        let id = KeyId(u16::try_from(id).map_err(Failure::general)?);
        let issues = kinds.is_some_and(|kinds| kinds & PayloadKind::Issue.bit() != 0);
        let seals = issues && session.client.committee().is_some();
        let seal_name = chain_node::devnet::sender_key_name(&name);
        let seal_key_file =
            seals.then(|| key_here(session, &seal_name, KeyUse::Encryption)).transpose()?.map(|made| made.1);
        let admin = KeyRecord::admin(id, key.public_key().0);
        let role = if kinds.is_some() { "daily business" } else { "administrator" };
        records.push(match kinds {
            Some(kinds) => KeyRecord { purpose: KeyPurpose::Operator, kinds: *kinds, ..admin },
            None => admin,
        });
        let entry = IdentityEntry { account: AccountId(0), key_id: id, key_file, seal_key_file, role: role.to_owned() };
        entries.push((name, entry));
    }
    Ok((records, entries))
}

/// A key of this folder: that of a try before, else a new one.
fn key_here(session: &Session, name: &str, key_use: KeyUse) -> Result<(SigningKey, PathBuf), Failure> {
    let file = PathBuf::from("keys").join(format!("{name}.pem"));
    let path = session.home.dir().join(&file);
    if !path.exists() {
        return new_key(session, name, key_use);
    }
    Ok((key_files::read(&path, key_use, &session.home.password()?)?, file))
}

/// Writes new identities into home.json; those whose keys are revoked leave, and their files make room for others.
fn remember(session: &Session, account: AccountId, made: Named, gone: &[u32]) -> Result<(), Failure> {
    let mut file = session.home.file.clone();
    let ended = |entry: &IdentityEntry| entry.account == account && gone.contains(&entry.key_id.0.into());
    for entry in file.identities.values().filter(|entry| ended(entry)) {
        let path = session.home.dir().join(&entry.key_file);
        if path.exists() {
            std::fs::rename(&path, path.with_extension(format!("{account}-{}.ended", entry.key_id)))?;
        }
    }
    file.identities.retain(|_, entry| !ended(entry));
    file.identities.extend(made.into_iter().map(|(name, entry)| (name, IdentityEntry { account, ..entry })));
    crate::home::Home::create(session.home.dir(), file, false).map(drop)
}

/// Which keys are active and whose, as the service says: hosted ones, and the enterprise's own.
async fn kept(
    service: &mut KeyServiceClient<Channel>,
    token: &ApiToken,
    account: AccountId,
) -> Result<pb::GetKeysResponse, Failure> {
    let request = with(token, pb::GetKeysRequest { acting_account: account.0, read_options: None })?;
    Ok(service.get_keys(request).await.map_err(ClientError::from)?.into_inner())
}

/// Adds to what is shown of an account: who keeps which key. What the service keeps it says itself, to who has a token.
pub(super) async fn shown(
    session: &Session,
    global: &Global,
    account: &ledger_types::Account,
    answer: Answer,
) -> Result<Answer, Failure> {
    let said = match token_of(session, account.id)? {
        Some(token) => {
            let mut service = KeyServiceClient::new(channel(session, global).await?);
            Some(kept(&mut service, &token, account.id).await?)
        }
        None => None,
    };
    let here = |key: &KeyRecord| {
        let mut entries = session.home.file.identities.iter();
        entries.find(|(_, entry)| (entry.account, entry.key_id) == (account.id, key.id)).map(|(name, _)| name.clone())
    };
    let hosted = |key: &KeyRecord| {
        let mut keys = said.iter().flat_map(|said| &said.keys);
        keys.any(|kept| kept.hosted && kept.key.as_ref().is_some_and(|k| k.public_key == key.public_key))
    };
    let row = |key: &KeyRecord| -> Vec<Value> {
        let keeper = match (hosted(key), here(key)) {
            (true, _) => "the service".to_owned(),
            (false, Some(name)) => format!("here, as {name}"),
            (false, None) => "not known".to_owned(),
        };
        let kinds = PayloadKind::ALL.iter().filter(|kind| key.kinds & kind.bit() != 0).count();
        let purpose = match key.purpose {
            KeyPurpose::Operator => format!("operator, {kinds} kinds"),
            other => format!("{other:?}").to_lowercase(),
        };
        vec![json!(key.id.0), json!(purpose), json!(key.status == KeyStatus::Active), json!(keeper)]
    };
    let rows = account.keys.iter().map(row).collect();
    let answer = match &said {
        Some(said) => answer.field("keys_mode", name_of(said.mode)),
        None => answer,
    };
    Ok(answer.table(&["key", "purpose", "active", "kept by"], rows))
}
