//! What a service is started with: a TOML file, and the files that it names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use crypto::x509::request;
use crypto::{KeyUse, SigningKey, SoftwareProvider, key_file};
use invoice_service::{MasterSecret, ServiceConfig};
use ledger_types::{AccountId, ChainId, Genesis};
use serde::{Deserialize, Serialize};
use sm_tls::files::TlsFiles;
use sm_tls::{Live, Security};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::key_files::{self, Password};
use crate::session::Global;

/// A service's configuration file. Relative paths count from the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceFile {
    /// Where it listens.
    listen: SocketAddr,
    /// The node that it calls.
    node: String,
    /// The genesis document of the chain that is meant; a node of another is refused.
    genesis: PathBuf,
    /// The folder of its own store.
    data: PathBuf,
    /// File with the master secret, for the service's user only.
    master_secret_file: PathBuf,
    /// Folders that the audit log is written to: best on different disks.
    audit_log: Vec<PathBuf>,
    /// The account in whose name the audit log is anchored on the chain; its key must be hosted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<AccountId>,
    /// The bureau in whose name newcomers are registered; none to offer no such call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registrar: Option<AccountId>,
    /// The bureau in whose name sealed contents are read for the public's verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reader: Option<AccountId>,
    /// Instead of `[tls]`: speak in clear, on addresses of this machine alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    plaintext: bool,
    /// File with the password of the TLS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_file: Option<PathBuf>,
    /// Who it is on connections, and whom it believes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<TlsFiles>,
}

impl ServiceFile {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |e: &dyn std::fmt::Display| Failure::config(format!("{}: {e}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
        let mut file: Self = toml::from_str(&text).map_err(|e| failed(&e))?;
        let base = path.parent().unwrap_or(Path::new("."));
        let own = [&mut file.genesis, &mut file.data, &mut file.master_secret_file];
        for path in own.into_iter().chain(&mut file.audit_log).chain(&mut file.password_file) {
            *path = base.join(&*path);
        }
        file.tls = file.tls.map(|tls| tls.resolved(base));
        if file.tls.is_some() == file.plaintext {
            return Err(failed(&"one of the two: a [tls] section with chain, key and roots, or plaintext = true"));
        }
        if file.plaintext && !file.listen.ip().is_loopback() {
            return Err(failed(&"in clear a service listens on this machine alone, e.g. 127.0.0.1"));
        }
        if file.audit_log.is_empty() {
            return Err(failed(&"audit_log names no folder: nothing is done that cannot be recorded"));
        }
        Ok(file)
    }

    /// Its folder.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// The folders of its audit log.
    pub(super) fn audit_log(&self) -> &[PathBuf] {
        &self.audit_log
    }

    /// In whose name its audit log is anchored.
    pub(super) fn anchor(&self) -> Option<AccountId> {
        self.anchor.or(self.registrar).or(self.reader)
    }

    /// Its node.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    pub(super) fn chain(&self) -> Result<ChainId, Failure> {
        chain_of(&self.genesis)
    }

    pub(super) fn master_secret(&self) -> Result<MasterSecret, Failure> {
        MasterSecret::from_file(&self.master_secret_file).map_err(|e| Failure::config(e.to_string()))
    }

    /// The file of the master secret.
    pub(super) fn master_secret_file(&self) -> &Path {
        &self.master_secret_file
    }

    /// How it is called and calls.
    pub(super) fn security(&self) -> Result<Security, Failure> {
        let Some(files) = &self.tls else { return Ok(Security::Plaintext) };
        let password = key_files::password(self.password_file.as_deref(), "password_file in service.toml")?;
        let open = move |path: &Path| key_files::read(path, KeyUse::Tls, &password).map_err(|e| e.to_string());
        Ok(Security::Tls(Live::follow(files.clone(), open).map_err(|e| Failure::config(e.to_string()))?))
    }

