//! Failures of the gateway as statuses with details.

use ledger_types::{BlockTime, Height, Refusal, RejectReason, TxId};
use proto::EdgeReason;
use proto::convert::ConvertError;
use proto::status::{self, EdgeError};
use storage::StoreError;
use tonic::Status;

use crate::queries::headers::HeadersFault;
use crate::queries::proofs::ProofFault;

/// A refusal before a block.
pub(super) fn refused(refusal: &Refusal, tx: Option<&TxId>) -> Status {
    status::refused(std::slice::from_ref(refusal), tx)
}

/// A field of the request.
pub(super) fn invalid(field: &str, should: &str) -> Status {
    convert(ConvertError::invalid(field, should))
}

/// A message that is not a domain value.
pub(super) fn convert(error: ConvertError) -> Status {
    EdgeError::from(error).into_status()
}

/// A page token of another list, or of none.
pub(super) fn page_token() -> Status {
    EdgeError::new(EdgeReason::PageToken)
        .field("page_token")
        .detail("the token is not one of this list's; start without one")
        .into_status()
}

/// Not there, or not for this reader: one answer, so that nobody learns which.
pub(super) fn not_for_you() -> Status {
    EdgeError::new(EdgeReason::Forbidden).into_status()
}

/// Nothing there.
pub(super) fn not_found(what: &'static str) -> Status {
    EdgeError::new(EdgeReason::NotFound).meta("kind", what).detail(what).into_status()
}

/// A node that only applies what blocks changed could not judge it.
pub(super) fn takes_no_transactions() -> Status {
    let detail = "this node executes nothing (apply_only): submit to one that does";
    EdgeError::new(EdgeReason::NotOffered).detail(detail).into_status()
}

/// The waiting room's door is blocked.
pub(super) fn overloaded(tx: &TxId) -> Status {
    refused(&Refusal::new(RejectReason::Overloaded, ledger_types::Field::Transaction), Some(tx))
}

/// The node is going down.
pub(super) fn stopping() -> Status {
    EdgeError::new(EdgeReason::Unavailable).detail("the node is stopping").into_status()
}

/// Too many streams.
pub(super) fn too_many_streams() -> Status {
    EdgeError::new(EdgeReason::RateLimited).detail("streams").into_status()
}

/// A height that has not come.
pub(super) fn height_not_reached(height: Height) -> Status {
    EdgeError::new(EdgeReason::HeightNotReached).detail(height.to_string()).into_status()
}

/// A header that has not come.
pub(super) fn not_provable_yet(height: Height) -> Status {
    EdgeError::new(EdgeReason::NotProvableYet).detail(height.to_string()).into_status()
}

/// The clock is the wall's.
pub(super) fn clock_not_driven() -> Status {
    EdgeError::new(EdgeReason::ClockNotDriven).detail("clock").into_status()
}

/// Block time would go back.
pub(super) fn clock_backwards() -> Status {
    EdgeError::new(EdgeReason::ClockBackwards).detail("time_ms").into_status()
}

/// A fault of the node's own. The text names no taxpayer.
pub(super) fn internal(what: &str) -> Status {
    tracing::error!(what, "internal fault");
    EdgeError::new(EdgeReason::Internal).detail(what).into_status()
}

/// A fault of the store.
pub(super) fn store(error: StoreError) -> Status {
    if let StoreError::NotKept { first } = error {
        return EdgeError::new(EdgeReason::NotKept)
            .meta("first", first.to_string())
            .detail(error.to_string())
            .into_status();
    }
    internal(&error.to_string())
}

/// No headers.
pub(super) fn headers(error: HeadersFault) -> Status {
    internal(&error.to_string())
}

/// No proof.
pub(super) fn proof(error: ProofFault) -> Status {
    match error {
        ProofFault::NoInvoice => not_found("invoice"),
        ProofFault::Store(error) => store(error),
        other => internal(&other.to_string()),
    }
}

/// Times as the wire has them.
pub(super) fn wire_time(time: BlockTime) -> i64 {
    proto::convert::field::wire_ms(time.0)
}
