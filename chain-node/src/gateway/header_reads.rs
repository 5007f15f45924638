//! GetHeaders.

use ledger_types::{Canonical, Height};
use proofs::HeaderEntry as Entry;
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::queries::headers;

impl NodeGateway {
    pub(super) async fn headers(&self, request: GetHeadersRequest) -> Result<GetHeadersResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        if request.from_height == 0 {
            return Err(errors::invalid("from_height", "be 1 or more"));
        }
        let count = proto::page_size(request.page_size).map_err(errors::convert)?;
        let from = Height(request.from_height);
        let found = self.read(move |reader| headers::range(reader, from, count).map_err(errors::headers)).await?;
        Ok(GetHeadersResponse { read_context: Some(self.context()), headers: found.iter().map(message).collect() })
    }
}

fn message(entry: &Entry) -> HeaderEntry {
    HeaderEntry {
        header: entry.header.to_canonical(),
        certificate: entry.certificate.to_canonical(),
        next_validators: entry.next_validators.as_ref().map(Canonical::to_canonical).unwrap_or_default(),
        approval: entry.approval.as_ref().map(Canonical::to_canonical).unwrap_or_default(),
    }
}
