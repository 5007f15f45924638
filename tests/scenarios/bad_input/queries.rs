use anyhow::Context;
use ledger_types::owner::account_address;
use ledger_types::{AccountId, Owner};
use proto::node::v1::*;
use proto::types::v1 as pb;
use tonic::{Code, Status};

use super::{Target, check};

/// One bad call: what it is, what came, which reason and field it should have.
type Case = (&'static str, Result<(), Status>, &'static str, Option<&'static str>);

macro_rules! call {
    ($target:expr, $method:ident, $request:expr) => {
        $target.wire.clone().$method($request).await.map(drop)
    };
}

fn check_all(cases: Vec<Case>) {
    for (what, result, reason, field) in cases {
        let status = result.expect_err(what);
        check(&status, reason, field).context(what).unwrap();
    }
}

const BAD: &str = "INVALID_ARGUMENT";
const NOTHING: &str = "NOT_FOUND";

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_or_bad_is_named() {
    let t = Target::start().await.unwrap();
    let face = |code: &str, number: &str| GetInvoiceRequest {
        invoice: Some(get_invoice_request::Invoice::Face(InvoiceNumber { code: code.into(), number: number.into() })),
        ..Default::default()
    };
    let account = |which| GetAccountRequest { account: Some(which), ..Default::default() };
    let fate = |subject| GetFateRequest { subject: Some(subject), ..Default::default() };
    let request = pb::RequestKey { scope: 1, request_id: vec![1; 15] };
    let short_chain = Some(pb::ReadOptions { chain_id: vec![1; 31], min_height: None });
    let half_owner = ListOutputsRequest { owner: Some(pb::Owner::default()), ..Default::default() };
    check_all(vec![
        ("no subject", call!(t, get_fate, GetFateRequest::default()), BAD, Some("subject")),
        ("an id too short", call!(t, get_fate, fate(get_fate_request::Subject::TxId(vec![1; 32]))), BAD, Some("tx_id")),
        ("a request id too short", call!(t, get_fate, fate(get_fate_request::Subject::Request(request))), BAD, None),
        ("nothing to wait for", call!(t, wait_receipt, WaitReceiptRequest::default()), BAD, Some("subject")),
        ("no transaction id", call!(t, get_transaction, GetTransactionRequest::default()), BAD, Some("tx_id")),
        ("no invoice", call!(t, get_invoice, GetInvoiceRequest::default()), BAD, Some("invoice")),
        ("half a code", call!(t, get_invoice, face("1440", "00000001")), BAD, Some("face.code")),
        ("a word for a number", call!(t, get_invoice, face("144032609110", "eins")), BAD, Some("face.number")),
        ("no account", call!(t, get_account, GetAccountRequest::default()), BAD, Some("account")),
        (
            "a tax id with a wrong check digit",
            call!(t, get_account, account(get_account_request::Account::TaxId("91440300MA5DEK0170".into()))),
            BAD,
            Some("tax_id"),
        ),
        ("no owner", call!(t, list_outputs, ListOutputsRequest::default()), BAD, Some("owner")),
        ("half an owner", call!(t, list_outputs, half_owner), BAD, None),
        (
            "a negative page",
            call!(t, list_invoices, ListInvoicesRequest { page_size: -1, ..Default::default() }),
            BAD,
            Some("page_size"),
        ),
        (
            "an area beyond sixteen bits",
            call!(t, get_rule_book, GetRuleBookRequest { area: 70_000, ..Default::default() }),
            BAD,
            Some("area"),
        ),
        ("half a chain id", call!(t, get_status, GetStatusRequest { read_options: short_chain }), BAD, None),
        ("before the first block", call!(t, subscribe, SubscribeRequest::default()), BAD, Some("from_height")),
        (
            "a change of no kind",
            call!(t, subscribe, SubscribeRequest { from_height: 1, structured_kinds: vec![99], ..Default::default() }),
            BAD,
            Some("structured_kinds"),
        ),
        (
            "before 1970",
            call!(t, set_clock, SetClockRequest { time_ms: -1, chain_id: Vec::new() }),
            BAD,
            Some("time_ms"),
        ),
        (
            "back in time",
            call!(t, set_clock, SetClockRequest { time_ms: 1, chain_id: Vec::new() }),
            "CLOCK_BACKWARDS",
            None,
        ),
    ]);
    t.check_unharmed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found_and_what_has_not_come_is_not_guessed() {
    let t = Target::start().await.unwrap();
    let far = 1 << 40;
    let slot = |slot, height| GetOutputRequest { slot, height, read_options: None };
    let face = InvoiceNumber { code: "144032609110".into(), number: "99999999".into() };
    let face = GetInvoiceRequest { invoice: Some(get_invoice_request::Invoice::Face(face)), ..Default::default() };
    let at = |height| GetInvoiceRequest {
        invoice: Some(get_invoice_request::Invoice::Slot(0)),
        height: Some(height),
        ..Default::default()
    };
    let nobody = GetAccountRequest { account: Some(get_account_request::Account::Id(999_999)), ..Default::default() };
    let unknown_tx = GetTransactionRequest { tx_id: vec![1; 33], ..Default::default() };
    assert!(call!(t, get_output, slot(0, None)).is_ok(), "there is something in slot 0");
    check_all(vec![
        ("a slot far away", call!(t, get_output, slot(far, None)), NOTHING, None),
        ("the last slot of all", call!(t, get_output, slot(u64::MAX, None)), NOTHING, None),
        ("a slot before it was given", call!(t, get_output, slot(0, Some(0))), NOTHING, None),
        ("a slot in the future", call!(t, get_output, slot(0, Some(far))), "HEIGHT_NOT_REACHED", None),
        ("an invoice in the future", call!(t, get_invoice, at(u64::MAX)), "HEIGHT_NOT_REACHED", None),
        ("a number not given yet", call!(t, get_invoice, face), NOTHING, None),
        (
            "a block in the future",
            call!(t, get_block, GetBlockRequest { height: far, ..Default::default() }),
            NOTHING,
            None,
        ),
        ("nobody", call!(t, get_account, nobody), NOTHING, None),
        (
            "nobody's approval",
            call!(t, get_taxpayer, GetTaxpayerRequest { account: u32::MAX, read_options: None }),
            NOTHING,
            None,
        ),
        (
            "an application never made",
            call!(t, get_application, GetApplicationRequest { application: u64::MAX, read_options: None }),
            NOTHING,
            None,
        ),
        (
            "a form never opened",
            call!(t, get_red_form, GetRedFormRequest { form: u64::MAX, read_options: None }),
            NOTHING,
            None,
        ),
        (
            "a rule book never published",
            call!(t, get_rule_book, GetRuleBookRequest { area: 4403, version: Some(99), read_options: None }),
            NOTHING,
            None,
        ),
        ("a transaction never seen", call!(t, get_transaction, unknown_tx), NOTHING, None),
        ("a proof of nothing", call!(t, get_proof, GetProofRequest { slot: far, ..Default::default() }), NOTHING, None),
    ]);
    let history = GetHistoryRequest { slot: u64::MAX, ..Default::default() };
    assert!(t.wire.clone().get_history(history).await.unwrap().into_inner().steps.is_empty());
    t.check_unharmed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_serves_the_list_that_gave_it_and_no_other() {
    let t = Target::start().await.unwrap();
    for _ in 0..3 {
        t.chain.issue(&t.people.merchant, 10_600).await.unwrap();
    }
    let list = |seller: AccountId, page_token: &str| ListInvoicesRequest {
        seller: seller.0,
        page_size: 2,
        page_token: page_token.to_owned(),
        read_options: None,
    };
    let merchant = t.people.merchant_id;
    let token = t.wire.clone().list_invoices(list(merchant, "")).await.unwrap().into_inner().next_page_token;
    let rest = t.wire.clone().list_invoices(list(merchant, &token)).await.unwrap().into_inner();
    assert_eq!(rest.invoices.len(), 2);
    let forged = |at: usize, with: &str| format!("{}{with}{}", &token[..at], &token[at + with.len()..]);
    let address = account_address(&t.chain.client.chain_id(), t.people.company_id);
    let outputs = ListOutputsRequest {
        owner: Some((&Owner::Address(address)).into()),
        page_token: token.clone(),
        ..Default::default()
    };
    let history = GetHistoryRequest { slot: 0, page_token: token.clone(), ..Default::default() };
    let (why, field) = ("PAGE_TOKEN", Some("page_token"));
    check_all(vec![
        ("another seller's list", call!(t, list_invoices, list(t.people.company_id, &token)), why, field),
        ("an owner's list", call!(t, list_outputs, outputs), why, field),
        ("a history", call!(t, get_history, history), why, field),
        ("a word", call!(t, list_invoices, list(merchant, "next")), why, field),
        ("a character less", call!(t, list_invoices, list(merchant, &token[1..])), why, field),
        ("a character more", call!(t, list_invoices, list(merchant, &format!("{token}0"))), why, field),
        ("not hexadecimal", call!(t, list_invoices, list(merchant, &forged(3, "g"))), why, field),
        ("another form of the same number", call!(t, list_invoices, list(merchant, &forged(0, "+"))), why, field),
        ("a forged end", call!(t, list_invoices, list(merchant, &forged(24, "deadbeef"))), why, field),
        ("thirty-two bytes, not all letters", call!(t, list_invoices, list(merchant, &"发".repeat(10))), why, field),
        ("a megabyte", call!(t, list_invoices, list(merchant, &"0".repeat(1 << 20))), why, field),
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_means_another_chain_is_refused_before_anything_is_read() {
    let t = Target::start().await.unwrap();
    let other = vec![9; 32];
    let options = Some(pb::ReadOptions { chain_id: other.clone(), min_height: None });
    let tx = t.chain.sign_issue(&t.people.merchant, &tests::draft(100), &crypto::OrderToken::generate().unwrap());
    let submit = SubmitRequest { tx: tx.unwrap().bytes, chain_id: other.clone(), ..Default::default() };
    let status = GetStatusRequest { read_options: options.clone() };
    let output = GetOutputRequest { slot: 0, height: None, read_options: options };
    let subscribe = SubscribeRequest { from_height: 1, chain_id: other.clone(), ..Default::default() };
    let (why, field) = ("WRONG_CHAIN", Some("chain_id"));
    check_all(vec![
        ("submit", call!(t, submit, submit), why, field),
        ("status", call!(t, get_status, status), why, field),
        ("output", call!(t, get_output, output), why, field),
        ("subscribe", call!(t, subscribe, subscribe), why, field),
        ("clock", call!(t, set_clock, SetClockRequest { time_ms: i64::MAX, chain_id: other }), why, field),
    ]);
    t.check_unharmed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_height_that_does_not_come_in_time_is_said_so() {
    let t = Target::start().await.unwrap();
    let options = |min_height| Some(pb::ReadOptions { chain_id: Vec::new(), min_height: Some(min_height) });
    let mut request = tonic::Request::new(GetStatusRequest { read_options: options(1 << 40) });
    request.set_timeout(std::time::Duration::from_millis(300));
    let status = t.wire.clone().get_status(request).await.unwrap_err();
    // The caller's own deadline is shorter than the node's patience: whoever is first says so.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled | Code::Unavailable), "{status}");
    assert!(call!(t, get_status, GetStatusRequest { read_options: options(1) }).is_ok(), "one that came long ago");
    t.check_unharmed().await.unwrap();
}
