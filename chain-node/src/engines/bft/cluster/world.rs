//! The world's events, in the order of virtual time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{AccountId, BlockId, ChainId, Digest, Height, Validator, ValidatorSet};

use super::{
    Plan,
    checks::{Checks, Vouched},
    host::Host,
    network::{Chance, Network},
};
use crate::engines::{
    ConsensusEngine, EngineCounts, EngineMessage, EngineStopped, Out, TimerKey,
    bft::{ABSENCE_WINDOW, BftConfig, BftEngine, Pace, absent_in, certificates::thresholds},
};

const CHAIN: ChainId = ChainId([6; 32]);

/// Faults end here; all correct nodes must be at the goal a while later.
const FAULTS_END_MS: u64 = 1_500;
const PATIENCE_MS: u64 = 120_000;

enum Event {
    Message(usize, u16, EngineMessage, Option<Arc<Vouched>>),
    Body(usize, BlockId),
    Timer(usize, TimerKey, u64),
    Built(usize, u32, u64, BlockId),
    Judged(usize, u32, BlockId),
    Start(usize, u32, Height),
    Fetch(usize, u32, BlockId),
    Status(usize),
    Fault,
    Boot(usize),
    Heal,
}

/// What a story came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    pub(super) ended_at_ms: u64,
    pub(super) tips: Vec<BlockId>,
    pub(super) crashes: u32,
    pub(super) evidence: usize,
    pub(super) extra_rounds: u64,
    pub(super) muted_heights: u64,
    pub(super) core_errors: u64,
}

/// The nodes and all that is under way between them.
pub(super) struct World {
    plan: Plan,
    config: BftConfig,
    hosts: Vec<Host>,
    network: Network,
    chance: Chance,
    checks: Checks,
    events: BTreeMap<(u64, u64), Event>,
    now: u64,
    count: u64,
    healed: bool,
    story: Story,
}

impl World {
    pub(super) fn new(plan: Plan) -> Self {
        let provider = SoftwareProvider::shared();
        let key = |_| SigningKey::generate(&provider, KeyUse::Vote).expect("random bytes are at hand");
        let keys: Vec<SigningKey> = (0..plan.validators).map(key).collect();
        let validator = |k: &SigningKey| Validator { operator: AccountId(1), vote_key: k.public_key().0 };
        let validators = ValidatorSet { validators: keys.iter().map(validator).collect() };
        let pace = Pace { propose: 200, vote: 100, step: 60, rebroadcast: 250, max: 3_000 };
        let traitor = plan.twin.then(|| plan.validators - 1);
        let publics = keys.iter().map(SigningKey::public_key).collect();
        let mut hosts: Vec<Host> =
            (0..).zip(&keys).map(|(place, key)| Host::new(place, traitor == Some(place), key.clone())).collect();
        if let Some(place) = traitor {
            hosts.push(Host::new(place, true, keys[usize::from(place)].clone()));
        }
        let mut chance = Chance::new(plan.seed);
        let quorum = plan.thresholds.unwrap_or(thresholds(plan.kind)).quorum;
        Self {
            plan,
            config: BftConfig { chain: CHAIN, epoch: 0, kind: plan.kind, validators, pace },
            hosts,
            network: Network::faulty(&mut chance),
            chance,
            checks: Checks::new(CHAIN, plan.kind, quorum, publics, traitor),
            events: BTreeMap::new(),
            now: 0,
            count: 0,
            healed: false,
            story: Story::default(),
        }
    }

