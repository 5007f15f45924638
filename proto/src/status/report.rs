//! Reading a status back: what the SDK and the command line show.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ledger_types::{Refusal, TxId};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

use super::details::REFUSAL_LIST;
use super::{DOMAIN, help_link};
use crate::catalogue::{ExitCode, Lang, Reason, Retry, next_action, render, summary};
use crate::edge_reason::EdgeReason;
use crate::types::v1::RefusalList;

/// A failure as a client sees it. Made from any status: one without our details gets the reason that goes with its code.
#[derive(Clone, PartialEq)]
pub struct ErrorReport {
    /// The gRPC code.
    pub code: Code,
    /// The reason; a name that this program does not know is in `reason_name` alone.
    pub reason: Option<Reason>,
    /// The reason's name as sent.
    pub reason_name: String,
    /// The status' message.
    pub message: String,
    /// The refusals that fitted into the status; texts are made anew by [`ErrorReport::text`].
    pub refusals: Vec<Refusal>,
    /// How many refusals there are; the receipt has them all.
    pub total_refusals: usize,
    /// The field it is about, with its index.
    pub field: Option<String>,
    /// The transaction it is about.
    pub tx_id: Option<TxId>,
    /// When to try again, if the server says so.
    pub retry_after: Option<Duration>,
    /// The texts as sent, by language tag.
    pub localized: BTreeMap<String, String>,
    /// Everything in `ErrorInfo.metadata`.
    pub metadata: BTreeMap<String, String>,
    /// The link into the list of errors.
    pub help: Option<String>,
}

impl ErrorReport {
    /// Reads a status. Never fails: what cannot be read is left out.
    pub fn from_status(status: &Status) -> Self {
        let mut report = Self::bare(status);
        let details = pb::Status::decode(status.details()).map(|s| s.details).unwrap_or_default();
        for any in &details {
            report.take(any.type_url.as_str(), any.value.as_slice());
        }
        let ours = !report.reason_name.is_empty();
        if !ours {
            let reason = Reason::Edge(reason_of(status.code()));
            (report.reason, report.reason_name) = (Some(reason), reason.name().to_owned());
        }
        report
    }

    fn bare(status: &Status) -> Self {
        Self {
            code: status.code(),
            reason: None,
            reason_name: String::new(),
            message: status.message().to_owned(),
            refusals: Vec::new(),
            total_refusals: 0,
            field: None,
            tx_id: None,
            retry_after: None,
            localized: BTreeMap::new(),
            metadata: BTreeMap::new(),
            help: None,
        }
    }

    fn take(&mut self, type_url: &str, value: &[u8]) {
        match type_url.rsplit('/').next().unwrap_or("") {
            "google.rpc.ErrorInfo" => {
                let info = pb::ErrorInfo::decode(value).unwrap_or_default();
                if info.domain == DOMAIN {
                    self.take_info(info);
                }
            }
            "google.rpc.LocalizedMessage" => {
                let text = pb::LocalizedMessage::decode(value).unwrap_or_default();
                self.localized.insert(text.locale, text.message);
            }
            "google.rpc.RetryInfo" => {
                let delay = pb::RetryInfo::decode(value).ok().and_then(|r| r.retry_delay);
                self.retry_after = delay.and_then(|d| Duration::try_from(d).ok());
            }
            "google.rpc.Help" => {
                let link = pb::Help::decode(value).ok().and_then(|h| h.links.into_iter().next());
                self.help = link.map(|l| l.url);
            }
            "google.rpc.BadRequest" => {
                let bad = pb::BadRequest::decode(value).unwrap_or_default();
                self.field = bad.field_violations.into_iter().next().map(|v| v.field).or(self.field.take());
            }
            _ if type_url == REFUSAL_LIST => {
                let list = RefusalList::decode(value).unwrap_or_default();
                self.total_refusals = list.total as usize;
                self.refusals = list.try_into().unwrap_or_default();
            }
            _ => {}
        }
    }

    fn take_info(&mut self, info: pb::ErrorInfo) {
        self.metadata = info.metadata.into_iter().collect();
        let number = self.metadata.get("number").and_then(|n| n.parse().ok());
        self.reason = number.and_then(Reason::from_number).filter(|r| r.name() == info.reason);
        self.reason_name = info.reason;
        self.tx_id = self.metadata.get("tx_id").and_then(|t| t.parse().ok());
        self.field = self.field.take().or_else(|| self.metadata.get("field").cloned());
        if let Some(total) = self.metadata.get("refusals").and_then(|n| n.parse().ok()) {
            self.total_refusals = total;
        }
    }

    /// The stable number, if sent.
    pub fn number(&self) -> Option<u16> {
        let known = self.reason.map(Reason::number);
        known.or_else(|| self.metadata.get("number").and_then(|n| n.parse().ok()))
    }

    /// Whether and how to try again. A reason that is not known is not tried again.
    pub fn retry(&self) -> Retry {
        self.reason.map_or(Retry::Never, Reason::retry)
    }

    /// The exit code of a command that ends with this.
    pub fn exit(&self) -> ExitCode {
        self.reason.map_or(ExitCode::General, Reason::exit)
    }

    /// What happened: every refusal that came along, a line each, or the one text.
    pub fn text(&self, lang: Lang) -> String {
        if self.refusals.is_empty() {
            let known = || self.reason.map_or_else(|| self.message.clone(), |r| summary(r, lang));
            return self.localized.get(lang.tag()).cloned().unwrap_or_else(known);
        }
        self.refusals.iter().map(|r| render(r, lang)).collect::<Vec<_>>().join("\n")
    }

    /// What to do.
    pub fn next_action(&self, lang: Lang) -> Option<&'static str> {
        self.reason.map(|r| next_action(r, lang))
    }

    /// The link into the list of errors.
    pub fn help(&self) -> Option<String> {
        self.help.clone().or_else(|| self.reason.map(help_link))
    }
}

impl fmt::Debug for ErrorReport {
    /// Texts may hold what the caller sent; reason and ids are enough for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorReport({:?}, {}, tx {:?}, field {:?})", self.code, self.reason_name, self.tx_id, self.field)
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ErrorReport {}

impl From<&Status> for ErrorReport {
    fn from(status: &Status) -> Self {
        Self::from_status(status)
    }
}

/// The reason for a status that something else than our services made: a proxy, gRPC itself.
fn reason_of(code: Code) -> EdgeReason {
    match code {
        Code::InvalidArgument | Code::OutOfRange => EdgeReason::InvalidArgument,
        Code::NotFound => EdgeReason::NotFound,
        Code::DeadlineExceeded | Code::Cancelled => EdgeReason::Deadline,
        Code::Unavailable => EdgeReason::Unavailable,
        Code::ResourceExhausted => EdgeReason::RateLimited,
        Code::Unauthenticated => EdgeReason::Unauthenticated,
        Code::PermissionDenied => EdgeReason::Forbidden,
        Code::Unimplemented => EdgeReason::NotOffered,
        Code::Internal | Code::Aborted | Code::FailedPrecondition | Code::AlreadyExists => EdgeReason::Internal,
        Code::Ok | Code::Unknown | Code::DataLoss => EdgeReason::BadAnswer,
    }
}
