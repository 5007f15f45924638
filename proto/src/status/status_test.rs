#![allow(clippy::unwrap_used)]

use std::time::Duration;

use ledger_types::refusal::Level;
use ledger_types::{AccountId, BlockTime, Slot};
use tonic::Code;
use tonic_types::StatusExt;

use super::*;
use crate::catalogue::{ExitCode, Retry};
use crate::edge_reason::EdgeReason;
use crate::{ConvertError, Problem};

fn reimbursed() -> Refusal {
    Refusal::new(RejectReason::AlreadyReimbursed, Field::Invoice).at_item(2).with([
        Arg::Slot(Slot(5)),
        Arg::Account(AccountId(7)),
        Arg::Time(BlockTime(1)),
    ])
}

#[test]
fn every_ledger_reason_comes_back_as_it_was() {
    for reason in RejectReason::ALL {
        let sent = vec![Refusal { reason: *reason, ..reimbursed() }];
        let status = refused(&sent, Some(&TxId([3; 33])));
        let report = ErrorReport::from_status(&status);
        assert_eq!(report.reason, Some(Reason::Ledger(*reason)));
        assert_eq!((&report.refusals, report.total_refusals), (&sent, 1));
        assert_eq!((report.tx_id, report.code), (Some(TxId([3; 33])), Reason::Ledger(*reason).code()));
        assert_eq!(report.number(), Some(reason.number()));
    }
}

#[test]
fn every_edge_reason_comes_back_as_it_was() {
    for reason in EdgeReason::ALL {
        let wait = Duration::from_millis(1_250);
        let status =
            EdgeError::new(*reason).field("lines[2].rate").detail("must be set").retry_after(wait).into_status();
        let report = ErrorReport::from_status(&status);
        assert_eq!(report.reason, Some(Reason::Edge(*reason)));
        assert_eq!(report.field.as_deref(), Some("lines[2].rate"));
        assert_eq!(report.retry_after, Some(wait));
        assert_eq!(report.exit(), Reason::Edge(*reason).exit());
        assert!(report.text(Lang::Zh).contains("lines[2].rate"), "{}", report.text(Lang::Zh));
        assert!(report.text(Lang::En).contains("must be set"), "{}", report.text(Lang::En));
    }
}

#[test]
fn tools_that_know_google_rpc_alone_find_everything() {
    let status = refused(&[reimbursed()], Some(&TxId([3; 33])));
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().starts_with("ALREADY_REIMBURSED: item 3: "), "{}", status.message());
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ALREADY_REIMBURSED", "taxchain"));
    for (key, value) in
        [("number", "614"), ("retryable", "false"), ("item", "2"), ("field", "invoice"), ("args", "5,7,1")]
    {
        assert_eq!(info.metadata.get(key).map(String::as_str), Some(value), "{key}");
    }
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!((violation.field.as_str(), violation.reason.as_str()), ("invoice", "ALREADY_REIMBURSED"));
    assert_eq!(details.precondition_failure().unwrap().violations[0].r#type, "ALREADY_REIMBURSED");
    assert_eq!(details.help().unwrap().links[0].url, "docs/errors.md#already_reimbursed");
    let languages: Vec<String> = status
        .get_error_details_vec()
        .into_iter()
        .filter_map(|d| match d {
            tonic_types::ErrorDetail::LocalizedMessage(m) => Some(m.locale),
            _ => None,
        })
        .collect();
    assert_eq!(languages, ["zh-CN", "en"]);
}

#[test]
fn quotas_and_waits_are_said() {
    let status = refused(&[Refusal::new(RejectReason::OverQuota, Field::Net)], None);
    assert_eq!(status.get_details_quota_failure().unwrap().violations[0].quota_id, "OVER_QUOTA");
    let busy = refused(&[Refusal::new(RejectReason::Overloaded, Field::Transaction)], None);
    assert!(busy.get_details_retry_info().unwrap().retry_delay.is_some());
    assert_eq!(ErrorReport::from_status(&busy).retry(), Retry::Same);
    assert!(status.get_details_retry_info().is_none(), "the same bytes would be refused again");
}

#[test]
fn many_refusals_are_counted_and_the_status_stays_small() {
    let args = || (0..32).map(|n| Arg::Tx(TxId([n; 33])));
    let many: Vec<Refusal> =
        (1..=64).map(|l| Refusal::new(RejectReason::LineTax, Field::LineTax).at_line(l).with(args())).collect();
    let status = refused(&many, None);
    assert!(status.details().len() <= MAX_STATUS_DETAIL_BYTES, "{}", status.details().len());
    let report = ErrorReport::from_status(&status);
    assert_eq!(report.total_refusals, 64);
    let few: Vec<Refusal> = (1..=8).map(|l| Refusal::new(RejectReason::LineTax, Field::LineTax).at_line(l)).collect();
    let report = ErrorReport::from_status(&refused(&few, None));
    assert_eq!(report.refusals, few);
    assert_eq!(report.field.as_deref(), Some("lines[0].tax"));
}

#[test]
fn an_error_leads_even_behind_a_warning() {
    let warning = Refusal { level: Level::Warning, ..Refusal::new(RejectReason::LineName, Field::LineName) };
    let report = ErrorReport::from_status(&refused(&[warning, reimbursed()], None));
    assert_eq!(report.reason, Some(Reason::Ledger(RejectReason::AlreadyReimbursed)));
    assert_eq!(report.exit(), ExitCode::Conflict);
}

#[test]
fn a_foreign_status_still_makes_sense() {
    let report = ErrorReport::from_status(&Status::deadline_exceeded("proxy gave up"));
    assert_eq!(report.reason, Some(Reason::Edge(EdgeReason::Deadline)));
    assert_eq!((report.retry(), report.exit()), (Retry::Same, ExitCode::Deadline));
    let broken = Status::with_details(Code::Internal, "x", vec![0xff; 40].into());
    assert_eq!(ErrorReport::from_status(&broken).reason, Some(Reason::Edge(EdgeReason::Internal)));
}

#[test]
fn a_message_that_is_not_a_value_says_which_field() {
    let error = ConvertError::new("invoice.lines[3].rate", Problem::Missing);
    let report = ErrorReport::from_status(&Status::from(error));
    assert_eq!(report.reason, Some(Reason::Edge(EdgeReason::InvalidArgument)));
    assert_eq!(report.field.as_deref(), Some("invoice.lines[3].rate"));
    assert_eq!(report.exit(), ExitCode::BadData);
}

#[test]
fn another_chain_is_named() {
    let ours = ChainId([9; 32]);
    assert!(check_chain(None, &ours).is_ok() && check_chain(Some(ours), &ours).is_ok());
    let status = check_chain(Some(ChainId([1; 32])), &ours).unwrap_err();
    let report = ErrorReport::from_status(&status);
    assert_eq!(report.reason, Some(Reason::Ledger(RejectReason::WrongChain)));
    assert!(report.text(Lang::En).contains(&ours.to_string()), "{}", report.text(Lang::En));
}
