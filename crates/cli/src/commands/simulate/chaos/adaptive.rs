//! The drill in which the chain raises itself with its proposer dead, and lowers itself again.

use std::time::{Duration, Instant};

use ledger_types::{
    AdaptivePolicy, BlockId, ConsensusKind, Epoch, Evidence, GovernanceChange, Height, Payload, VoteBody,
};
use sdk::{FateState, sign_plain};
use tokio::time::sleep;

use super::drills::{Ground, wrong};
use crate::failure::Failure;

/// The others must have agreed for so long before the chain lowers itself.
const LOWER_AFTER: Duration = Duration::from_secs(12);
/// The chain must have raised itself by then; the same to lower, beyond the wait.
const PATIENCE: Duration = Duration::from_secs(45);
/// A round that no validator came to.
const FAR_ROUND: u32 = 1_000;

impl Ground<'_> {
    /// The proposer is killed for good and its key contradicts itself: the chain raises itself without it, and lowers
    /// itself once the rest has agreed for the time that the policy sets.
    pub(super) async fn adapted(&mut self) -> Result<String, Failure> {
        let all = self.validators().await?;
        self.change(GovernanceChange::Consensus(ConsensusKind::Adaptive)).await?;
        let lower_after_ms = u64::try_from(LOWER_AFTER.as_millis()).ok();
        self.change(GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at: 1, lower_after_ms }))).await?;
        let victim = self.proposer().await?;
        let began = Instant::now();
        self.town.kill(victim)?;
        self.betray(victim).await?;
        let raised = self.until(victim, ConsensusKind::Bft, PATIENCE).await?;
        let (raise_ms, gap) = (began.elapsed().as_millis(), self.load.longest_gap(began));
        let lowered = self.until(victim, ConsensusKind::Adaptive, LOWER_AFTER + PATIENCE).await?;
        if self.validators().await?.validators.len() + 1 != all.validators.len() {
            return Err(wrong("the validator that contradicted itself is still there"));
        }
        let committed = self.load.committed_since(began);
        self.town.start_one(victim).await?;
        self.agree().await?;
        self.change(GovernanceChange::Validators(all)).await?;
        self.change(GovernanceChange::Adaptive(None)).await?;
        self.change(GovernanceChange::Consensus(ConsensusKind::Bft)).await?;
        Ok(format!(
            "node {} killed as proposer and found out: Byzantine from height {} after {raise_ms} ms, adaptive again from \
             {}; {committed} committed meanwhile, longest time without a verdict {} ms; the node is back",
            victim + 1,
            raised.first,
            lowered.first,
            gap.as_millis()
        ))
    }

    /// Who proposed the newest block: places in the set are those of the nodes.
    async fn proposer(&self) -> Result<u16, Failure> {
        let height = self.town.best().await;
        let block = self.town.clients[0].block_answer(height).await?;
        block.map(|b| b.header.proposer).ok_or_else(|| wrong("the newest block is gone"))
    }

    /// Two votes with the key of a dead node, handed in at another one.
    async fn betray(&mut self, victim: u16) -> Result<(), Failure> {
        let key = self.town.vote_key(victim)?;
        let client = &self.town.clients[usize::from((victim + 1) % self.town.len())];
        let chain = client.chain_id();
        let epoch = client.governance(None).await?.map(|g| g.epoch).ok_or_else(|| wrong("the chain has no epoch"))?;
        let height = client.stamp().await?.height;
        let vote = |id| {
            let (block_id, step) = (BlockId([id; 33]), VoteBody::PRECOMMIT);
            let body = VoteBody { epoch: epoch.number, kind: epoch.kind, step, height, round: FAR_ROUND, block_id };
            key.sign_vote(&chain, &body).map(|signature| (body, signature)).map_err(Failure::general)
        };
        let evidence = Evidence::of_votes(key.public_key(), vote(1)?, vote(2)?);
        let payload = Payload::ReportMisbehaviour(Box::new(evidence));
        let frame = client.new_frame(client.genesis().areas[0])?;
        let tx = sign_plain(&frame, payload, &[&self.town.bureau()?]).map_err(sdk::ClientError::from)?;
        let fate = client.submit_and_wait(&tx).await?;
        match fate.state {
            FateState::Committed(_) => Ok(()),
            _ => Err(Failure::of_fate(&fate).unwrap_or_else(|| wrong("the evidence was not taken"))),
        }
    }

    /// Waits until all but the dead one agree in this kind of consensus; the epoch.
    async fn until(&self, dead: u16, kind: ConsensusKind, patience: Duration) -> Result<Epoch, Failure> {
        let began = Instant::now();
        loop {
            let mut seen = Vec::new();
            for (place, client) in (0u16..).zip(&self.town.clients) {
                if place != dead {
                    seen.extend(client.governance(None).await?.map(|g| g.epoch));
                }
            }
            if seen.iter().all(|epoch| epoch.kind == kind) {
                let newest = seen.into_iter().max_by_key(|epoch| epoch.number);
                return newest.ok_or_else(|| wrong("nobody runs"));
            }
            if began.elapsed() > patience {
                let kinds: Vec<(Height, ConsensusKind)> = seen.iter().map(|e| (e.first, e.kind)).collect();
                return Err(wrong(format!("the chain does not come to {kind:?}: {kinds:?}")));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}
