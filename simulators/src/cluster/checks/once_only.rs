//! A transaction stands in the chain once.

use std::collections::BTreeMap;

use ledger_types::{Height, TxId};

use super::{Check, Checker, Roles, Seen};

/// Where each transaction stands.
#[derive(Default)]
pub(super) struct OnceOnly {
    places: BTreeMap<TxId, (Height, usize)>,
}

impl Checker for OnceOnly {
    fn check(&self) -> Check {
        Check::OnceOnly
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Committed { block, .. } = seen else { return Vec::new() };
        let mut wrong = Vec::new();
        for (index, id, _) in block.verdicts() {
            let here = (block.height(), index);
            let first = *self.places.entry(id).or_insert(here);
            if first != here {
                wrong.push(format!("{id} stands in block {} and in block {}", first.0, here.0));
            }
        }
        wrong
    }
}
