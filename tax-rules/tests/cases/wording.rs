//! A refusal as one sentence: `LINE_TAX line 1 lines[].tax: ¥6.00 ¥6.07 ¥0.06`.

use ledger_types::Refusal;
use ledger_types::refusal::{Arg, Level};

pub(crate) fn sentence(refusal: &Refusal) -> String {
    assert_eq!((refusal.level, refusal.item), (Level::Error, None));
    let line = refusal.line.map_or(String::new(), |n| format!(" line {n}"));
    let args: String = refusal.args.iter().map(|a| format!(" {}", word(a))).collect();
    let colon = if args.is_empty() { "" } else { ":" };
    format!("{}{line} {}{colon}{args}", refusal.reason, refusal.field.path())
}

fn word(arg: &Arg) -> String {
    match arg {
        Arg::Count(n) => n.to_string(),
        Arg::Money(fen) => format!("¥{fen}"),
        Arg::Time(time) => time.to_string(),
        Arg::Rate(rate) => rate.to_string(),
        Arg::TaxCode(code) => code.to_string(),
        Arg::Choice(n) => format!("#{n}"),
        other => panic!("no rule gives {other:?}"),
    }
}
