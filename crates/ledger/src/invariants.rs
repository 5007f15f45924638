//! What must hold after every transaction, task and block, whatever was asked. A breach is a programmer's error: the
//! block is not committed.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::invoice_state::{MACHINES, is_edge};
use ledger_types::registry::Counters;
use ledger_types::{
    Asset, BookingState, ChangeSet, ClaimState, FaceState, Fen, InvoiceRecord, InvoiceVerb, OutputRecord, Owner,
    PaymentState, RegistryKey, RegistryValue, ReimbursementState, Slot, Usage,
};

use crate::fault::ExecutionFault;
use crate::overlay::{Step, Writes};
use crate::state_view::StateView;

/// A broken invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// A step did not raise the sequence by one, or a new output did not start at 0.
    #[error("slot {0}: the sequence did not rise by one")]
    Sequence(Slot),
    /// A step that the table of edges does not have.
    #[error("slot {slot}: {machine} may not go from {from} to {to} by {verb:?}")]
    Edge {
        /// Where.
        slot: Slot,
        /// Which machine.
        machine: &'static str,
        /// From which state.
        from: &'static str,
        /// By what.
        verb: InvoiceVerb,
        /// To which state.
        to: &'static str,
    },
    /// A step changed what never changes: asset, amount, number, seller, origin.
    #[error("slot {0}: a fixed field changed")]
    FixedField(Slot),
    /// States of an invoice that exclude each other: a lock on a reversed or offered one, a red one in use.
    #[error("slot {0}: states that exclude each other")]
    Combination(Slot),
    /// A red invoice that does not cancel its blue one to zero.
    #[error("slot {0}: blue and red do not add up to zero")]
    RedSum(Slot),
    /// A payment with more left than was paid, less than nothing, or used without being counted.
    #[error("slot {0}: the payment does not add up")]
    PaymentSum(Slot),
    /// Payments that were used for another sum than the invoices made.
    #[error("payments of {used} fen went into invoices of {issued} fen")]
    Conservation {
        /// Taken from payments, fen.
        used: i128,
        /// Made in invoices, fen.
        issued: i128,
    },
    /// A quota below zero.
    #[error("a quota is negative")]
    Quota,
    /// New outputs that do not fill the slots up to the counter.
    #[error("the slot counter does not match the outputs made")]
    SlotCounter,
}

/// After one transaction or task.
pub(crate) fn check_writes(writes: &Writes) -> Result<(), Breach> {
    for step in &writes.steps {
        check_step(step)?;
    }
    check_money(&writes.steps)?;
    for value in writes.registry.values().flatten() {
        if let RegistryValue::Usage(usage) = &**value {
            check_usage(usage)?;
        }
    }
    Ok(())
}

fn check_usage(usage: &Usage) -> Result<(), Breach> {
    if usage.reserved < Fen::ZERO || usage.consumed < Fen::ZERO { Err(Breach::Quota) } else { Ok(()) }
}

fn check_step(step: &Step) -> Result<(), Breach> {
    let expected = match &step.before {
        None => Some(0),
        Some(before) => before.sequence.checked_add(1),
    };
    if expected != Some(step.after.sequence) {
        return Err(Breach::Sequence(step.slot));
    }
    match (&step.after.asset, step.verb) {
        (Asset::Invoice(after), Some(verb)) => {
            check_fixed(step, after)?;
            check_edges(step, after, verb)?;
            check_combination(step.slot, &step.after, after)
        }
        (Asset::Payment(after), None) => check_payment(step, after),
        _ => Err(Breach::FixedField(step.slot)),
    }
}

fn check_fixed(step: &Step, after: &InvoiceRecord) -> Result<(), Breach> {
    let Some(before) = &step.before else { return Ok(()) };
    let same = before.invoice().is_some_and(|b| {
        let fixed = |i: &InvoiceRecord| {
            (i.kind, i.title, i.origin, i.seller, i.code, i.number, i.tax, i.issued_ms, i.rule_book)
        };
        fixed(b) == fixed(after)
    });
    if same && before.amount == step.after.amount { Ok(()) } else { Err(Breach::FixedField(step.slot)) }
}

fn check_edges(step: &Step, after: &InvoiceRecord, verb: InvoiceVerb) -> Result<(), Breach> {
    let before = step.before.as_ref().and_then(OutputRecord::invoice);
    let from = before.map_or(["-"; 4], InvoiceRecord::state_names);
    for ((machine, from), to) in MACHINES.into_iter().zip(from).zip(after.state_names()) {
        if !is_edge(machine, from, verb, to) {
            return Err(Breach::Edge { slot: step.slot, machine, from, verb, to });
        }
    }
    Ok(())
}

