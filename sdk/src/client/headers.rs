//! Headers and certificates.

use ledger_types::{BlockAnswer, Canonical, CommitCertificate, Header, Height};
use proofs::HeaderEntry;
use proto::convert::field;
use proto::node::v1::{GetBlockRequest, GetHeadersRequest};

use super::NodeClient;
use crate::error::ClientError;

impl NodeClient {
    /// Headers from a height on, unchecked; fewer than `most` (at most 500) only at the end of the chain.
    pub async fn headers(&self, from: Height, most: usize) -> Result<Vec<HeaderEntry>, ClientError> {
        let page_size = i32::try_from(most).unwrap_or(i32::MAX);
        let request = GetHeadersRequest { from_height: from.0, page_size, read_options: Some(self.options()) };
        let answer = self.wire.clone().get_headers(request).await.map_err(ClientError::from_status)?.into_inner();
        self.hear(answer.read_context.as_ref())?;
        answer.headers.into_iter().take(most).map(entry).collect()
    }

    /// What the node says of a height, unchecked; `None` if it has no such block.
    pub async fn block_answer(&self, height: Height) -> Result<Option<BlockAnswer>, ClientError> {
        let request = GetBlockRequest {
            height: height.0,
            read_options: Some(self.options()),
            include_transactions: false,
            include_receipts: false,
            include_changes: false,
        };
        let answer = match self.wire.clone().get_block(request).await {
            Err(status) if status.code() == tonic::Code::NotFound => return Ok(None),
            Err(status) => return Err(ClientError::from_status(status)),
            Ok(answer) => answer.into_inner(),
        };
        self.hear(answer.read_context.as_ref())?;
        let certificate = field::message(answer.certificate, "certificate").map_err(ClientError::from_convert)?;
        let header = canonical("header", &answer.header_canonical)?;
        let state_root = field::bytes(&answer.state_root, "state_root").map_err(ClientError::from_convert)?;
        Ok(Some(BlockAnswer { header, certificate, state_root: ledger_types::Digest(state_root) }))
    }
}

fn canonical<T: Canonical>(what: &'static str, bytes: &[u8]) -> Result<T, ClientError> {
    T::from_canonical(bytes).map_err(|e| ClientError::BadAnswer { what, why: e.to_string() })
}

fn entry(message: proto::node::v1::HeaderEntry) -> Result<HeaderEntry, ClientError> {
    fn there<T: Canonical>(what: &'static str, bytes: &[u8]) -> Result<Option<T>, ClientError> {
        if bytes.is_empty() { Ok(None) } else { canonical(what, bytes).map(Some) }
    }
    Ok(HeaderEntry {
        header: canonical::<Header>("header", &message.header)?,
        certificate: canonical::<CommitCertificate>("certificate", &message.certificate)?,
        next_validators: there("next_validators", &message.next_validators)?,
        approval: there("approval", &message.approval)?,
    })
}
