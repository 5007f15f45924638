//! One call on its way through the log.

use std::sync::{Arc, OnceLock};

use ledger_types::{AccountId, RequestId};
use proto::{EdgeReason, ErrorReport};
use tonic::codegen::http::HeaderMap;
use tonic::{Code, Status};

use super::{AuditLog, Event, Phase};
use crate::desk::Caller;
use crate::failure::Failure;

/// In the extensions of a request: the id of the change that is asked for, once it was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted(Arc<OnceLock<(AccountId, RequestId)>>);

impl Noted {
    /// Whoever reads the id first says so.
    pub(crate) fn note(&self, account: AccountId, request: RequestId) {
        // A request has one id.
        let _ = self.0.set((account, request));
    }
}

/// A call that is recorded.
pub(crate) struct Record {
    event: Event,
    number: u64,
    noted: Noted,
}

impl Record {
    /// Records that somebody calls: nothing is done before.
    pub(crate) async fn asked(log: &AuditLog, path: &str, caller: Option<Caller>) -> Result<Self, Failure> {
        let event = event(Phase::Asked, path, caller, None);
        let number = log.record(event.clone()).await.map_err(|_| unavailable())?;
        Ok(Self { event, number, noted: Noted::default() })
    }

    /// Records that a known caller was turned away.
    pub(crate) async fn denied(log: &AuditLog, path: &str, caller: Caller, why: &Failure) -> Result<(), Failure> {
        let outcome = match why {
            Failure::Edge(error) => error.reason().name().to_owned(),
            _ => "DENIED".to_owned(),
        };
        let event = event(Phase::Denied, path, Some(caller), Some(outcome));
        log.record(event).await.map(|_| ()).map_err(|_| unavailable())
    }

    /// What handlers note.
    pub(crate) fn noted(&self) -> Noted {
        self.noted.clone()
    }

    /// Records what came of a change, or that a call failed. A read that was answered has said all with its first entry.
    pub(crate) async fn done(self, log: &AuditLog, headers: &HeaderMap) -> Result<(), Failure> {
        let status = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok);
        let noted = self.noted.0.get().copied();
        if status.is_none() && noted.is_none() {
            return Ok(());
        }
        let outcome = status.map_or_else(|| "OK".to_owned(), |status| ErrorReport::from_status(&status).reason_name);
        let event = Event {
            phase: Phase::Done,
            account: noted.map(|noted| noted.0).or(self.event.account),
            asked: Some(self.number),
            request: noted.map(|noted| noted.1),
            outcome: Some(outcome),
            ..self.event
        };
        log.record(event).await.map(|_| ()).map_err(|_| unavailable())
    }
}

fn event(phase: Phase, path: &str, caller: Option<Caller>, outcome: Option<String>) -> Event {
    Event {
        phase,
        account: caller.map(|caller| caller.account),
        role: caller.and_then(|caller| caller.role),
        call: path.trim_start_matches('/').to_owned(),
        asked: None,
        request: None,
        outcome,
    }
}

fn unavailable() -> Failure {
    Failure::edge(EdgeReason::AuditUnavailable)
}
