//! Invoice proofs: what they show, and that nothing in them can be changed.

use std::collections::BTreeSet;

use ledger_types::{
    Asset, Canonical, ConsensusKind, FaceState, Fen, Field, Genesis, Header, Height, InvoiceKind, InvoiceNumber,
    InvoiceRecord, OutputRecord, Payload, Receipt, RedReason, Refusal, RejectReason, SectionKind, Slot, TitleKind,
    TxOutcome, Verdict, receipt::ReceiptSubject, transaction::TxBody,
};
use proofs::{
    InvoiceProof, ProofError, ProvenInvoice,
    invoice_proof::{BuildError, MAGIC, verify},
    log_tree, receipt_leaf, tx_leaf,
};

use crate::{
    chain::Chain,
    story::{
        ALL_SECTIONS, APPLIED, DIRECT, OF_BATCH, RED, SELLER, Told, issued, origin, parts, prove, record, request,
        sections, step, tell, transaction,
    },
};

fn solo() -> Chain {
    tell(Chain::new("small", 1))
}

fn shown(chain: &Chain, told: Told, height: u64, open: &[SectionKind]) -> ProvenInvoice {
    verify(&chain.genesis, &prove(chain, told, height, open).encode()).unwrap()
}

#[test]
fn every_way_of_issuing_is_proven() {
    for chain in [solo(), tell(Chain::new("four", 4))] {
        for (told, open) in
            [(DIRECT, &ALL_SECTIONS[..]), (OF_BATCH, &ALL_SECTIONS), (APPLIED, &ALL_SECTIONS), (RED, &[])]
        {
            let invoice = shown(&chain, told, 4, open);
            assert_eq!((invoice.slot, invoice.invoice.number.value()), (told.slot, told.number));
            assert_eq!(invoice.invoice.code.to_string(), "144032609110");
            assert_eq!((invoice.record.amount, invoice.invoice.seller), (Fen(told.total), SELLER));
            assert_eq!(invoice.face.facts.as_ref().map(|facts| facts.total), open.first().map(|_| Fen(told.total)));
            assert_eq!(invoice.face.check_code().is_some(), !open.is_empty());
            assert_eq!(invoice.chain_name, chain.genesis.name);
            assert_eq!(invoice.state_block, chain.frames[3].block.header.block_id());
        }
    }
}

#[test]
fn a_proof_tells_the_state_at_its_height() {
    let chain = solo();
    let states = |height| shown(&chain, DIRECT, height, &[]).invoice.state_names();
    assert_eq!(states(1), ["blue", "unclaimed", "open", "not_booked"]);
    assert_eq!(states(2), ["blue", "unclaimed", "open", "not_booked"]);
    assert_eq!(states(3), ["blue", "unclaimed", "locked", "not_booked"]);
    let reversed = Told { slot: Slot(1), number: 2, total: 10_600, ..OF_BATCH };
    assert_eq!(shown(&chain, reversed, 3, &[]).invoice.state_names()[0], "reversed");
    assert_eq!(shown(&chain, RED, 3, &[]).invoice.state_names()[0], "red");
}

#[test]
fn an_application_is_shown_with_both_transactions() {
    let chain = solo();
    let invoice = shown(&chain, APPLIED, 2, &[SectionKind::Facts]);
    assert_eq!((invoice.body.height, invoice.issue.height), (Height(1), Height(2)));
    assert_eq!(invoice.body.tx, chain.frames[0].block.txs[1].envelope.tx_id());
    assert_eq!(invoice.issue.tx, chain.frames[1].block.txs[1].envelope.tx_id());
    assert_eq!(invoice.issue.time.0, invoice.invoice.issued_ms);
}

/// Changes every byte in two ways. With one validator and with four, with everything a file can hold.
#[test]
fn no_byte_can_be_changed() {
    let (solo, four) = (solo(), tell(Chain::new("four", 4)));
    let files = [
        (&solo, DIRECT, 4, &ALL_SECTIONS[..]),
        (&solo, OF_BATCH, 1, &ALL_SECTIONS),
        (&solo, APPLIED, 3, &ALL_SECTIONS),
        (&solo, RED, 3, &[]),
        (&four, RED, 3, &[]),
    ];
    for (chain, told, height, open) in files {
        let file = prove(chain, told, height, open).encode();
        assert!(verify(&chain.genesis, &file).is_ok());
        for place in 0..file.len() {
            for flip in [0x01, 0x83] {
                let mut changed = file.clone();
                changed[place] ^= flip;
                let verdict = verify(&chain.genesis, &changed);
                assert!(verdict.is_err(), "slot {}: byte {place} of {} ^ {flip:02x}", told.slot, file.len());
            }
        }
    }
}

