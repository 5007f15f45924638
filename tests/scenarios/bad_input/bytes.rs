use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use futures::stream;
use ledger_types::limits::MAX_TX_BYTES;
use ledger_types::section::commit_section;
use ledger_types::{
    Area, Canonical, ChainId, Payload, RejectReason, Section, SignerIdentity, Spend, Transaction, Verdict,
};
use proto::node::v1::{SubmitStreamRequest, submit_stream_response};
use proto::{ErrorReport, Reason};
use sdk::{SignedTx, sign_plain};
use tests::{AREA, draft};
use tonic::Code;

use super::{Target, check};
use crate::wire::{self, Wire};

/// An invoice that the node would accept.
fn good(target: &Target) -> SignedTx {
    let token = crypto::OrderToken::generate().unwrap();
    target.chain.sign_issue(&target.people.merchant, &draft(5_300), &token).unwrap()
}

/// The same, bent; the signature stays as it is.
fn bent(target: &Target, bend: impl FnOnce(&mut Transaction)) -> Vec<u8> {
    let mut tx = Transaction::from_canonical(&good(target).bytes).unwrap();
    bend(&mut tx);
    tx.to_canonical()
}

/// The same in clear, bent, sealed and signed again by the merchant.
fn signed_again(target: &Target, bend: impl FnOnce(&mut Transaction)) -> Vec<u8> {
    let merchant = &target.people.merchant;
    bent(target, |tx| {
        *tx = target.chain.unsealed(tx, merchant).unwrap();
        bend(tx);
        let chain = tx.envelope.chain_id;
        *tx = target.chain.sealed(tx, merchant).unwrap();
        tx.signatures = vec![merchant.key.sign_transaction(&chain, &tx.envelope.tx_id()).unwrap()];
    })
}

