//! The fate of changes.

use std::sync::Arc;

use ledger_types::{AccountId, RequestId, RequestScope};
use proto::convert::field;
use proto::invoice::v1 as pb;
use proto::invoice::v1::operation_service_server::OperationService;
use sdk::{Fate, Subject};
use tonic::{Request, Response, Status};

use crate::desk::Desk;
use crate::failure::Failure;

/// `taxchain.invoice.v1.OperationService`.
pub(crate) struct Operations(pub(crate) Arc<Desk>);

#[tonic::async_trait]
impl OperationService for Operations {
    async fn get_operation(
        &self,
        request: Request<pb::GetOperationRequest>,
    ) -> Result<Response<pb::GetOperationResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let (caller, stamp) = self.0.read(&extensions, message.acting_account, message.read_options).await?;
        let request = field::request_id(&message.request_id, "request_id").map_err(Failure::from)?;
        let fate = self.0.fate_of(caller.account, request).await?;
        let fate = Some((&fate).into());
        Ok(Response::new(pb::GetOperationResponse { read_context: Some((&stamp).into()), fate }))
    }
}

impl Desk {
    /// The fate of a request id of an account. What went through here is known by its bytes: a claim has the scope of
    /// its token's key, and an unsent change is pending, not unknown.
    pub(crate) async fn fate_of(&self, account: AccountId, request: RequestId) -> Result<Fate, Failure> {
        let Some(entry) = self.store.outbox(account, request).await? else {
            let subject = Subject::Request(RequestScope(u64::from(account.0)), request);
            return Ok(self.node.fate(subject, None).await?);
        };
        let mut fate = self.node.fate(Subject::Tx(entry.signed.id), Some(entry.signed.valid_until_ms)).await?;
        if matches!(fate.state, sdk::FateState::Unknown) {
            fate = Fate {
                tx_id: Some(entry.signed.id),
                request: Some((entry.signed.scope, request)),
                state: sdk::FateState::Pending,
            };
        }
        Ok(fate)
    }
}
