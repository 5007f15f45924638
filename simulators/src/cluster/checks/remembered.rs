//! What a node said of the height under way it finds again after a restart, and the bodies that it voted for.

use std::collections::{BTreeMap, BTreeSet};

use chain_node::engines::bft::Statement;
use ledger_types::{Block, BlockId, Canonical, Height};
use storage::KeptVotes;

use super::{Check, Checker, Roles, Seen};

/// What each node said last, by height.
#[derive(Default)]
pub(super) struct Remembered {
    said: BTreeMap<u16, (Height, Vec<Statement>)>,
}

/// The kind of the records that hold bodies.
const BODY: u8 = 2;

impl Checker for Remembered {
    fn check(&self) -> Check {
        Check::Remembered
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        match seen {
            Seen::Said(statement) => {
                let (height, list) = self.said.entry(statement.signer()).or_insert((Height(0), Vec::new()));
                if *height < statement.height() {
                    (*height, *list) = (statement.height(), Vec::new());
                }
                if *height == statement.height() {
                    list.push((*statement).clone());
                }
                Vec::new()
            }
            Seen::Started { node, height, kept } => match self.said.get(node) {
                Some((about, said)) if *about == height.next() && roles.is_bound(*node, *about) => missing(said, kept)
                    .into_iter()
                    .map(|what| format!("node {node} at height {about}: {what}"))
                    .collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

fn missing(said: &[Statement], kept: &KeptVotes) -> Vec<String> {
    let mut wrong = Vec::new();
    let has = |bytes: &[u8], signature: &[u8; 64]| bytes.windows(64).any(|w| w == signature);
    let bodies: BTreeSet<BlockId> =
        kept.records.iter().filter(|r| r.kind == BODY).filter_map(|r| body_id(&r.bytes)).collect();
    for statement in said {
        let signature = statement.signature();
        let in_guard = kept.guard.as_deref().is_some_and(|guard| has(guard, signature));
        if !in_guard && !kept.records.iter().any(|r| has(&r.bytes, signature)) {
            wrong.push(format!("{:?} was said and is not on disk", statement.place()));
        }
        let id = statement.block_id();
        if id != BlockId::ZERO && !bodies.contains(&id) {
            wrong.push(format!("{:?} was said and its block {id} is not on disk", statement.place()));
        }
    }
    let newest = said.iter().map(Statement::place).max();
    if newest > kept.guard.as_deref().and_then(guarded) {
        wrong.push(format!("{newest:?} was said, but the guard is behind"));
    }
    wrong
}

fn body_id(bytes: &[u8]) -> Option<BlockId> {
    Block::from_canonical(bytes).ok().map(|block| block.header.block_id())
}

/// The place of the statement in a guard: `u64 height`, version, what it is, then the statement.
fn guarded(guard: &[u8]) -> Option<(Height, u32, u8)> {
    let u64_at = |at: usize| Some(u64::from_le_bytes(guard.get(at..at + 8)?.try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(guard.get(at..at + 4)?.try_into().ok()?));
    match guard.get(9)? {
        0 => Some((Height(u64_at(11)?), u32_at(19)?, *guard.get(10)?)),
        1 => Some((Height(u64_at(10)?), u32_at(18)?, 0)),
        _ => None,
    }
}
