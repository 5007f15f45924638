//! Failures of the gateway as statuses with details.

use ledger_types::{BlockTime, ChainId, Height, Refusal, RejectReason, TxId};
use proto::convert::ConvertError;
use proto::edge_reason::EdgeReason;
use proto::status;
use storage::StoreError;
use tonic::Status;

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
    status::from_convert(&error)
}

/// Nothing there.
pub(super) fn not_found(what: &'static str) -> Status {
    status::edge(EdgeReason::NotFound, what)
}

/// The caller means another chain.
pub(super) fn wrong_chain(ours: &ChainId) -> Status {
    let refusal = Refusal::new(RejectReason::WrongChain, ledger_types::Field::ChainId);
    refused(&refusal.with([ledger_types::Arg::Digest(ledger_types::Digest(ours.0))]), None)
}

/// The waiting room's door is blocked.
pub(super) fn overloaded(tx: &TxId) -> Status {
    refused(&Refusal::new(RejectReason::Overloaded, ledger_types::Field::Transaction), Some(tx))
}

/// The node is going down.
pub(super) fn stopping() -> Status {
    status::edge(EdgeReason::Unavailable, "the node is stopping")
}

/// Too many streams.
pub(super) fn too_many_streams() -> Status {
    status::edge(EdgeReason::RateLimited, "streams")
}

/// A height that has not come.
pub(super) fn height_not_reached(height: Height) -> Status {
    status::edge(EdgeReason::HeightNotReached, &height.to_string())
}

/// A header that has not come.
pub(super) fn not_provable_yet(height: Height) -> Status {
    status::edge(EdgeReason::NotProvableYet, &height.to_string())
}

/// The clock is the wall's.
pub(super) fn clock_not_driven() -> Status {
    status::edge(EdgeReason::ClockNotDriven, "clock")
}

/// Block time would go back.
pub(super) fn clock_backwards() -> Status {
    status::edge(EdgeReason::ClockBackwards, "time_ms")
}

/// A fault of the node's own. The text names no taxpayer.
pub(super) fn internal(what: &str) -> Status {
    tracing::error!(what, "internal fault");
    status::edge(EdgeReason::Internal, what)
}

/// A fault of the store.
pub(super) fn store(error: StoreError) -> Status {
    internal(&error.to_string())
}

/// No proof.
pub(super) fn proof(error: ProofFault) -> Status {
    match error {
        ProofFault::NoInvoice => not_found("invoice"),
        other => internal(&other.to_string()),
    }
}

/// Times as the wire has them.
pub(super) fn wire_time(time: BlockTime) -> i64 {
    proto::convert::field::wire_ms(time.0)
}
