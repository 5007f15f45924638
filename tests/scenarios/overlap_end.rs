//! What was checked while the former key of the committee was accepted, and comes too late: one node, step by step.

use anyhow::{Context, Result};
use chain_node::Node;
use chain_node::clock::wall_ms;
use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan};
use chain_node::mempool::{Admitted, Mempool, MempoolLimits};
use chain_node::node::CommitteeStanding;
use chain_node::node::{Effect, Input};
use chain_node::proposal::{BlockFault, Proposer};
use crypto::{KeyUse, SenderKey, SigningKey};
use ledger::SealingRules;
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::limits::MIN_COMMITTEE_OVERLAP_MS;
use ledger_types::payload::InvoiceRequest;
use ledger_types::*;
use sdk::{Frame, Identity, sign_invoice, sign_plain};
use tests::{AREA, START, draft};

struct Bench {
    _dir: tempfile::TempDir,
    chain: DevChain,
    node: Node,
    bureau: Identity,
    /// The host's clock.
    host: u64,
    requests: u8,
}

impl Bench {
    /// A chain with one transaction in a block.
    fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let plan = DevChainPlan { clock: ClockMode::Driven, start: Some(START), ..DevChainPlan::default() };
        let genesis = DevChain::open_or_create(dir.path(), &plan)?.genesis().clone();
        let params = ChainParams { max_block_txs: 1, ..genesis.params.clone() };
        std::fs::write(dir.path().join("genesis.json"), serde_json::to_string(&Genesis { params, ..genesis })?)?;
        let chain = DevChain::open_or_create(dir.path(), &plan)?;
        let node = chain.node(storage::Options::small())?;
        let bureau = Identity::account(DEV_BUREAU, KeyId(0), chain.key("bureau", KeyUse::Transaction)?)
            .sealing_with(SenderKey::new(SigningKey::generate(chain.provider(), KeyUse::Encryption)?)?);
        Ok(Self { _dir: dir, chain, node, bureau, host: wall_ms(), requests: 0 })
    }

    fn frame(&mut self, at: u64, committee: Option<Committee>) -> Frame {
        self.requests += 1;
        let request_id = RequestId::new(at, [self.requests; 10]);
        Frame { chain: self.chain.genesis().chain_id(), area: AREA, request_id, valid_until_ms: at + 60_000, committee }
    }

    fn checked(&self, bytes: Vec<u8>) -> Result<AuthenticatedTx> {
        let decoded = decode(&self.chain.genesis().chain_id(), RawTx(bytes)).map_err(|r| anyhow::anyhow!("{r:?}"))?;
        let mut cache = sm::SignerCache::new(4, 4, 3);
        let view = self.node.reader().view();
        let verdicts = authenticate(vec![decoded], &view, &mut cache, &*self.node.committee_keys())?;
        verdicts.into_iter().next().context("one verdict")?.map_err(|(_, r)| anyhow::anyhow!("{r:?}"))
    }

    /// An invoice sealed for a key. The chain will refuse it: it stands in a block all the same.
    fn sealed(&mut self, at: u64, committee: Committee) -> Result<AuthenticatedTx> {
        let frame = self.frame(at, Some(committee));
        let request = InvoiceRequest {
            owner: OwnerCondition::Address(Address([7; 32])),
            order_ref: Digest::ZERO,
            payments: Vec::new(),
        };
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        let tx = sign_invoice(&frame, Payload::Issue(request), &draft(10_600), &[&self.bureau], &mut random)?;
        self.checked(tx.bytes)
    }

    fn rules(&self) -> SealingRules {
        SealingRules::read(&self.node.reader().view()).unwrap()
    }

    /// Blocks, each a second later, until this holds.
    fn pass(&mut self, holds: impl Fn(&SealingRules) -> bool) -> Result<()> {
        for _ in 0..200 {
            if holds(&self.rules()) {
                return Ok(());
            }
            self.host += 100;
            let next = self.node.reader().tip().time.0.max(START.0) + 1_000;
            self.node.step(Input::SetClock(BlockTime(next)), self.host)?;
        }
        anyhow::bail!("two hundred blocks were not enough: {:?}", self.rules())
    }
}

