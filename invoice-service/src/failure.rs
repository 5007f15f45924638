//! Why a call fails, on its way to becoming a status.

use std::time::Duration;

use ledger_types::refusal::Level;
use ledger_types::{Arg, Digest, Field, Refusal, RejectReason, RequestId, TxId};
use proto::convert::ConvertError;
use proto::{EdgeError, EdgeReason, ErrorReport, PageTokenError, Reason, Retry};
use sdk::ClientError;
use tonic::Status;

use crate::error::ServiceError;
use crate::store::StoreError;

/// A call that fails. Business refusals are values with numbers; faults of the surroundings stay inside, their causes in
/// the log.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The ledger or the rules said no.
    Refused(Vec<Refusal>, Option<TxId>),
    /// Said by the service itself.
    Edge(Box<EdgeError>),
    /// Said by the node.
    Node(Box<ErrorReport>),
    /// The outcome is not known in time.
    Undecided(TxId),
    /// Something around the service does not work.
    Fault(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    /// A failure at the edge.
    pub(crate) fn edge(reason: EdgeReason) -> Self {
        EdgeError::new(reason).into()
    }

    /// One refusal.
    pub(crate) fn refusal(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal], None)
    }

    /// Something named is not on the chain.
    pub(crate) fn not_found(kind: &str, name: impl std::fmt::Display) -> Self {
        EdgeError::not_found(kind, name).into()
    }

    /// The caller may not.
    pub(crate) fn forbidden(detail: &str) -> Self {
        EdgeError::new(EdgeReason::Forbidden).detail(detail).into()
    }

    /// A field of the request is not what it should be.
    pub(crate) fn field(field: &str, detail: &str) -> Self {
        EdgeError::new(EdgeReason::InvalidArgument).field(field).detail(detail).into()
    }

    /// Too many calls.
    pub(crate) fn too_many(wait: Duration) -> Self {
        EdgeError::new(EdgeReason::RateLimited).retry_after(wait).into()
    }

    /// The request id stands for something else: names what it was used for first.
    pub(crate) fn conflict(request: RequestId, first: &TxId, contents: [Digest; 2]) -> Self {
        let refusal = Refusal::new(RejectReason::RequestIdConflict, Field::RequestId)
            .with([Arg::Tx(*first)])
            .with(contents.map(Arg::Digest));
        tracing::info!(%request, tx = %first, "request id used for other content");
        Self::refusal(refusal)
    }

    /// Whether the node, refusing at its door, will refuse the same bytes for ever.
    pub(crate) fn is_final_at_the_door(&self) -> bool {
        let for_ever = |reason: Reason| reason.retry() != Retry::Same;
        match self {
            Self::Refused(refusals, _) => refusals.iter().any(|r| r.level == Level::Error && for_ever(r.reason.into())),
            Self::Node(report) => match report.reason {
                Some(Reason::Ledger(reason)) => for_ever(reason.into()),
                Some(Reason::Edge(reason)) => {
                    matches!(reason, EdgeReason::InvalidArgument | EdgeReason::Forbidden)
                }
                None => false,
            },
            _ => false,
        }
    }
}

impl From<EdgeError> for Failure {
    fn from(error: EdgeError) -> Self {
        Self::Edge(Box::new(error))
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        EdgeError::from(error).into()
    }
}

impl From<PageTokenError> for Failure {
    fn from(error: PageTokenError) -> Self {
        EdgeError::from(error).into()
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Undecided { tx } => Self::Undecided(tx),
            ClientError::Report(report) if !report.refusals.is_empty() => Self::Refused(report.refusals, report.tx_id),
            ClientError::Report(report) => Self::Node(report),
            other => Self::Fault(Box::new(other)),
        }
    }
}

macro_rules! faults {
    ($($name:ty),*) => {$(
        impl From<$name> for Failure {
            fn from(error: $name) -> Self {
                Self::Fault(Box::new(error))
            }
        }
    )*};
}

faults!(StoreError, ServiceError, crypto::KeyError, crypto::random::RandomError);

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusals, tx) => proto::refused(&refusals, tx.as_ref()),
            Failure::Edge(error) => (*error).into(),
            Failure::Node(report) => from_node(&report),
            Failure::Undecided(tx) => EdgeError::new(EdgeReason::Deadline).tx(&tx).into(),
            Failure::Fault(cause) => {
                tracing::error!(%cause, "fault");
                EdgeError::new(EdgeReason::Internal).into()
            }
        }
    }
}

/// What the node said, said again: reason and ids, not its words.
fn from_node(report: &ErrorReport) -> Status {
    let reason = match report.reason {
        Some(Reason::Edge(reason)) => reason,
        Some(Reason::Ledger(reason)) => {
            return proto::refused(&[Refusal::new(reason, Field::Transaction)], report.tx_id.as_ref());
        }
        None => EdgeReason::Internal,
    };
    if matches!(reason, EdgeReason::Internal | EdgeReason::BadAnswer) {
        tracing::error!(?report, "the node failed");
    }
    let mut error = EdgeError::new(reason);
    if let Some(field) = &report.field {
        error = error.field(field.clone());
    }
    if let Some(tx) = &report.tx_id {
        error = error.tx(tx);
    }
    if let Some(wait) = report.retry_after {
        error = error.retry_after(wait);
    }
    error.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tonic::Code;

    use super::*;

    fn report(failure: Failure) -> ErrorReport {
        ErrorReport::from_status(&failure.into())
    }

    #[test]
    fn a_refusal_of_the_node_comes_through_with_number_field_and_both_languages() {
        let refusals = vec![
            Refusal::new(RejectReason::OverQuota, Field::Net).with([Arg::Count(1)]),
            Refusal::new(RejectReason::LineTax, Field::LineTax).at_line(3),
        ];
        let from_node = ErrorReport::from_status(&proto::refused(&refusals, Some(&TxId([1; 33]))));
        let again = report(ClientError::Report(Box::new(from_node)).into());
        assert_eq!(again.number(), Some(507));
        assert_eq!(again.refusals, refusals);
        assert_eq!(again.tx_id, Some(TxId([1; 33])));
        assert_eq!(again.localized.len(), 2, "zh-CN and en");
    }

    #[test]
    fn a_conflict_says_which_transaction_was_first() {
        let failure = Failure::conflict(RequestId([1; 16]), &TxId([2; 33]), [Digest([3; 32]), Digest([4; 32])]);
        let report = report(failure);
        assert_eq!(report.number(), Some(202));
        assert_eq!(report.refusals[0].args[0], Arg::Tx(TxId([2; 33])));
    }

    #[test]
    fn faults_say_nothing_of_their_cause() {
        let failure = Failure::from(StoreError::Damaged("a private matter"));
        let status = Status::from(failure);
        assert_eq!(status.code(), Code::Internal);
        assert!(!String::from_utf8_lossy(status.details()).contains("private"));
        assert!(!status.message().contains("private"));
    }

    #[test]
    fn only_definite_refusals_at_the_door_are_final() {
        let of = |reason| Failure::refusal(Refusal::new(reason, Field::Transaction));
        assert!(of(RejectReason::BadSignature).is_final_at_the_door());
        assert!(of(RejectReason::RequestIdConflict).is_final_at_the_door());
        assert!(!of(RejectReason::Overloaded).is_final_at_the_door());
        assert!(!Failure::Undecided(TxId([0; 33])).is_final_at_the_door());
        assert!(!Failure::from(StoreError::Damaged("x")).is_final_at_the_door());
        assert!(!Failure::edge(EdgeReason::Unavailable).is_final_at_the_door());
    }
}
