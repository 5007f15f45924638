//! Which chain, at which height: checked and reported by every read.

use std::time::Duration;

use ledger_types::Height;
use proto::convert::{ReadOptions, ReadStamp};
use proto::types::v1 as pb;
use tonic::Status;

use super::submit::MAX_HEIGHT_WAIT;
use super::{NodeGateway, errors};

impl NodeGateway {
    /// Refuses a caller that means another chain.
    pub(super) fn check_chain(&self, chain_id: &[u8]) -> Result<(), Status> {
        if chain_id.is_empty() || chain_id == self.inner.chain.as_bytes() {
            return Ok(());
        }
        Err(proto::status::wrong_chain(&self.inner.chain))
    }

    /// Checks the chain, and waits until the caller's own write can be read.
    pub(super) async fn at_height(&self, options: Option<&pb::ReadOptions>) -> Result<(), Status> {
        let options = ReadOptions::read(options.cloned()).map_err(errors::convert)?;
        if options.chain_id.is_some_and(|c| c != self.inner.chain) {
            return Err(proto::status::wrong_chain(&self.inner.chain));
        }
        let Some(min) = options.min_height else { return Ok(()) };
        let mut committed = self.inner.committed.clone();
        let wait = MAX_HEIGHT_WAIT.min(Duration::from_millis(self.inner.limits.default_deadline_ms));
        match tokio::time::timeout(wait, committed.wait_for(|h| *h >= min)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(errors::stopping()),
            Err(_) => Err(errors::height_not_reached(min)),
        }
    }

    /// The state that answers now.
    pub(super) fn context(&self) -> pb::ReadContext {
        let tip = self.inner.reader.tip();
        let time = if tip.height == Height(0) { self.inner.genesis.time } else { tip.time };
        // Every block is stored with its certificate; height 0 is the genesis document itself.
        let stamp = ReadStamp {
            chain_id: self.inner.chain,
            height: tip.height,
            state_root: tip.state_root,
            finalized: true,
            time,
        };
        (&stamp).into()
    }
}
