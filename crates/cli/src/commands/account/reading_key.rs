//! `taxchain account reading-key`: a registered key that offers carry content keys for.

use std::path::PathBuf;

use crypto::{CommitteeKeys, KeyUse, SigningKey};
use ledger_types::key_wrap::HOLDER_EPOCH;
use ledger_types::{KeyId, KeyPurpose, KeyRecord, Payload};

use crate::answer::Answer;
use crate::commands::bureau::new_key;
use crate::failure::{Failure, exit};
use crate::key_files;
use crate::session::Session;

fn name_of(account: &str) -> String {
    format!("{account}-reading")
}

fn file_of(session: &Session, account: &str) -> PathBuf {
    session.home.dir().join("keys").join(format!("{}.pem", name_of(account)))
}

/// Makes a key, keeps it in this folder and registers it, by an administrator's key of the account.
pub(super) async fn register(session: &Session, name: &str) -> Result<Answer, Failure> {
    let id = session.home.account(name)?;
    let who = session.identity(name)?;
    let held = session.client.account(id).await?;
    let held = held.ok_or_else(|| Failure::not_found(format!("there is no account {id}")))?;
    let path = file_of(session, name);
    let key = match path.exists() {
        // That of a try before.
        true => key_files::read(&path, KeyUse::Encryption, &session.home.password()?)?,
        false => new_key(session, &name_of(name), KeyUse::Encryption)?.0,
    };
    let public_key = key.public_key().0;
    if held.keys.iter().any(|known| known.public_key == public_key) {
        return Err(Failure::new(exit::CONFLICT, format!("{} is registered already", path.display())));
    }
    let key_id = KeyId(u16::try_from(held.keys.len()).map_err(Failure::general)?);
    let record = KeyRecord { purpose: KeyPurpose::Encryption, ..KeyRecord::admin(key_id, public_key) };
    let payload = Payload::UpdateKeys { account: id, add: vec![record], revoke: Vec::new() };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(Answer::new()
        .field("account", id.0)
        .field("key", key_id.0)
        .field("key_file", path.display().to_string())
        .field("transaction", tx.id.to_string())
        .field("height", block.height.0)
        .next(format!("taxchain transfer offer --slot SLOT --to {name} --as wallet/INDEX")))
}

/// The reading key of an account in this folder.
pub(in crate::commands) fn open(session: &Session, account: &str) -> Result<CommitteeKeys, Failure> {
    let path = file_of(session, account);
    if !path.exists() {
        let text =
            format!("no reading key of {account} here: `taxchain account reading-key --account {account}` makes one");
        return Err(Failure::not_found(text));
    }
    let key: SigningKey = key_files::read(&path, KeyUse::Encryption, &session.home.password()?)?;
    CommitteeKeys::new([(HOLDER_EPOCH, key)].into()).map_err(Failure::general)
}
