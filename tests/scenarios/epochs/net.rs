//! Several real nodes on memory disks, a clock and a network of this test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chain_node::commit::NodeFault;
use chain_node::engines::bft::Pace;
use chain_node::mempool::MempoolLimits;
use chain_node::node::{Effect, Input, NodeStartError};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::{PeerId, To};
use chain_node::snapshots::SnapshotRules;
use chain_node::{Node, NodeSetup};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{
    AccountId, AccountKind, Area, BlockFrame, BlockId, ChainParams, ClockMode, ConsensusKind, Genesis, GenesisAccount,
    Height, KeyId, KeyRecord, Payload, ProposalId, Receipt, RequestId, TxId, TxOutcome, Validator, ValidatorSet,
    Verdict,
};
use sdk::{Frame, Identity, sign_plain};
use storage::{EngineKind, MemoryDisk, Options, Shelf, Store};
use tests::START;

const AREA: Area = Area(4403);
pub(crate) const DATA: &str = "/data";

/// A machine.
pub(crate) struct Host {
    pub(crate) disk: MemoryDisk,
    pub(crate) key: SigningKey,
    reporter: SigningKey,
    pub(crate) node: Option<Node>,
    /// Ahead of the others' clocks, ms.
    pub(crate) skew_ms: u64,
    known_protocol: Option<u32>,
    /// It executes nothing.
    pub(crate) applies: bool,
    wake_at: u64,
}

enum Event {
    Wake(usize),
    Message { from: usize, to: usize, message: PeerMessage },
}

/// The machines and what happens between them.
pub(crate) struct Net {
    pub(crate) genesis: Genesis,
    pub(crate) now: u64,
    pub(crate) hosts: Vec<Host>,
    /// Bureau `i` operates validator `i`; its account is `i + 1`.
    bureaus: Vec<SigningKey>,
    queue: BTreeMap<(u64, u64), Event>,
    events: u64,
    requests: u64,
    blocks: BTreeMap<Height, BlockId>,
    acknowledged: BTreeSet<TxId>,
    pub(crate) verdicts: BTreeMap<TxId, (Height, Receipt)>,
    pub(crate) faults: Vec<(usize, NodeFault)>,
    pub(crate) evidence: usize,
    /// No messages to or from these.
    pub(crate) cut: BTreeSet<usize>,
    signers: sm::SignerCache,
    pub(crate) snapshots: SnapshotRules,
}

pub(crate) fn options() -> Options {
    Options { engine: EngineKind::Log, background_checkpoints: false, ..Options::small() }
}

fn new_key(key_use: KeyUse) -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap()
}

impl Net {
    /// `machines` of which the first `validators` vote from the start; all are running.
    pub(crate) fn start(kind: ConsensusKind, validators: usize, machines: usize) -> Result<Self> {
        let keys: Vec<_> = (0..machines).map(|_| new_key(KeyUse::Vote)).collect();
        Self::with_keys(kind, validators, keys)
    }

