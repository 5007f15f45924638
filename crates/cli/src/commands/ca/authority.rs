//! An authority's folder: `key.pem`, `chain.pem` (its own certificate and those up to the root), `root.pem`, the register.

use std::path::{Path, PathBuf};

use crypto::x509::{Certificate, Issuer, Period, Profile, Reason, Revoked, Subject, list_to_pem};
use crypto::{KeyUse, SecretString};
use sm::PublicKeyBytes;

use super::register::{self, Entry};
use super::{files, refused};
use crate::failure::{Failure, exit};
use crate::key_files;

/// An authority that may issue.
pub(crate) struct Authority {
    dir: PathBuf,
    issuer: Issuer,
    /// Its own certificate and those between it and the root; nothing for a root.
    between: Vec<Certificate>,
    root: Certificate,
}

impl Authority {
    /// A new root.
    pub(crate) fn root(dir: &Path, name: &str, period: Period, password: &SecretString) -> Result<Self, Failure> {
        new_folder(dir)?;
        let key = files::new_key(&dir.join("key.pem"), KeyUse::Issuer, password)?;
        let issuer = Issuer::root(key, name, period).map_err(refused)?;
        let root = issuer.certificate().clone();
        Self { dir: dir.to_owned(), issuer, between: Vec::new(), root }.settle()
    }

    /// A new one under another.
    pub(crate) fn under(
        above: &Self,
        dir: &Path,
        name: &str,
        period: Period,
        password: &SecretString,
    ) -> Result<Self, Failure> {
        new_folder(dir)?;
        let key = files::new_key(&dir.join("key.pem"), KeyUse::Issuer, password)?;
        let subject = Subject { name: name.to_owned(), hosts: Vec::new(), uris: Vec::new() };
        let certificate = above.certify(&key.public_key(), &subject, Profile::Intermediate, period)?;
        let mut between = vec![certificate.clone()];
        between.extend(above.between.iter().cloned());
        let issuer = Issuer::new(key, certificate).map_err(refused)?;
        Self { dir: dir.to_owned(), issuer, between, root: above.root.clone() }.settle()
    }

    fn settle(self) -> Result<Self, Failure> {
        self.resettle()?;
        files::write_new(&self.dir.join("register.jsonl"), "")?;
        Ok(self)
    }

    /// A root's new certificate, for the same key and name.
    pub(super) fn renew_itself(&mut self, period: Period) -> Result<(), Failure> {
        if self.certificate() != &self.root {
            return Err(Failure::new(exit::DATA, "this authority is under another: name that one with --under DIR"));
        }
        self.issuer = Issuer::root(self.issuer.key().clone(), &self.root.subject(), period).map_err(refused)?;
        self.root = self.certificate().clone();
        self.resettle()
    }

    /// A new certificate by the authority above, for the same key and name.
    pub(super) fn renew_under(&mut self, above: &Self, period: Period) -> Result<(), Failure> {
        let own = self.certificate();
        if own.issuer() != above.certificate().subject() {
            return Err(Failure::new(exit::DATA, format!("it is under {}, not under that one", own.issuer())));
        }
        let subject = Subject { name: own.subject(), hosts: Vec::new(), uris: Vec::new() };
        let key = own.public_key().to_bytes();
        let certificate = above.certify(&key, &subject, Profile::Intermediate, period)?;
        self.between = vec![certificate.clone()];
        self.between.extend(above.between.iter().cloned());
        self.root = above.root.clone();
        self.issuer = Issuer::new(self.issuer.key().clone(), certificate).map_err(refused)?;
        self.resettle()
    }

    fn resettle(&self) -> Result<(), Failure> {
        let own = std::slice::from_ref(self.issuer.certificate());
        let chain = if self.between.is_empty() { own } else { self.between.as_slice() };
        files::replace(&self.dir.join("chain.pem"), &pem(chain)?)?;
        files::replace(&self.dir.join("root.pem"), &pem(std::slice::from_ref(&self.root))?)
    }

    /// Opens a folder.
    pub(super) fn open(dir: &Path, password: &SecretString) -> Result<Self, Failure> {
        let read = |name: &str| Certificate::chain_from_pem(&files::read(&dir.join(name))?).map_err(refused);
        let (mut between, root) = (read("chain.pem")?, read("root.pem")?.swap_remove(0));
        let key = key_files::read(&dir.join("key.pem"), KeyUse::Issuer, password)?;
        let issuer = Issuer::new(key, between[0].clone()).map_err(refused)?;
        between.retain(|one| *one != root);
        Ok(Self { dir: dir.to_owned(), issuer, between, root })
    }

