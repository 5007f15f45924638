//! What every engine must do with `n` of its kind. Each engine's tests run it unchanged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ledger_types::{
    BlockId, BlockTime, ChainId, CommitCertificate, ConsensusKind, Digest, Header, Height, ValidatorSet,
};

use super::{ConsensusEngine, EngineStopped, Out, TimerKey};

/// Answers one height may take before it counts as stuck.
const MAX_STEPS: usize = 100_000;

/// Engines on a perfect network, with the node around them played by the suite.
pub struct Suite<'a> {
    chain: ChainId,
    set: &'a ValidatorSet,
    engines: &'a mut [Box<dyn ConsensusEngine>],
    /// Blocks of this engine's are refused by all others, at even heights.
    refused: Option<usize>,
    outs: VecDeque<(usize, Out)>,
    /// Timers by the time at which they fire.
    timers: BTreeMap<(u64, usize, TimerKey), ()>,
    now: u64,
    built: Vec<Header>,
    decided: Vec<Option<BlockId>>,
}

impl<'a> Suite<'a> {
    /// One engine for each validator, in the order of the set.
    pub fn new(chain: ChainId, set: &'a ValidatorSet, engines: &'a mut [Box<dyn ConsensusEngine>]) -> Self {
        let decided = vec![None; engines.len()];
        let (outs, timers, built) = (VecDeque::new(), BTreeMap::new(), Vec::new());
        Self { chain, set, engines, refused: None, outs, timers, now: 0, built, decided }
    }

    /// At even heights all others refuse the blocks of engine `i`, so that another's must be decided.
    #[must_use]
    pub fn refusing(mut self, i: usize) -> Self {
        self.refused = Some(i);
        self
    }

