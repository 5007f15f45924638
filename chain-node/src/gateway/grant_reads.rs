//! ListGrants, ListInspections, ListErasures.

use ledger_types::{Address, ErasureId, Grant, GrantId, GrantRef, Height, InspectionId, RegistryKey, RegistryValue};
use proto::convert::field;
use proto::node::v1::*;
use proto::types::v1 as types;
use storage::Reading;
use tonic::Status;

use super::{NodeGateway, errors};

/// Most grants of one page, if one giver's list does not go beyond it.
const PAGE: usize = 256;
/// Most inspections, and orders of erasure, of one page.
const INSPECTIONS: usize = 100;

impl NodeGateway {
    pub(super) async fn grants(&self, request: ListGrantsRequest) -> Result<ListGrantsResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let address = field::address(&request.address, "address").map_err(errors::convert)?;
        let first = match request.page_token.as_str() {
            "" => Address::ZERO,
            token => token.parse().map_err(|_| errors::page_token())?,
        };
        let side = GrantSide::try_from(request.side).unwrap_or(GrantSide::Unspecified);
        let (found, next) = match side {
            GrantSide::Unspecified => return Err(errors::invalid("side", "given or received")),
            GrantSide::Given => (self.read(move |reader| given(&reader.now(), address)).await?, None),
            GrantSide::Received => self.read(move |reader| received(&reader.now(), address, first)).await?,
        };
        let wire =
            |(id, grant): (GrantId, Grant)| types::GivenGrant { id: Some(id.into()), grant: Some((&grant).into()) };
        Ok(ListGrantsResponse {
            read_context: Some(self.context()),
            grants: found.into_iter().map(wire).collect(),
            next_page_token: next.map(|next: Address| next.to_string()).unwrap_or_default(),
        })
    }

    pub(super) async fn inspections(&self, request: ListInspectionsRequest) -> Result<ListInspectionsResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let first = match request.page_token.as_str() {
            "" => InspectionId { height: Height(0), tx: 0 },
            token => token.parse().map_err(|_| errors::page_token())?,
        };
        let mut found =
            self.read(move |reader| reader.inspections(first, INSPECTIONS + 1).map_err(errors::store)).await?;
        let next = found.get(INSPECTIONS).map(|(id, _)| id.to_string());
        found.truncate(INSPECTIONS);
        Ok(ListInspectionsResponse {
            read_context: Some(self.context()),
            inspections: found
                .iter()
                .map(|(id, inspection)| types::OpenedInspection {
                    id: Some((*id).into()),
                    inspection: Some(inspection.into()),
                })
                .collect(),
            next_page_token: next.unwrap_or_default(),
        })
    }
}

impl NodeGateway {
    pub(super) async fn erasures(&self, request: ListErasuresRequest) -> Result<ListErasuresResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let first = match request.page_token.as_str() {
            "" => ErasureId { height: Height(0), tx: 0 },
            token => token.parse().map_err(|_| errors::page_token())?,
        };
        let list = move |reader: &storage::Reader| {
            // Asked first: what is carried out meanwhile is told the next time.
            let done = reader.erased_to();
            reader.erasures(first, INSPECTIONS + 1).map(|found| (done, found)).map_err(errors::store)
        };
        let (done, mut found) = self.read(list).await?;
        let next = found.get(INSPECTIONS).map(|(id, _)| id.to_string());
        found.truncate(INSPECTIONS);
        let wire = |(id, erasure): &(ErasureId, ledger_types::Erasure)| types::OrderedErasure {
            id: Some((*id).into()),
            erasure: Some(erasure.into()),
            carried_out: Some(*id) <= done,
        };
        Ok(ListErasuresResponse {
            read_context: Some(self.context()),
            erasures: found.iter().map(wire).collect(),
            next_page_token: next.unwrap_or_default(),
        })
    }
}

fn given(state: &Reading, from: Address) -> Result<Vec<(GrantId, Grant)>, Status> {
    match state.registry(&RegistryKey::GrantsBy(from)).map_err(errors::store)? {
        Some(RegistryValue::GrantsBy(list)) => grants(state, &list.grants),
        _ => Ok(Vec::new()),
    }
}

/// Whole lists of givers from `first` on, as many as fit on a page, and the giver whose list does not.
type Received = (Vec<(GrantId, Grant)>, Option<Address>);

fn received(state: &Reading, to: Address, first: Address) -> Result<Received, Status> {
    let mut found = Vec::new();
    for (giver, list) in state.grants_to(to, first, PAGE + 1).map_err(errors::store)? {
        if !found.is_empty() && found.len() + list.grants.len() > PAGE {
            return Ok((found, Some(giver)));
        }
        found.extend(grants(state, &list.grants)?);
    }
    Ok((found, None))
}

fn grants(state: &Reading, list: &[GrantRef]) -> Result<Vec<(GrantId, Grant)>, Status> {
    let one = |entry: &GrantRef| match state.registry(&RegistryKey::Grant(entry.id)).map_err(errors::store)? {
        Some(RegistryValue::Grant(grant)) => Ok((entry.id, grant)),
        _ => Err(errors::internal("a grant that is listed is missing")),
    };
    list.iter().map(one).collect()
}
