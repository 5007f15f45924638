//! Drills in which the chain's own rules change while it runs.

use std::time::{Duration, Instant};

use ledger_types::{ConsensusKind, GovernanceChange, Header, Height, Payload, RejectReason};
use sdk::{FateState, sign_plain};
use tokio::time::sleep;

use super::drills::{GAP, Ground, wrong};
use crate::failure::Failure;

/// A change holds from so many heights ahead.
const AHEAD: u64 = 30;
/// How often a change is proposed.
const TRIES: u32 = 3;
/// A change is in force within this time.
const PATIENCE: Duration = Duration::from_secs(60);

impl Ground<'_> {
    /// Byzantine to crash-fault and back, with a kill between.
    pub(super) async fn switched(&mut self) -> Result<String, Failure> {
        let began = Instant::now();
        let down = self.change(GovernanceChange::Consensus(ConsensusKind::CrashFault)).await?;
        self.holds(ConsensusKind::CrashFault).await?;
        let victim = self.anyone();
        self.town.kill(victim)?;
        sleep(Duration::from_secs(1)).await;
        self.town.start_one(victim).await?;
        self.agree().await?;
        let up = self.change(GovernanceChange::Consensus(ConsensusKind::Bft)).await?;
        self.holds(ConsensusKind::Bft).await?;
        let (committed, gap) = (self.load.committed_since(began), self.load.longest_gap(began));
        Ok(format!(
            "crash-fault from height {down}, Byzantine again from {up}; {committed} committed meanwhile, longest time \
             without a verdict {} ms",
            gap.as_millis()
        ))
    }

    /// One validator leaves, is killed as nobody's, and joins again: in crash-fault mode, because three are too few to
    /// bear a traitor.
    pub(super) async fn left_and_joined(&mut self) -> Result<String, Failure> {
        let began = Instant::now();
        let all = self.validators().await?;
        self.change(GovernanceChange::Consensus(ConsensusKind::CrashFault)).await?;
        let mut rest = all.clone();
        rest.validators.pop();
        let victim = self.town.len() - 1;
        let left = self.change(GovernanceChange::Validators(rest.clone())).await?;
        if self.validators().await? != rest {
            return Err(wrong("a validator left and is still there"));
        }
        self.town.kill(victim)?;
        let alone = Instant::now();
        sleep(Duration::from_secs(2)).await;
        let meanwhile = self.load.committed_since(alone);
        self.town.start_one(victim).await?;
        let joined = self.change(GovernanceChange::Validators(all.clone())).await?;
        if self.validators().await? != all || meanwhile == 0 {
            return Err(wrong(format!("{meanwhile} committed by the rest; the validator is not back")));
        }
        self.change(GovernanceChange::Consensus(ConsensusKind::Bft)).await?;
        Ok(format!(
            "node {} left at height {left}, {meanwhile} committed while it was down, joined at {joined}; {} committed in all",
            victim + 1,
            self.load.committed_since(began)
        ))
    }

    /// A roll to a new protocol: old software on all nodes, then new software on three, then the new rules. The node
    /// that was left behind stops where they begin and does not start again, until it is upgraded too.
    pub(super) async fn upgraded(&mut self) -> Result<String, Failure> {
        let (began, old, late) = (Instant::now(), Header::PROTOCOL, self.town.len() - 1);
        for place in 0..self.town.len() {
            self.roll(place, Some(old)).await?;
        }
        for place in 0..late {
            self.roll(place, None).await?;
        }
        let gap = self.load.longest_gap(began);
        let effective = self.propose(GovernanceChange::Protocol(Header::NEWEST_PROTOCOL)).await?;
        let patience = Instant::now();
        while self.town.is_running(late) {
            if patience.elapsed() > PATIENCE {
                return Err(wrong(format!("old software goes on after height {effective}")));
            }
            sleep(Duration::from_millis(50)).await;
        }
        let alone = Instant::now();
        if self.town.start_one(late).await.is_ok() {
            return Err(wrong("old software starts on a chain with newer rules"));
        }
        if !self.town.log(late)?.contains("needs protocol version") {
            return Err(wrong("the old node does not say what it lacks"));
        }
        sleep(GAP).await;
        let (meanwhile, without) = (self.load.committed_since(alone), self.load.longest_gap(alone));
        if meanwhile == 0 {
            return Err(wrong("nothing was committed without the old node"));
        }
        self.town.install(late, None)?;
        self.town.start_one(late).await?;
        let again = self.agree().await?;
        Ok(format!(
            "8 restarts, one after the other, longest time without a verdict {} ms; protocol {} from height {effective}; \
             node {} stopped there, would not start, and agreed {} ms after its upgrade; {meanwhile} committed without it, \
             longest time without a verdict {} ms",
            gap.as_millis(),
            Header::NEWEST_PROTOCOL,
            late + 1,
            again.as_millis(),
            without.as_millis()
        ))
    }

    async fn roll(&mut self, place: u16, known_protocol: Option<u32>) -> Result<(), Failure> {
        self.town.stop_one(place).await?;
        self.town.install(place, known_protocol)?;
        self.town.start_one(place).await?;
        self.agree().await.map(drop)
    }

    /// Proposes a change, which the bureau that operates all validators approves thereby, and waits until it holds.
    pub(super) async fn change(&mut self, change: GovernanceChange) -> Result<Height, Failure> {
        let effective = self.propose(change).await?;
        self.town.agree(effective.next()).await?;
        Ok(effective)
    }

    /// Proposes a change; from which height it will hold. Who came too late because the node was busy tries again.
    async fn propose(&mut self, change: GovernanceChange) -> Result<Height, Failure> {
        let (client, bureau) = (&self.town.clients[0], self.town.bureau()?);
        let area = client.genesis().areas[0];
        let mut tries = 0;
        loop {
            tries += 1;
            let effective = Height(self.town.best().await.0 + AHEAD);
            let payload = Payload::ProposeChange { change: change.clone(), effective };
            let tx = sign_plain(&client.new_frame(area)?, payload, &[&bureau]).map_err(sdk::ClientError::from)?;
            let fate = client.submit_and_wait(&tx).await?;
            match Failure::of_fate(&fate) {
                None if matches!(fate.state, FateState::Committed(_)) => return Ok(effective),
                Some(late) if tries < TRIES && late.reasons.contains(&RejectReason::EffectiveHeight.name()) => {}
                failure => return Err(failure.unwrap_or_else(|| wrong("a change was not proposed"))),
            }
        }
    }

    async fn holds(&self, kind: ConsensusKind) -> Result<(), Failure> {
        for client in &self.town.clients {
            let seen = client.governance(None).await?.map(|g| g.epoch.kind);
            if seen != Some(kind) {
                return Err(wrong(format!("a node agrees by {seen:?}, not by {kind:?}")));
            }
        }
        Ok(())
    }

    pub(super) async fn validators(&self) -> Result<ledger_types::ValidatorSet, Failure> {
        // One of them may be down.
        for client in &self.town.clients {
            if let Ok(Some(governance)) = client.governance(None).await {
                return Ok(governance.validators);
            }
        }
        Err(wrong("nobody says who the validators are"))
    }
}
