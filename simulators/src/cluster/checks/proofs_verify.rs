//! Proofs of invoices, made by each node, verify with nothing but the genesis document and headers followed from it.

use chain_node::Node;
use chain_node::queries::headers::range;
use chain_node::queries::proofs::{begin, complete};
use ledger_types::Genesis;
use proofs::{HeaderChain, header_chain::Check as Signatures};

use super::{Check, Checker, Roles, Seen};

/// Invoices looked at for each node.
const SOME: usize = 2;
/// Headers asked for at once.
const AT_ONCE: usize = 100;

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
            let headers = match follow(finish.genesis, running) {
                Ok(headers) => headers,
                Err(what) => {
                    wrong.push(format!("the headers of node {node}: {what}"));
                    continue;
                }
            };
            let step = finish.slots.len().div_ceil(SOME).max(1);
            for slot in finish.slots.iter().step_by(step) {
                // A node that is not there yet cannot prove it.
                let Ok(pending) = begin(&reader, *slot) else { continue };
                if pending.needs() > running.height() {
                    continue;
                }
                let proven = complete(&reader, *slot, pending, true).map_err(|e| e.to_string());
                let verified = proven.and_then(|file| {
                    proofs::invoice_proof::verify_followed(&headers, &file).map_err(|e| e.to_string())
                });
                if let Err(e) = verified {
                    wrong.push(format!("node {node}, invoice {slot}: {e}"));
                }
            }
        }
        wrong
    }
}

/// The node's headers, as a light client takes them.
fn follow(genesis: &Genesis, node: &Node) -> Result<HeaderChain, String> {
    let mut headers = HeaderChain::new(genesis.clone());
    while headers.height() < node.height() {
        let entries = range(&node.reader(), headers.height().next(), AT_ONCE).map_err(|e| e.to_string())?;
        if entries.is_empty() {
            return Err(format!("none after {}", headers.height()));
        }
        for entry in &entries {
            let height = entry.header.height;
            headers.push(entry, Signatures::Full).map_err(|e| format!("{height}: {e}"))?;
        }
    }
    Ok(headers)
}
