//! One validator: every block it builds is final, with its own vote as certificate.

use std::collections::BTreeSet;

use crypto::SigningKey;
use ledger_types::{BlockId, ChainId, CommitCertificate, ConsensusKind, Height, VoteBody};

use super::{ConsensusEngine, EngineMessage, EngineStopped, Out, TimerKey};

/// The engine of a chain with one validator (a development chain, or stage one of a bureau).
pub struct SoloEngine {
    chain: ChainId,
    epoch: u64,
    /// None on a node that only follows.
    key: Option<SigningKey>,
    height: Height,
    /// The view of the block being built, if one is.
    building: Option<u64>,
    next_view: u64,
}

impl SoloEngine {
    /// Signs with the validator's voting key.
    pub fn new(chain: ChainId, key: SigningKey) -> Self {
        Self::in_epoch(chain, 0, Some(key))
    }

    /// The engine of a later epoch; without the key it only watches.
    pub fn in_epoch(chain: ChainId, epoch: u64, key: Option<SigningKey>) -> Self {
        Self { chain, epoch, key, height: Height(0), building: None, next_view: 0 }
    }
}

impl ConsensusEngine for SoloEngine {
    fn kind(&self) -> ConsensusKind {
        ConsensusKind::Solo
    }

    fn start(
        &mut self,
        height: Height,
        _parent: BlockId,
        _absent: &BTreeSet<u16>,
        _out: &mut Vec<Out>,
    ) -> Result<(), EngineStopped> {
        self.height = height;
        self.building = None;
        Ok(())
    }

    fn on_wanted(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        if self.building.is_none() && self.key.is_some() {
            self.building = Some(self.next_view);
            out.push(Out::Build { height: self.height, view: self.next_view });
            self.next_view += 1;
        }
        Ok(())
    }

    fn on_message(&mut self, _: u16, _: EngineMessage, _: &mut Vec<Out>) -> Result<(), EngineStopped> {
        Ok(())
    }

    fn on_timer(&mut self, _: TimerKey, _: &mut Vec<Out>) -> Result<(), EngineStopped> {
        Ok(())
    }

    fn on_built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let Some(key) = self.key.as_ref().filter(|_| self.building == Some(view)) else {
            return Ok(());
        };
        let mut certificate = CommitCertificate {
            version: CommitCertificate::VERSION,
            epoch: self.epoch,
            kind: ConsensusKind::Solo,
            height: self.height,
            round: 0,
            block_id: id,
            bitmap: vec![1],
            signatures: Vec::new(),
        };
        let vote: VoteBody = certificate.vote();
        let signature = key
            .sign_vote(&self.chain, &vote)
            .map_err(|e| EngineStopped { height: self.height, what: format!("the voting key cannot sign: {e}") })?;
        certificate.signatures.push(signature);
        self.building = None;
        out.push(Out::Commit { id, certificate });
        Ok(())
    }

    fn on_validated(&mut self, _: BlockId, _: bool, _: &mut Vec<Out>) -> Result<(), EngineStopped> {
        Ok(())
    }
}
