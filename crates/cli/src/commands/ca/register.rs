//! What an authority did, a line each: `register.jsonl`. Nothing is ever taken out.

use std::io::Write;
use std::path::Path;

use crypto::x509::Reason;
use serde::{Deserialize, Serialize};

use super::files;
use crate::failure::{Failure, exit};

const FILE: &str = "register.jsonl";

/// Something that an authority did. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Entry {
    /// It issued a certificate.
    Issued { serial: String, subject: String, profile: String, names: Vec<String>, key: String, from: u64, until: u64 },
    /// It revoked one.
    Revoked { serial: String, since: u64, reason: String },
    /// It wrote a list of what it revoked.
    List { number: u64, until: u64 },
}

/// A certificate as the register has it.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) serial: String,
    pub(super) subject: String,
    pub(super) profile: String,
    pub(super) names: Vec<String>,
    pub(super) key: String,
    pub(super) until: u64,
    /// Since when, and why.
    pub(super) revoked: Option<(u64, String)>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Register {
    issued: Vec<Issued>,
    lists: u64,
}

impl Register {
    pub(super) fn into_issued(self) -> Vec<Issued> {
        self.issued
    }

    pub(super) fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// The one of this number.
    pub(super) fn get(&self, serial: &str) -> Result<&Issued, Failure> {
        let found = self.issued.iter().find(|one| one.serial == serial);
        found.ok_or_else(|| Failure::not_found(format!("this authority issued no certificate {serial}")))
    }

    /// The number of the next list.
    pub(super) fn next_list(&self) -> u64 {
        self.lists + 1
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Issued { serial, subject, profile, names, key, until, .. } => {
                self.issued.push(Issued { serial, subject, profile, names, key, until, revoked: None });
            }
            Entry::Revoked { serial, since, reason } => {
                if let Some(one) = self.issued.iter_mut().find(|one| one.serial == serial) {
                    one.revoked.get_or_insert((since, reason));
                }
            }
            Entry::List { number, .. } => self.lists = self.lists.max(number),
        }
    }
}

/// Reads an authority's register.
pub(super) fn read(dir: &Path) -> Result<Register, Failure> {
    let path = dir.join(FILE);
    let mut register = Register::default();
    for (n, line) in files::read(&path)?.lines().enumerate() {
        let bad = |e| Failure::new(exit::DATA, format!("{}, line {}: {e}", path.display(), n + 1));
        register.take(serde_json::from_str(line).map_err(bad)?);
    }
    Ok(register)
}

/// Adds a line, durably.
pub(super) fn add(dir: &Path, entry: &Entry) -> Result<(), Failure> {
    let path = dir.join(FILE);
    let failed = |e| Failure::new(exit::IO, format!("{}: {e}", path.display()));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    let line = serde_json::to_string(entry).map_err(Failure::general)? + "\n";
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// The word for a reason, as in the register and on the command line.
pub(super) fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Unspecified => "unspecified",
        Reason::KeyCompromise => "key-compromise",
        Reason::AffiliationChanged => "affiliation-changed",
        Reason::Superseded => "superseded",
        Reason::CessationOfOperation => "cessation-of-operation",
    }
}

/// The reason of a word.
pub(super) fn reason(word_of: &str) -> Reason {
    let all = [Reason::KeyCompromise, Reason::AffiliationChanged, Reason::Superseded, Reason::CessationOfOperation];
    all.into_iter().find(|reason| word(*reason) == word_of).unwrap_or(Reason::Unspecified)
}