fn check_combination(slot: Slot, output: &OutputRecord, invoice: &InvoiceRecord) -> Result<(), Breach> {
    let locked = matches!(invoice.reimbursement, ReimbursementState::Locked { .. });
    let held = matches!(invoice.claim, ClaimState::Claimed);
    let address = matches!(output.owner, Owner::Address(_));
    let fits = match invoice.face {
        FaceState::Blue => output.amount >= Fen::ZERO && (!locked || held) && (!held || address),
        FaceState::Reversed { .. } => !locked,
        FaceState::Red { .. } => {
            output.amount <= Fen::ZERO
                && held
                && invoice.reimbursement == ReimbursementState::Open
                && invoice.booking == BookingState::NotBooked
        }
    };
    if fits { Ok(()) } else { Err(Breach::Combination(slot)) }
}

fn check_payment(step: &Step, after: &PaymentState) -> Result<(), Breach> {
    let left = step.after.amount;
    let in_range = (Fen::ZERO..=after.paid).contains(&left);
    let adds_up = match step.before.as_ref().map(|b| (b.amount, b.payment())) {
        None => left == after.paid && after.invoices == 0,
        Some((was_left, Some(before))) => {
            let fixed = |p: &PaymentState| (p.provider, p.payee, p.payment_ref, p.paid);
            fixed(before) == fixed(after) && left < was_left && before.invoices.checked_add(1) == Some(after.invoices)
        }
        Some((_, None)) => false,
    };
    if in_range && adds_up { Ok(()) } else { Err(Breach::PaymentSum(step.slot)) }
}

/// Money is neither made nor lost: a red cancels its blue exactly, payments used equal invoices issued for them.
fn check_money(steps: &[Step]) -> Result<(), Breach> {
    let mut used = 0i128;
    let mut issued = 0i128;
    for step in steps {
        match (&step.before, step.after.invoice()) {
            (None, Some(invoice)) => match invoice.face {
                FaceState::Red { of } => check_red(steps, step, of)?,
                _ => issued += i128::from(step.after.amount.0),
            },
            (Some(before), None) => used += i128::from(before.amount.0) - i128::from(step.after.amount.0),
            _ => {}
        }
    }
    if used == 0 || used == issued { Ok(()) } else { Err(Breach::Conservation { used, issued }) }
}

fn check_red(steps: &[Step], red: &Step, of: Slot) -> Result<(), Breach> {
    let cancels = |blue: &&Step| {
        let (Some(b), Some(r)) = (blue.after.invoice(), red.after.invoice()) else { return false };
        blue.slot == of
            && b.face == FaceState::Reversed { by: red.slot }
            && blue.after.amount.checked_neg() == Some(red.after.amount)
            && b.tax.checked_neg() == Some(r.tax)
    };
    if steps.iter().filter(cancels).count() == 1 { Ok(()) } else { Err(Breach::RedSum(red.slot)) }
}

/// After a block: new outputs fill the slots from the old counter to the new one, old ones stepped on.
pub(crate) fn check_block(state: &dyn StateView, changes: &ChangeSet) -> Result<(), ExecutionFault> {
    let broken = |breach| Err(ExecutionFault::Invariant { cause: SYSTEM_CAUSE, breach });
    let first = match state.registry(&RegistryKey::Counters)? {
        Some(RegistryValue::Counters(counters)) => counters.slot,
        _ => Slot(0),
    };
    let mut next = first;
    for (slot, record) in changes.outputs() {
        if slot < first {
            let risen = state.output(slot)?.is_some_and(|old| old.sequence < record.sequence);
            if !risen {
                return broken(Breach::Sequence(slot));
            }
        } else if slot == next {
            next = Slot(next.0 + 1);
        } else {
            return broken(Breach::SlotCounter);
        }
    }
    let counter = changes.registry().find_map(|(key, value)| match (key, value) {
        (RegistryKey::Counters, Some(RegistryValue::Counters(Counters { slot, .. }))) => Some(*slot),
        _ => None,
    });
    if counter.unwrap_or(first) == next { Ok(()) } else { broken(Breach::SlotCounter) }
}

#[cfg(test)]
#[path = "invariants_test.rs"]
mod invariants_test;