async fn check_refused(wire: &Wire, what: &str, bytes: Vec<u8>, reason: RejectReason, field: &str) {
    let status = wire::submit(wire, bytes).await.expect_err(what);
    check(&status, reason.name(), Some(field)).with_context(|| what.to_owned()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_transaction_of_this_chain_are_refused_by_name_and_leave_nothing_behind() {
    use RejectReason as R;
    let target = Target::start().await.unwrap();
    let bytes = good(&target).bytes;
    let now = target.chain.client.now().0;
    let longer = |n: usize| [bytes.clone(), vec![0; n]].concat();
    let key = |tx: &mut Transaction, head: u8, rest: u8| {
        let mut point = [rest; 33];
        point[0] = head;
        tx.envelope.signers[0].identity = SignerIdentity::BareKey(point);
    };
    let swap_body = |tx: &mut Transaction, other: &SignedTx| {
        tx.body = Transaction::from_canonical(&other.bytes).unwrap().body;
    };
    let other = good(&target);
    let cases: Vec<(&str, Vec<u8>, R, &str)> = vec![
        ("nothing", Vec::new(), R::Malformed, "transaction"),
        ("one byte", vec![1], R::Malformed, "transaction"),
        ("a version and half a chain id", bytes[..20].to_vec(), R::Malformed, "transaction"),
        ("a trailing byte", longer(1), R::Malformed, "transaction"),
        ("itself twice", [bytes.clone(), bytes.clone()].concat(), R::Malformed, "transaction"),
        ("over the limit by a byte", longer(MAX_TX_BYTES as usize + 1 - bytes.len()), R::TooLarge, "transaction"),
        ("padded up to the limit", longer(MAX_TX_BYTES as usize - bytes.len()), R::Malformed, "transaction"),
        ("another version", bent(&target, |tx| tx.envelope.version = 2), R::UnknownVersion, "transaction"),
        ("another chain", bent(&target, |tx| tx.envelope.chain_id = ChainId([7; 32])), R::WrongChain, "chain_id"),
        ("expired", signed_again(&target, |tx| tx.envelope.valid_until_ms = now - 1), R::Expired, "valid_until"),
        (
            "valid for a day",
            signed_again(&target, |tx| tx.envelope.valid_until_ms += 86_400_000),
            R::ValidTooLong,
            "valid_until",
        ),
        ("no signature", bent(&target, |tx| tx.signatures.clear()), R::SignerCount, "signatures"),
        ("a signature of zeros", bent(&target, |tx| tx.signatures[0] = [0; 64]), R::BadSignature, "signatures"),
        ("a signature of ones", bent(&target, |tx| tx.signatures[0] = [0xFF; 64]), R::BadSignature, "signatures"),
        (
            "a signature for something else",
            bent(&target, |tx| tx.envelope.area = Area(4401)),
            R::BadSignature,
            "signatures",
        ),
        ("a key off the curve", bent(&target, |tx| key(tx, 2, 0xFF)), R::BadKey, "signers"),
        ("a key of another form", bent(&target, |tx| key(tx, 4, 1)), R::BadKey, "signers"),
        ("the point at infinity", bent(&target, |tx| key(tx, 0, 0)), R::BadKey, "signers"),
        ("another invoice's body", bent(&target, |tx| swap_body(tx, &other)), R::CannotOpen, "sections"),
        (
            "no body",
            bent(&target, |tx| tx.body = ledger_types::transaction::TxBody::Sections(Vec::new())),
            R::BadSections,
            "sections",
        ),
    ];
    for (what, bytes, reason, field) in cases {
        check_refused(&target.wire, what, bytes, reason, field).await;
    }
    let inner = signed_again(&target, with_a_trailing_byte_in_its_facts);
    check_refused(&target.wire, "a trailing byte inside a section", inner, R::Malformed, "sections").await;
    target.check_unharmed().await.unwrap();
}

/// Committed to and signed: only the strict reading of the section tells.
fn with_a_trailing_byte_in_its_facts(tx: &mut Transaction) {
    let ledger_types::transaction::TxBody::Sections(sections) = &mut tx.body else { panic!("one invoice") };
    let Section::Plain { kind, salt, bytes } = &mut sections[0] else { panic!("in clear") };
    bytes.push(0);
    tx.envelope.sections[0] = commit_section(&tx.envelope.chain_id, *kind, salt, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_beyond_the_wires_own_limit_ends_the_call_and_not_the_node() {
    let target = Target::start().await.unwrap();
    let status = wire::submit(&target.wire, vec![0; 3 * 1024 * 1024]).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    let report = ErrorReport::from_status(&status);
    assert_eq!(report.reason_name, "INVALID_ARGUMENT", "a status that gRPC made gets the reason of its code");
    target.check_unharmed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_area_is_refused_with_a_receipt() {
    let target = Target::start().await.unwrap();
    let bytes = signed_again(&target, |tx| tx.envelope.area = Area(4401));
    let answer = wire::submit(&target.wire, bytes).await.unwrap();
    let fate: sdk::Fate = answer.fate.unwrap().try_into().unwrap();
    let Verdict::Refused(refusals) = &fate.verdict().unwrap().receipt.verdict else { panic!("{fate:?}") };
    let found: Vec<_> = refusals.iter().map(|r| (r.reason, r.field.path())).collect();
    let wanted = [
        (RejectReason::WrongArea, "area"),
        (RejectReason::AreaUnknown, "area"),
        (RejectReason::NoRuleBook, "rule_book"),
    ];
    assert_eq!(found, wanted);
    let after = wire::roots(&target.wire).await.unwrap();
    assert_eq!((after[0], after[2]), (target.before[0], target.before[2]), "no output, no register entry");
    assert_ne!(after[1], target.before[1], "one line in the request log");
}

/// Sends many and wants each refused at the door.
async fn all_refused(target: &Target, many: Vec<(String, Vec<u8>)>) -> Result<()> {
    let mut answers = stream::iter(many)
        .map(|(what, bytes)| async { (what, wire::submit(&target.wire, bytes).await) })
        .buffer_unordered(64);
    while let Some((what, answer)) = answers.next().await {
        let status = answer.err().with_context(|| format!("{what} was taken"))?;
        let report = ErrorReport::from_status(&status);
        let stateless = matches!(report.reason, Some(Reason::Ledger(r)) if r.number() < 200);
        ensure!(stateless, "{what}: {status}");
        wire::check_report(&report)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cut_and_every_changed_byte_of_a_signed_invoice_is_refused() {
    let target = Target::start().await.unwrap();
    let bytes = good(&target).bytes;
    let cut = |n: usize| (format!("the first {n} bytes"), bytes[..n].to_vec());
    let change = |at: usize| {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        (format!("byte {at} changed"), changed)
    };
    let many = (0..bytes.len()).flat_map(|at| [cut(at), change(at)]).collect();
    all_refused(&target, many).await.unwrap();
    target.check_unharmed().await.unwrap();
}

/// A small generator with a seed: the same bytes in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[3]).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_is_refused_however_deep_it_gets() {
    let target = Target::start().await.unwrap();
    let bytes = good(&target).bytes;
    let mut noise = Noise(0x5A17_2026_0615_0900);
    let mut many = Vec::new();
    for i in 0..1_500 {
        let mut made = match i % 3 {
            // Nothing but noise.
            0 => {
                let len = noise.below(4_096);
                noise.bytes(len)
            }
            // The right beginning, then noise.
            1 => {
                let keep = noise.below(bytes.len());
                let len = noise.below(512);
                [&bytes[..keep], &noise.bytes(len)].concat()
            }
            // Lengths, tags and numbers blown up in the middle of what is right.
            _ => {
                let mut changed = bytes.clone();
                let at = noise.below(bytes.len() - 8);
                let len = 1 + noise.below(8);
                changed[at..at + len].fill(0xFF);
                changed
            }
        };
        if made == bytes {
            made.clear();
        }
        many.push((format!("noise {i}"), made));
    }
    all_refused(&target, many).await.unwrap();
    target.check_unharmed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_stream_the_bad_fail_and_the_good_go_on() {
    let target = Target::start().await.unwrap();
    let sent: Vec<Vec<u8>> =
        (0..40u8).map(|i| if i % 2 == 0 { good(&target).bytes } else { vec![i; usize::from(i) * 7] }).collect();
    let requests: Vec<_> =
        (0..).zip(sent).map(|(mark, tx)| SubmitStreamRequest { tx, mark, wait_for_receipt: true }).collect();
    let answers = target.wire.clone().submit_stream(stream::iter(requests)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(Result::unwrap).collect().await;
    assert_eq!(answers.iter().map(|a| a.mark).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>(), "in order");
    for answer in answers {
        match answer.result.unwrap() {
            submit_stream_response::Result::Fate(_) => assert_eq!(answer.mark % 2, 0),
            submit_stream_response::Result::Failure(failure) => {
                assert_eq!(answer.mark % 2, 1);
                let code = Code::from(failure.code);
                let status = tonic::Status::with_details(code, failure.message, failure.status.into());
                let report = ErrorReport::from_status(&status);
                wire::check_report(&report).unwrap();
            }
        }
    }
    let issued = target.chain.client.invoices_of(target.people.merchant_id, 100, None).await.unwrap();
    assert_eq!(issued.items.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_claim_cannot_be_turned_to_another_receiver() {
    let target = Target::start().await.unwrap();
    let invoice = target.chain.issue(&target.people.merchant, 5_300).await.unwrap();
    let thief = target.people.rival.address(&target.chain.client.chain_id());
    let claim = target.chain.sign_claim(&invoice, &target.people.employee).unwrap();
    let mut turned = Transaction::from_canonical(&claim.bytes).unwrap();
    turned.envelope.payload = Payload::Claim { spend: Spend::new(invoice.slot, 0), to: thief };
    check_refused(&target.wire, "turned", turned.to_canonical(), RejectReason::BadSignature, "signatures").await;
    let own = Payload::Claim { spend: Spend::new(invoice.slot, 0), to: thief };
    let frame = target.chain.client.new_frame(AREA).unwrap();
    let own = sign_plain(&frame, own, &[&target.people.rival]).unwrap();
    let fate = target.chain.client.submit_and_wait(&own).await.unwrap();
    assert_eq!(tests::reasons(&fate).unwrap(), [RejectReason::NotOwner]);
}