#[test]
fn a_cut_or_longer_file_is_refused() {
    let chain = solo();
    let file = prove(&chain, DIRECT, 4, &ALL_SECTIONS).encode();
    for length in 0..file.len() {
        let expected_magic = length < MAGIC.len();
        match verify(&chain.genesis, &file[..length]) {
            Err(ProofError::NotAProof) => assert!(expected_magic, "{length}"),
            Err(ProofError::Malformed(_)) => assert!(!expected_magic, "{length}"),
            other => panic!("{length}: {other:?}"),
        }
    }
    let longer = [&file[..], &[0]].concat();
    assert!(matches!(verify(&chain.genesis, &longer), Err(ProofError::Malformed(_))));
    let endless = vec![b'T'; 5 << 20];
    assert_eq!(verify(&chain.genesis, &endless), Err(ProofError::TooLarge(5 << 20)));
}

#[test]
fn a_twin_chain_does_not_accept_it() {
    let chain = solo();
    let twin = tell(Chain::new("small twin", 1));
    let file = prove(&chain, DIRECT, 4, &ALL_SECTIONS).encode();
    let refused = verify(&twin.genesis, &file).unwrap_err();
    assert_eq!(refused, ProofError::OtherChain { trusted: twin.id, found: chain.id });
    assert!(refused.to_string().contains(&chain.id.to_string()));
}

/// The proofs of two invoices share most blocks; no part of one stands in for the same part of the other.
#[test]
fn parts_of_two_proofs_do_not_mix() {
    let chain = solo();
    let (told, others) = (prove(&chain, OF_BATCH, 4, &[]), [DIRECT, APPLIED, RED].map(|t| prove(&chain, t, 4, &[])));
    let same = |bytes: &[u8], genesis: &Genesis| verify(genesis, bytes).is_ok();
    for other in others {
        let (a, b) = (told.encode(), other.encode());
        assert!(same(&a, &chain.genesis) && same(&b, &chain.genesis));
        for cut in 1..a.len().min(b.len()) {
            if a[..cut] != b[..cut] {
                assert!(!same(&[&a[..cut], &b[cut..]].concat(), &chain.genesis), "cut at {cut}");
            }
        }
    }
}

fn replace(file: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = (0..file.len()).find(|at| file[*at..].starts_with(old)).unwrap();
    [&file[..at], new, &file[at + old.len()..]].concat()
}

/// Leaf 4 of five has the path that leaf 1 of two would have, so its place does not tell two applications apart:
/// the application's id does.
#[test]
fn another_application_of_the_same_block_is_not_the_body() {
    let chain = solo();
    let (file, frame) = (prove(&chain, APPLIED, 4, &[]).encode(), &chain.frames[0]);
    let leaves: Vec<_> = frame.block.txs.iter().map(|tx| tx_leaf(&tx.envelope.tx_id())).collect();
    let receipts: Vec<_> = frame.receipts.iter().map(receipt_leaf).collect();
    let body = |tx: usize| {
        let path = log_tree::path(&leaves, tx).unwrap();
        [frame.block.txs[tx].envelope.to_canonical(), path.to_canonical()].concat()
    };
    let applied = |tx: usize| {
        let steps = log_tree::steps(&receipts, tx + 1).unwrap();
        [frame.receipts[tx + 1].to_canonical(), steps.to_canonical()].concat()
    };
    assert_eq!(log_tree::fold(&leaves[4], 1, &log_tree::path(&leaves, 4).unwrap()), Some(log_tree::root(&leaves)));
    let body_only = replace(&file, &body(1), &body(4));
    let another = ProofError::NotIssued("the receipt is another transaction's");
    assert_eq!(verify(&chain.genesis, &body_only), Err(another));
    let both = replace(&body_only, &applied(1), &applied(4));
    let not_for_it = ProofError::NotIssued("the issuing transaction is not for this application");
    assert_eq!(verify(&chain.genesis, &both), Err(not_for_it));
}

