//! OpenSSL as a program.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::office::Files;

/// A program takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What RFC 8998 names.
const ONLY_SM: [&str; 7] =
    ["-tls1_3", "-ciphersuites", "TLS_SM4_GCM_SM3", "-sigalgs", "sm2sig_sm3", "-client_sigalgs", "sm2sig_sm3"];

pub(crate) struct OpenSsl {
    program: PathBuf,
    folder: PathBuf,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) done: bool,
    pub(crate) said: String,
}

impl OpenSsl {
    pub(crate) fn new(program: PathBuf, folder: PathBuf) -> Self {
        Self { program, folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // No configuration of the machine's.
        command.args(arguments).env("OPENSSL_CONF", "/dev/null").current_dir(&self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let out = self.command(arguments).output().unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    pub(crate) fn version(&self) -> String {
        self.run(&["version"]).trim().to_owned()
    }

    /// A new key, and a request for its certificate.
    pub(crate) fn request(&self, name: &str) -> (PathBuf, PathBuf) {
        let (key, request) = (self.folder.join(format!("{name}.key")), self.folder.join(format!("{name}.csr")));
        let (key_text, request_text) = (key.display().to_string(), request.display().to_string());
        self.run(&["genpkey", "-algorithm", "SM2", "-out", &key_text]);
        let subject = format!("/C=CN/O=interop/CN={name}");
        let id = "distid:1234567812345678";
        self.run(&["req", "-new", "-key", &key_text, "-sm3", "-sigopt", id, "-subj", &subject, "-out", &request_text]);
        (key, request)
    }

    /// Calls our server, says a line and reads it back.
    /// `believed` is a file with roots, and lists of what they revoked.
    pub(crate) fn call(&self, port: u16, who: Option<&Files>, believed: &str, more: &[&str]) -> Called {
        let address = format!("localhost:{port}");
        let mut arguments = vec!["s_client", "-connect", &address, "-servername", "localhost"];
        arguments.extend(["-verify_hostname", "localhost", "-verify_return_error", "-CAfile", believed]);
        arguments.extend(["-alpn", "h2", "-quiet", "-no_ign_eof"]);
        arguments.extend(ONLY_SM);
        let (mut chain, mut key) = (String::new(), String::new());
        if let Some(files) = who {
            (chain, key) = (files.chain.display().to_string(), files.key.display().to_string());
        }
        if who.is_some() {
            arguments.extend(["-cert", &chain, "-cert_chain", &chain, "-key", &key]);
        }
        arguments.extend(more);
        let mut command = self.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let teller = std::thread::spawn(move || {
            // The program may be gone.
            drop(stdin.write_all(b"hello\n"));
            // Time to read the answer before the end of input ends the program.
            std::thread::sleep(Duration::from_millis(700));
        });
        let out = finished(child);
        teller.join().unwrap();
        let heard = String::from_utf8_lossy(&out.stdout).into_owned();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        Called { done: heard.contains("hello"), said: said + &heard }
    }

    /// Serves on a free port until it is dropped: says back what it hears, reversed.
    pub(crate) fn serve(&self, who: &Files, believed: &str, more: &[&str]) -> Serving {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (port_text, chain, key) =
            (port.to_string(), who.chain.display().to_string(), who.key.display().to_string());
        let mut arguments = vec!["s_server", "-accept", &port_text, "-cert", &chain, "-cert_chain", &chain];
        arguments.extend(["-key", &key, "-CAfile", believed, "-Verify", "3", "-verify_return_error"]);
        arguments.extend(["-groups", "curveSM2", "-alpn", "h2", "-rev"]);
        arguments.extend(ONLY_SM);
        arguments.extend(more);
        let log = std::fs::File::create(self.folder.join(format!("s_server-{port}.log"))).unwrap();
        let mut command = self.command(&arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let serving = Serving { child: command.spawn().unwrap(), port };
        let began = Instant::now();
        // A connection to find out would be one that fails.
        while !self.log(&serving).contains("ACCEPT") {
            assert!(began.elapsed() < PATIENCE, "their server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        serving
    }

    /// What their server said.
    pub(crate) fn log(&self, serving: &Serving) -> String {
        std::fs::read_to_string(self.log_path(serving)).unwrap_or_default()
    }

    fn log_path(&self, serving: &Serving) -> PathBuf {
        Path::new(&self.folder).join(format!("s_server-{}.log", serving.port))
    }
}

/// Their server.
pub(crate) struct Serving {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn finished(mut child: Child) -> std::process::Output {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            drop(child.kill());
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}
