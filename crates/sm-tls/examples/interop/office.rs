//! Authorities of ours, and certificates for both programs.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crypto::x509::{Certificate, CertificateRequest, Issuer, Period, Profile, Reason, Revoked, Subject, list_to_pem};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use sm_tls::config::{Identity, Trust};

use crate::theirs::OpenSsl;

const DAY: u64 = 86_400;

/// A certificate of theirs: its chain and its key.
pub(crate) struct Files {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    serial: Vec<u8>,
}

pub(crate) struct Office {
    root: Issuer,
    bureau: Issuer,
    folder: PathBuf,
    /// Good ones for both sides.
    pub(crate) theirs: Files,
    pub(crate) theirs_over: Files,
    pub(crate) theirs_revoked: Files,
    pub(crate) theirs_of_root: Files,
    pub(crate) their_server_only: Files,
    pub(crate) their_client_only: Files,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn year() -> Period {
    let today = now() / DAY * DAY;
    Period { from: today - 20 * DAY, until: today + 300 * DAY }
}

fn over() -> Period {
    Period { from: now() - 10 * DAY, until: now() - DAY }
}

fn key(key_use: KeyUse) -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap()
}

fn subject(name: &str) -> Subject {
    Subject { name: format!("CN={name},O=interop,C=CN"), hosts: vec!["localhost".to_owned()], uris: vec![] }
}

impl Office {
    pub(crate) fn open(openssl: &OpenSsl, folder: &Path) -> Self {
        let root = Issuer::root(key(KeyUse::Issuer), "CN=root,O=interop,C=CN", year()).unwrap();
        let own = key(KeyUse::Issuer);
        let certificate = root.issue(&own.public_key(), &subject("bureau"), Profile::Intermediate, year()).unwrap();
        let bureau = Issuer::new(own, certificate).unwrap();
        std::fs::write(folder.join("root.pem"), root.certificate().to_pem().unwrap()).unwrap();
        let certify = |name: &str, issuer: &Issuer, profile: Profile, period: Period| {
            // Their key and their request, so that both are read by ours.
            let (key, request) = openssl.request(name);
            let request = CertificateRequest::from_pem(&std::fs::read_to_string(request).unwrap()).unwrap();
            let leaf = issuer.issue(&request.key.to_bytes(), &subject(name), profile, period).unwrap();
            let chain = folder.join(format!("{name}.pem"));
            let mut text = leaf.to_pem().unwrap();
            if issuer.certificate() != root.certificate() {
                text += &issuer.certificate().to_pem().unwrap();
            }
            std::fs::write(&chain, text).unwrap();
            Files { chain, key, serial: leaf.serial() }
        };
        Self {
            theirs: certify("good", &bureau, Profile::Node, year()),
            theirs_over: certify("over", &bureau, Profile::Node, over()),
            theirs_revoked: certify("revoked", &bureau, Profile::Node, year()),
            theirs_of_root: certify("of-root", &root, Profile::Node, year()),
            their_server_only: certify("server-only", &bureau, Profile::Server, year()),
            their_client_only: certify("client-only", &bureau, Profile::Client, year()),
            folder: folder.to_owned(),
            root,
            bureau,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Lists of the root and of the bureau, which revoked these.
    fn lists(&self, serials: &[&[u8]]) -> [Vec<u8>; 2] {
        let week = Period { from: now() - DAY, until: now() + 6 * DAY };
        let revoked =
            |serial: &&[u8]| Revoked { serial: serial.to_vec(), since: now() - 60, reason: Reason::KeyCompromise };
        let revoked: Vec<_> = serials.iter().map(revoked).collect();
        [self.root.revocation_list(1, week, &[]).unwrap(), self.bureau.revocation_list(1, week, &revoked).unwrap()]
    }

    /// Whom we believe: everybody but who was revoked.
    pub(crate) fn trust(&self) -> Trust {
        let lists = self.lists(&[&self.theirs_revoked.serial]).to_vec();
        Trust { roots: vec![self.root.certificate().clone()], revocation_lists: lists }
    }

    /// One of ours, of the bureau or of the root, and a file with the root and lists that revoke it.
    pub(crate) fn ours(&self, profile: Profile, is_over: bool, of_root: bool) -> (Identity, PathBuf) {
        let own = key(KeyUse::Tls);
        let issuer = if of_root { &self.root } else { &self.bureau };
        let period = if is_over { over() } else { year() };
        let leaf = issuer.issue(&own.public_key(), &subject("ours"), profile, period).unwrap();
        let lists = self.lists(&[&leaf.serial()]).map(|list| list_to_pem(&list).unwrap()).concat();
        let file = self.path(&format!("{}.believed.pem", hex::encode(leaf.serial())));
        std::fs::write(&file, self.root.certificate().to_pem().unwrap() + &lists).unwrap();
        let chain: Vec<Certificate> = match of_root {
            true => vec![leaf],
            false => vec![leaf, self.bureau.certificate().clone()],
        };
        (Identity::new(&chain, own).unwrap(), file)
    }
}
