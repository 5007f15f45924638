//! Why a command failed, as a sentence and an exit code.

use std::fmt;

use proto::catalogue::{Lang, Reason, next_action, render};
use sdk::light::LightError;
use sdk::{ClientError, Fate, FateState, OutboxError};

/// Exit codes. 5 (not allowed) comes with the reasons of the chain.
pub(crate) mod exit {
    /// General.
    pub(crate) const GENERAL: u8 = 1;
    /// The command line is not understood.
    pub(crate) const USAGE: u8 = 2;
    /// Not found.
    pub(crate) const NOT_FOUND: u8 = 3;
    /// Conflict: already claimed, reimbursed, used.
    pub(crate) const CONFLICT: u8 = 4;
    /// Nobody answers.
    pub(crate) const UNAVAILABLE: u8 = 6;
    /// Deadline.
    pub(crate) const DEADLINE: u8 = 7;
    /// A proof or signature does not verify.
    pub(crate) const VERIFICATION: u8 = 8;
    /// Bad data.
    pub(crate) const DATA: u8 = 65;
    /// Input or output.
    pub(crate) const IO: u8 = 74;
    /// Try again later.
    pub(crate) const TEMPORARY: u8 = 75;
    /// Configuration.
    pub(crate) const CONFIG: u8 = 78;
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code.
    pub code: u8,
    /// What happened, one sentence a line.
    pub lines: Vec<String>,
    /// The machine names of the reasons, if the chain or service gave some.
    pub reasons: Vec<&'static str>,
}

impl Failure {
    /// A failure with a sentence.
    pub(crate) fn new(code: u8, line: impl Into<String>) -> Self {
        Self { code, lines: vec![line.into()], reasons: Vec::new() }
    }

    /// What another part of the program says went wrong.
    pub(crate) fn general(error: impl fmt::Display) -> Self {
        Self::new(exit::GENERAL, error.to_string())
    }

    /// Bad configuration.
    pub(crate) fn config(line: impl Into<String>) -> Self {
        Self::new(exit::CONFIG, line)
    }

    /// Nothing there.
    pub(crate) fn not_found(line: impl Into<String>) -> Self {
        Self::new(exit::NOT_FOUND, line)
    }

    /// As JSON, for `--output json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "exit_code": self.code, "reasons": self.reasons, "messages": self.lines } })
    }

    /// The failure that a fate means, if it is one: refused or expired.
    pub(crate) fn of_fate(fate: &Fate) -> Option<Self> {
        let tx = fate.tx_id.map(|t| t.to_string()).unwrap_or_default();
        match &fate.state {
            FateState::Committed(_) => None,
            FateState::Refused(block) => {
                let mut failure = Self { code: exit::GENERAL, lines: Vec::new(), reasons: Vec::new() };
                for refusal in block.receipt.refusals() {
                    let reason = Reason::Ledger(refusal.reason);
                    failure.say(reason, render(refusal, Lang::Zh), render(refusal, Lang::En));
                }
                failure.lines.push(format!("refused in block {} as transaction {tx}", block.height));
                Some(failure)
            }
            FateState::Expired => Some(Self::new(exit::TEMPORARY, format!("transaction {tx} expired; make a new one"))),
            FateState::Pending | FateState::Unknown => {
                Some(Self::new(exit::DEADLINE, format!("transaction {tx} is not decided yet: taxchain show --tx {tx}")))
            }
        }
    }

    fn say(&mut self, reason: Reason, zh: String, en: String) {
        if self.reasons.is_empty() {
            self.code = reason.exit().number();
        }
        self.reasons.push(reason.name());
        self.lines.push(format!("{} {}: {zh}", reason.number(), reason.name()));
        self.lines.push(format!("    {en}"));
        self.lines.push(format!("    → {} / {}", next_action(reason, Lang::Zh), next_action(reason, Lang::En)));
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match &error {
            ClientError::Report(report) => {
                let mut failure = Self { code: report.exit().number(), lines: Vec::new(), reasons: Vec::new() };
                for refusal in &report.refusals {
                    failure.say(Reason::Ledger(refusal.reason), render(refusal, Lang::Zh), render(refusal, Lang::En));
                }
                if let (true, Some(reason)) = (report.refusals.is_empty(), report.reason) {
                    failure.say(reason, report.text(Lang::Zh), report.text(Lang::En));
                }
                if failure.lines.is_empty() {
                    failure.lines.push(report.text(Lang::En));
                }
                failure
            }
            ClientError::Unreachable { .. } | ClientError::Handshake { .. } => {
                Self::new(exit::UNAVAILABLE, error.to_string())
            }
            ClientError::Undecided { .. } => Self::new(exit::DEADLINE, error.to_string()),
            ClientError::WrongChain { .. } | ClientError::Endpoint { .. } | ClientError::Trust(_) => {
                Self::config(error.to_string())
            }
            ClientError::BadAnswer { .. } | ClientError::NotAsAsked(_) => Self::new(exit::DATA, error.to_string()),
            ClientError::Random(_) | ClientError::Key(_) => Self::new(exit::GENERAL, error.to_string()),
        }
    }
}

impl From<LightError> for Failure {
    fn from(error: LightError) -> Self {
        let code = match &error {
            LightError::Io { .. } => exit::IO,
            LightError::OtherFile { .. } | LightError::Damaged { .. } | LightError::Stored { .. } => exit::DATA,
            LightError::InUse { .. } => exit::TEMPORARY,
            LightError::Node { node, source } => {
                let line = format!("{node}: {source}");
                let code = if source.is_transport() { exit::UNAVAILABLE } else { exit::GENERAL };
                return Self::new(code, line);
            }
            LightError::NoInvoice { .. } => exit::NOT_FOUND,
            LightError::Header { .. }
            | LightError::Committee { .. }
            | LightError::Proof { .. }
            | LightError::OtherSlot { .. }
            | LightError::Stale { .. } => exit::VERIFICATION,
            LightError::NothingToCompare => exit::UNAVAILABLE,
            LightError::Key(_) => exit::GENERAL,
        };
        Self::new(code, error.to_string())
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        let code = match error {
            OutboxError::Io { .. } => exit::IO,
            OutboxError::Conflict { .. } => exit::CONFLICT,
            OutboxError::Damaged { .. } => exit::DATA,
        };
        Self::new(code, error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(exit::IO, error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(exit::GENERAL, format!("{error:#}"))
    }
}
