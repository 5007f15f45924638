//! The node without its shell: what one step does, driven by the test's own clock.

use anyhow::{Context, Result};
use chain_node::clock::wall_ms;
use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan};
use chain_node::engines::solo::SoloEngine;
use chain_node::engines::suite::Suite;
use chain_node::mempool::{Admitted, Mempool, MempoolLimits};
use chain_node::node::{Effect, Input};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::PeerId;
use chain_node::{Node, metrics};
use crypto::KeyUse;
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{
    AccountKind, BlockTime, ClockMode, KeyId, KeyRecord, Payload, RejectReason, RequestId, RuleBook, Validator,
    ValidatorSet,
};
use sdk::{Frame, Identity, sign_plain};
use tests::{AREA, START, TestChain, metrics_page};

/// A node and whoever may sign.
struct Bench {
    dir: tempfile::TempDir,
    chain: DevChain,
    node: Node,
    /// The host's clock when the node started.
    began: u64,
    requests: u8,
}

impl Bench {
    fn new(clock: ClockMode) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let start = (clock == ClockMode::Driven).then_some(START);
        let plan = DevChainPlan { clock, start, ..DevChainPlan::default() };
        let chain = DevChain::open_or_create(dir.path(), &plan)?;
        let node = chain.node(storage::Options::small())?;
        Ok(Self { dir, chain, node, began: wall_ms(), requests: 0 })
    }

    /// A transaction of the bureau that has passed room 2.
    fn checked(&mut self, payload: Payload) -> Result<AuthenticatedTx> {
        self.requests += 1;
        let now = self.chain.genesis().time;
        let frame = Frame {
            chain: self.chain.genesis().chain_id(),
            area: AREA,
            request_id: RequestId::new(now.0, [self.requests; 10]),
            valid_until_ms: now.0 + 60_000,
            committee: None,
        };
        let key = self.chain.key("bureau", KeyUse::Transaction)?;
        let tx = sign_plain(&frame, payload, &[&Identity::account(DEV_BUREAU, KeyId(0), key)])?;
        let decoded = decode(&frame.chain, RawTx(tx.bytes)).map_err(|r| anyhow::anyhow!("{r:?}"))?;
        let view = self.node.reader().view();
        let mut cache = sm::SignerCache::new(4, 4, 3);
        let verdicts = authenticate(vec![decoded], &view, &mut cache, &*self.node.committee_keys())?;
        verdicts.into_iter().next().context("one verdict")?.map_err(|(_, r)| anyhow::anyhow!("{r:?}"))
    }

    fn open_account(&mut self) -> Result<AuthenticatedTx> {
        let key = self.chain.key("somebody", KeyUse::Transaction)?;
        self.checked(Payload::OpenAccount {
            kind: AccountKind::Enterprise,
            area: AREA,
            tax_id: Some("91350100M000100Y43".parse()?),
            name: "某公司".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), key.public_key().0)],
        })
    }

    /// Steps until nothing is owed; returns the last block's time and the clock.
    fn settle(&mut self, mut now: u64) -> Result<(Option<BlockTime>, u64)> {
        let mut last = None;
        for _ in 0..10 {
            now += 100;
            for effect in self.node.step(Input::Tick, now)? {
                if let Effect::Committed(block) = effect {
                    last = Some(block.header().time);
                }
            }
        }
        Ok((last, now))
    }
}

