//! Nodes as processes of their own, children of this one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, exit};

/// What `taxchain node start` prints once it serves, as one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeBanner {
    /// Always true.
    pub ready: bool,
    /// gRPC endpoint.
    pub node: String,
    /// Page of metrics.
    pub metrics: Option<String>,
    /// Height at which the store was opened.
    pub height: u64,
    /// Process id.
    pub pid: u32,
}

/// A running `taxchain node start`. Dropped, or when this process ends in any way, it stops.
pub(crate) struct NodeProcess {
    child: Child,
    /// The child stops when this closes.
    _stdin: Option<ChildStdin>,
    /// Kept open, so that the child may print.
    _stdout: BufReader<ChildStdout>,
    /// What it said when it was ready.
    pub banner: NodeBanner,
}

impl NodeProcess {
    /// Starts a node and waits until it serves. Its log goes to a file beside its configuration.
    pub(crate) async fn start(config: &Path) -> Result<Self, Failure> {
        let log_path = config.with_extension("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log_path)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["node", "start", "--until-stdin-closes", "--output", "json", "--config"]).arg(config);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let out = child.stdout.take().ok_or_else(|| Failure::new(exit::IO, "the node's process has no output"))?;
        let read = tokio::task::spawn_blocking(move || {
            let (mut line, mut out) = (String::new(), BufReader::new(out));
            out.read_line(&mut line).map(|_| (line, out))
        });
        let (line, stdout) = read.await.map_err(Failure::general)??;
        match serde_json::from_str(&line) {
            Ok(banner) => Ok(Self { child, _stdin: stdin, _stdout: stdout, banner }),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                let why = format!("the node of {} did not start; see {}", config.display(), log_path.display());
                Err(Failure::new(exit::GENERAL, why))
            }
        }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGSTOP.
    pub(crate) fn pause(&self) -> Result<(), Failure> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT.
    pub(crate) fn resume(&self) -> Result<(), Failure> {
        self.signal(Signal::CONT)
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGTERM, and waits: its exit code must be 0.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.signal(Signal::TERM)?;
        for _ in 0..3_000 {
            if let Some(status) = self.child.try_wait()? {
                let failed = || Failure::new(exit::GENERAL, format!("a node ended with {status}; see its log"));
                return if status.success() { Ok(()) } else { Err(failed()) };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(Failure::new(exit::DEADLINE, "a node did not stop within 30 seconds"))
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::new(exit::GENERAL, "the node's process has no number"))?;
        kill_process(pid, signal).map_err(|e| Failure::new(exit::IO, e.to_string()))
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
