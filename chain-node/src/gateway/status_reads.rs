//! GetStatus, GetGenesis, SetClock.

use ledger_types::{BlockTime, Canonical, Envelope, RegistryKey, RegistryValue};
use proto::node::v1::*;
use tokio::sync::oneshot;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::shell::core_thread::Command;

impl NodeGateway {
    pub(super) async fn status(&self, request: GetStatusRequest) -> Result<GetStatusResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let genesis = self.inner.genesis.clone();
        let areas = genesis.areas.clone();
        let books_of = areas.clone();
        let kind = genesis.consensus;
        let (slots, rule_books, regime) = self
            .read(move |reader| {
                let get = |key| reader.registry(&key).map_err(errors::store);
                let slots = match get(RegistryKey::Counters)? {
                    Some(RegistryValue::Counters(c)) => c.slot.0,
                    _ => 0,
                };
                let mut books = Vec::with_capacity(books_of.len());
                for area in books_of {
                    books.push(match get(RegistryKey::RuleBookHead(area))? {
                        Some(RegistryValue::RuleBookHead(head)) => head.active,
                        _ => 0,
                    });
                }
                let regime = ledger::regime(&reader.view(), kind).map_err(|e| errors::internal(&e.0))?;
                Ok((slots, books, regime))
            })
            .await?;
        let tip = self.inner.reader.tip();
        let (mempool_txs, mempool_bytes) = self.waiting_size();
        let mut out = GetStatusResponse {
            read_context: Some(self.context()),
            chain_name: genesis.name.clone(),
            block_id: if tip.header.is_some() { tip.block_id.0.to_vec() } else { Vec::new() },
            state_roots: tip.roots.0.iter().map(|r| r.0.to_vec()).collect(),
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_version: regime.epoch.protocol,
            format_version: u32::from(Envelope::VERSION),
            mempool_txs,
            mempool_bytes,
            slots,
            areas: areas.iter().map(|a| u32::from(a.0)).collect(),
            params: Some((&regime.params).into()),
            rule_books,
            serving: self.is_serving(),
            certificate_until: i64::try_from(self.certificate_until()).unwrap_or(i64::MAX),
            ..Default::default()
        };
        out.set_clock(genesis.clock.into());
        out.set_consensus(regime.epoch.kind.into());
        Ok(out)
    }

    pub(super) async fn genesis(&self) -> Result<GetGenesisResponse, Status> {
        let genesis = &self.inner.genesis;
        Ok(GetGenesisResponse {
            chain_id: self.inner.chain.0.to_vec(),
            canonical: genesis.to_canonical(),
            genesis: Some(genesis.into()),
        })
    }

    pub(super) async fn drive_clock(&self, request: SetClockRequest) -> Result<SetClockResponse, Status> {
        self.check_chain(&request.chain_id)?;
        let time = u64::try_from(request.time_ms).map_err(|_| errors::invalid("time_ms", "before 1970"))?;
        let tip = self.inner.reader.tip();
        if time < tip.time.0 {
            return Err(errors::clock_backwards());
        }
        let (done, reached) = oneshot::channel();
        let commands = self.inner.commands.clone();
        // The queue may be full for a moment: wait off the async threads.
        let sent = tokio::task::spawn_blocking(move || commands.send(Command::SetClock(BlockTime(time), done)).is_ok());
        if !sent.await.unwrap_or(false) {
            return Err(errors::stopping());
        }
        let reached = reached.await.map_err(|_| errors::stopping())?;
        let height = self.inner.reader.tip().height.0;
        Ok(SetClockResponse { time_ms: errors::wire_time(reached), height })
    }
}
