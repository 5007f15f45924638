//! GetBlock.

use ledger_types::{Canonical, Height};
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};

impl NodeGateway {
    pub(super) async fn block(&self, request: GetBlockRequest) -> Result<GetBlockResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let tip = self.inner.reader.tip().height;
        let height = if request.height == 0 { tip } else { Height(request.height) };
        let frame = self.read(move |reader| reader.frame(height).map_err(errors::store)).await?;
        let frame = frame.ok_or_else(|| errors::not_found("block"))?;
        let header = &frame.block.header;
        let ids = frame.block.txs.iter().map(|t| t.envelope.tx_id().0.to_vec()).collect();
        Ok(GetBlockResponse {
            read_context: Some(self.context()),
            block_id: header.block_id().0.to_vec(),
            header: Some(header.into()),
            header_canonical: header.to_canonical(),
            certificate: Some((&frame.certificate).into()),
            state_root: frame.state_root.0.to_vec(),
            tx_ids: ids,
            transactions: if request.include_transactions {
                frame.block.txs.iter().map(Canonical::to_canonical).collect()
            } else {
                Vec::new()
            },
            receipts: if request.include_receipts {
                frame.receipts.iter().map(Into::into).collect()
            } else {
                Vec::new()
            },
            changes: if request.include_changes { frame.changes.to_canonical() } else { Vec::new() },
        })
    }
}
