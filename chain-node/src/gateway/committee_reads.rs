//! GetCommittee.

use ledger_types::{AcceptedEpochs, Canonical};
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::queries::committee;

impl NodeGateway {
    pub(super) async fn committee(&self, request: GetCommitteeRequest) -> Result<GetCommitteeResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let (view, handovers) = self
            .read(move |reader| {
                let view = committee::committee(reader).map_err(errors::store)?;
                let handovers = match request.with_proofs {
                    true => committee::handovers(reader, &view.past).map_err(errors::store)?,
                    false => Vec::new(),
                };
                Ok((view, handovers))
            })
            .await?;
        Ok(GetCommitteeResponse {
            read_context: Some(self.context()),
            committee: view.rules.committee.as_ref().map(Into::into),
            next: view.rules.next.as_ref().map(Into::into),
            past: view.past.iter().map(Into::into).collect(),
            accepted: Some((&AcceptedEpochs { epochs: view.rules.accepted }).into()),
            held: self.inner.committee_keys.epochs(),
            proofs: handovers.iter().map(Canonical::to_canonical).collect(),
        })
    }
}