    /// The same with given voting keys: two machines may have one.
    pub(crate) fn with_keys(kind: ConsensusKind, validators: usize, keys: Vec<SigningKey>) -> Result<Self> {
        let bureaus: Vec<_> = keys.iter().map(|_| new_key(KeyUse::Transaction)).collect();
        let account = |key: &SigningKey| GenesisAccount {
            kind: AccountKind::Bureau,
            area: AREA,
            tax_id: None,
            name: "bureau".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), key.public_key().0)],
        };
        let members = (1..).map(AccountId).zip(&keys[..validators]);
        let set = members.map(|(operator, key)| Validator { operator, vote_key: key.public_key().0 }).collect();
        let genesis = Genesis {
            version: Genesis::VERSION,
            committee: None,
            name: "epochs".to_owned(),
            time: START,
            clock: ClockMode::Wall,
            consensus: kind,
            validators: ValidatorSet { validators: set },
            params: ChainParams { min_block_interval_ms: 100, heartbeat_ms: 2_000, ..ChainParams::default() },
            areas: vec![AREA],
            accounts: bureaus.iter().map(account).collect(),
        };
        let mut hosts = Vec::new();
        for key in keys {
            let disk = MemoryDisk::new();
            Store::create_on(Arc::new(disk.clone()), Path::new(DATA), &genesis, options())?.close()?;
            let reporter = new_key(KeyUse::Transaction);
            let (node, known_protocol) = (None, None);
            hosts.push(Host {
                disk,
                key,
                reporter,
                node,
                skew_ms: 0,
                known_protocol,
                applies: false,
                wake_at: u64::MAX,
            });
        }
        let mut net = Self {
            genesis,
            now: START.0,
            hosts,
            bureaus,
            queue: BTreeMap::new(),
            events: 0,
            requests: 0,
            blocks: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            verdicts: BTreeMap::new(),
            faults: Vec::new(),
            evidence: 0,
            cut: BTreeSet::new(),
            signers: sm::SignerCache::new(16, 64, 2),
            snapshots: SnapshotRules { every: 0, ..SnapshotRules::default() },
        };
        for host in 0..net.hosts.len() {
            net.boot(host)?;
        }
        Ok(net)
    }

    /// Starts a machine's node from its disk.
    pub(crate) fn boot(&mut self, at: usize) -> Result<(), BootError> {
        let keys: Vec<_> = self.hosts.iter().map(|host| host.key.public_key().0).collect();
        let host = &mut self.hosts[at];
        let (store, _) = Store::open_on(Arc::new(host.disk.clone()), Path::new(DATA), options())?;
        let vote_key = Some(host.key.clone()).filter(|_| !host.applies);
        let setup = NodeSetup {
            vote_key,
            committee_keys: std::sync::Arc::default(),
            applies: host.applies,
            limits: MempoolLimits::default(),
            pace: Pace::default(),
            now_ms: self.now,
        };
        let shelf = Shelf::of_chain(Arc::new(host.disk.clone()), Path::new(DATA), &self.genesis.chain_id());
        let node = Node::new(store, setup)?.with_reporter(host.reporter.clone());
        let mut node = node.with_snapshots(self.snapshots, shelf);
        if let Some(known) = host.known_protocol {
            node = node.limit_protocol(known)?;
        }
        for (peer, key) in (0..).map(PeerId).zip(keys) {
            node.introduce(peer, key);
        }
        host.node = Some(node);
        self.wake(at, 1);
        Ok(())
    }

    /// The process dies; its files stay.
    pub(crate) fn kill(&mut self, at: usize) {
        let host = &mut self.hosts[at];
        host.node = None;
        host.disk = host.disk.after_kill();
        host.wake_at = u64::MAX;
    }

    /// All processes end, and start again so much later.
    pub(crate) fn stand_still(&mut self, ms: u64) -> Result<(), BootError> {
        (0..self.hosts.len()).for_each(|at| self.kill(at));
        self.queue.clear();
        self.now += ms;
        (0..self.hosts.len()).try_for_each(|at| self.boot(at))
    }

    /// The machine runs software that knows no newer protocol; from its next start on.
    pub(crate) fn install(&mut self, at: usize, known_protocol: Option<u32>) {
        self.hosts[at].known_protocol = known_protocol;
    }

    fn add(&mut self, at: u64, event: Event) {
        self.events += 1;
        self.queue.insert((at, self.events), event);
    }

    fn wake(&mut self, host: usize, after: u64) {
        let at = self.now + after.max(1);
        self.hosts[host].wake_at = at;
        self.add(at, Event::Wake(host));
    }

    /// Plays on until `done`, at most `seconds`.
    pub(crate) fn run(&mut self, seconds: u64, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
        let until = self.now + seconds * 1_000;
        while !done(self) {
            let Some(((at, _), event)) = self.queue.pop_first() else { anyhow::bail!("everything stands still") };
            ensure!(at < until, "not done in {seconds} s: {}", self.standing());
            self.now = at;
            match event {
                Event::Wake(host) if self.hosts[host].wake_at == at => self.step(host, Input::Tick),
                Event::Wake(_) => {}
                Event::Message { from, to, message } => {
                    if !self.cut.contains(&from) && !self.cut.contains(&to) {
                        let from = PeerId(u32::try_from(from)?);
                        self.step(to, Input::Peer(from, message));
                    }
                }
            }
        }
        Ok(())
    }

    /// A machine without a running node says something to another; what that one answers it.
    pub(crate) fn ask(&mut self, at: usize, from: usize, message: PeerMessage) -> Vec<PeerMessage> {
        let asker = PeerId(u32::try_from(from).unwrap());
        let now = self.now;
        let Some(node) = &mut self.hosts[at].node else { return Vec::new() };
        let mut answers = Vec::new();
        for effect in node.step(Input::Peer(asker, message), now).unwrap() {
            match effect {
                Effect::Send(To::Peer(to), answer) if to == asker => answers.push(answer),
                other => self.carry_out(at, other),
            }
        }
        answers
    }

    fn standing(&self) -> String {
        let one = |host: &Host| host.node.as_ref().map(|n| (n.height().0, n.epoch().number, n.place(), n.stopped()));
        format!("{:?}, faults {:?}", self.hosts.iter().map(one).collect::<Vec<_>>(), self.faults)
    }

    pub(crate) fn step(&mut self, at: usize, input: Input) {
        let now = self.now + self.hosts[at].skew_ms;
        let Some(node) = &mut self.hosts[at].node else { return };
        match node.step(input, now) {
            Ok(effects) => {
                let idle = node.idle_ms(now);
                effects.into_iter().for_each(|effect| self.carry_out(at, effect));
                self.wake(at, idle.min(500));
            }
            Err(fault) => {
                self.hosts[at].node = None;
                self.faults.push((at, fault));
            }
        }
    }

    fn carry_out(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::Send(to, message) => {
                let others = (0..self.hosts.len()).filter(|other| *other != at);
                let receivers: Vec<usize> = match to {
                    To::All | To::Validators => others.collect(),
                    To::Peer(peer) => others.filter(|other| *other == peer.0 as usize).collect(),
                };
                for to in receivers {
                    let after = 2 + (self.events * 7 + to as u64 * 3) % 9;
                    self.add(self.now + after, Event::Message { from: at, to, message: message.clone() });
                }
            }
            Effect::Waiting(id) => {
                self.acknowledged.insert(id);
            }
            Effect::Committed(block) => {
                let first = *self.blocks.entry(block.height()).or_insert(block.id());
                assert_eq!(first, block.id(), "node {at} has another block {}", block.height());
                for (_, id, receipt) in block.verdicts() {
                    let before = self.verdicts.insert(id, (block.height(), receipt.clone()));
                    assert!(before.is_none_or(|(height, _)| height == block.height()), "{id} stands in two blocks");
                }
            }
            Effect::Evidence(_) => self.evidence += 1,
            Effect::Snapshot(job) => {
                job.run(&mut || true).unwrap().unwrap();
            }
            Effect::Known(_) | Effect::Refused(..) => {}
            Effect::Misbehaved(peer, why) => panic!("node {at} says that {peer:?} broke the rules: {why}"),
        }
    }

    /// A transaction of bureau `by`, out of room 2.
    pub(crate) fn tx(&mut self, by: usize, payload: Payload) -> Result<AuthenticatedTx> {
        self.requests += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.requests.to_be_bytes());
        let frame = Frame {
            chain: self.genesis.chain_id(),
            area: AREA,
            request_id: RequestId::new(self.now, random),
            valid_until_ms: self.now + 300_000,
            committee: None,
        };
        let account = AccountId(u32::try_from(by)? + 1);
        let identity = Identity::account(account, KeyId(0), self.bureaus[by].clone());
        let tx = sign_plain(&frame, payload, &[&identity])?;
        let decoded = decode(&frame.chain, RawTx(tx.bytes)).map_err(|r| anyhow::anyhow!("{r:?}"))?;
        let node = self.hosts.iter().find_map(|host| host.node.as_ref()).context("nobody runs")?;
        let verdicts =
            authenticate(vec![decoded], &node.reader().view(), &mut self.signers, &ledger_types::seal::NoKeys);
        let verdict = verdicts.map_err(anyhow::Error::from)?.into_iter().next().context("one verdict")?;
        verdict.map_err(|(_, r)| anyhow::anyhow!("{r:?}"))
    }

    /// Hands a transaction in at a machine.
    pub(crate) fn submit(&mut self, at: usize, by: usize, payload: Payload) -> Result<TxId> {
        let tx = self.tx(by, payload)?;
        let id = tx.id();
        self.step(at, Input::Admitted(vec![tx]));
        Ok(id)
    }

    /// Opens an account through a machine: load.
    pub(crate) fn load(&mut self, at: usize) -> Result<TxId> {
        let keys = vec![KeyRecord::admin(KeyId(0), self.bureaus[0].public_key().0)];
        let name = "机构".to_owned();
        self.submit(at, 0, Payload::OpenAccount { kind: AccountKind::Node, area: AREA, tax_id: None, name, keys })
    }

    /// Runs until a transaction is accepted; its outcome.
    pub(crate) fn accepted(&mut self, id: TxId) -> Result<TxOutcome> {
        self.run(30, |net| net.verdicts.contains_key(&id))?;
        match &self.verdicts[&id].1.verdict {
            Verdict::Accepted(outcome) => Ok(outcome.clone()),
            Verdict::Refused(refusals) => anyhow::bail!("refused: {refusals:?}"),
        }
    }

    /// Has bureaus propose and approve a change, from `ahead` heights on; when it is in force.
    pub(crate) fn decide(
        &mut self,
        at: usize,
        by: &[usize],
        change: ledger_types::GovernanceChange,
        ahead: u64,
    ) -> Result<(ProposalId, Height)> {
        let effective = Height(self.height().0 + ahead);
        let id = self.submit(at, by[0], Payload::ProposeChange { change, effective })?;
        let TxOutcome::Proposed(proposal) = self.accepted(id)? else { anyhow::bail!("no proposal") };
        let approvals: Vec<_> = by[1..]
            .iter()
            .map(|bureau| self.submit(at, *bureau, Payload::ApproveChange { proposal }))
            .collect::<Result<_>>()?;
        for id in approvals {
            self.accepted(id)?;
        }
        Ok((proposal, effective))
    }

    /// The greatest height.
    pub(crate) fn height(&self) -> Height {
        self.nodes().map(|(_, node)| node.height()).max().unwrap_or(Height(0))
    }

    /// The running nodes.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.hosts.iter().enumerate().filter_map(|(at, host)| Some((at, host.node.as_ref()?)))
    }

    /// Whether every running node is at this height or beyond.
    pub(crate) fn all_at(&self, height: Height) -> bool {
        self.nodes().all(|(_, node)| node.height() >= height)
    }

    /// The validators that these machines would be.
    pub(crate) fn set(&self, machines: &[usize]) -> ValidatorSet {
        let one = |at: &usize| Validator {
            operator: AccountId(u32::try_from(*at).unwrap() + 1),
            vote_key: self.hosts[*at].key.public_key().0,
        };
        ValidatorSet { validators: machines.iter().map(one).collect() }
    }

    /// The whole chain as a node has it.
    pub(crate) fn frames(&self, at: usize) -> Vec<BlockFrame> {
        let node = self.hosts[at].node.as_ref().unwrap();
        (1..=node.height().0).map(|h| BlockFrame::clone(&node.reader().frame(Height(h)).unwrap().unwrap())).collect()
    }

    /// Nothing that was promised is missing, no node stopped, and the auditor agrees with every block.
    pub(crate) fn check(&mut self, at: usize) {
        // What still waits gets its time.
        self.run(60, |net| net.acknowledged.iter().all(|id| net.verdicts.contains_key(id))).unwrap();
        let height = self.height();
        self.run(60, |net| net.all_at(height)).unwrap();
        assert!(self.nodes().all(|(_, node)| node.stopped().is_none()), "{}", self.standing());
        let frames = self.frames(at).into_iter().map(Ok::<_, std::convert::Infallible>);
        let report = auditor::audit(
            &self.genesis,
            frames,
            auditor::Options::default(),
            &ledger_types::seal::NoKeys,
            &mut |_| {},
        );
        assert!(report.differences.is_empty(), "{:?}", report.differences);
    }
}

/// A node does not start.
#[derive(Debug)]
pub(crate) enum BootError {
    Store(storage::StoreError),
    Start(NodeStartError),
    Fault(NodeFault),
}

impl std::fmt::Display for BootError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(e) => write!(f, "storage: {e}"),
            Self::Start(e) => write!(f, "start: {e}"),
            Self::Fault(e) => write!(f, "fault: {e}"),
        }
    }
}

impl std::error::Error for BootError {}

impl From<storage::StoreError> for BootError {
    fn from(e: storage::StoreError) -> Self {
        Self::Store(e)
    }
}

impl From<NodeStartError> for BootError {
    fn from(e: NodeStartError) -> Self {
        Self::Start(e)
    }
}

impl From<NodeFault> for BootError {
    fn from(e: NodeFault) -> Self {
        Self::Fault(e)
    }
}
