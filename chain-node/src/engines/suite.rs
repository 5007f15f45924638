//! What every engine must do with `n` of its kind. Each engine's tests run it unchanged.

use std::collections::VecDeque;

use ledger_types::{BlockId, ChainId, ConsensusKind, Digest, Header, Height, ValidatorSet};

use super::{ConsensusEngine, Out};

/// Runs `engines` over a perfect network for `heights` heights and checks agreement, order and certificates.
/// Returns what went wrong.
pub fn run(
    chain: ChainId,
    set: &ValidatorSet,
    engines: &mut [Box<dyn ConsensusEngine>],
    heights: u64,
) -> Result<(), String> {
    let mut parent = BlockId::ZERO;
    for height in 1..=heights {
        parent = one_height(chain, set, engines, Height(height), parent)?;
    }
    Ok(())
}

/// The header whose id the engine of validator `proposer` is given to decide on.
fn header(
    chain: ChainId,
    set: &ValidatorSet,
    kind: ConsensusKind,
    (height, parent): (Height, BlockId),
    proposer: u16,
) -> Header {
    let none = Digest::ZERO;
    Header {
        version: Header::VERSION,
        protocol: Header::PROTOCOL,
        chain_id: chain,
        height,
        epoch: 0,
        consensus: kind,
        time: ledger_types::BlockTime(height.0),
        parent,
        tx_root: none,
        state_root: none,
        receipts_root: none,
        changes_root: none,
        rule_books_root: none,
        validators_hash: set.digest(&chain),
        next_validators_hash: set.digest(&chain),
        params_hash: none,
        last_certificate_hash: none,
        evidence_root: none,
        proposer,
    }
}

fn one_height(
    chain: ChainId,
    set: &ValidatorSet,
    engines: &mut [Box<dyn ConsensusEngine>],
    height: Height,
    parent: BlockId,
) -> Result<BlockId, String> {
    let mut outs: VecDeque<(usize, Out)> = VecDeque::new();
    let mut decided: Vec<Option<BlockId>> = vec![None; engines.len()];
    let mut built: Vec<Header> = Vec::new();
    for (i, engine) in engines.iter_mut().enumerate() {
        let mut out = Vec::new();
        engine.start(height, parent, &mut out).map_err(|e| e.to_string())?;
        engine.on_wanted(&mut out).map_err(|e| e.to_string())?;
        outs.extend(out.into_iter().map(|o| (i, o)));
    }
    while let Some((i, out)) = outs.pop_front() {
        let mut next: Vec<(usize, Out)> = Vec::new();
        match out {
            Out::Build { height: h, view } => {
                if h != height {
                    return Err(format!("engine {i} builds height {h}, not {height}"));
                }
                let block = header(chain, set, engines[i].kind(), (height, parent), i as u16);
                let id = block.block_id();
                built.push(block);
                step(engines, i, &mut next, |e, o| e.on_built(view, id, o))?;
            }
            Out::Validate { id, .. } => step(engines, i, &mut next, |e, o| e.on_validated(id, true, o))?,
            Out::SetTimer(key, _) => step(engines, i, &mut next, |e, o| e.on_timer(key, o))?,
            Out::Broadcast(m) => {
                for to in 0..engines.len() {
                    step(engines, to, &mut next, |e, o| e.on_message(i as u16, m.clone(), o))?;
                }
            }
            Out::Send(to, m) => step(engines, usize::from(to), &mut next, |e, o| e.on_message(i as u16, m, o))?,
            Out::Commit { id, certificate } => {
                let block = built.iter().find(|b| b.block_id() == id).ok_or("committed a block nobody built")?;
                proofs::certificate::verify(&chain, &certificate, set, block).map_err(|e| e.to_string())?;
                if decided[i].replace(id).is_some() {
                    return Err(format!("engine {i} decided height {height} twice"));
                }
            }
            Out::CancelTimer(_) | Out::Persist { .. } => {}
        }
        outs.extend(next);
    }
    match decided[0] {
        Some(id) if decided.iter().all(|d| *d == Some(id)) => Ok(id),
        _ => Err(format!("no agreement at height {height}: {decided:?}")),
    }
}

fn step(
    engines: &mut [Box<dyn ConsensusEngine>],
    i: usize,
    next: &mut Vec<(usize, Out)>,
    call: impl FnOnce(&mut dyn ConsensusEngine, &mut Vec<Out>) -> Result<(), super::EngineStopped>,
) -> Result<(), String> {
    let mut out = Vec::new();
    call(engines[i].as_mut(), &mut out).map_err(|e| e.to_string())?;
    next.extend(out.into_iter().map(|o| (i, o)));
    Ok(())
}
