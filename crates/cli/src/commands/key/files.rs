//! Keys, vaults and shares on disk.

use std::path::Path;
use std::sync::Arc;

use chain_node::node_file::NodeFile;
use crypto::vault::{SealedShare, Vault, VaultError};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file, key_file::KeyFileError};
use sdf::SdfProvider;
use serde_json::json;
use sm::PublicKeyBytes;

use super::{ShowArgs, described};
use crate::answer::Answer;
use crate::failure::{Failure, exit};

/// Longest file that is read here.
const LONGEST: u64 = 64 * 1024;

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::new(exit::IO, format!("{}: {e}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > LONGEST {
        return Err(Failure::new(exit::DATA, format!("{}: far too long for a key", path.display())));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// A new key in a new file.
pub(super) fn new_key(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    let key = SigningKey::generate(&SoftwareProvider::shared(), key_use).map_err(Failure::general)?;
    write_key(path, &key, password)?;
    Ok(key)
}

pub(super) fn write_key(path: &Path, key: &SigningKey, password: &SecretString) -> Result<(), Failure> {
    key_file::write(path, key, password).map_err(|e| Failure::new(exit::IO, e.to_string()))
}

/// A share from its file.
pub(crate) fn read_share(path: &Path) -> Result<SealedShare, Failure> {
    let share = SealedShare::from_pem(&read(path)?);
    share.map_err(|e| Failure::new(exit::DATA, format!("{}: {e}", path.display())))
}

pub(super) fn read_vault(path: &Path) -> Result<Vault, Failure> {
    let vault = Vault::from_pem(&read(path)?);
    vault.map_err(|e| Failure::new(exit::DATA, format!("{}: {e}", path.display())))
}

/// A public key from its hex.
pub(crate) fn public_key(text: &str) -> Result<PublicKeyBytes, Failure> {
    let wrong = || {
        Failure::new(
            exit::DATA,
            format!("{text:?} is no public key: 66 hex digits, as `taxchain key show` prints them"),
        )
    };
    let mut key = PublicKeyBytes([0; sm::PUBLIC_KEY_LEN]);
    hex::decode_to_slice(text, &mut key.0).map_err(|_| wrong())?;
    sm::PublicKey::from_bytes(&key).map_err(|_| wrong())?;
    Ok(key)
}

/// What a vault or share is refused for, in both languages.
pub(crate) fn refused(error: VaultError) -> Failure {
    let code = match &error {
        VaultError::RepeatedShare { .. } => exit::CONFLICT,
        VaultError::Holders(_) | VaultError::PasswordLength | VaultError::TooFew { .. } => exit::DATA,
        VaultError::Key(_) | VaultError::Random(_) => exit::GENERAL,
        _ => exit::VERIFICATION,
    };
    let lines = vec![chain_node::sealed::in_chinese(&error), format!("    {error}")];
    Failure { code, lines, reasons: Vec::new() }
}

/// The public side of whatever it is.
pub(super) fn show(args: &ShowArgs) -> Result<Answer, Failure> {
    if let Some(name) = sdf::device_key_name(&args.file) {
        return show_device_key(name, args.config.as_deref());
    }
    let text = read(&args.file)?;
    if let Ok(share) = SealedShare::from_pem(&text) {
        return Ok(described(&share));
    }
    if let Ok(vault) = Vault::from_pem(&text) {
        return Ok(described_vault(&vault));
    }
    let password = args.password.read()?;
    let open = |key_use| key_file::read(&args.file, &password, &SoftwareProvider::shared(), key_use);
    // Our own files say what their key is for.
    let key = match open(KeyUse::Transaction) {
        Err(KeyFileError::WrongUse { found, .. }) => open(KeyUse::named(&found).unwrap_or(KeyUse::Transaction)),
        other => other,
    };
    let key = key.map_err(|e| Failure::config(format!("{}: {e}", args.file.display())))?;
    Ok(Answer::new().field("use", key.key_use().name()).field("public", hex::encode(key.public_key().0)))
}

fn show_device_key(name: &str, config: Option<&Path>) -> Result<Answer, Failure> {
    let config = config.ok_or_else(|| Failure::config("name the node's file that has [sdf]: --config FILE"))?;
    let file = NodeFile::read(config).map_err(|e| Failure::config(e.to_string()))?;
    let none = || Failure::config(format!("{} has no [sdf]", config.display()));
    let device = SdfProvider::open(file.sdf.ok_or_else(none)?).map(Arc::new);
    let key = device.and_then(|device| device.public_key_of(name));
    let key = key.map_err(|e| Failure::config(format!("sdf:{name}: {e}")))?;
    Ok(Answer::new().field("device_key", name).field("public", hex::encode(key.0)))
}

pub(super) fn described_vault(vault: &Vault) -> Answer {
    let row = |(index, holder): (usize, &crypto::vault::Holder)| {
        vec![json!(index + 1), json!(holder.name), json!(hex::encode(holder.key.0))]
    };
    let rows = vault.holders().iter().enumerate().map(row).collect();
    Answer::new()
        .field("vault", vault.id())
        .field("threshold", vault.threshold())
        .table(&["number", "holder", "key"], rows)
}
