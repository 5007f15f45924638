//! GetProof: takes the path now, waits for the next header, hands out the file.

use ledger_types::Slot;
use proto::node::v1::*;
use tonic::Status;

use super::submit::MAX_HEIGHT_WAIT;
use super::{NodeGateway, errors};
use crate::queries::proofs;

impl NodeGateway {
    pub(super) async fn proof(&self, request: GetProofRequest) -> Result<GetProofResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let slot = Slot(request.slot);
        let pending = self.read(move |reader| proofs::begin(reader, slot).map_err(errors::proof)).await?;
        let needed = pending.needs();
        let mut committed = self.inner.committed.clone();
        let reached =
            matches!(tokio::time::timeout(MAX_HEIGHT_WAIT, committed.wait_for(|h| *h >= needed)).await, Ok(Ok(_)));
        if !reached {
            return Err(errors::not_provable_yet(needed));
        }
        let open = request.open_sections;
        let proof =
            self.read(move |reader| proofs::complete(reader, slot, pending, open).map_err(errors::proof)).await?;
        Ok(GetProofResponse { read_context: Some(self.context()), proof })
    }
}
