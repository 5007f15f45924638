//! GetPeers, ListOffences: who is linked, and who contradicted himself.

use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::shell::peer_table::PeerView;

/// Most offences of one answer.
const MAX_OFFENCES: usize = 1_000;

impl NodeGateway {
    pub(super) fn peers(&self) -> GetPeersResponse {
        let peers = self.inner.peers.list().into_iter().map(link).collect();
        GetPeersResponse { read_context: Some(self.context()), peers }
    }

    pub(super) async fn offences(&self, request: ListOffencesRequest) -> Result<ListOffencesResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let mut offences = self.read(move |reader| reader.offences(MAX_OFFENCES).map_err(errors::store)).await?;
        offences.sort_by_key(|offence| offence.recorded);
        let offences = offences.iter().map(Into::into).collect();
        Ok(ListOffencesResponse { read_context: Some(self.context()), offences })
    }
}

fn link(view: PeerView) -> PeerLink {
    let ledger = match view.said.same_ledger {
        None => LedgerAgreement::Unspecified,
        Some(true) => LedgerAgreement::Same,
        Some(false) => LedgerAgreement::Differs,
    };
    PeerLink {
        peer: view.id.0,
        linked: view.linked,
        banned: view.banned,
        height: view.said.height.map(|height| height.0),
        ledger: ledger.into(),
    }
}
