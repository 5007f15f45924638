//! Collects what it takes to follow the chain of headers.

use ledger_types::{ConsensusKind, Header, Height, ValidatorSet};
use proofs::header_chain::Approval;
use proofs::{HeaderEntry, change_leaf, log_tree};
use storage::{Reader, StoreError};

/// How far back from where a change holds its approval is looked for, in blocks.
const MAX_LOOK_BACK: u64 = 100_000;

/// No headers.
#[derive(Debug, thiserror::Error)]
pub enum HeadersFault {
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The state lacks what every chain has.
    #[error("state: {0}")]
    State(String),
}

/// At most `count` headers from a height on; fewer at the end of the chain.
///
/// # Errors
/// [`HeadersFault`] if they cannot be read.
pub fn range(reader: &Reader, from: Height, count: usize) -> Result<Vec<HeaderEntry>, HeadersFault> {
    let mut out = Vec::new();
    let mut before = match from.0.checked_sub(1) {
        Some(height) if height > 0 => reader.header_and_certificate(Height(height))?.map(|(header, _)| header),
        _ => None,
    };
    let mut height = from;
    while out.len() < count && height <= reader.tip().height {
        let Some((header, certificate)) = reader.header_and_certificate(height)? else { break };
        let next_validators = if header.next_validators_hash == header.validators_hash {
            None
        } else {
            Some(validators(reader, header.epoch + 1)?)
        };
        let kind_before = before.as_ref().map_or(reader.genesis().consensus, |h| h.consensus);
        let approval = if kind_before == header.consensus {
            None
        } else {
            approval(reader, &header, kind_before, certificate.signatures.len())?
        };
        before = Some(header.clone());
        out.push(HeaderEntry { header, certificate, next_validators, approval });
        height = height.next();
    }
    Ok(out)
}

fn validators(reader: &Reader, epoch: u64) -> Result<ValidatorSet, HeadersFault> {
    let found = ledger::validators_of(&reader.view(), epoch, reader.genesis().consensus)
        .map_err(|fault| HeadersFault::State(fault.0))?;
    let (_, set) = found.ok_or_else(|| HeadersFault::State(format!("epoch {epoch} is missing")))?;
    Ok(set)
}

/// The approval of a kind of consensus that begins with this header; none where as many signed it as the kind before
/// demands, for that is enough.
fn approval(
    reader: &Reader,
    header: &Header,
    before: ConsensusKind,
    signed: usize,
) -> Result<Option<Approval>, HeadersFault> {
    if signed >= validators(reader, header.epoch)?.quorum(before) {
        return Ok(None);
    }
    if header.height < reader.first_block() {
        return Ok(reader.approval(header.height)?);
    }
    // Approved two blocks before it holds, at the latest.
    let newest = header.height.0.saturating_sub(2);
    let oldest = newest.saturating_sub(MAX_LOOK_BACK).max(reader.first_block().0);
    for height in (oldest..=newest).rev().map(Height) {
        let Some(frame) = reader.frame(height)? else { break };
        let changes = &frame.changes.changes;
        let approves = |change: &_| Approval::approves(change, header.consensus, header.height);
        if let Some(place) = changes.iter().position(approves) {
            let leaves: Vec<_> = changes.iter().map(change_leaf).collect();
            let path = log_tree::steps(&leaves, place).unwrap_or_default();
            return Ok(Some(Approval { height, change: changes[place].clone(), path }));
        }
    }
    Ok(None)
}