#[test]
fn what_waits_or_comes_when_the_overlap_ends_is_refused_by_name_and_stands_in_no_block() {
    let mut bench = Bench::new().unwrap();
    let first = bench.rules().committee.unwrap();
    let private = SigningKey::generate(bench.chain.provider(), KeyUse::Encryption).unwrap();
    let second = Committee { epoch: 2, public_key: private.public_key().0 };
    let change = CommitteeChange { committee: second, overlap_ms: MIN_COMMITTEE_OVERLAP_MS };
    let effective = Height(bench.node.height().0 + 5);
    let payload = Payload::ProposeChange { change: GovernanceChange::NextCommittee(change), effective };
    let tx = sign_plain(&bench.frame(START.0, None), payload, &[&bench.bureau]).unwrap();
    let tx = bench.checked(tx.bytes).unwrap();
    bench.node.step(Input::Admitted(vec![tx]), bench.host).unwrap();
    bench.pass(|rules| rules.next.is_some()).unwrap();
    assert_eq!(bench.node.committee_standing(), CommitteeStanding { epoch: 1, next: 2, ready: false });
    // The key comes while the node runs; it shows that by itself.
    bench.node.committee_keys().offer(2, private).unwrap();
    bench.pass(|rules| rules.committee == Some(second)).unwrap();
    assert_eq!(bench.node.committee_standing(), CommitteeStanding { epoch: 2, next: 0, ready: true });
    let past = bench.node.reader().registry(&RegistryKey::PastCommittee(1)).unwrap();
    let Some(RegistryValue::PastCommittee(PastCommittee { until, .. })) = past else { panic!("{past:?}") };

    bench.host += 100;
    bench.node.step(Input::SetClock(BlockTime(until.0 - 5)), bench.host).unwrap();
    let txs: Vec<_> = (0..5).map(|_| bench.sealed(until.0, first).unwrap()).collect();
    let fresh = bench.sealed(until.0, second).unwrap();
    // No block is due yet: three and one of the new key wait, and the clock passes the end.
    let waiting = vec![txs[0].clone(), txs[1].clone(), fresh.clone(), txs[2].clone()];
    let effects = bench.node.step(Input::Admitted(waiting), bench.host).unwrap();
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Waiting(_))), "{effects:?}");
    bench.node.step(Input::SetClock(BlockTime(until.0 + 1)), bench.host).unwrap();
    assert_eq!((bench.node.waiting().0, bench.rules().accepted), (4, vec![1]));
    bench.host += 100;
    let effects = bench.node.step(Input::Tick, bench.host).unwrap();
    let refused: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Refused(id, refusal) => Some((*id, refusal.reason, refusal.args.clone())),
            _ => None,
        })
        .collect();
    let said = |tx: &AuthenticatedTx| (tx.id(), RejectReason::WrongSealEpoch, vec![Arg::Count(1), Arg::Count(2)]);
    // The block that ends the overlap may still carry one; what waited behind it may not.
    assert_eq!(refused, [said(&txs[1]), said(&txs[2])]);
    assert!(bench.rules().accepted.is_empty());
    let committed = effects.iter().filter(|effect| matches!(effect, Effect::Committed(_))).count();
    assert!(committed >= 1 && bench.node.waiting().0 <= 1, "{effects:?}");
    // Checked before, handed in after.
    let effects = bench.node.step(Input::Admitted(vec![txs[3].clone()]), bench.host).unwrap();
    let Some(Effect::Refused(id, refusal)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((*id, refusal.reason, refusal.args.clone()), said(&txs[3]));
    // A proposer that lets it stand makes a block that nobody takes, whoever checked it earlier.
    let (reader, genesis) = (bench.node.reader(), bench.chain.genesis().clone());
    let (tip, view) = (reader.tip(), reader.view());
    let vote_key = bench.chain.vote_key(0).unwrap().public_key().0;
    let proposer = Proposer::new(&genesis, &view, Some(vote_key)).unwrap();
    for (tx, fits) in [(&txs[4], false), (&bench.sealed(until.0, second).unwrap(), true)] {
        let mut room = Mempool::new(MempoolLimits::default());
        assert_eq!(room.insert(tx.clone()), Admitted::Waiting);
        let time = tip.time.plus_ms(10);
        let (batch, _) = room.pick(time, 1, 1 << 20);
        let (block, txs) = proposer.propose(&tip, &view, time, batch).unwrap().into_parts();
        let verdict = proposer.check(&tip, &view, block, txs, None).unwrap().map(drop);
        let fault = BlockFault::Transaction { id: tx.id(), why: "WRONG_SEAL_EPOCH".to_owned() };
        assert_eq!(verdict, if fits { Ok(()) } else { Err(fault) });
    }
}