/// Writes a record to the first slot as no ledger would, and proves it.
fn forged(change: impl FnOnce(&mut OutputRecord, &mut InvoiceRecord)) -> Result<ProvenInvoice, ProofError> {
    let mut chain = solo();
    let mut record = chain.slot_state(DIRECT.slot, Height(5)).record;
    let mut invoice = *record.invoice().unwrap();
    change(&mut record, &mut invoice);
    record.asset = Asset::Invoice(invoice);
    chain.add(Vec::new(), Vec::new(), &[(DIRECT.slot, record)]);
    chain.add(Vec::new(), Vec::new(), &[]);
    verify(&chain.genesis, &prove(&chain, DIRECT, 6, &ALL_SECTIONS).encode())
}

/// What hashes and signatures cannot tell: a chain whose parts contradict each other.
#[test]
fn record_receipt_and_face_must_agree() {
    use ProofError::{Contradiction, NotIssued};
    assert!(forged(|_, _| {}).is_ok());
    let number = forged(|_, i| i.number = InvoiceNumber::LAST);
    assert_eq!(number, Err(Contradiction("the record has another number than the receipt")));
    let code = forged(|_, i| i.code = "144031809110".parse().unwrap());
    assert_eq!(code, Err(Contradiction("the record has another code than the receipt")));
    let time = forged(|_, i| i.issued_ms += 1);
    assert_eq!(time, Err(Contradiction("the record has another issue time than its block")));
    let total = forged(|r, _| r.amount = Fen(10_601));
    assert_eq!(total, Err(Contradiction("the face has another total than the record")));
    let tax = forged(|_, i| i.tax = Fen(601));
    assert_eq!(tax, Err(Contradiction("the face has another tax than the record")));
    let kind = forged(|_, i| i.kind = InvoiceKind::BlockchainSpecial);
    assert_eq!(kind, Err(Contradiction("the face is of another kind than the record")));
    let title = forged(|_, i| i.title = TitleKind::Individual);
    assert_eq!(title, Err(Contradiction("the buyer is of another kind than the record")));
    let item = forged(|_, i| i.origin.item = 1);
    assert_eq!(item, Err(NotIssued("a batch has items and nothing else does")));
}

/// A block whose only transaction is `payload` with `outcome`; the record of `RED` points to it.
fn verdict_on(payload: Payload, verdict: Verdict) -> ProofError {
    let mut chain = tell(Chain::new("small", 1));
    let tx = transaction(&chain, payload, TxBody::Sections(sections(RED.total, 30)), 30);
    let subject = ReceiptSubject::Tx(tx.envelope.tx_id());
    let made = step(record(&chain, RED, origin(6, 0, 0)), |i| i.face = FaceState::Red { of: Slot(1) });
    chain.add(vec![tx], vec![Receipt { version: Receipt::VERSION, subject, verdict }], &[(RED.slot, made)]);
    chain.add(Vec::new(), Vec::new(), &[]);
    verify(&chain.genesis, &prove(&chain, Told { issue: (6, 0), ..RED }, 6, &[]).encode()).unwrap_err()
}

#[test]
fn only_a_receipt_that_issued_this_invoice_will_do() {
    let together = ProofError::NotIssued("transaction and receipt do not go together");
    let red = |invoice| Payload::IssueRed { invoice, sequence: 0, reason: RedReason::SalesReturn, form: None };
    let refused = Verdict::Refused(vec![Refusal::new(RejectReason::OverQuota, Field::Net)]);
    let was_refused = ProofError::NotIssued("the transaction was refused");
    assert_eq!(verdict_on(Payload::Issue(request()), refused), was_refused);
    let issued = issued(RED);
    assert_eq!(verdict_on(Payload::Issue(request()), Verdict::Accepted(TxOutcome::Done)), together);
    assert_eq!(verdict_on(red(Slot(1)), Verdict::Accepted(TxOutcome::Issued(issued))), together);
    let reversed = |blue| Verdict::Accepted(TxOutcome::RedIssued { red: issued, blue });
    assert_eq!(verdict_on(red(Slot(2)), reversed(Slot(1))), together);
    assert_eq!(verdict_on(red(Slot(2)), reversed(Slot(2))), together, "the record says that it reverses another");
    let batch = Verdict::Accepted(TxOutcome::BatchIssued { first: issued, count: 1 });
    assert_eq!(verdict_on(Payload::Issue(request()), batch), together);
}

