//! Sealed bodies from end to end: who reads them, who does not, and that nothing else on a node's disk or on the wire
//! says what they say.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use chain_node::devnet::DevChainPlan;
use chain_node::node::{Input, NodeStartError};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::PeerId;
use chain_node::{Node, NodeSetup};
use crypto::{CommitteeKeys, KeyUse, OrderToken, SigningKey};
use ledger_types::owner::account_address;
use ledger_types::*;
use proto::ErrorReport;
use proto::node::v1::OpenContentRequest;
use sdk::{ClientError, Contents, Identity, InvoiceDraft, sign_batch};
use tests::{AREA, IssuedInvoice, People, TestChain, draft, outcome};
use tonic::Code;

use crate::wire;

/// What must stand nowhere in clear.
const BUYER: &str = "南山区某某路王小明";
const LINE: &str = "*餐饮服务*佛跳墙宴席";
const REMARK: &str = "包间牡丹厅预订";

/// A dinner with all that is to be found.
fn dinner(gross: i64) -> InvoiceDraft {
    let mut draft = draft(gross);
    draft.buyer.name = BUYER.to_owned();
    draft.lines[0].name = LINE.to_owned();
    draft.remark = REMARK.to_owned();
    draft
}

async fn dine(chain: &TestChain, people: &People) -> Result<IssuedInvoice> {
    let token = OrderToken::generate()?;
    let tx = chain.sign_issue(&people.merchant, &dinner(10_600), &token)?;
    match outcome(&chain.client.submit_and_wait(&tx).await?)? {
        TxOutcome::Issued(issued) => Ok(IssuedInvoice { slot: issued.slot, issued, token, tx: tx.id }),
        other => anyhow::bail!("{other:?}"),
    }
}