    /// Its own certificate.
    pub(super) fn certificate(&self) -> &Certificate {
        self.issuer.certificate()
    }

    fn certify(
        &self,
        key: &PublicKeyBytes,
        subject: &Subject,
        profile: Profile,
        period: Period,
    ) -> Result<Certificate, Failure> {
        // A certificate ends with its issuer's at the latest.
        let period = Period { until: period.until.min(self.certificate().period().until), ..period };
        let certificate = self.issuer.issue(key, subject, profile, period).map_err(refused)?;
        let entry = Entry::Issued {
            serial: hex::encode(certificate.serial()),
            subject: subject.name.clone(),
            profile: format!("{profile:?}").to_lowercase(),
            names: subject.hosts.clone(),
            key: hex::encode(key),
            from: period.from,
            until: period.until,
        };
        // Noted before anybody has it: what is out can always be revoked.
        register::add(&self.dir, &entry)?;
        Ok(certificate)
    }

    /// Issues a certificate into a new file, with those between it and the root.
    pub(crate) fn issue(
        &self,
        key: &PublicKeyBytes,
        subject: &Subject,
        profile: Profile,
        period: Period,
        out: &Path,
    ) -> Result<Certificate, Failure> {
        if out.exists() {
            return Err(Failure::new(exit::IO, format!("{} is there already", out.display())));
        }
        let certificate = self.certify(key, subject, profile, period)?;
        let mut chain = vec![certificate.clone()];
        chain.extend(self.between.iter().cloned());
        files::write_new(out, &pem(&chain)?)?;
        Ok(certificate)
    }

    /// Issues one again, for the same key and names.
    pub(super) fn renew(&self, serial: &str, period: Period, out: &Path) -> Result<Certificate, Failure> {
        let register = register::read(&self.dir)?;
        let old = register.get(serial)?;
        if let Some((_, reason)) = &old.revoked {
            return Err(Failure::new(
                exit::CONFLICT,
                format!("{serial} was revoked ({reason}): it needs a new request"),
            ));
        }
        let bad = || Failure::new(exit::DATA, format!("the register's line of {serial} is damaged"));
        let key = hex::decode(&old.key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(bad)?;
        let profile = [Profile::Node, Profile::Server, Profile::Client]
            .into_iter()
            .find(|profile| format!("{profile:?}").to_lowercase() == old.profile);
        let profile = profile.ok_or_else(|| {
            Failure::new(exit::DATA, format!("{serial} is an authority's: make a new authority in a new folder"))
        })?;
        let subject = Subject { name: old.subject.clone(), hosts: old.names.clone(), uris: Vec::new() };
        self.issue(&PublicKeyBytes(key), &subject, profile, period, out)
    }

    /// Notes that a certificate holds no more; needs no key.
    pub(super) fn revoke(dir: &Path, serial: &str, reason: Reason, now: u64) -> Result<(), Failure> {
        let register = register::read(dir)?;
        if let Some((_, before)) = &register.get(serial)?.revoked {
            return Err(Failure::new(exit::CONFLICT, format!("{serial} was revoked before ({before})")));
        }
        let reason = register::word(reason).to_owned();
        register::add(dir, &Entry::Revoked { serial: serial.to_owned(), since: now, reason })
    }

    /// Writes the list of what was revoked: its number and how many are on it.
    pub(super) fn revocation_list(&self, period: Period, out: &Path) -> Result<(u64, usize), Failure> {
        let register = register::read(&self.dir)?;
        let mut revoked = Vec::new();
        for one in register.issued() {
            if let Some((since, reason)) = &one.revoked {
                let serial = hex::decode(&one.serial).map_err(Failure::general)?;
                revoked.push(Revoked { serial, since: *since, reason: register::reason(reason) });
            }
        }
        let number = register.next_list();
        let der = self.issuer.revocation_list(number, period, &revoked).map_err(refused)?;
        register::add(&self.dir, &Entry::List { number, until: period.until })?;
        let text = list_to_pem(&der).map_err(refused)?;
        files::replace(out, &text)?;
        Ok((number, revoked.len()))
    }
}

fn new_folder(dir: &Path) -> Result<(), Failure> {
    if dir.join("key.pem").exists() {
        return Err(Failure::new(exit::CONFLICT, format!("{} is an authority already", dir.display())));
    }
    std::fs::create_dir_all(dir).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", dir.display())))
}

fn pem(chain: &[Certificate]) -> Result<String, Failure> {
    chain.iter().map(|one| one.to_pem().map_err(refused)).collect()
}
