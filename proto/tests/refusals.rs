//! What is not a domain value is refused, and the error names the field.

use ledger_types::{Account, CommitCertificate, OwnerCondition, Receipt, Refusal, RuleBook, TaxRate, TaxpayerProfile};
use proto::convert::{
    BatchDraft, ChangeHeader, ConvertError, DraftInvoice, Fate, InvoiceRef, IssueTerms, Problem, ReadOptions, Recipient,
};
use proto::invoice::v1 as invoice;
use proto::types::v1 as wire;

fn field<D, W>(message: W) -> String
where
    D: TryFrom<W, Error = ConvertError>,
{
    D::try_from(message).err().map_or_else(|| "accepted".to_owned(), |e| e.to_string())
}

/// Changes a good message in one place and names the error.
fn spoiled<D, W>(good: &W, change: impl FnOnce(&mut W)) -> String
where
    W: Clone,
    D: TryFrom<W, Error = ConvertError>,
{
    let mut message = good.clone();
    change(&mut message);
    field::<D, W>(message)
}

fn key() -> wire::KeyRecord {
    wire::KeyRecord { algorithm: 1, purpose: 1, public_key: vec![2; 33], status: 1, ..Default::default() }
}

fn account() -> wire::Account {
    wire::Account { id: 1, kind: 2, area: 4403, open: true, keys: vec![key()], ..Default::default() }
}

#[test]
fn accounts() {
    let good = account();
    let bad = |change: fn(&mut wire::Account)| spoiled::<Account, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|a| a.id = 0), "id: is required");
    assert_eq!(bad(|a| a.kind = 0), "kind: is required");
    assert_eq!(bad(|a| a.kind = 7), "kind: has no value 7");
    assert_eq!(bad(|a| a.area = 0), "area: is required");
    assert_eq!(bad(|a| a.area = 10_000), "area: must be from 1 to 9999");
    assert_eq!(bad(|a| a.tax_id = Some(String::new())), "tax_id: is required");
    assert!(bad(|a| a.tax_id = Some("91350100M000100Y44".into())).starts_with("tax_id: the last character"));
    assert_eq!(bad(|a| a.name = "x".repeat(301)), "name: may have at most 300, not 301");
    assert_eq!(bad(|a| a.keys = vec![key(); 257]), "keys: may have at most 256, not 257");
    assert_eq!(bad(|a| a.keys[0].id = 65_536), "keys[0].id: must be from 0 to 65535");
    assert_eq!(bad(|a| a.keys[0].public_key.clear()), "keys[0].public_key: is required");
    assert_eq!(bad(|a| a.keys[0].public_key.truncate(32)), "keys[0].public_key: must have 33 bytes, not 32");
    assert!(bad(|a| a.keys[0].valid_to_ms = Some(-1)).starts_with("keys[0].valid_to_ms: must be from 0"));
    assert_eq!(bad(|a| a.keys[0].status = -1), "keys[0].status: has no value -1");
}

#[test]
fn rates_have_one_form() {
    let rate = |rate| field::<TaxRate, _>(wire::TaxRate { rate });
    use wire::tax_rate::Rate::{BasisPoints, Zero};
    assert_eq!(rate(Some(BasisPoints(1300))), "accepted");
    assert_eq!(rate(Some(BasisPoints(0))), "basis_points: must be from 1 to 10000");
    assert_eq!(rate(Some(BasisPoints(10_001))), "basis_points: must be from 1 to 10000");
    assert_eq!(rate(Some(Zero(0))), "zero: is required");
    assert_eq!(rate(Some(Zero(5))), "zero: has no value 5");
    assert_eq!(rate(None), "rate: is required");
}