fn may_not(result: Result<Option<Contents>, ClientError>) -> (Code, String) {
    match result {
        Err(ClientError::Report(report)) => (report.code, report.reason_name.to_string()),
        other => panic!("an answer for who may not: {:?}", other.map(drop)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seller_holder_and_bureau_read_an_invoice_and_nobody_else() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = dine(&chain, &people).await.unwrap();
    let read = |who: Identity| {
        let client = chain.client.clone();
        async move { client.contents(invoice.slot, &who).await }
    };
    let nothing = (Code::PermissionDenied, "FORBIDDEN".to_owned());
    let names = |found: Result<Option<Contents>, ClientError>| {
        let found = found.unwrap().unwrap();
        (found.buyer().unwrap().name, found.lines().unwrap()[0].name.clone(), found.facts().unwrap().remark)
    };
    let all = (BUYER.to_owned(), LINE.to_owned(), REMARK.to_owned());
    assert_eq!(names(read(people.merchant.clone()).await), all, "with the key that it sealed with");
    let elsewhere = Identity { seals: None, ..people.merchant.clone() };
    assert_eq!(names(read(elsewhere).await), all, "the seller asks");
    assert_eq!(names(read(chain.bureau.clone()).await), all);
    let claimer = Identity::bare(invoice.token.claim_key(&chain.client.chain_id(), chain.chain.provider()).unwrap());
    assert_eq!(names(read(claimer.clone()).await), all, "who may claim it");
    for stranger in [&people.rival, &people.company, &people.employee] {
        assert_eq!(may_not(read(stranger.clone()).await), nothing);
    }
    // The same answer as for an invoice that is not there, and for another's signature.
    let tx = chain.client.transaction(&invoice.tx).await.unwrap().unwrap().tx;
    let missing = chain.client.ask_contents(Slot(999), &tx, &people.rival).await.map(Some);
    assert_eq!(may_not(missing), nothing);
    let mut impostor = people.rival.clone();
    impostor.identity = people.merchant.identity;
    impostor.seals = None;
    assert_eq!(may_not(read(impostor).await), nothing);
    // A claim moves the right to read with the invoice.
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    assert_eq!(names(read(people.employee.clone()).await), all);
    assert_eq!(may_not(read(claimer).await), nothing, "the token was for the claim");
    chain.hand_over(invoice.slot, &people.employee, people.company_id, &people.company).await.unwrap();
    assert_eq!(names(read(people.company.clone()).await), all);
    assert_eq!(may_not(read(people.employee.clone()).await), nothing, "gave it away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_fresh_and_answered_once() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = dine(&chain, &people).await.unwrap();
    let wire = wire::connect(&chain).await.unwrap();
    let (id, now) = (chain.client.chain_id(), chain.client.stamp().await.unwrap().time);
    let ask = |edit: &dyn Fn(&mut ContentQuestion), bend: usize| {
        let mut question = ContentQuestion {
            version: ContentQuestion::VERSION,
            slot: invoice.slot,
            reader: people.merchant.identity,
            time_ms: now.0,
            nonce: [7; 16],
        };
        edit(&mut question);
        let mut signature = people.merchant.key.sign_question(&id, &question).unwrap();
        if bend < 512 {
            signature[bend / 8] ^= 1 << (bend % 8);
        }
        let signed_question = SignedQuestion { question, signature }.to_canonical();
        let mut wire = wire.clone();
        async move {
            let request = OpenContentRequest { signed_question, read_options: None };
            let answer = wire.open_content(request).await;
            answer.map(|a| a.into_inner().sections.len()).map_err(|status| {
                let report = ErrorReport::from_status(&status);
                (status.code(), report.reason_name.to_string())
            })
        }
    };
    let wrong = |reason: &str| Err((Code::InvalidArgument, reason.to_owned()));
    let denied = || Err((Code::PermissionDenied, "FORBIDDEN".to_owned()));
    // Both clocks go on while this is asked, so what lies ahead comes nearer.
    for ms in [-300_001i64, 420_000] {
        let shifted = ask(&|q| q.time_ms = q.time_ms.checked_add_signed(ms).unwrap(), 512).await;
        assert_eq!(shifted, wrong("INVALID_ARGUMENT"), "{ms} ms");
    }
    assert_eq!(ask(&|q| q.version = 2, 512).await, wrong("INVALID_ARGUMENT"));
    for bit in (0..512).step_by(37) {
        assert_eq!(ask(&|_| {}, bit).await, denied(), "bit {bit} of the signature");
    }
    assert_eq!(ask(&|_| {}, 512).await, Ok(3));
    assert_eq!(ask(&|_| {}, 512).await, wrong("INVALID_ARGUMENT"), "the same again");
    assert_eq!(ask(&|q| q.nonce = [8; 16], 512).await, Ok(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_invoice_of_a_batch_opens_with_its_own_token_alone() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let tokens: Vec<OrderToken> = (0..3).map(|_| OrderToken::generate().unwrap()).collect();
    let id = chain.client.chain_id();
    let drafts: Vec<_> = tokens
        .iter()
        .map(|token| {
            let draft = InvoiceDraft { token: Some(token.clone()), ..dinner(1_060) };
            (OwnerCondition::TokenKey(token.address(&id)), draft)
        })
        .chain([(OwnerCondition::Address(account_address(&id, people.company_id)), dinner(1_060))])
        .collect();
    let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
    let frame = chain.client.new_frame(AREA).unwrap();
    let signed = sign_batch(&frame, &drafts, &[&people.merchant], &mut random).unwrap();
    let fate = chain.client.submit_and_wait(&signed).await.unwrap();
    let TxOutcome::BatchIssued { first, count: 4 } = outcome(&fate).unwrap() else { panic!("{fate:?}") };
    let tx = chain.client.transaction(&signed.id).await.unwrap().unwrap().tx;
    for (item, token) in (0u16..).zip(&tokens) {
        let own = Contents::of_token(&tx, item, token).unwrap().unwrap();
        assert_eq!(own.buyer().unwrap().name, BUYER);
        let other = Contents::of_token(&tx, (item + 1) % 3, token);
        assert!(matches!(other, Err(ClientError::BadAnswer { .. })), "another's invoice");
    }
    assert!(Contents::of_token(&tx, 3, &tokens[0]).unwrap().is_none(), "it has no token");
    let last = Slot(first.slot.0 + 3);
    let held = chain.client.contents(last, &people.company).await.unwrap().unwrap();
    assert_eq!((held.item, held.buyer().unwrap().name.as_str()), (3, BUYER));
    let denied = chain.client.contents(first.slot, &people.company).await;
    assert_eq!(may_not(denied).0, Code::PermissionDenied, "of the same batch, but another's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_shows_what_its_reader_puts_in() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = dine(&chain, &people).await.unwrap();
    let genesis = chain.chain.genesis();
    let shows = |file: &[u8]| file.windows(BUYER.len()).any(|w| w == BUYER.as_bytes());
    let given = chain.client.proof(invoice.slot, true).await.unwrap().unwrap();
    assert!(!shows(&given), "a node opens nothing for who did not sign");
    proofs::invoice_proof::verify(genesis, &given).unwrap();
    let opened = chain.client.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    assert!(shows(&opened));
    proofs::invoice_proof::verify(genesis, &opened).unwrap();
    assert!(chain.client.opened_proof(invoice.slot, &people.rival).await.is_err());
    // Contents of another invoice do not pass for those of this one.
    let other = dine(&chain, &people).await.unwrap();
    let theirs = chain.client.contents(other.slot, &people.merchant).await.unwrap().unwrap();
    let mixed = proofs::invoice_proof::InvoiceProof::with_sections(&given, &theirs.sections).unwrap();
    assert!(proofs::invoice_proof::verify(genesis, &mixed).is_err());
}

/// Every place in the files below a folder where a text stands, raw or in a compressed block.
fn places(folder: &Path, texts: &[&str]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for text in texts {
                let count = bytes.windows(text.len()).filter(|w| w == &text.as_bytes()).count();
                if count > 0 {
                    *found.entry((*text).to_owned()).or_default() += count;
                }
            }
        }
    }
    found
}

/// A call at work may hold the files for a moment after the node stopped.
async fn opened_when_free(data: &Path) -> storage::Store {
    for _ in 0..100 {
        if let Ok((store, _)) = storage::Store::open(data, storage::Options::small()) {
            return store;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the files are still in use ten seconds after the node stopped");
}

/// What a node keeps and passes on, searched: its data folder, and every block with receipts and changes.
async fn search(plain_bodies: bool) -> BTreeMap<String, usize> {
    let plan = DevChainPlan { plain_bodies, ..DevChainPlan::default() };
    let mut chain = TestChain::start_by(plan).await.unwrap();
    let people = chain.people().await.unwrap();
    for _ in 0..3 {
        dine(&chain, &people).await.unwrap();
    }
    chain.stop().await.unwrap();
    let folder = chain.dir();
    // Blocks lie compressed on the disk: each as it is read, which is also what gossip, proposals and catching up carry.
    let store = opened_when_free(&chain.chain.data_dir()).await;
    let mut said = Vec::new();
    for height in (1..=store.tip().height.0).map(Height) {
        said.extend_from_slice(&store.reader().frame(height).unwrap().unwrap().to_canonical());
    }
    drop(store);
    std::fs::write(folder.join("said"), &said).unwrap();
    places(&folder, &[BUYER, LINE, REMARK])
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_names_are_found_on_a_plain_chain_and_nowhere_on_a_sealed_one() {
    let plain = Box::pin(search(true)).await;
    assert_eq!(plain.len(), 3, "the search finds what is there: {plain:?}");
    assert!(plain.values().all(|count| *count >= 3), "{plain:?}");
    assert_eq!(Box::pin(search(false)).await, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_committees_key_says_which_and_votes_on_nothing() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let before = dine(&chain, &people).await.unwrap();
    chain.stop().await.unwrap();
    drop(opened_when_free(&chain.chain.data_dir()).await);
    let start = |keys: CommitteeKeys| {
        let (store, _) = storage::Store::open(&chain.chain.data_dir(), storage::Options::small()).unwrap();
        let setup = NodeSetup {
            vote_key: Some(chain.chain.key("vote", KeyUse::Vote).unwrap()),
            committee_keys: std::sync::Arc::new(keys),
            applies: false,
            limits: chain_node::mempool::MempoolLimits::default(),
            pace: chain_node::engines::bft::Pace::default(),
            now_ms: chain_node::clock::wall_ms(),
        };
        Node::new(store, setup)
    };
    let Err(missing) = start(CommitteeKeys::default()) else { panic!("it starts without the key") };
    assert!(matches!(missing, NodeStartError::MissingCommitteeKey { epoch: 1, .. }), "{missing}");
    assert!(missing.to_string().contains("epoch 1") && missing.to_string().contains("committee_keys"), "{missing}");
    let another = SigningKey::generate(chain.chain.provider(), KeyUse::Encryption).unwrap();
    let Err(wrong) = start(CommitteeKeys::new([(1, another)].into()).unwrap()) else { panic!("it starts") };
    assert!(matches!(wrong, NodeStartError::OtherCommitteeKey { epoch: 1, .. }), "{wrong}");
    let named = chain.chain.genesis().committee.unwrap().fingerprint();
    assert!(wrong.to_string().contains("another") && wrong.to_string().contains(&named), "{wrong}");
    // With it all goes on: nothing was written meanwhile.
    let (node, client) = {
        let node = chain.chain.node(storage::Options::small()).unwrap();
        assert!(node.height().0 > 0);
        drop(node);
        chain.start_again().await.unwrap();
        (chain.nodes(), chain.client.clone())
    };
    assert_eq!(node, 1);
    assert_eq!(client.contents(before.slot, &people.merchant).await.unwrap().unwrap().buyer().unwrap().name, BUYER);
    dine(&chain, &people).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_any_key_applies_the_chain_proves_from_it_and_knows_no_name() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = dine(&chain, &people).await.unwrap();
    // Its block is proven by the next one.
    dine(&chain, &people).await.unwrap();
    let genesis = chain.chain.genesis().clone();
    chain.stop().await.unwrap();
    let source = opened_when_free(&chain.chain.data_dir()).await;
    let frames: Vec<_> =
        (1..=source.tip().height.0).map(|h| source.reader().frame(Height(h)).unwrap().unwrap()).collect();

    let dir = tempfile::tempdir().unwrap();
    let store = storage::Store::open_or_create(dir.path(), &genesis, storage::Options::small()).unwrap();
    let setup = NodeSetup {
        vote_key: None,
        committee_keys: std::sync::Arc::default(),
        applies: true,
        limits: chain_node::mempool::MempoolLimits::default(),
        pace: chain_node::engines::bft::Pace::default(),
        now_ms: chain_node::clock::wall_ms(),
    };
    let mut node = Node::new(store, setup).unwrap();
    for some in frames.chunks(8) {
        let from = node.height().0 as usize;
        let upto = frames.len().min(from + 9);
        let message = PeerMessage::Frames(frames[from..upto].iter().map(|f| f.to_canonical()).collect());
        node.step(Input::Peer(PeerId(0), message), chain_node::clock::wall_ms()).unwrap();
        assert!(node.height().0 as usize >= from + some.len().min(upto - from - 1), "{from}");
    }
    assert_eq!(node.height().0 as usize, frames.len() - 1, "all but the one that nothing proves yet");
    let same = source.reader().at(node.height()).unwrap().unwrap().state_root;
    assert_eq!(node.reader().at(node.height()).unwrap().unwrap().state_root, same);
    // It proves what it cannot read.
    let record = node.reader().output(invoice.slot).unwrap().unwrap();
    assert_eq!(record, source.reader().output(invoice.slot).unwrap().unwrap());
    let sealed = frames.iter().flat_map(|f| &f.block.txs).filter(|tx| tx.body.seal().is_some()).count();
    assert_eq!(sealed, 2);
    node.close().unwrap();
    let found = places(dir.path(), &[BUYER, LINE, REMARK]);
    assert!(found.values().all(|times| *times == 0), "{found:?}");
}
