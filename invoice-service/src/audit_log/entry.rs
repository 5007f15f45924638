//! One entry: a line of JSON with the hash that chains it to the one before.

use ledger_types::{AccountId, Canonical, ChainId, Digest, Purpose, RequestId, Role, domain::domain_hash_parts};
use serde::{Deserialize, Serialize};

/// Version of an entry's canonical bytes.
const VERSION: u16 = 1;

/// Where in a call an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Somebody calls: recorded before anything is done.
    Asked,
    /// What came of a change.
    Done,
    /// Somebody called who may not.
    Denied,
}

/// What is recorded of a call. Ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Where in the call.
    pub phase: Phase,
    /// The account that calls; none for a newcomer who has none yet.
    pub account: Option<AccountId>,
    /// The role of its token, if that has one.
    pub role: Option<Role>,
    /// The call, e.g. `taxchain.invoice.v1.MerchantService/Issue`.
    pub call: String,
    /// Of what came of a call: the entry that recorded it.
    pub asked: Option<u64>,
    /// The id of the change that was asked for.
    pub request: Option<RequestId>,
    /// `OK`, or the name of the first reason.
    pub outcome: Option<String>,
}

/// What is recorded of one call, in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its place in the log, from 1.
    pub number: u64,
    /// When, by the clock of the service's host, ms since 1970.
    pub time_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A line of the log.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    entry: AuditEntry,
    hash: Digest,
}

impl AuditEntry {
    /// Its hash over that of the entry before it; the first stands on the log's id.
    #[must_use]
    pub fn hash(&self, chain: &ChainId, before: &Digest) -> Digest {
        let event = &self.event;
        let head = (VERSION, self.number, self.time_ms, event.phase as u8);
        let who = (event.account, event.role.map(|role| role as u8), event.call.clone());
        let body = (head, who, event.asked, event.request, event.outcome.clone()).to_canonical();
        domain_hash_parts(Purpose::AuditEntry, chain, &[before.as_bytes(), &body])
    }

    /// Its line, with the end of the line.
    pub(super) fn line(self, hash: Digest) -> String {
        let mut line = serde_json::to_string(&Line { entry: self, hash }).expect("plain data is JSON");
        line.push('\n');
        line
    }

    /// Reads a line with its end, in the one form that is written.
    pub(super) fn of_line(text: &str) -> Option<(Self, Digest)> {
        let Line { entry, hash } = serde_json::from_str(text).ok()?;
        (entry.clone().line(hash) == text).then_some((entry, hash))
    }
}
