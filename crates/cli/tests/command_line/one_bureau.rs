//! A network of one bureau, and its node as a process.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

use serde_json::Value;

use crate::running::Place;

pub(crate) const CONFIG: &str = "net/bureau-1/node.toml";

/// Writes the files of a bureau that listens where the system chooses; gives its folder.
pub(crate) fn one_bureau(place: &Place) -> PathBuf {
    place.json(&["net", "init", "net", "--host", "127.0.0.1"]);
    let line = |line: &str| match line.split_once(" = ") {
        Some((name @ ("listen" | "metrics_listen"), _)) => format!("{name} = \"127.0.0.1:0\"\n"),
        _ => format!("{line}\n"),
    };
    let path = place.join(CONFIG);
    let text: String = std::fs::read_to_string(&path).unwrap().lines().map(line).collect();
    std::fs::write(path, text).unwrap();
    place.join("net/bureau-1")
}

/// Writes a file with a mode.
pub(crate) fn write(path: &Path, text: &str, mode: u32) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A node's process, killed at the end of the test.
pub(crate) struct Node {
    pub(crate) child: Child,
    out: BufReader<ChildStdout>,
    /// The last line it printed.
    pub(crate) facts: Value,
    pub(crate) endpoint: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Node {
    /// Starts it and waits until it serves.
    pub(crate) fn start(place: &Place) -> Self {
        let mut node = Self::start_sealed(place);
        node.serving();
        node
    }

    /// Starts it and waits for its first line.
    pub(crate) fn start_sealed(place: &Place) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(place.join("node.log")).unwrap();
        let args = ["node", "start", "--config", CONFIG, "--output", "json"];
        let mut child = place.taxchain(&args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut node = Self { child, out, facts: Value::Null, endpoint: String::new() };
        node.facts = node.line(place);
        node
    }

    fn line(&mut self, place: &Place) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(place.join("node.log")).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}\n{}", log()))
    }

    /// Reads the line that says that it serves now.
    pub(crate) fn opened(&mut self, place: &Place) {
        self.facts = self.line(place);
        self.serving();
    }

    fn serving(&mut self) {
        assert_eq!(self.facts["ready"], true, "{}", self.facts);
        self.endpoint = self.facts["node"].as_str().unwrap().to_owned();
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}