#[test]
fn profiles_and_rule_books() {
    let zero = wire::TaxRate { rate: Some(wire::tax_rate::Rate::Zero(2)) };
    let grant = wire::RateGrant {
        prefix: Some(wire::CodePrefix { digits: "307".into() }),
        rate: Some(zero),
        policy: 3,
        ..Default::default()
    };
    let good =
        wire::TaxpayerProfile { kind: 1, status: 1, credit: 1, risk: 1, rates: vec![grant], ..Default::default() };
    let bad = |change: fn(&mut wire::TaxpayerProfile)| spoiled::<TaxpayerProfile, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|p| p.rates[0].prefix = None), "rates[0].prefix: is required");
    assert_eq!(bad(|p| p.rates[0].policy = 0), "rates[0].policy: is required");
    assert_eq!(bad(|p| p.rates[0].policy = 19), "rates[0].policy: has no value 19");
    let digits =
        |p: &mut wire::TaxpayerProfile, text: &str| p.rates[0].prefix = Some(wire::CodePrefix { digits: text.into() });
    for text in ["-1", "+1", "１", "12345678901234567890", " 1"] {
        let error = spoiled::<TaxpayerProfile, _>(&good, |p| digits(p, text));
        assert_eq!(error, "rates[0].prefix.digits: must be at most 19 digits", "{text}");
    }
    let many = bad(|p| p.categories = vec![wire::CodePrefix::default(); 1_025]);
    assert_eq!(many, "categories: may have at most 1024, not 1025");

    let good = wire::RuleBook::from(&RuleBook::standard(ledger_types::Area(4403), 1, 0));
    let bad = |change: fn(&mut wire::RuleBook)| spoiled::<RuleBook, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|b| b.max_lines = 65_536), "max_lines: must be from 0 to 65535");
    assert_eq!(bad(|b| b.max_payment_links = 256), "max_payment_links: must be from 0 to 255");
    assert_eq!(bad(|b| b.rates[1].rate = None), "rates[1].rate: is required");
    assert!(bad(|b| b.red_confirm_ms = -1).starts_with("red_confirm_ms: must be from 0"));
}

#[test]
fn conditions_do_not_nest_and_stay_small() {
    use wire::owner_condition::Condition;
    let plain = |c| wire::OwnerCondition { condition: Some(c) };
    let expiring = |first: wire::OwnerCondition| {
        plain(Condition::Expiring(Box::new(wire::Expiring {
            until_ms: 1,
            first: Some(Box::new(first)),
            fallback: vec![1; 32],
        })))
    };
    let one = plain(Condition::Address(vec![1; 32]));
    assert_eq!(field::<OwnerCondition, _>(expiring(one.clone())), "accepted");
    let nested = field::<OwnerCondition, _>(expiring(expiring(one)));
    assert_eq!(nested, "expiring.first.expiring: may not be nested");
    let any = |members| field::<OwnerCondition, _>(plain(Condition::AnyOf(wire::Addresses { members })));
    assert_eq!(any(vec![vec![1; 32], vec![2; 32]]), "accepted");
    assert!(any(vec![vec![2; 32], vec![1; 32]]).starts_with("condition: must name 2 to 8"));
    assert!(any(vec![vec![1; 32]]).starts_with("condition: must name 2 to 8"));
    assert_eq!(any(vec![vec![1; 31]; 9]), "members: may have at most 8, not 9");
    let threshold = Condition::MOfN(wire::Threshold { threshold: 256, members: vec![] });
    assert_eq!(field::<OwnerCondition, _>(plain(threshold)), "threshold: must be from 0 to 255");
}

