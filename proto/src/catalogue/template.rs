//! Filling a refusal's arguments into a text.

use ledger_types::{Arg, Digest};

use super::{Lang, choices};

/// Fills a template. `{n}` is argument `n`, `{n|table}` a choice by its name in `table`, `{n|slot}` argument `n` if it
/// is a slot (so with the other kinds); a part in `[…]` is left out unless all its arguments are there. Arguments that no part shows are put behind, so that none is lost.
pub(super) fn fill(template: &str, args: &[Arg], lang: Lang) -> String {
    let mut shown = vec![false; args.len()];
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(&part(before, args, lang, &mut shown).unwrap_or_default());
        let (optional, after) = after.split_once(']').unwrap_or((after, ""));
        out.push_str(&part(optional, args, lang, &mut shown).unwrap_or_default());
        rest = after;
    }
    out.push_str(&part(rest, args, lang, &mut shown).unwrap_or_default());
    put_rest(&mut out, args.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(arg, _)| arg), lang);
    out
}

/// Most arguments put behind a text; a receipt has them all.
const MAX_REST: usize = 8;

fn put_rest<'a>(out: &mut String, rest: impl Iterator<Item = &'a Arg>, lang: Lang) {
    let mut rest: Vec<String> = rest.map(|arg| value(arg, lang)).collect();
    if rest.len() > MAX_REST {
        let more = rest.len() - MAX_REST;
        rest.truncate(MAX_REST);
        rest.push(match lang {
            Lang::Zh => format!("另有 {more} 项"),
            Lang::En => format!("{more} more"),
        });
    }
    match (rest.is_empty(), lang) {
        (true, _) => {}
        (false, Lang::Zh) => out.push_str(&format!("（{}）", rest.join("，"))),
        (false, Lang::En) => out.push_str(&format!(" ({})", rest.join(", "))),
    }
}

/// A part without brackets, or `None` if an argument is not there.
fn part(text: &str, args: &[Arg], lang: Lang, shown: &mut [bool]) -> Option<String> {
    let mut out = String::new();
    let mut used = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}')?;
        let (index, table) = inside.split_once('|').map_or((inside, None), |(i, t)| (i, Some(t)));
        let index: usize = index.parse().ok()?;
        let arg = args.get(index)?;
        out.push_str(before);
        match (table, arg) {
            (None, _) => out.push_str(&value(arg, lang)),
            (Some(kind), _) if is_kind(kind, arg) => out.push_str(&value(arg, lang)),
            (Some(table), Arg::Choice(n)) => out.push_str(&choices::name(table, *n, lang)),
            (Some(_), _) => return None,
        }
        used.push(index);
        rest = after;
    }
    out.push_str(rest);
    for index in used {
        shown[index] = true;
    }
    Some(out)
}

/// The kinds of argument that a template may insist on.
#[cfg(test)]
pub(super) const KINDS: [&str; 3] = ["count", "slot", "time"];

fn is_kind(kind: &str, arg: &Arg) -> bool {
    matches!((kind, arg), ("count", Arg::Count(_)) | ("slot", Arg::Slot(_)) | ("time", Arg::Time(_)))
}

/// An argument by itself.
fn value(arg: &Arg, lang: Lang) -> String {
    let word = |zh: &str, en: &str, n: &dyn std::fmt::Display| match lang {
        Lang::Zh => format!("{zh} {n}"),
        Lang::En => format!("{en} {n}"),
    };
    match arg {
        Arg::Count(n) => n.to_string(),
        Arg::Money(fen) => word("¥", "CNY", fen),
        Arg::Time(t) => t.to_string(),
        Arg::Account(a) => word("账户", "account", a),
        Arg::Key(k) => word("密钥", "key", k),
        Arg::Slot(s) => word("槽位", "slot", s),
        Arg::Sequence(n) => word("序号", "sequence", n),
        Arg::Tx(id) => id.to_string(),
        Arg::Rate(r) => rate(r, lang),
        Arg::TaxCode(c) => c.to_string(),
        Arg::Code(c) => c.to_string(),
        Arg::Number(n) => n.to_string(),
        Arg::Digest(Digest(bytes)) => hex::encode(bytes),
        Arg::Choice(n) => word("编号", "number", n),
    }
}

fn rate(rate: &ledger_types::TaxRate, lang: Lang) -> String {
    match (rate, lang) {
        (ledger_types::TaxRate::Zero(kind), Lang::En) => choices::name("zero", *kind as u8, lang),
        _ => rate.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::{AccountId, Fen, TaxRate, ZeroKind};

    use super::*;

    #[test]
    fn optional_parts_need_all_their_arguments() {
        let text = "over[: quota {0}, used {1}].";
        assert_eq!(fill(text, &[], Lang::En), "over.");
        assert_eq!(fill(text, &[Arg::Count(5), Arg::Money(Fen(199))], Lang::En), "over: quota 5, used CNY 1.99.");
    }

    #[test]
    fn no_argument_is_lost() {
        let text = "locked[ by {0} until {1}]";
        assert_eq!(fill(text, &[Arg::Account(AccountId(7))], Lang::En), "locked (account 7)");
        let ten = [Arg::Count(1); 10];
        assert_eq!(fill("x", &ten, Lang::En), "x (1, 1, 1, 1, 1, 1, 1, 1, 2 more)");
        assert_eq!(fill("已锁定", &[Arg::Account(AccountId(7)), Arg::Count(1)], Lang::Zh), "已锁定（账户 7，1）");
    }

    #[test]
    fn a_part_may_insist_on_a_kind() {
        let text = "used[: application {0|count}][: {0|slot}]";
        assert_eq!(fill(text, &[Arg::Count(5)], Lang::En), "used: application 5");
        assert_eq!(fill(text, &[Arg::Slot(ledger_types::Slot(5))], Lang::En), "used: slot 5");
    }

    #[test]
    fn choices_and_zeros_have_names_in_both_languages() {
        assert_eq!(fill("{0|status}", &[Arg::Choice(2)], Lang::Zh), "暂停开票");
        assert_eq!(fill("{0|status}", &[Arg::Choice(2)], Lang::En), "suspended");
        assert_eq!(fill("{0|status}", &[Arg::Choice(99)], Lang::En), "number 99");
        assert_eq!(fill("{0}", &[Arg::Rate(TaxRate::Zero(ZeroKind::Exempt))], Lang::En), "exempt");
    }
}
