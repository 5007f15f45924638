//! What stops a simulation.

use sdk::ClientError;

/// A simulation cannot go on. What the chain refuses is no error but a result.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A key.
    #[error(transparent)]
    Key(#[from] crypto::KeyError),
    /// No randomness.
    #[error("the system gives no randomness: {0}")]
    Random(#[from] crypto::random::RandomError),
    /// The chain's clock cannot be driven.
    #[error("a day can only be played on a chain with a driven clock: start it with `taxchain dev --driven`")]
    NotDriven,
    /// The city could not be set up.
    #[error("setting up the city: {what} was refused: {why}")]
    Setup {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The chain has no area to issue in.
    #[error("the chain's genesis document names no issuing area")]
    NoArea,
    /// Nothing came back in time.
    #[error("no answer for {0} seconds; is the node still running?")]
    Stalled(u64),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}
