//! Sums and counts of the register are those of the transactions that took effect.

use storage::Reader;

use super::{Check, Checker, Roles, Seen};

/// Needs no memory.
pub(super) struct Conservation;

impl Checker for Conservation {
    fn check(&self) -> Check {
        Check::Conservation
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Finished(finish) = seen else { return Vec::new() };
        let Some((_, _, best)) = finish.nodes.iter().max_by_key(|(_, _, n)| n.height()) else { return Vec::new() };
        let mut wrong = Vec::new();
        let mut compare = |what: &str, stored: i128, expected: i128| {
            if stored != expected {
                wrong.push(format!("{what}: the register has {stored}, the transactions come to {expected}"));
            }
        };
        let totals = finish.totals;
        let accounts = accounts(&best.reader());
        compare("accounts", accounts, finish.genesis.accounts.len() as i128 + i128::from(totals.accounts));
        let mut amount = 0;
        let (mut invoices, mut closed) = (0, 0);
        for slot in finish.slots {
            let Ok(Some(record)) = best.reader().output(*slot) else { continue };
            amount += i128::from(record.amount.0);
            invoices += 1;
            let reimbursed = record
                .invoice()
                .is_some_and(|i| matches!(i.reimbursement, ledger_types::ReimbursementState::Closed { .. }));
            closed += i128::from(reimbursed);
        }
        compare("invoices", invoices, i128::from(totals.invoices));
        compare("fen of invoices", amount, totals.issued);
        compare("reimbursed invoices", closed, i128::from(totals.reimbursed));
        wrong
    }
}

fn accounts(reader: &Reader) -> i128 {
    reader.accounts(None, usize::MAX).map_or(-1, |all| all.len() as i128)
}
