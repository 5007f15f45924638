//! A client that keeps headers and certificates only: follows, proves, compares, complains.

mod liar;

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{
    AccountId, BlockAnswer, Canonical, ChainParams, CommitCertificate, ConsensusKind, GovernanceChange, Header, Height,
    Payload, Validator, VoteBody,
};
use liar::Lie;
use proofs::{CertificateError, HeaderEntry, HeaderError, ProofError, invoice_proof};
use sdk::LightClient;
use sdk::light::{Contradiction, LightError, MAX_STATE_AGE, SignedComplaint, Weight};
use storage::Reader;
use tests::{TestChain, outcome};

use crate::epochs::load_until;
use crate::epochs::net::Net;

fn observer() -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Observer).unwrap()
}

/// Puts a change in force: the dev bureau operates all validators.
async fn decide(chain: &TestChain, change: GovernanceChange) -> Height {
    let effective = Height(chain.client.stamp().await.unwrap().height.0 + 6);
    chain.accept(&chain.bureau, Payload::ProposeChange { change, effective }).await.unwrap();
    // Blocks come when there is something in them.
    while chain.client.stamp().await.unwrap().height <= effective {
        chain.open_account(ledger_types::AccountKind::Node, None, "机构").await.unwrap();
    }
    effective
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_four_validators_to_five_and_proves_an_invoice_before_and_after_reimbursement() {
    let chain = TestChain::start_four().await.unwrap();
    assert_eq!(chain.nodes(), 4);
    let folder = tempfile::tempdir().unwrap();
    let genesis = chain.chain.genesis().clone();
    let mut light = LightClient::open(genesis.clone(), Some(folder.path())).unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
    let proven = light.invoice(invoice.slot, &chain.client, MAX_STATE_AGE).await.unwrap();
    assert_eq!(proven.invoice.state_names(), ["blue", "claimed", "open", "not_booked"]);

    // A fifth bureau that never answers: four of five are a quorum.
    let mut set = genesis.validators.clone();
    let vote_key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Vote).unwrap().public_key().0;
    set.validators.push(Validator { operator: AccountId(1), vote_key });
    let from = decide(&chain, GovernanceChange::Validators(set.clone())).await;
    let params = ChainParams { max_block_txs: 77, ..genesis.params.clone() };
    decide(&chain, GovernanceChange::Params(params)).await;
    chain.lock_and_book(invoice.slot, &people.company).await.unwrap();
    let spend = chain.spend(invoice.slot).await.unwrap();
    let reimburse = Payload::Reimburse { spend, paid_ref: ledger_types::Digest([9; 32]) };
    chain.accept(&people.company, reimburse).await.unwrap();

    // The file goes on where it was, under the validators that it learns on the way.
    let stopped_at = light.headers().height();
    drop(light);
    let mut light = LightClient::open(genesis.clone(), Some(folder.path())).unwrap();
    assert_eq!(light.headers().height(), stopped_at);
    let last = chain.others.last().unwrap();
    let report = light.sync(std::slice::from_ref(last)).await.unwrap();
    assert!(report.from < from && report.to > from && report.refused.is_empty(), "{report:?}");
    assert_eq!(light.headers().validators_at(from), Some(&set));
    let before = Height(from.0 - 1);
    assert_eq!(light.headers().validators_at(before), Some(&genesis.validators));
    let proven = light.invoice(invoice.slot, last, MAX_STATE_AGE).await.unwrap();
    assert_eq!(proven.invoice.state_names(), ["blue", "claimed", "closed", "booked_deductible"]);
    assert_eq!(proven.invoice.number, invoice.issued.number);
    // The genesis document alone does not vouch for such blocks, as it never did.
    let file = last.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    assert!(matches!(invoice_proof::verify(&genesis, &file), Err(ProofError::Header { .. })));
    // And from the file once more, with the change in it.
    let tip = light.headers().height();
    drop(light);
    let light = LightClient::open(genesis, Some(folder.path())).unwrap();
    assert_eq!(light.headers().height(), tip);
    let comparison = light.compare(&[&[chain.client.clone()][..], &chain.others].concat()).await.unwrap();
    assert_eq!((comparison.agreed.len(), comparison.disagreements.len()), (4, 0), "{comparison:?}");
}

