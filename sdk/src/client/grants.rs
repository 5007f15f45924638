//! Grants, inspections, orders of erasure.

use ledger_types::{Address, Erasure, ErasureId, Grant, GrantId, Inspection, InspectionId};
use proto::node::v1::{GrantSide, ListErasuresRequest, ListGrantsRequest, ListInspectionsRequest};

use super::NodeClient;
use crate::error::ClientError;

/// Pages asked for at most: no node keeps a client busy for ever.
const PAGES: usize = 64;

impl NodeClient {
    /// The grants that an address gave, by rising id; also such as have ended.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn grants_by(&self, address: Address) -> Result<Vec<(GrantId, Grant)>, ClientError> {
        self.grants(address, GrantSide::Given).await
    }

    /// The grants that were given to an address, by giver; also such as have ended.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn grants_to(&self, address: Address) -> Result<Vec<(GrantId, Grant)>, ClientError> {
        self.grants(address, GrantSide::Received).await
    }

    async fn grants(&self, address: Address, side: GrantSide) -> Result<Vec<(GrantId, Grant)>, ClientError> {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let request = ListGrantsRequest {
                address: address.0.to_vec(),
                side: side.into(),
                page_token,
                read_options: Some(self.options()),
            };
            let answer = self.wire.clone().list_grants(request).await.map_err(ClientError::from_status)?.into_inner();
            self.hear(answer.read_context.as_ref())?;
            for grant in answer.grants {
                found.push(grant.try_into().map_err(ClientError::from_convert)?);
            }
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Inspections of bureaus, by rising id; also such as have ended.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn inspections(&self) -> Result<Vec<(InspectionId, Inspection)>, ClientError> {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let request = ListInspectionsRequest { page_token, read_options: Some(self.options()) };
            let answer =
                self.wire.clone().list_inspections(request).await.map_err(ClientError::from_status)?.into_inner();
            self.hear(answer.read_context.as_ref())?;
            for inspection in answer.inspections {
                found.push(inspection.try_into().map_err(ClientError::from_convert)?);
            }
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Orders of erasure by rising id, each with whether the node has none of it on its disk any more.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn erasures(&self) -> Result<Vec<(ErasureId, Erasure, bool)>, ClientError> {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let request = ListErasuresRequest { page_token, read_options: Some(self.options()) };
            let answer = self.wire.clone().list_erasures(request).await.map_err(ClientError::from_status)?.into_inner();
            self.hear(answer.read_context.as_ref())?;
            for one in answer.erasures {
                let done = one.carried_out;
                let (id, erasure) = one.try_into().map_err(ClientError::from_convert)?;
                found.push((id, erasure, done));
            }
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}
