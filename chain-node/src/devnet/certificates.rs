//! Certificates of a development chain: its own root certifies whoever is asked for.

use std::path::PathBuf;

use crypto::KeyUse;
use crypto::x509::{Certificate, Issuer, Period, Profile, Subject};
use sm_tls::files::{TlsFiles, TrustFiles};
use sm_tls::{Live, Security, Transport};

use super::{DevChain, DevChainError, write_whole};
use crate::clock::wall_ms;

const DAY: u64 = 86_400;
/// A certificate with less than this is issued again when it is asked for.
const LEFT: u64 = 30 * DAY;

impl DevChain {
    /// Whom everybody on this chain believes.
    pub fn trust(&self) -> TrustFiles {
        TrustFiles::of(self.dir.join("tls/root.pem"))
    }

    /// The files of a node or a service on this machine, made on first use and renewed before they end.
    ///
    /// # Errors
    /// The disk, the key files or the random numbers fail.
    pub fn tls(&self, name: &str) -> Result<TlsFiles, DevChainError> {
        let key_name = format!("tls-{name}");
        let chain = self.dir.join("tls").join(format!("{name}.pem"));
        let root = self.root()?;
        if self.holding(&chain)?.is_none_or(|own| own.is_signed_by(root.certificate()).is_err()) {
            let key = self.key(&key_name, KeyUse::Tls)?.public_key();
            let hosts = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
            let subject = Subject { name: format!("CN={name},O=development,C=CN"), hosts, uris: Vec::new() };
            let certificate = root.issue(&key, &subject, Profile::Node, lasting(2 * 365))?;
            write_whole(&chain, &certificate.to_pem()?, 0o644)?;
        }
        let TrustFiles { roots, lists } = self.trust();
        Ok(TlsFiles { chain, key: self.key_path(&key_name), roots, lists, registered_only: false })
    }

    /// The same for a part of this process: its key is not opened again.
    ///
    /// # Errors
    /// As [`DevChain::tls`].
    pub fn security(&self, name: &str) -> Result<Security, DevChainError> {
        let files = self.tls(name)?;
        let key = self.key(&format!("tls-{name}"), KeyUse::Tls)?;
        Ok(Security::Tls(Live::follow(files, move |_| Ok(key.clone()))?))
    }

    /// How one calls this chain's nodes and services without a certificate of one's own.
    ///
    /// # Errors
    /// As [`DevChain::tls`].
    pub fn transport(&self) -> Result<Transport, DevChainError> {
        self.root()?;
        Ok(Transport::fixed(self.trust().client()?))
    }

    fn root(&self) -> Result<Issuer, DevChainError> {
        let path = self.trust().roots;
        let key = self.key("root", KeyUse::Issuer)?;
        if let Some(certificate) = self.holding(&path)? {
            return Ok(Issuer::new(key, certificate)?);
        }
        std::fs::create_dir_all(self.dir.join("tls"))
            .map_err(|source| DevChainError::Io { path: self.dir.join("tls"), source })?;
        // Named after the chain: chains of the same plan must not be taken for each other.
        let name = format!("CN=root of {},O=development,C=CN", &self.genesis.chain_id().to_string()[..16]);
        let root = Issuer::root(key, &name, lasting(20 * 365))?;
        write_whole(&path, &root.certificate().to_pem()?, 0o644)?;
        Ok(root)
    }

    /// The first certificate of a file, if it is there and holds for a while yet.
    fn holding(&self, path: &PathBuf) -> Result<Option<Certificate>, DevChainError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DevChainError::Io { path: path.clone(), source }),
        };
        let own = Certificate::chain_from_pem(&text)?.swap_remove(0);
        Ok((own.period().until > wall_ms() / 1_000 + LEFT).then_some(own))
    }
}

/// From yesterday, so that clocks may differ.
fn lasting(days: u64) -> Period {
    let now = wall_ms() / 1_000;
    Period { from: now - DAY, until: now + days * DAY }
}