/// The genesis document fixes versions, consensus, validators and parameters; certified headers that say otherwise
/// are not believed.
#[test]
fn headers_must_say_what_the_genesis_document_says() {
    let twisted = |twist: fn(&mut Header)| {
        let mut chain = Chain::new("twisted", 1);
        chain.twist = twist;
        let chain = tell(chain);
        verify(&chain.genesis, &prove(&chain, DIRECT, 4, &[]).encode()).map(drop)
    };
    assert_eq!(twisted(|_| {}), Ok(()));
    let field = |field| Err(ProofError::Header { height: Height(1), field });
    assert_eq!(twisted(|h| h.version = 2), field("the version"));
    assert_eq!(twisted(|h| h.protocol = 2), field("the protocol version"));
    assert_eq!(twisted(|h| h.consensus = ConsensusKind::Bft), field("the kind of consensus"));
    assert_eq!(twisted(|h| h.validators_hash.0[0] ^= 1), field("the validator set"));
    assert_eq!(twisted(|h| h.next_validators_hash.0[0] ^= 1), field("the next validator set"));
    assert_eq!(twisted(|h| h.params_hash.0[0] ^= 1), field("the chain parameters"));
}

/// One file for one proof: sections stand in one order, and none twice.
#[test]
fn opened_sections_in_another_order_are_refused() {
    let chain = solo();
    let file = prove(&chain, DIRECT, 4, &ALL_SECTIONS).encode();
    let bytes: Vec<Vec<u8>> =
        chain.frames[0].block.txs[0].sections().iter().map(|s| s.to_canonical()[1..].to_vec()).collect();
    let swapped = [&bytes[1][..], &bytes[0]].concat();
    let refused = verify(&chain.genesis, &replace(&file, &bytes[..2].concat(), &swapped));
    assert_eq!(refused, Err(ProofError::Contradiction("the opened sections are not in order")));
    let twice = [&bytes[0][..], &bytes[0]].concat();
    assert!(verify(&chain.genesis, &replace(&file, &bytes[..2].concat(), &twice)).is_err());
}

/// A file holds the blocks that its proof needs, each once and in order.
#[test]
fn other_blocks_than_those_needed_are_refused() {
    let chain = solo();
    let file = prove(&chain, DIRECT, 4, &[]).encode();
    let block = |height: usize| chain.headers()[height - 1].clone();
    let with = |heights: &[usize]| {
        let blocks: Vec<_> = heights.iter().map(|height| block(*height)).collect();
        let old = vec![block(1), block(2), block(5)].to_canonical();
        verify(&chain.genesis, &replace(&file, &old, &blocks.to_canonical())).map(drop)
    };
    assert_eq!(with(&[1, 2, 5]), Ok(()));
    for heights in [&[1, 2, 3, 5][..], &[1, 2, 5, 5], &[2, 1, 5], &[1, 2], &[1, 2, 4], &[]] {
        assert_eq!(with(heights), Err(ProofError::Blocks), "{heights:?}");
    }
}

#[test]
fn what_is_not_there_cannot_be_built() {
    let chain = solo();
    let build = |parts| InvoiceProof::build(&parts).unwrap_err();
    let newest = parts(&chain, DIRECT, 5, &[]);
    assert_eq!(build(newest), BuildError::MissingHeader(Height(6)), "the next block is not there yet");
    let mut elsewhere = parts(&chain, DIRECT, 4, &[]);
    elsewhere.body_block = &chain.frames[1];
    assert_eq!(build(elsewhere), BuildError::WrongBlock);
    for kind in [SectionKind::Seller, SectionKind::Contacts] {
        let mut asked = parts(&chain, DIRECT, 4, &[]);
        asked.open = BTreeSet::from([kind]);
        assert_eq!(build(asked), BuildError::CannotOpen(kind));
    }
    let mut past = parts(&chain, DIRECT, 4, &[]);
    past.issue_index = 9;
    assert_eq!(build(past), BuildError::WrongBlock);
}

#[test]
fn other_validators_or_parameters_in_the_genesis_document_are_another_chain() {
    let chain = solo();
    let file = prove(&chain, DIRECT, 4, &[]).encode();
    let mut genesis = chain.genesis.clone();
    genesis.params.sample = false;
    assert!(matches!(verify(&genesis, &file), Err(ProofError::OtherChain { .. })));
    assert_eq!(Genesis::from_canonical(&chain.genesis.to_canonical()).unwrap(), chain.genesis);
}
