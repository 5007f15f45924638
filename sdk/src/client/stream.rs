//! Following the chain.

use ledger_types::{BlockTime, Canonical, ChangeSet, Height, Receipt, Transaction};
use proto::node::v1::{SubscribeRequest, SubscribeResponse};
use tokio_stream::{Stream, StreamExt};

use super::NodeClient;
use crate::error::ClientError;

/// One block's changes. Heights come without a gap.
#[derive(Clone, Debug)]
pub struct BlockChanges {
    /// The height.
    pub height: Height,
    /// Every height up to this one is final and was delivered.
    pub complete_to: Height,
    /// Block time.
    pub time: BlockTime,
    /// Every change of the block.
    pub changes: ChangeSet,
    /// Its transactions, if asked for.
    pub transactions: Vec<Transaction>,
    /// Its receipts (begin-block tasks first), if asked for.
    pub receipts: Vec<Receipt>,
}

impl NodeClient {
    /// Every block's changes from a height on, then as they are committed. To resume after a break, ask from the last
    /// height received plus one.
    pub async fn subscribe(
        &self,
        from: Height,
        with_transactions: bool,
    ) -> Result<impl Stream<Item = Result<BlockChanges, ClientError>> + Send + Unpin + use<>, ClientError> {
        let request = SubscribeRequest {
            from_height: from.0,
            chain_id: self.shared.chain.0.to_vec(),
            structured_kinds: Vec::new(),
            include_transactions: with_transactions,
            include_receipts: with_transactions,
        };
        let mut call = tonic::Request::new(request);
        call.set_timeout(std::time::Duration::from_secs(24 * 3_600));
        let stream = self.wire.clone().subscribe(call).await.map_err(ClientError::from_status)?.into_inner();
        Ok(stream.map(|message| read(message.map_err(ClientError::from_status)?)))
    }
}

fn read(message: SubscribeResponse) -> Result<BlockChanges, ClientError> {
    let bad =
        |what: &'static str| move |e: ledger_types::CanonicalError| ClientError::BadAnswer { what, why: e.to_string() };
    Ok(BlockChanges {
        height: Height(message.height),
        complete_to: Height(message.complete_to),
        time: BlockTime(u64::try_from(message.time_ms).unwrap_or(0)),
        changes: ChangeSet::from_canonical(&message.changes).map_err(bad("changes"))?,
        transactions: message
            .transactions
            .iter()
            .map(|bytes| Transaction::from_canonical(bytes).map_err(bad("transaction")))
            .collect::<Result<_, _>>()?,
        receipts: message
            .receipts
            .iter()
            .map(|bytes| Receipt::from_canonical(bytes).map_err(bad("receipt")))
            .collect::<Result<_, _>>()?,
    })
}
