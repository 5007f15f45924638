//! Proofs of invoices, made by each node, verify with nothing but the genesis document.

use chain_node::queries::proofs::{begin, complete};

use super::{Check, Checker, Roles, Seen};

/// Invoices looked at for each node.
const SOME: usize = 2;

/// Needs no memory.
pub(super) struct ProofsVerify;

impl Checker for ProofsVerify {
    fn check(&self) -> Check {
        Check::ProofsVerify
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Finished(finish) = seen else { return Vec::new() };
        let mut wrong = Vec::new();
        for (node, _, running) in finish.nodes {
            let reader = running.reader();
            let step = finish.slots.len().div_ceil(SOME).max(1);
            for slot in finish.slots.iter().step_by(step) {
                // A node that is not there yet cannot prove it.
                let Ok(pending) = begin(&reader, *slot) else { continue };
                if pending.needs() > running.height() {
                    continue;
                }
                let proven = complete(&reader, *slot, pending, true).map_err(|e| e.to_string());
                let verified = proven
                    .and_then(|file| proofs::invoice_proof::verify(finish.genesis, &file).map_err(|e| e.to_string()));
                if let Err(e) = verified {
                    wrong.push(format!("node {node}, invoice {slot}: {e}"));
                }
            }
        }
        wrong
    }
}
