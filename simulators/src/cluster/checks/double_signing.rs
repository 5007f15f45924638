//! An honest node signs one statement at one place.

use std::collections::BTreeMap;

use chain_node::engines::bft::Statement;
use ledger_types::Height;

use super::{Check, Checker, Roles, Seen};

/// What each signer said at each place.
#[derive(Default)]
pub(super) struct DoubleSigning {
    said: BTreeMap<(u16, Height, u32, u8), Statement>,
}

impl Checker for DoubleSigning {
    fn check(&self) -> Check {
        Check::NoDoubleSigning
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Said(statement) = seen else { return Vec::new() };
        let (signer, (height, round, step)) = (statement.signer(), statement.place());
        if !roles.is_bound(signer, height) {
            return Vec::new();
        }
        let first = self.said.entry((signer, height, round, step)).or_insert_with(|| (*statement).clone());
        let same = match (&*first, *statement) {
            (Statement::Vote { body: a, .. }, Statement::Vote { body: b, .. }) => a == b,
            (Statement::Proposal { body: a, .. }, Statement::Proposal { body: b, .. }) => a == b,
            _ => false,
        };
        if same { Vec::new() } else { vec![format!("node {signer} signed {first:?} and {statement:?}")] }
    }
}