    /// Plays it to the end.
    pub(super) fn play(mut self) -> Result<Story, String> {
        for i in 0..self.hosts.len() {
            self.boot(i)?;
            self.after(i as u64, Event::Status(i));
        }
        if self.plan.dead.is_some() {
            self.network = Network::healed();
        } else {
            self.after(30, Event::Fault);
            self.after(FAULTS_END_MS, Event::Heal);
        }
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.now = at;
            self.happen(event)?;
            if self.is_done() {
                return Ok(self.end());
            }
            if self.now > FAULTS_END_MS + PATIENCE_MS {
                let heights: Vec<_> = self.hosts.iter().map(|h| h.chain.len()).collect();
                return Err(format!("liveness: {PATIENCE_MS} ms after the faults, heights are {heights:?}"));
            }
        }
        Err("liveness: nothing is under way".to_owned())
    }

    fn is_done(&self) -> bool {
        let expected = |h: &&Host| !h.traitor && self.plan.dead != Some(h.place);
        self.hosts.iter().filter(expected).all(|h| h.chain.len() as u64 >= self.plan.heights)
    }

    fn end(mut self) -> Story {
        self.story.ended_at_ms = self.now;
        self.story.tips = self.hosts.iter().map(Host::tip).collect();
        self.story.evidence = self.checks.evidence;
        for i in 0..self.hosts.len() {
            self.bury(i);
        }
        self.story
    }

    /// Adds up what the engine of a node counted.
    fn bury(&mut self, i: usize) {
        if self.hosts[i].traitor {
            return;
        }
        let EngineCounts { extra_rounds, muted_heights, core_errors, .. } =
            self.hosts[i].engine.as_ref().map(BftEngine::counts).unwrap_or_default();
        self.story.extra_rounds += extra_rounds;
        self.story.muted_heights += muted_heights;
        self.story.core_errors += core_errors;
    }

    fn after(&mut self, wait: u64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + wait, self.count), event);
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        let lives = |world: &Self, i: usize, life: u32| world.hosts[i].life == life;
        match event {
            Event::Message(i, from, message, vouched) => self.call(i, |e, o| {
                if let Some(v) = vouched {
                    e.effects.signatures.trust(&v.key, &v.message, v.signature);
                }
                e.on_message(from, message, o)
            }),
            Event::Body(i, id) => self.body(i, id),
            Event::Timer(i, key, number) if self.hosts[i].timers.get(&key) == Some(&number) => {
                self.hosts[i].timers.remove(&key);
                self.call(i, |e, o| e.on_timer(key, o))
            }
            Event::Built(i, life, view, id) if lives(self, i, life) => {
                self.hosts[i].bodies.insert(id);
                self.call(i, |e, o| e.on_built(view, id, o))
            }
            Event::Judged(i, life, id) if lives(self, i, life) => self.call(i, |e, o| e.on_validated(id, true, o)),
            Event::Start(i, life, height) if lives(self, i, life) && self.hosts[i].next_height() == height => {
                self.start(i)
            }
            Event::Fetch(i, life, id) if lives(self, i, life) => self.fetch(i, id),
            Event::Status(i) => self.status(i),
            Event::Fault => self.fault(),
            Event::Boot(i) if self.hosts[i].engine.is_none() => self.boot(i),
            Event::Heal => self.heal(),
            _ => Ok(()),
        }
    }

    fn boot(&mut self, i: usize) -> Result<(), String> {
        if self.plan.dead == Some(self.hosts[i].place) {
            return Ok(());
        }
        self.hosts[i].boot(&self.config, &self.plan)?;
        self.start(i)
    }

    /// Starts the next height; who was absent is read from the chain, which is the same everywhere.
    fn start(&mut self, i: usize) -> Result<(), String> {
        let host = &self.hosts[i];
        let (height, parent) = (host.next_height(), host.tip());

        // The block of the tip is not yet carried by another, so its certificate differs between nodes.
        let carried = host.chain.len().saturating_sub(1);
        let recent =
            host.chain[carried.saturating_sub(ABSENCE_WINDOW)..carried].iter().map(|(id, _)| self.checks.carried(id));
        let absent: BTreeSet<u16> = absent_in(recent.flatten(), self.plan.validators);
        self.call(i, |e, o| e.start(height, parent, &absent, o))?;
        // Beyond the goal nobody wants anything.
        if height.0 > self.plan.heights { Ok(()) } else { self.call(i, |e, o| e.on_wanted(o)) }
    }

    fn call(
        &mut self,
        i: usize,
        call: impl FnOnce(&mut BftEngine, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Result<(), String> {
        let Some(engine) = &mut self.hosts[i].engine else {
            return Ok(());
        };
        let mut out = Vec::new();
        call(engine, &mut out).map_err(|e| format!("engine: {i} {e}"))?;
        out.into_iter().try_for_each(|o| self.answer(i, o))
    }

    fn answer(&mut self, i: usize, out: Out) -> Result<(), String> {
        let life = self.hosts[i].life;
        match out {
            Out::Persist(record) => self.hosts[i].write(record),
            Out::Broadcast(message) => {
                if !self.plan.skip_sync {
                    self.hosts[i].sync();
                }
                let from = self.hosts[i].place;
                let vouched = self.checks.said(from, &message.bytes, self.plan.light)?.map(Arc::new);
                self.tell_others(i, |to| Event::Message(to, from, message.clone(), vouched.clone()));
            }
            Out::SendBody { id, .. } => self.tell_others(i, |to| Event::Body(to, id)),
            Out::Send(..) => return Err("this engine sends to all".to_owned()),
            Out::SetTimer(key, wait) => {
                let number = self.count + 1;
                self.hosts[i].timers.insert(key, number);
                self.after(wait, Event::Timer(i, key, number));
            }
            Out::CancelTimer(key) => {
                self.hosts[i].timers.remove(&key);
            }
            Out::Build { height, view } => {
                let id = self.block(i, height, view);
                let wait = self.chance.within(1, 6);
                self.after(wait, Event::Built(i, life, view, id));
            }
            Out::Validate { id, .. } => {
                self.hosts[i].awaited.insert(id);
                self.fetch(i, id)?;
            }
            Out::Commit { id, certificate } => return self.commit(i, id, certificate),
            Out::Grown(certificate) => self.checks.certificate(&certificate)?,
            Out::Evidence(evidence) => self.checks.evidence(&evidence)?,
        }
        Ok(())
    }

    fn commit(&mut self, i: usize, id: BlockId, certificate: ledger_types::CommitCertificate) -> Result<(), String> {
        let host = &mut self.hosts[i];
        host.sync();
        if host.next_height() != certificate.height {
            return Err(format!("order: {i} commits height {} at {}", certificate.height, host.next_height()));
        }
        if !host.bodies.contains(&id) {
            return Err(format!("bodies: {i} commits a block it does not have"));
        }
        if !host.traitor {
            self.checks.decided(id, &certificate)?;
        }
        let height = Height(certificate.height.0 + 1);
        self.checks.carry(id, &certificate);
        self.hosts[i].commit(id, certificate);
        let (wait, life) = (self.chance.within(1, 6), self.hosts[i].life);
        self.after(wait, Event::Start(i, life, height));
        Ok(())
    }

    fn tell_others(&mut self, i: usize, event: impl Fn(usize) -> Event) {
        for to in (0..self.hosts.len()).filter(|to| *to != i) {
            for wait in self.network.deliveries(i, to, &mut self.chance) {
                self.after(wait, event(to));
            }
        }
    }

    fn block(&mut self, i: usize, height: Height, view: u64) -> BlockId {
        self.count += 1;
        let text = format!("{} {i} {height} {view} {}", self.plan.seed, self.count);
        BlockId::from_digest(Digest(sm::sm3(text.as_bytes())))
    }

    fn body(&mut self, i: usize, id: BlockId) -> Result<(), String> {
        if self.hosts[i].engine.is_some() {
            self.hosts[i].bodies.insert(id);
        }
        Ok(())
    }

    /// Judges a block whose body is here, or looks for it again later, also at others'.
    fn fetch(&mut self, i: usize, id: BlockId) -> Result<(), String> {
        if !self.hosts[i].awaited.contains(&id) {
            return Ok(());
        }
        let life = self.hosts[i].life;
        let from = self.chance.within(0, self.hosts.len() as u64) as usize;
        let asked = from != i && self.hosts[from].engine.is_some() && !self.network.cut.contains(&(from, i));
        if asked && self.hosts[from].bodies.contains(&id) {
            self.hosts[i].bodies.insert(id);
        }
        if self.hosts[i].bodies.contains(&id) {
            self.hosts[i].awaited.remove(&id);
            let wait = self.chance.within(1, 6);
            self.after(wait, Event::Judged(i, life, id));
        } else {
            self.after(20, Event::Fetch(i, life, id));
        }
        Ok(())
    }

    /// Block sync: looks whether somebody is further, and takes its blocks.
    fn status(&mut self, i: usize) -> Result<(), String> {
        self.after(150, Event::Status(i));
        let from = self.chance.within(0, self.hosts.len() as u64) as usize;
        let linked = !self.network.cut.contains(&(from, i)) && !self.network.cut.contains(&(i, from));
        let up = self.hosts[i].engine.is_some() && self.hosts[from].engine.is_some();
        if !linked || !up || self.hosts[from].traitor || self.hosts[from].chain.len() <= self.hosts[i].chain.len() {
            return Ok(());
        }
        let here = self.hosts[i].chain.len();
        let missing = self.hosts[from].chain[here..].to_vec();
        for (id, certificate) in missing {
            self.checks.certificate(&certificate)?;
            self.hosts[i].bodies.insert(id);
            self.hosts[i].commit(id, certificate);
        }
        self.start(i)
    }

    fn fault(&mut self) -> Result<(), String> {
        if self.healed {
            return Ok(());
        }
        match self.chance.within(0, 4) {
            0 | 1 => {
                let i = self.chance.within(0, self.hosts.len() as u64) as usize;
                if self.hosts[i].engine.is_some() {
                    self.crash(i);
                }
            }
            2 => self.network.split(self.hosts.len(), &mut self.chance),
            _ => self.network.cut.clear(),
        }
        let wait = self.chance.within(20, 250);
        self.after(wait, Event::Fault);
        Ok(())
    }

    fn crash(&mut self, i: usize) {
        self.bury(i);
        self.story.crashes += 1;
        self.hosts[i].crash(&mut self.chance);
        let wait = self.chance.within(10, 400);
        self.after(wait, Event::Boot(i));
    }

    fn heal(&mut self) -> Result<(), String> {
        self.network = Network::healed();
        self.healed = true;
        (0..self.hosts.len()).try_for_each(|i| if self.hosts[i].engine.is_none() { self.boot(i) } else { Ok(()) })
    }
}