#[test]
fn a_rule_book_takes_force_in_time_though_nobody_has_a_transaction() {
    let mut bench = Bench::new(ClockMode::Wall).unwrap();
    let effective = bench.began + 9_000;
    let book = bench.checked(Payload::PublishRuleBook(Box::new(RuleBook::standard(AREA, 1, effective)))).unwrap();
    bench.node.step(Input::Admitted(vec![book]), bench.began + 50).unwrap();
    let (_, now) = bench.settle(bench.began + 50).unwrap();
    let idle = bench.node.idle_ms(now);
    assert_eq!(now + idle, effective, "it wakes when the book takes force, before the heartbeat");
    assert!(bench.node.step(Input::Tick, effective - 1).unwrap().is_empty());
    let effects = bench.node.step(Input::Tick, effective).unwrap();
    let [Effect::Committed(block)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(block.header().time, BlockTime(effective));
    let active = ledger::active_rule_books(&bench.node.reader().view(), &[AREA]).unwrap();
    assert_eq!(active.iter().map(|b| b.version).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_driven_clock_makes_blocks_only_when_it_is_set() {
    let mut bench = Bench::new(ClockMode::Driven).unwrap();
    let tx = bench.open_account().unwrap();
    bench.node.step(Input::Admitted(vec![tx]), bench.began).unwrap();
    let (first, now) = bench.settle(bench.began).unwrap();
    assert!(first.is_some_and(|t| t.0 < START.0 + 100), "{first:?}: the host's clock is not block time");
    let effects = bench.node.step(Input::SetClock(BlockTime(START.0 + 5_000)), now + 100).unwrap();
    let [Effect::Committed(block)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(block.header().time, BlockTime(START.0 + 5_000));
    let back = bench.node.step(Input::SetClock(START), now + 200).unwrap();
    assert!(back.iter().all(|e| !matches!(e, Effect::Committed(b) if b.header().time <= block.header().time)));
}

#[test]
fn the_same_transaction_waits_once_and_is_known_after_its_block() {
    let mut bench = Bench::new(ClockMode::Driven).unwrap();
    let tx = bench.open_account().unwrap();
    let effects = bench.node.step(Input::Admitted(vec![tx.clone(), tx.clone()]), bench.began).unwrap();
    assert!(matches!(effects.as_slice(), [Effect::Waiting(_), Effect::Waiting(_), ..]), "{effects:?}");
    assert!(bench.node.waiting().0 <= 1);
    let (_, now) = bench.settle(bench.began).unwrap();
    let again = bench.node.step(Input::Admitted(vec![tx]), now).unwrap();
    assert!(matches!(again.as_slice(), [Effect::Known(_), ..]), "{again:?}");
    assert!(bench.dir.path().join("data").is_dir());
}

#[test]
fn a_full_waiting_room_refuses_by_name_and_is_free_again_after_a_block() {
    let mut bench = Bench::new(ClockMode::Driven).unwrap();
    let mut room = Mempool::new(MempoolLimits { max_txs: 3, max_bytes: 1 << 20, max_txs_per_scope: 2 });
    let txs: Vec<_> = (0..3).map(|_| bench.open_account().unwrap()).collect();
    assert_eq!(room.insert(txs[0].clone()), Admitted::Waiting);
    assert_eq!(room.insert(txs[0].clone()), Admitted::Duplicate);
    assert_eq!(room.insert(txs[1].clone()), Admitted::Waiting);
    let Admitted::Refused(refusal) = room.insert(txs[2].clone()) else { panic!("a third of one account") };
    assert_eq!(refusal.reason, RejectReason::Overloaded);
    let (batch, refused) = room.pick(START, 1, 1 << 20);
    let first = batch.into_txs()[0].id();
    assert_eq!((first, refused.len(), room.len()), (txs[0].id(), 0, 2), "what is proposed waits until it is committed");
    assert!(room.remove(&first));
    assert_eq!(room.insert(txs[2].clone()), Admitted::Waiting);
    let (batch, refused) = room.pick(BlockTime(START.0 + 60_001), 10, 1 << 20);
    assert_eq!((batch.into_txs().len(), room.len(), room.bytes()), (0, 0, 0));
    assert!(refused.len() == 2 && refused.iter().all(|(_, r)| r.reason == RejectReason::Expired), "{refused:?}");
}

#[test]
fn a_peer_that_passes_on_a_wrong_signature_broke_a_rule() {
    let mut bench = Bench::new(ClockMode::Driven).unwrap();
    let sound = bench.open_account().unwrap().raw().to_vec();
    let mut forged = sound.clone();
    *forged.last_mut().unwrap() ^= 1;
    for (list, waiting, fault) in [(vec![sound.clone(), forged], 0, Some("BAD_SIGNATURE")), (vec![sound], 1, None)] {
        let effects = bench.node.step(Input::Peer(PeerId(1), PeerMessage::Txs(list)), bench.began).unwrap();
        let broken = effects.iter().find_map(|effect| match effect {
            Effect::Misbehaved(PeerId(1), why) => Some(why.as_str()),
            _ => None,
        });
        assert_eq!(broken.is_some(), fault.is_some(), "{broken:?}");
        assert!(broken.is_none_or(|why| fault.is_some_and(|fault| why.contains(fault))), "{broken:?}");
        assert_eq!(bench.node.waiting().0, waiting);
    }
}

#[test]
fn one_validator_decides_alone() {
    let bench = Bench::new(ClockMode::Driven).unwrap();
    let chain = bench.chain.genesis().chain_id();
    let key = bench.chain.key("vote", KeyUse::Vote).unwrap();
    let set = ValidatorSet { validators: vec![Validator { operator: DEV_BUREAU, vote_key: key.public_key().0 }] };
    let mut engines: Vec<Box<dyn chain_node::engines::ConsensusEngine>> = vec![Box::new(SoloEngine::new(chain, key))];
    Suite::new(chain, &set, &mut engines).run(20).unwrap();
    let other = bench.chain.key("other-vote", KeyUse::Vote).unwrap();
    let mut wrong: Vec<Box<dyn chain_node::engines::ConsensusEngine>> = vec![Box::new(SoloEngine::new(chain, other))];
    assert!(Suite::new(chain, &set, &mut wrong).run(1).is_err(), "a certificate of a stranger's key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_metrics_is_what_the_page_has() {
    let chain = TestChain::start().await.unwrap();
    // Families have no line before their first sample, so something is accepted and something refused.
    chain
        .refuse(&chain.bureau, Payload::PublishRuleBook(Box::new(RuleBook::standard(AREA, 1, u64::MAX))))
        .await
        .unwrap();
    let address = chain.node.as_ref().unwrap().metrics_address.unwrap();
    let page = tokio::task::spawn_blocking(move || metrics_page(address).unwrap()).await.unwrap();
    let mut on_page: Vec<_> = page.lines().filter_map(|l| l.strip_prefix("# TYPE ")).collect();
    on_page.sort_unstable();
    let mut listed: Vec<_> =
        metrics::METRICS.iter().map(|(name, kind, _)| format!("{} {kind}", name.trim_end_matches("_total"))).collect();
    listed.sort_unstable();
    assert_eq!(on_page, listed);
}
