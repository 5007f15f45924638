//! Splitting and joining.

use std::path::{Path, PathBuf};

use crypto::vault::{Holder, Opened, SealedShare, Vault};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider};
use secrecy::ExposeSecret;

use super::files::{self, described_vault, read_share, read_vault, refused};
use super::{Holders, JoinArgs, ResplitArgs, Shares, SplitArgs};
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::key_files;

/// The files of a vault: the vault, and a share for each holder.
type Made = (Vault, Vec<SealedShare>);

impl Holders {
    fn read(&self) -> Result<Vec<Holder>, Failure> {
        let one = |text: &String| {
            let form = || Failure::new(exit::DATA, format!("--holder {text:?}: NAME=KEY is needed"));
            let (name, key) = text.rsplit_once('=').ok_or_else(form)?;
            Ok(Holder { name: name.to_owned(), key: files::public_key(key)? })
        };
        self.holders.iter().map(one).collect()
    }

    /// Writes the files into a new folder.
    fn write(&self, (vault, shares): &Made) -> Result<Answer, Failure> {
        let failed = |e| Failure::new(exit::IO, format!("{}: {e}", self.out.display()));
        std::fs::create_dir(&self.out).map_err(failed)?;
        key_files::write_new(&self.out.join("vault.pem"), &vault.to_pem(), 0o644)?;
        for share in shares {
            key_files::write_new(&self.out.join(format!("share-{}.pem", share.index())), &share.to_pem(), 0o600)?;
        }
        Ok(described_vault(vault)
            .detail("folder", self.out.display().to_string())
            .next("give each share-N.pem to holder N, several copies of vault.pem to safe places, and rehearse a join"))
    }
}

pub(super) fn split(args: &SplitArgs) -> Result<Answer, Failure> {
    let (holders, threshold) = (args.holders.read()?, args.holders.threshold);
    let made = match args.key_use {
        Some(key_use) => {
            let key = key_files::read(&args.file, key_use, &args.password.read()?)?;
            Vault::of_key(&key, &holders, threshold)
        }
        None => Vault::of_password(&password_of(&args.file)?, &holders, threshold),
    };
    args.holders.write(&made.map_err(refused)?)
}

/// A password from its file; a key file in its place is a mistake.
fn password_of(path: &Path) -> Result<SecretString, Failure> {
    let text = files::read(path)?;
    if text.contains("-----BEGIN") {
        let why = "is no password but a PEM file: for a key, say with --use what it is for";
        return Err(Failure::new(exit::DATA, format!("{} {why}", path.display())));
    }
    Ok(SecretString::from(text.trim_end().to_owned()))
}

impl Shares {
    fn open(&self) -> Result<Opened, Failure> {
        let vault = read_vault(&self.vault)?;
        let password = self.password.read()?;
        let key = |path: &PathBuf| key_files::read(path, KeyUse::ShareHolder, &password);
        let keys = self.keys.iter().map(key).collect::<Result<Vec<SigningKey>, _>>()?;
        let mut joining = vault.join();
        for path in &self.shares {
            let share = read_share(path)?;
            let named = |mut failure: Failure| {
                failure.lines.push(format!("    {}", path.display()));
                failure
            };
            // If none fits, the error of any of them names whose share it is.
            let key = keys.iter().find(|key| key.public_key() == share.recipient()).unwrap_or(&keys[0]);
            let open = share.open(key).map_err(|e| named(refused(e)))?;
            joining.add(open).map_err(|e| named(refused(e)))?;
        }
        joining.open().map_err(refused)
    }
}

pub(super) fn join(args: &JoinArgs) -> Result<Answer, Failure> {
    if args.out.exists() {
        return Err(Failure::new(exit::IO, format!("{} exists already and is not overwritten", args.out.display())));
    }
    let opened = args.shares.open()?;
    let file = args.out.display().to_string();
    if opened.key_use().is_none() {
        let password = opened.into_password().map_err(refused)?;
        key_files::write_new(&args.out, &format!("{}\n", password.expose_secret()), 0o600)?;
        return Ok(Answer::new().field("password", file));
    }
    let new_password = new_password(args.new_password_file.as_deref())?;
    let key = opened.into_key(&SoftwareProvider::shared()).map_err(refused)?;
    files::write_key(&args.out, &key, &new_password)?;
    Ok(Answer::new()
        .field("key", file)
        .field("use", key.key_use().name())
        .field("public", hex::encode(key.public_key().0)))
}

fn new_password(file: Option<&Path>) -> Result<SecretString, Failure> {
    if let Some(path) = file {
        return Ok(SecretString::from(files::read(path)?.trim_end().to_owned()));
    }
    let none = |_| Failure::config("a new password is needed: --new-password-file, or TAXCHAIN_NEW_KEY_PASSWORD");
    std::env::var("TAXCHAIN_NEW_KEY_PASSWORD").map(SecretString::from).map_err(none)
}

pub(super) fn resplit(args: &ResplitArgs) -> Result<Answer, Failure> {
    let holders = args.holders.read()?;
    let made = args.shares.open()?.split_again(&holders, args.holders.threshold).map_err(refused)?;
    let answer = args.holders.write(&made)?;
    Ok(answer.next(format!("destroy every copy of {} and of its shares", args.shares.vault.display())))
}
