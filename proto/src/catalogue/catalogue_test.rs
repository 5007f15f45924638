#![allow(clippy::unwrap_used)]

use ledger_types::{AccountId, Arg, BlockTime, Fen, Field, Slot};

use super::*;

#[test]
fn every_reason_has_its_own_entry_with_both_texts_and_next_actions() {
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for reason in Reason::all() {
        let entry = reason.entry();
        assert_eq!(entry.number, reason.number(), "{} has no entry", reason.name());
        assert!(han(entry.zh) && han(entry.next_zh), "{}", reason.name());
        assert!(entry.en.is_ascii() && entry.next_en.is_ascii(), "{}", reason.name());
        assert!(entry.en.len() > 8 && entry.next_en.len() > 8, "{}", reason.name());
        assert_ne!(entry.code, Code::Ok);
        assert_ne!(entry.code, Code::Unknown);
    }
}

#[test]
fn every_reason_of_the_ledger_names_its_fields() {
    for reason in RejectReason::ALL {
        assert!(!fields::fields(*reason).is_empty(), "{reason}");
    }
}

#[test]
fn no_two_reasons_say_the_same() {
    for lang in [Lang::Zh, Lang::En] {
        let mut texts: Vec<String> = Reason::all().map(|r| summary(r, lang)).collect();
        texts.sort();
        let all = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }
}

#[test]
fn templates_are_well_formed_and_name_existing_tables() {
    for reason in Reason::all() {
        for lang in [Lang::Zh, Lang::En] {
            let text = reason.entry().text(lang);
            assert_eq!(text.matches('[').count(), text.matches(']').count(), "{text}");
            for inside in text.split('{').skip(1) {
                let inside = inside.split_once('}').unwrap().0;
                let (index, table) = inside.split_once('|').map_or((inside, None), |(i, t)| (i, Some(t)));
                assert!(index.parse::<usize>().unwrap() < 8, "{text}");
                assert!(table.is_none_or(|t| choices::has_table(t) || template::KINDS.contains(&t)), "{text}");
            }
            // Without arguments the text stands by itself.
            let bare = summary(reason, lang);
            assert!(!bare.contains(['{', '}', '[', ']']), "{bare}");
        }
        let args = |text: &str| text.matches('{').count();
        assert_eq!(args(reason.entry().zh), args(reason.entry().en), "{}", reason.name());
    }
}

#[test]
fn a_refusal_reads_like_a_sentence_in_both_languages() {
    let quota = Refusal::new(RejectReason::OverQuota, Field::Net).with([
        Arg::Money(Fen(10_000_000)),
        Arg::Money(Fen(9_990_000)),
        Arg::Money(Fen(19_800)),
    ]);
    assert_eq!(render(&quota, Lang::Zh), "本月额度不足：额度 ¥ 100000.00，已用 ¥ 99900.00，本票 ¥ 198.00");
    let expected = "over the month's quota: quota CNY 100000.00, used CNY 99900.00, this invoice CNY 198.00";
    assert_eq!(render(&quota, Lang::En), expected);

    let spent = Refusal::new(RejectReason::AlreadyReimbursed, Field::Invoice).at_item(1).with([
        Arg::Slot(Slot(5)),
        Arg::Account(AccountId(7)),
        Arg::Time(BlockTime(0)),
    ]);
    let expected = "第 2 项：发票已报销，不得重复：槽位 5，由账户 7于 1970-01-01 08:00:00.000 报销";
    assert_eq!(render(&spent, Lang::Zh), expected);

    let line = Refusal::new(RejectReason::LineName, Field::LineName).at_line(3).with([Arg::Choice(0)]);
    assert_eq!(render(&line, Lang::En), "line 3: the line's name is not valid: empty");
}

#[test]
fn retries_agree_with_codes() {
    for reason in Reason::all() {
        let (code, retry) = (reason.code(), reason.retry());
        if matches!(code, Code::Unavailable | Code::DeadlineExceeded) {
            assert_eq!(retry, Retry::Same, "{}", reason.name());
        }
        if matches!(code, Code::InvalidArgument | Code::NotFound | Code::Unimplemented) {
            assert_eq!(retry, Retry::Never, "{}", reason.name());
        }
        if retry == Retry::Same {
            assert!(matches!(
                reason.exit(),
                ExitCode::Temporary | ExitCode::Unavailable | ExitCode::Deadline | ExitCode::Conflict
            ));
        }
    }
}