    /// Runs `heights` heights and checks agreement, order and certificates.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run(mut self, heights: u64) -> Result<(), String> {
        let mut parent = BlockId::ZERO;
        for height in 1..=heights {
            parent = self.one_height(Height(height), parent)?;
        }
        Ok(())
    }

    fn one_height(&mut self, height: Height, parent: BlockId) -> Result<BlockId, String> {
        self.decided.fill(None);
        self.built.clear();
        for i in 0..self.engines.len() {
            self.step(i, |e, o| e.start(height, parent, &BTreeSet::new(), o))?;
            self.step(i, |e, o| e.on_wanted(o))?;
        }
        for _ in 0..MAX_STEPS {
            if let Some((i, out)) = self.outs.pop_front() {
                self.answer(i, out, height, parent)?;
            } else if self.decided.iter().all(Option::is_some) {
                break;
            } else if let Some(((at, i, key), ())) = self.timers.pop_first() {
                self.now = at;
                self.step(i, |e, o| e.on_timer(key, o))?;
            } else {
                break;
            }
        }
        match self.decided.first().copied().flatten() {
            Some(id) if self.decided.iter().all(|d| *d == Some(id)) => Ok(id),
            _ => Err(format!("no agreement at height {height}: {:?}", self.decided)),
        }
    }

    fn answer(&mut self, i: usize, out: Out, height: Height, parent: BlockId) -> Result<(), String> {
        match out {
            Out::Build { height: wanted, view } => {
                if wanted != height {
                    return Err(format!("engine {i} builds height {wanted}, not {height}"));
                }
                let block = self.header(height, view, parent, i);
                let id = block.block_id();
                self.built.push(block);
                self.step(i, |e, o| e.on_built(view, id, o))
            }
            Out::Validate { id, .. } => {
                let block = self.built.iter().find(|b| b.block_id() == id).ok_or("asks for a block nobody built")?;
                let bad = height.0.is_multiple_of(2) && self.refused == Some(usize::from(block.proposer));
                self.step(i, |e, o| e.on_validated(id, !bad, o))
            }
            Out::SetTimer(key, wait) => {
                self.timers.retain(|(_, j, k), ()| (*j, *k) != (i, key));
                self.timers.insert((self.now + wait, i, key), ());
                Ok(())
            }
            Out::CancelTimer(key) => {
                self.timers.retain(|(_, j, k), ()| (*j, *k) != (i, key));
                Ok(())
            }
            Out::Broadcast(m) => (0..self.engines.len())
                .filter(|to| *to != i)
                .try_for_each(|to| self.step(to, |e, o| e.on_message(i as u16, m.clone(), o))),
            Out::Send(to, m) => self.step(usize::from(to), |e, o| e.on_message(i as u16, m, o)),
            Out::Commit { id, certificate } => {
                self.check(id, &certificate)?;
                match self.decided[i].replace(id) {
                    Some(_) => Err(format!("engine {i} decided height {height} twice")),
                    None => Ok(()),
                }
            }
            Out::Grown(certificate) => self.check(certificate.block_id, &certificate),
            Out::Evidence(evidence) => Err(format!("evidence against a correct validator: {evidence:?}")),
            Out::Persist(_) | Out::SendBody { .. } => Ok(()),
        }
    }

    /// The header whose id the engine of validator `proposer` is given to decide on.
    fn header(&self, height: Height, view: u64, parent: BlockId, proposer: usize) -> Header {
        let none = Digest::ZERO;
        Header {
            version: Header::VERSION,
            protocol: Header::PROTOCOL,
            chain_id: self.chain,
            height,
            epoch: 0,
            consensus: self.engines[proposer].kind(),
            time: BlockTime(height.0 + view),
            parent,
            tx_root: none,
            state_root: none,
            receipts_root: none,
            changes_root: none,
            rule_books_root: none,
            validators_hash: self.set.digest(&self.chain),
            next_validators_hash: none,
            params_hash: none,
            last_certificate_hash: none,
            evidence_root: none,
            proposer: proposer as u16,
        }
    }

    fn check(&self, id: BlockId, certificate: &CommitCertificate) -> Result<(), String> {
        let block = self.built.iter().find(|b| b.block_id() == id).ok_or("committed a block nobody built")?;
        if block.height.0.is_multiple_of(2) && self.refused == Some(usize::from(block.proposer)) {
            return Err(format!("the refused block was decided at height {}", block.height));
        }
        if certificate.kind == ConsensusKind::CrashFault {
            return self.check_majority(block, certificate);
        }
        proofs::certificate::verify(&self.chain, certificate, self.set, block).map_err(|e| e.to_string())
    }

    /// As `proofs` does for the other kinds; it accepts no crash-fault certificates.
    fn check_majority(&self, block: &Header, certificate: &CommitCertificate) -> Result<(), String> {
        let n = self.set.validators.len();
        let signers: Vec<usize> = (0..n).filter(|i| certificate.bitmap[i / 8] >> (i % 8) & 1 == 1).collect();
        let in_place = (certificate.height, certificate.block_id) == (block.height, block.block_id());
        if !in_place || signers.len() * 2 <= n || signers.len() != certificate.signatures.len() {
            return Err("no majority stands behind the certificate".to_owned());
        }
        let message = certificate.vote().message(&self.chain);
        signers.iter().zip(&certificate.signatures).try_for_each(|(signer, signature)| {
            let key = sm::PublicKey::from_sec1(&self.set.validators[*signer].vote_key).map_err(|e| e.to_string())?;
            if key.verify(&message, signature) { Ok(()) } else { Err(format!("signature of {signer} is wrong")) }
        })
    }

    fn step(
        &mut self,
        i: usize,
        call: impl FnOnce(&mut dyn ConsensusEngine, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Result<(), String> {
        let mut out = Vec::new();
        call(self.engines[i].as_mut(), &mut out).map_err(|e| e.to_string())?;
        self.outs.extend(out.into_iter().map(|o| (i, o)));
        Ok(())
    }
}

#[cfg(test)]
#[path = "suite_test.rs"]
mod suite_test;
