//! What to build: a valid invoice and the changes to it. Plans print themselves when a case fails; invoices do not.

use ledger_types::body::EntryMode;
use ledger_types::{Fen, Quantity};
use proptest::prelude::*;
use tax_rules::entry::Item;

use crate::change::Change;
use crate::strategies::changes;
use crate::world::{World, label};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale {
    rate: usize,
    code: usize,
    quantity: Option<(i64, u8)>,
    amount: i64,
    percent_off: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    sales: Vec<Sale>,
    gross: bool,
    /// All lines at one rate, as out-of-scope and simplified lines must be.
    one_rate: bool,
    changes: Vec<Change>,
    /// Make the totals fit the changed lines again.
    add_up: bool,
    /// Changes after that.
    last: Vec<Change>,
}

impl Plan {
    pub(crate) fn world(&self) -> World {
        let mode = if self.gross { EntryMode::Gross } else { EntryMode::Net };
        let items: Vec<Item> = self.sales.iter().map(|s| self.item(s)).collect();
        let mut world = World::of(&items, mode);
        for change in &self.changes {
            change.apply(&mut world);
        }
        if self.add_up {
            world.add_up();
        }
        for change in &self.last {
            change.apply(&mut world);
        }
        world
    }

    fn item(&self, sale: &Sale) -> Item {
        // Of the rates, the first two may be mixed with each other.
        let rate = if self.one_rate { self.sales[0].rate } else { sale.rate % 2 };
        Item {
            label: label(rate, sale.code),
            quantity: sale.quantity.map(|(m, s)| Quantity::new(m, s).unwrap()),
            amount: Fen(sale.amount),
            discount: Fen(sale.amount * sale.percent_off / 100),
        }
    }
}

fn sales() -> impl Strategy<Value = Vec<Sale>> {
    let percent_off = prop_oneof![3 => Just(0), 1 => 0i64..100, 1 => Just(100)];
    let amount = prop_oneof![1 => 10i64..200, 3 => 200i64..10_000_000];
    let sale = (0usize..8, 0usize..3, prop::option::of((1i64..1_000, 0u8..3)), amount, percent_off)
        .prop_map(|(rate, code, quantity, amount, percent_off)| Sale { rate, code, quantity, amount, percent_off });
    prop_oneof![9 => prop::collection::vec(sale.clone(), 1..6), 1 => prop::collection::vec(sale, 20..40)]
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let few = prop_oneof![
        2 => prop::collection::vec(changes(), 0..=1),
        1 => prop::collection::vec(changes(), 0..=5),
    ];
    let last = prop::collection::vec(changes(), 0..=1);
    (sales(), any::<bool>(), any::<bool>(), few, prop::bool::weighted(0.7), last).prop_map(
        |(sales, gross, one_rate, changes, add_up, last)| Plan { sales, gross, one_rate, changes, add_up, last },
    )
}
