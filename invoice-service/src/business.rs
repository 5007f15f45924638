//! Changes that an account asks for: each says how it becomes a transaction, whoever signs that.

use std::future::Future;
use std::sync::Arc;

use ledger_types::PayloadKind;
use tonic::Request;

use crate::change::{Done, Made};
use crate::content::{Asked, ChangeRequest};
use crate::desk::Desk;
use crate::failure::Failure;

/// A change that an account asks for in its own name.
pub(crate) trait Business: ChangeRequest + Send + 'static {
    /// Its call, with its service.
    const PATH: &'static str;
    /// What the transaction is.
    const KIND: PayloadKind;

    /// Its transaction, unsigned.
    fn draft(self, desk: &Desk, asked: Asked) -> impl Future<Output = Result<Made, Failure>> + Send;

    /// The name of its call alone.
    fn method() -> &'static str {
        Self::PATH.rsplit('/').next().unwrap_or(Self::PATH)
    }
}

impl Desk {
    /// Does a change with a key that is hosted, or says what became of the one that was submitted under its id.
    pub(crate) async fn act<M: Business>(self: &Arc<Self>, request: Request<M>) -> Result<(Asked, Done), Failure> {
        let (asked, message) = self.ask(M::method(), request).await?;
        let done = self.change(asked, || message.draft(self, asked)).await?;
        Ok((asked, done))
    }
}
