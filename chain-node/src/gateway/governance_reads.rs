//! GetGovernance: the chain's own rules, and proposals to change them.

use ledger_types::{Adaptive, Governance, Proposal, ProposalId, RegistryKey, RegistryValue};
use proto::node::v1::*;
use storage::Reader;
use tonic::Status;

use super::{NodeGateway, errors};

/// Most proposals of one answer.
const MAX_PROPOSALS: u64 = 100;

impl NodeGateway {
    pub(super) async fn governance(&self, request: GetGovernanceRequest) -> Result<GetGovernanceResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let genesis = self.inner.genesis.consensus;
        let (regime, governance, adaptive, anchors, proposals) = self
            .read(move |reader| {
                let regime = ledger::regime(&reader.view(), genesis).map_err(|e| errors::internal(&e.0))?;
                let governance = match reader.registry(&RegistryKey::Governance).map_err(errors::store)? {
                    Some(RegistryValue::Governance(governance)) => governance,
                    _ => Governance::default(),
                };
                let adaptive: Option<Adaptive> = match reader.registry(&RegistryKey::Adaptive).map_err(errors::store)? {
                    Some(RegistryValue::Adaptive(adaptive)) => Some(adaptive),
                    _ => None,
                };
                let anchors = match reader.registry(&RegistryKey::TrustAnchors).map_err(errors::store)? {
                    Some(RegistryValue::TrustAnchors(anchors)) => Some(anchors),
                    _ => None,
                };
                let last = governance.next.0.saturating_sub(1);
                let wanted = match request.proposal {
                    Some(id) => id..=id,
                    None => last.saturating_sub(MAX_PROPOSALS - 1).max(1)..=last,
                };
                let found: Result<Vec<Proposal>, Status> =
                    wanted.rev().filter_map(|id| proposal(reader, ProposalId(id)).transpose()).collect();
                Ok((regime, governance, adaptive, anchors, found?))
            })
            .await?;
        if request.proposal.is_some() && proposals.is_empty() {
            return Err(errors::not_found("proposal"));
        }
        Ok(GetGovernanceResponse {
            read_context: Some(self.context()),
            epoch: Some((&regime.epoch).into()),
            validators: Some((&regime.validators).into()),
            params: Some((&regime.params).into()),
            governance: Some((&governance).into()),
            proposals: proposals.iter().map(Into::into).collect(),
            adaptive: adaptive.as_ref().map(Into::into),
            trust_anchors: anchors.as_ref().map(Into::into),
            switch_requests: self.inner.metrics.switch_requests(),
        })
    }
}

fn proposal(reader: &Reader, id: ProposalId) -> Result<Option<Proposal>, Status> {
    match reader.registry(&RegistryKey::Proposal(id)).map_err(errors::store)? {
        Some(RegistryValue::Proposal(proposal)) => Ok(Some(*proposal)),
        _ => Ok(None),
    }
}
