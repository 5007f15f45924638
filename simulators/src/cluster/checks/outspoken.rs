//! A node with an honest disk finds the grounds of all it said, and is never bound to silence.

use super::{Check, Checker, Roles, Seen};

/// Needs no memory.
pub(super) struct Outspoken;

impl Checker for Outspoken {
    fn check(&self) -> Check {
        Check::NeverSilenced
    }

    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Stepped { node, running } = seen else { return Vec::new() };
        let silenced = running.engine_counts().muted_heights > 0 && !roles.forgot.contains_key(node);
        let what = || format!("node {node} keeps silent near height {}", running.height());
        silenced.then(what).into_iter().collect()
    }
}