    /// As the service wants it.
    pub(super) fn config(&self) -> Result<ServiceConfig, Failure> {
        let (security, secret) = (self.security()?, self.master_secret()?);
        let mut config = ServiceConfig::new(self.listen, security, self.node.clone(), self.data.clone(), secret);
        config.chain = Some(self.chain()?);
        (config.registrar, config.reader, config.anchor) = (self.registrar, self.reader, self.anchor);
        config.audit_sinks = self.audit_log.clone();
        Ok(config)
    }
}

fn chain_of(genesis: &Path) -> Result<ChainId, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::config(format!("{}: {e}", genesis.display()));
    let text = std::fs::read_to_string(genesis).map_err(|e| failed(&e))?;
    let genesis: Genesis = serde_json::from_str(&text).map_err(|e| failed(&e))?;
    Ok(genesis.chain_id())
}

/// Arguments of `service init`.
#[derive(Args)]
pub(crate) struct InitArgs {
    /// A new folder.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The node that the service calls.
    #[arg(long = "service-node", value_name = "URL")]
    service_node: String,
    /// The chain's genesis document; it is copied.
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Where it listens.
    #[arg(long, default_value = "0.0.0.0:7001")]
    listen: SocketAddr,
    /// The name asked for in its certificate, as in RFC 4514.
    #[arg(long, default_value = "CN=invoice service", value_name = "NAME")]
    name: String,
    /// The account in whose name the audit log is anchored on the chain.
    #[arg(long, value_name = "ACCOUNT")]
    anchor: Option<AccountId>,
    #[command(flatten)]
    password: Password,
}

const SECRET: &str = "master-secret";

/// Writes the files; `--plaintext` makes one that speaks in clear.
pub(super) fn init(global: &Global, args: &InitArgs) -> Result<Answer, Failure> {
    let dir = &args.dir;
    let chain = chain_of(&args.genesis)?;
    if dir.exists() {
        return Err(Failure::new(exit::CONFLICT, format!("{} is there already: name a new folder", dir.display())));
    }
    let password = if global.plaintext { None } else { Some(args.password.read()?) };
    std::fs::create_dir_all(dir)?;
    std::fs::copy(&args.genesis, dir.join("genesis.json"))?;
    MasterSecret::from_file_or_new(&dir.join(SECRET)).map_err(|e| Failure::new(exit::IO, e.to_string()))?;
    let mut file = ServiceFile {
        listen: args.listen,
        node: args.service_node.clone(),
        genesis: "genesis.json".into(),
        data: "data".into(),
        master_secret_file: SECRET.into(),
        audit_log: vec!["audit-1".into(), "audit-2".into()],
        anchor: args.anchor,
        registrar: None,
        reader: None,
        plaintext: global.plaintext,
        password_file: None,
        tls: None,
    };
    let mut answer = Answer::new().field("folder", dir.display().to_string()).field("chain", chain.to_string());
    if let Some(password) = password {
        let roots = global
            .roots
            .as_ref()
            .ok_or_else(|| Failure::config("whom to believe: name the roots with --roots FILE"))?;
        std::fs::copy(roots, dir.join("root.pem"))?;
        let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Tls).map_err(Failure::general)?;
        key_file::write(&dir.join("tls.key"), &key, &password).map_err(Failure::general)?;
        let asked = request(&key, &args.name).map_err(|e| Failure::config(format!("--name: {e}")))?;
        key_files::write_new(&dir.join("tls.csr"), &asked, 0o666)?;
        let (chain, key, roots) = ("tls.pem".into(), "tls.key".into(), "root.pem".into());
        file.tls = Some(TlsFiles { chain, key, roots, lists: Vec::new(), registered_only: false });
        answer = answer.next(format!(
            "taxchain ca issue AUTHORITY {} --profile node --host HOST --out {}",
            dir.join("tls.csr").display(),
            dir.join("tls.pem").display()
        ));
    }
    let path = dir.join("service.toml");
    let text = toml::to_string(&file).map_err(Failure::general)?;
    key_files::write_new(&path, &text, 0o644)?;
    Ok(answer.next(format!("taxchain service start --config {}", path.display())))
}