/// A small chain with some blocks, its entries, and the key that certifies.
async fn solo() -> (TestChain, Vec<HeaderEntry>, SigningKey) {
    let chain = TestChain::start().await.unwrap();
    chain.people().await.unwrap();
    let entries = chain.client.headers(Height(1), 500).await.unwrap();
    assert!(entries.len() > 4);
    let key = chain.chain.key("vote", KeyUse::Vote).unwrap();
    (chain, entries, key)
}

fn certify(header: &Header, key: &SigningKey, step: u8) -> CommitCertificate {
    let block_id = header.block_id();
    let (epoch, kind, height) = (header.epoch, header.consensus, header.height);
    let vote = VoteBody { epoch, kind, step, height, round: 0, block_id };
    let signatures = vec![key.sign_vote(&header.chain_id, &vote).unwrap()];
    CommitCertificate { version: 1, epoch, kind, height, round: 0, block_id, bitmap: vec![1], signatures }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_with_any_byte_changed_is_refused() {
    let (chain, entries, _) = solo().await;
    let bytes = entries[0].header.to_canonical();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(header) = Header::from_canonical(&changed) else { continue };
        let mut light = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
        let entry = HeaderEntry { header, ..entries[0].clone() };
        let refused = light.extend(vec![entry], "somebody");
        assert!(matches!(refused, Err(LightError::Header { node, .. }) if node == "somebody"), "byte {at}");
        assert_eq!(light.headers().height(), Height(0));
        light.extend(entries.clone(), "somebody").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_certificates_are_refused_by_name() {
    let chain = TestChain::start_four().await.unwrap();
    let entry = chain.client.headers(Height(1), 1).await.unwrap().remove(0);
    let honest = entry.certificate.clone();
    let stranger = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Vote).unwrap();
    let chain_id = chain.chain.genesis().chain_id();
    let push = |certificate| {
        let mut light = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
        match light.extend(vec![HeaderEntry { certificate, ..entry.clone() }], "somebody") {
            Err(LightError::Header { error: HeaderError::Certificate { error, .. }, .. }) => Some(error),
            Ok(()) => None,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(push(honest.clone()), None);
    // The places of the validators that signed, and a certificate of as many signatures.
    let signed: Vec<usize> = (0..4).filter(|place| honest.bitmap[0] >> place & 1 == 1).collect();
    let few = {
        let bitmap = signed[..2].iter().fold(0, |bits, place| bits | 1 << place);
        CommitCertificate { bitmap: vec![bitmap], signatures: honest.signatures[..2].to_vec(), ..honest.clone() }
    };
    assert_eq!(push(few), Some(CertificateError::Quorum { signed: 2, needed: 3 }));
    let mut repeated = honest.clone();
    repeated.signatures[1] = repeated.signatures[0];
    assert_eq!(push(repeated), Some(CertificateError::Signature(signed[1])));
    let mut unknown = honest.clone();
    unknown.signatures[0] = stranger.sign_vote(&chain_id, &honest.vote()).unwrap();
    assert_eq!(push(unknown), Some(CertificateError::Signature(signed[0])));
    let mut beyond = honest.clone();
    beyond.bitmap[0] |= 0x10;
    beyond.signatures.push([1; 64]);
    assert_eq!(push(beyond), Some(CertificateError::Bitmap));
    // A validator's own signature, but of another step: its prevote.
    let all_prevotes = {
        let vote = VoteBody { step: VoteBody::PREVOTE, ..honest.vote() };
        let names = ["vote", "vote-1", "vote-2", "vote-3"];
        let key = |place: usize| chain.chain.key(names[place], KeyUse::Vote).unwrap();
        let sign = |place: &usize| key(*place).sign_vote(&chain_id, &vote).unwrap();
        CommitCertificate { signatures: signed.iter().map(sign).collect(), ..honest.clone() }
    };
    assert_eq!(push(all_prevotes), Some(CertificateError::Signature(signed[0])));
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_foreign_and_swapped_proofs_are_refused() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    let other = chain.issue(&people.merchant, 5_000).await.unwrap();
    let old = chain.client.proof(invoice.slot, false).await.unwrap().unwrap();
    let mut light = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
    let ahead = light.check_proof(invoice.slot, &old, "somebody", 5);
    assert!(matches!(ahead, Err(LightError::Proof { error: ProofError::NotFollowed { .. }, .. })), "{ahead:?}");
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    // The same file again and again, as if nothing had happened since.
    let endpoint = chain.endpoint().unwrap();
    let calls = chain.chain.transport().unwrap();
    let liar = liar::start(&endpoint, &calls, Lie::Proof(old)).await;
    assert!(light.invoice(invoice.slot, &liar, 5).await.is_ok(), "a few blocks old is current");
    for _ in 0..6 {
        chain.issue(&people.merchant, 100).await.unwrap();
    }
    let stale = light.invoice(invoice.slot, &liar, 5).await;
    assert!(matches!(&stale, Err(LightError::Stale { node, .. }) if node == liar.endpoint()), "{stale:?}");
    let swapped = light.invoice(other.slot, &liar, 1_000).await;
    assert!(matches!(swapped, Err(LightError::OtherSlot { asked, .. }) if asked == other.slot), "{swapped:?}");
    light.invoice(other.slot, &chain.client, 5).await.unwrap();

    // A twin: the same software and names, other keys.
    let twin = TestChain::start().await.unwrap();
    let twins = twin.people().await.unwrap();
    let theirs = twin.issue(&twins.merchant, 19_800).await.unwrap();
    let mut fresh = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
    let refused = fresh.sync(std::slice::from_ref(&twin.client)).await;
    assert!(matches!(refused, Err(LightError::Header { error: HeaderError::OtherChain { .. }, .. })), "{refused:?}");
    let file = twin.client.proof(theirs.slot, false).await.unwrap().unwrap();
    let refused = light.check_proof(theirs.slot, &file, "twin", 1_000);
    assert!(matches!(refused, Err(LightError::Proof { error: ProofError::OtherChain { .. }, .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lying_node_is_named_and_the_complaint_holds() {
    let (chain, entries, key) = solo().await;
    let mut light = LightClient::open(chain.chain.genesis().clone(), None).unwrap();
    let endpoint = chain.endpoint().unwrap();
    let calls = chain.chain.transport().unwrap();
    let broken = liar::start(&endpoint, &calls, Lie::HeaderByte).await;
    // A node with altered headers is named and left; the honest one is followed.
    let report = light.sync(&[broken.clone(), chain.client.clone()]).await.unwrap();
    assert!(
        matches!(&report.refused[..], [LightError::Header { node, .. }] if node == broken.endpoint()),
        "{report:?}"
    );
    assert!(report.to >= Height(entries.len() as u64));

    let at = Height(report.to.0 - 1);
    let truth = light.answer(at).unwrap().unwrap();
    let forged = BlockAnswer { header: Header { proposer: 9, ..truth.header.clone() }, ..truth.clone() };
    let forked = {
        let header = Header { tx_root: ledger_types::Digest([3; 32]), ..truth.header.clone() };
        let certificate = certify(&header, &key, VoteBody::PRECOMMIT);
        BlockAnswer { header, certificate, ..truth.clone() }
    };
    let false_root = liar::start(&endpoint, &calls, Lie::StateRoot).await;
    let forger = liar::start(&endpoint, &calls, Lie::Block(Box::new(forged))).await;
    let fork = liar::start(&endpoint, &calls, Lie::Block(Box::new(forked))).await;
    let nodes = [chain.client.clone(), false_root.clone(), forger.clone(), fork.clone()];
    let comparison = light.compare_at(at, &nodes).await.unwrap();
    assert_eq!(comparison.agreed, [chain.client.endpoint()]);
    assert!(comparison.silent.is_empty());
    let found: Vec<_> = comparison.disagreements.iter().map(|d| (d.node.as_str(), d.contradiction.clone())).collect();
    let expected = [
        (false_root.endpoint(), Contradiction::StateRoot),
        (forger.endpoint(), Contradiction::Certificate(CertificateError::Block)),
        (fork.endpoint(), Contradiction::Fork),
    ];
    assert_eq!(found, expected);
    assert_eq!(light.compare(&nodes).await.unwrap().height, at, "the lowest common tip with a certified root");

    let observer = observer();
    let mut weights = Vec::new();
    for about in &comparison.disagreements {
        let complaint = light.complain(about, &observer, 1_781_485_200_000).unwrap();
        let bytes = complaint.to_canonical();
        assert_eq!(SignedComplaint::read(&bytes).unwrap(), complaint);
        let json = serde_json::to_string(&complaint).unwrap();
        assert_eq!(serde_json::from_str::<SignedComplaint>(&json).unwrap(), complaint);
        weights.push(complaint.weigh(light.headers()).unwrap());
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let refused = SignedComplaint::read(&changed).and_then(|c| c.weigh(light.headers()));
            assert!(refused.is_err(), "byte {at} of {}", bytes.len());
        }
    }
    assert_eq!(weights, [Weight::Word, Weight::Word, Weight::Proof]);
    // Two answers that agree are no complaint, whoever signs it.
    let mut nothing = comparison.disagreements[0].clone();
    nothing.said = nothing.expected.clone();
    let nothing = light.complain(&nothing, &observer, 0).unwrap().weigh(light.headers());
    assert_eq!(nothing, Err(sdk::light::ComplaintError::NoContradiction));
    let wrong_use = light.complain(&comparison.disagreements[0], &key, 0);
    assert!(matches!(wrong_use, Err(LightError::Key(_))), "a voting key signs no complaints");
}

/// Follows a node's whole chain through its own queries.
fn follow(net: &Net, reader: &Reader) -> Result<LightClient, LightError> {
    let entries = chain_node::queries::headers::range(reader, Height(1), usize::MAX).unwrap();
    let mut light = LightClient::open(net.genesis.clone(), None).unwrap();
    light.extend(entries, "node").map(|()| light)
}

#[test]
fn it_follows_a_switch_to_crash_faults_by_its_approval_and_not_without() {
    let mut net = Net::start(ConsensusKind::Bft, 5, 5).unwrap();
    load_until(&mut net, &[0, 1], Height(3));
    let crash = GovernanceChange::Consensus(ConsensusKind::CrashFault);
    let (_, from) = net.decide(0, &[0, 1, 2, 3], crash, 12).unwrap();
    load_until(&mut net, &[0, 1, 2], Height(from.0 - 1));
    net.kill(3);
    net.kill(4);
    load_until(&mut net, &[0, 1, 2], Height(from.0 + 3));
    let reader = net.hosts[0].node.as_ref().unwrap().reader().clone();
    let light = follow(&net, &reader).unwrap();
    assert!(light.headers().height() > from);
    assert_eq!(light.headers().tip().unwrap().consensus, ConsensusKind::CrashFault);
    // Three of five certified the first block of the new kind: without the approval that is nothing.
    let mut entries = chain_node::queries::headers::range(&reader, Height(1), usize::MAX).unwrap();
    let first = &mut entries[usize::try_from(from.0).unwrap() - 1];
    assert_eq!(first.certificate.signatures.len(), 3);
    first.approval = None;
    let mut light = LightClient::open(net.genesis.clone(), None).unwrap();
    let refused = light.extend(entries, "node");
    let missing = matches!(refused, Err(LightError::Header { error: HeaderError::Approval { height, .. }, .. }) if height == from);
    assert!(missing, "{refused:?}");
    assert_eq!(light.headers().height(), Height(from.0 - 1));
}
