//! Random histories: each choice becomes a step that mostly makes sense for the state it meets, and sometimes not.

use ledger::StateView;
use ledger_types::*;
use proptest::prelude::*;

use crate::values::entry;
use crate::world::{World, account_id};

/// What is rolled for one step; the state decides what it means.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Which verb: most follow from the state of the invoice, some are any.
    verb: u64,
    slot: u64,
    net: i64,
    a: u64,
    b: u64,
    /// Signed by whoever, on whatever sequence.
    wild: bool,
    stale: bool,
}

const PARTIES: [&str; 8] = ["shop", "shop2", "corp", "corp2", "ann", "bob", "t1", "bureau"];

fn choice() -> impl Strategy<Value = Choice> {
    let wild = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (0u64..100, 0u64..1_000, 1i64..30_000, 0u64..100, 1u64..5, wild)
        .prop_map(|(verb, slot, net, a, b, (wild, stale))| Choice { verb, slot, net, a, b, wild, stale })
}

/// Blocks of a few steps, with the time before each in ms.
pub(crate) fn history() -> impl Strategy<Value = Vec<(u64, Vec<Choice>)>> {
    let gap = prop_oneof![
        2 => Just(1u64),
        6 => 1_000u64..200_000,
        1 => Just(3_600_000),
        1 => Just(86_400_000),
        1 => Just(16 * 86_400_000),
    ];
    prop::collection::vec((gap, prop::collection::vec(choice(), 1..6)), 1..40)
}

impl Choice {
    /// The step in the words of the scenarios.
    pub(crate) fn step(&self, world: &World) -> String {
        let text = match self.verb {
            0..20 => self.new_business(),
            20..25 => format!("{} app={}", ["issue-applied", "withdraw-application"][(self.a % 2) as usize], self.b),
            25..30 => format!("answer-red by={} form={} answer={}", self.party(), self.b, self.answer()),
            30..32 => format!("standing to={}", if self.a < 40 { "suspended" } else { "normal" }),
            _ => self.natural(world),
        };
        let by = if self.wild { format!(" by={}", self.party()) } else { String::new() };
        let seq = if self.stale { format!(" seq={}", self.a % 4) } else { String::new() };
        format!("{text}{by}{seq}")
    }

    fn party(&self) -> &'static str {
        PARTIES[(self.a % 8) as usize]
    }

    fn answer(&self) -> &'static str {
        ["confirm", "confirm", "refuse", "withdraw"][(self.slot % 4) as usize]
    }

    fn new_business(&self) -> String {
        let owner = ["token:t1", "token:t1", "ann", "corp", "any:ann+bob"][(self.a % 5) as usize];
        let (net, order) = (self.net, self.slot % 20);
        match self.b {
            1 => format!("apply owner={owner} net={net} order=o{order} expires={}h", self.b),
            2 => format!("batch owner={owner} nets={net},{}", net + 7),
            3 => format!("pay ref=p{order} amount={net}"),
            _ => format!("issue owner={owner} net={net} order=o{order}"),
        }
    }

    /// What somebody would do next with one of the invoices.
    fn natural(&self, world: &World) -> String {
        let count = world.state.outputs().count() as u64;
        let slot = self.slot % count.max(1);
        let Some(output) = world.state.output(Slot(slot)).unwrap() else { return self.new_business() };
        let Some(invoice) = output.invoice() else {
            // A payment: a merchant invoices part of it.
            return format!("issue net=100 pay={slot}:106");
        };
        if let Some(answer) = self.answer_to(world, invoice) {
            return answer;
        }
        let red = self.a.is_multiple_of(7);
        let form = invoice.red_form.map_or("none".to_owned(), |form| form.to_string());
        if red {
            let reason = if self.b == 1 { "allowance" } else { "return" };
            let seller = name_of(|name| account_id(name) == Some(invoice.seller));
            return format!("red inv={slot} by={seller} form={form} reason={reason}");
        }
        match (invoice.claim, invoice.reimbursement) {
            (ClaimState::Unclaimed, _) => {
                format!("claim inv={slot} to={}", ["ann", "corp", "corp2"][(self.a % 3) as usize])
            }
            (ClaimState::Offered { from, to, .. }, _) => {
                let (verb, address) = [("accept", to), ("refuse", to), ("withdraw", from)][(self.a % 3) as usize];
                format!("{verb} inv={slot} by={}", name_of(|name| world.address(name) == address))
            }
            (ClaimState::Claimed, ReimbursementState::Open) => self.of_open(world, slot, &output),
            (ClaimState::Claimed, ReimbursementState::Locked { by, .. }) => {
                let verb = match invoice.booking.booked_by() {
                    None => ["book", "book", "unlock"][(self.a % 3) as usize],
                    Some(_) => ["reimburse", "unbook", "unlock", "ask-red"][(self.a % 4) as usize],
                };
                format!("{verb} inv={slot} by={}", name_of(|name| account_id(name) == Some(by)))
            }
            (ClaimState::Claimed, ReimbursementState::Closed { by, .. }) => {
                let verb = ["ask-red", "unbook", "reimburse"][(self.a % 3) as usize];
                format!("{verb} inv={slot} by={}", name_of(|name| account_id(name) == Some(by)))
            }
        }
    }

    /// Half of the time, an answer to a form that waits.
    fn answer_to(&self, world: &World, invoice: &InvoiceRecord) -> Option<String> {
        let Some(RegistryValue::RedForm(form)) = entry(world, &RegistryKey::RedForm(invoice.red_form?)) else {
            return None;
        };
        let by = match form.state {
            RedFormState::AwaitingBuyer => form.buyer,
            RedFormState::AwaitingSeller => form.seller,
            _ => return None,
        };
        let by = name_of(|name| account_id(name) == Some(by));
        (self.b < 3).then(|| format!("answer-red form={} by={by} answer={}", form.id, self.answer()))
    }

    fn of_open(&self, world: &World, slot: u64, output: &OutputRecord) -> String {
        let holder = name_of(|name| output.owner == Owner::Address(world.address(name)));
        let (to, until) = (PARTIES[(self.a % 6) as usize], self.b);
        match self.a % 4 {
            0 => format!("offer inv={slot} by={holder} to={to} until={until}h"),
            _ => format!("lock inv={slot} by={holder} until={until}h"),
        }
    }
}

/// The party that a test answers yes to; somebody else if there is none.
fn name_of(is: impl Fn(&str) -> bool) -> &'static str {
    PARTIES.into_iter().find(|name| is(name)).unwrap_or("bob")
}
