//! The program as a child process, with a folder and a home of its own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crypto::{KeyUse, SecretString, SenderKey, SoftwareProvider, key_file};
use ledger_types::{AccountId, KeyId};
use sdk::{ConnectOptions, Identity, NodeClient, TrustFiles};
use serde_json::Value;
use tempfile::TempDir;

/// A folder to work in; also the home.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A running `taxchain dev`.
pub(crate) struct Dev {
    child: Child,
    folder: PathBuf,
    /// Its banner.
    pub(crate) facts: Value,
    /// How long it took to be ready.
    pub(crate) ready_after: Duration,
}

const ANY_PORT: [&str; 6] =
    ["--listen", "127.0.0.1:0", "--service-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program that sees nothing of who runs the test.
    pub(crate) fn program(&self, path: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(path);
        let folder = self.folder.path();
        command.args(args).env_clear().env("HOME", folder).env("TMPDIR", folder).current_dir(folder);
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn taxchain(&self, args: &[&str]) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_taxchain")), args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(self.taxchain(args).output().unwrap())
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--output", "json"]].concat());
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        said.json()
    }

    /// Starts a development chain in `data` on free ports and waits until it is ready.
    pub(crate) fn dev(&self, data: &str) -> Dev {
        let began = Instant::now();
        let mut child = self.start_dev(data);
        let mut banner = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut banner).unwrap();
        let facts = serde_json::from_str(&banner).unwrap_or_else(|error| {
            let log = std::fs::read_to_string(self.join("dev.log")).unwrap();
            panic!("no banner ({error}), it ended with {:?}:\n{log}", child.wait())
        });
        Dev { child, folder: self.join(data), facts, ready_after: began.elapsed() }
    }

    /// Starts a development chain and does not wait.
    pub(crate) fn start_dev(&self, data: &str) -> Child {
        let log: File = OpenOptions::new().create(true).append(true).open(self.join("dev.log")).unwrap();
        let args = [&["dev", "--data", data, "--output", "json"], &ANY_PORT[..]].concat();
        self.taxchain(&args).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
    }
}

pub(crate) fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().expect("no signal ended it");
    Said { code, out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// What it said for machines: one JSON document and nothing else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

impl Dev {
    pub(crate) fn fact(&self, name: &str) -> &str {
        self.facts[name].as_str().unwrap()
    }

    /// The chain's own folder.
    pub(crate) fn chain_folder(&self) -> PathBuf {
        self.folder.join("data/chains").join(self.fact("chain"))
    }

    pub(crate) async fn client(&self) -> NodeClient {
        let trust = TrustFiles::of(self.folder.join("tls/root.pem"));
        let options = ConnectOptions::believing(&trust).unwrap().of_chain(self.fact("chain").parse().unwrap());
        let options = ConnectOptions { deadline_ms: 20_000, ..options };
        NodeClient::connect(self.fact("node"), options).await.unwrap()
    }

    /// One of the sample people, with the key from its file.
    pub(crate) fn identity(&self, name: &str) -> Identity {
        let entry = &self.facts["identities"][name];
        let password = std::fs::read_to_string(self.folder.join("keys/password")).unwrap();
        let password = SecretString::from(password.trim_end().to_owned());
        let path = self.folder.join(entry["key_file"].as_str().unwrap());
        let read =
            |path: &Path, key_use| key_file::read(path, &password, &SoftwareProvider::shared(), key_use).unwrap();
        let account = AccountId(u32::try_from(entry["account"].as_u64().unwrap()).unwrap());
        let identity = Identity::account(account, KeyId(0), read(&path, KeyUse::Transaction));
        match entry["seal_key_file"].as_str() {
            Some(file) => {
                let key = read(&self.folder.join(file), KeyUse::Encryption);
                identity.sealing_with(SenderKey::new(key).unwrap())
            }
            None => identity,
        }
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As Ctrl-C does; it must end in order.
    pub(crate) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended; a failed test must not leave it behind.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