#[test]
fn refusals_and_receipts() {
    let good = wire::Refusal {
        number: 602,
        reason: "OUTPUT_SPENT".into(),
        level: 1,
        field_number: 39,
        field: "spend".into(),
        ..Default::default()
    };
    let bad = |change: fn(&mut wire::Refusal)| spoiled::<Refusal, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|r| r.number = 699), "number: must be the number of a known reason");
    assert_eq!(bad(|r| r.number = 65_536 + 602), "number: must be the number of a known reason");
    assert_eq!(bad(|r| r.reason = "OUTPUT_UNKNOWN".into()), "reason: is not the name of the number");
    assert_eq!(bad(|r| r.field_number = 256 + 39), "field_number: must be the number of a known field");
    assert_eq!(bad(|r| r.field = "to".into()), "field: is not the path of the field number");
    assert_eq!(bad(|r| r.args = vec![wire::RefusalArg { arg: None }]), "args[0].arg: is required");
    assert_eq!(bad(|r| r.args = vec![wire::RefusalArg::default(); 65]), "args: may have at most 64, not 65");
    assert_eq!(bad(|r| r.line = Some(65_536)), "line: must be from 0 to 65535");

    let receipt = wire::Receipt { version: 1, ..Default::default() };
    assert_eq!(field::<Receipt, _>(receipt.clone()), "subject: is required");
    let with_subject = wire::Receipt { subject: Some(wire::receipt::Subject::TxId(vec![1; 33])), ..receipt };
    assert_eq!(field::<Receipt, _>(with_subject.clone()), "verdict: is required");
    let refused = wire::Refused { refusals: vec![good; 65] };
    let many = wire::Receipt { verdict: Some(wire::receipt::Verdict::Refused(refused)), ..with_subject };
    assert_eq!(field::<Receipt, _>(many.clone()), "refused.refusals: may have at most 64, not 65");

    let done = wire::TxOutcome { outcome: Some(wire::tx_outcome::Outcome::Done(wire::Done {})) };
    let accepted = wire::Receipt { verdict: Some(wire::receipt::Verdict::Accepted(done)), ..many };
    let fate = wire::Fate {
        state: wire::FateState::Committed.into(),
        tx_id: vec![1; 33],
        height: Some(1),
        index: Some(0),
        block_time_ms: Some(1),
        receipt: Some(accepted),
        ..Default::default()
    };
    assert_eq!(field::<Fate, _>(fate.clone()), "accepted");
    let contradicts = spoiled::<Fate, _>(&fate, |f| f.state = wire::FateState::Refused.into());
    assert_eq!(contradicts, "receipt: says something else than the state");
    assert_eq!(spoiled::<Fate, _>(&fate, |f| f.height = None), "height: is required");
    assert_eq!(spoiled::<Fate, _>(&fate, |f| f.state = 0), "state: is required");
}

#[test]
fn certificates_are_measured() {
    let good = wire::CommitCertificate { version: 1, kind: 1, block_id: vec![1; 33], ..Default::default() };
    assert_eq!(field::<CommitCertificate, _>(good.clone()), "accepted");
    let bitmap = spoiled::<CommitCertificate, _>(&good, |c| c.bitmap = vec![0; 33]);
    assert_eq!(bitmap, "bitmap: may have at most 32, not 33");
    let signatures = spoiled::<CommitCertificate, _>(&good, |c| c.signatures = vec![vec![0; 63]]);
    assert_eq!(signatures, "signatures[0]: must have 64 bytes, not 63");
}

fn line() -> invoice::LineInput {
    invoice::LineInput {
        nature: 1,
        name: "*餐饮服务*餐费".into(),
        tax_code: "3070401000000000000".into(),
        amount: 19_800,
        rate: Some(wire::TaxRate { rate: Some(wire::tax_rate::Rate::BasisPoints(600)) }),
        policy: wire::Policy::None.into(),
        ..Default::default()
    }
}

fn draft() -> invoice::InvoiceInput {
    let buyer = wire::BuyerTitle { kind: 1, name: "个人".into(), ..Default::default() };
    invoice::InvoiceInput { kind: 1, entry: 2, buyer: Some(buyer), lines: vec![line()], ..Default::default() }
}

#[test]
fn what_a_merchant_enters() {
    let good = draft();
    let bad = |change: fn(&mut invoice::InvoiceInput)| spoiled::<DraftInvoice, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|i| i.buyer = None), "buyer: is required");
    assert_eq!(bad(|i| i.entry = 3), "entry: has no value 3");
    assert_eq!(bad(|i| i.lines[0].rate = None), "lines[0].rate: is required");
    assert_eq!(bad(|i| i.lines[0].policy = 0), "lines[0].policy: is required");
    assert!(bad(|i| i.lines[0].tax_code = "307".into()).starts_with("lines[0].tax_code: a tax code has 19 digits"));
    assert!(bad(|i| i.lines[0].quantity = Some("1e3".into())).starts_with("lines[0].quantity: a quantity"));
    assert!(bad(|i| i.lines[0].price = Some("0.00000000000001".into())).starts_with("lines[0].price: a quantity"));
    assert_eq!(bad(|i| i.lines[0].quantity = Some(String::new())), "lines[0].quantity: is required");
    assert_eq!(bad(|i| i.lines = vec![line(); 65_536]), "lines: may have at most 65535, not 65536");
    assert_eq!(bad(|i| i.special_element = 256), "special_element: must be from 0 to 255");
    assert_eq!(bad(|i| i.lines.clear()), "accepted", "the rules refuse it with LINE_COUNT");

    let one = invoice::BatchInput { invoice: Some(draft()), recipient: None };
    assert_eq!(field::<BatchDraft, _>(one.clone()), "accepted");
    let batch = |n| invoice::IssueBatchRequest { header: None, invoices: vec![one.clone(); n] };
    assert_eq!(batch(0).read_invoices().unwrap_err().to_string(), "invoices: is required");
    assert_eq!(batch(1_001).read_invoices().unwrap_err().to_string(), "invoices: may have at most 1000, not 1001");
    assert_eq!(batch(2).read_invoices().unwrap().len(), 2);
}

#[test]
fn headers_references_and_recipients() {
    let good = invoice::ChangeHeader { request_id: vec![1; 16], acting_account: 7, chain_id: vec![] };
    let bad = |change: fn(&mut invoice::ChangeHeader)| spoiled::<ChangeHeader, _>(&good, change);
    assert_eq!(bad(|_| ()), "accepted");
    assert_eq!(bad(|h| h.request_id.clear()), "request_id: is required");
    assert_eq!(bad(|h| h.request_id.push(1)), "request_id: must have 16 bytes, not 17");
    assert_eq!(bad(|h| h.acting_account = 0), "acting_account: is required");
    assert_eq!(bad(|h| h.chain_id = vec![1; 31]), "chain_id: must have 32 bytes, not 31");

    assert_eq!(field::<InvoiceRef, _>(invoice::InvoiceRef::default()), "invoice: is required");
    let face = invoice::FaceNumber { code: "144031809110".into(), number: "1".into() };
    let by_face = invoice::InvoiceRef { invoice: Some(invoice::invoice_ref::Invoice::Face(face)), sequence: None };
    assert!(field::<InvoiceRef, _>(by_face).starts_with("face.number: an invoice number has 8 digits"));

    let to = |recipient| field::<Recipient, _>(invoice::Recipient { recipient: Some(recipient) });
    use invoice::recipient::Recipient::{Account, Address, ClaimToken};
    assert_eq!(to(Account(0)), "account: is required");
    assert_eq!(to(Address(vec![1; 33])), "address: must have 32 bytes, not 33");
    for (token, ok) in
        [("x".repeat(32), true), ("x".repeat(31), false), ("x".repeat(129), false), ("y ".repeat(16), false)]
    {
        assert_eq!(to(ClaimToken(token.clone())) == "accepted", ok, "{token}");
    }
    let terms = invoice::IssueTerms { order_id: "x".repeat(129), ..Default::default() };
    assert_eq!(field::<IssueTerms, _>(terms), "order_id: may have at most 128, not 129");
}

#[test]
fn reads() {
    assert_eq!(ReadOptions::read(None), Ok(ReadOptions::default()));
    let options = wire::ReadOptions { chain_id: vec![1; 5], min_height: Some(1) };
    let error = ReadOptions::read(Some(options)).unwrap_err();
    assert_eq!(
        (error.field.as_str(), error.problem),
        ("read_options.chain_id", Problem::Length { expected: 32, found: 5 })
    );
    let asks = proto::node::v1::GetFateRequest::default();
    assert_eq!(asks.read_subject().unwrap_err().to_string(), "subject: is required");
    assert_eq!(wire::FaceStatus::filter(vec![1, 9], "faces").unwrap_err().to_string(), "faces[1]: has no value 9");
    assert_eq!(wire::FaceStatus::filter(vec![0], "faces").unwrap_err().to_string(), "faces[0]: is required");
    assert!(wire::FaceStatus::filter(vec![1; 33], "faces").is_err());
}

#[test]
fn a_transaction_is_its_canonical_bytes() {
    use proto::convert::read_transaction;
    assert_eq!(read_transaction(&[], "tx").unwrap_err().to_string(), "tx: is required");
    let large = vec![0; 2 * 1024 * 1024 + 1];
    assert_eq!(read_transaction(&large, "tx").unwrap_err().to_string(), "tx: may have at most 2097152, not 2097153");
    assert!(read_transaction(&[1, 0], "tx").unwrap_err().to_string().starts_with("tx: malformed bytes"));
}
