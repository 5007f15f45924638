//! Getting a snapshot from peers none of whom is trusted. Sans-I/O but for the folder that the chunks go into.
//!
//! First the headers with their certificates, followed from the genesis document up to the one after the snapshot's
//! height; then the manifest, which must lead to the state root in that header; then the chunks, from several peers at
//! once, each checked against its root before it is stored. What is stored is not fetched again after an interruption.

use std::collections::BTreeSet;

use ledger_types::{Digest, Genesis, Height};
use proofs::header_chain::Check;
use proofs::snapshot::{Chunk, ChunkName, HEADERS, Manifest};
use proofs::{HeaderChain, HeaderEntry};
use storage::{Incoming, StoreError, decode_chunk, decode_manifest};

use super::known_peers::KnownPeers;
use crate::node::Effect;
use crate::peer_message::{Offer, PeerMessage};
use crate::peers::{PeerId, To};

/// Peers are asked for their snapshots this often, ms.
const ASK_EVERY_MS: u64 = 1_000;
/// Offers are waited for so long once the first peer is linked, ms; the others may come later.
const LOOK_MS: u64 = 1_500;
/// Without anybody's offer for so long, blocks are fetched instead, ms.
const GIVE_UP_MS: u64 = 10_000;

/// What fetching came to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It goes on.
    NotYet,
    /// Everything is there: [`SnapshotSync::into_incoming`].
    Whole,
    /// Nobody has a snapshot that is worth it: blocks will do.
    Nothing,
}

/// The snapshot that is being fetched.
struct Chosen {
    offer: Offer,
    manifest: Option<Manifest>,
    /// Chunks that are not stored yet, but for headers.
    missing: BTreeSet<ChunkName>,
}

/// A node that begins.
pub struct SnapshotSync {
    incoming: Incoming,
    genesis: Genesis,
    /// A snapshot below this is not worth it.
    least: Height,
    headers: HeaderChain,
    /// The newest entries, which do not fill a chunk yet.
    page: Vec<HeaderEntry>,
    peers: KnownPeers,
    chosen: Option<Chosen>,
    /// What was being fetched before an interruption.
    before: Option<Digest>,
    next_question_ms: u64,
    /// Since when nobody has offered anything.
    alone_since_ms: u64,
    /// When the first peer was linked.
    first_peer_ms: Option<u64>,
    counts: (u64, u64),
}

impl SnapshotSync {
    /// Begins in an empty data folder, or goes on with what is stored there.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new(incoming: Incoming, genesis: Genesis, ahead: u64, now_ms: u64) -> Result<Self, StoreError> {
        let mut sync = Self {
            incoming,
            headers: HeaderChain::new(genesis.clone()),
            genesis,
            least: Height(ahead.max(1)),
            page: Vec::new(),
            peers: KnownPeers::default(),
            chosen: None,
            before: None,
            next_question_ms: now_ms,
            alone_since_ms: now_ms,
            first_peer_ms: None,
            counts: (0, 0),
        };
        sync.recall()?;
        Ok(sync)
    }

    /// The folder with all chunks in it.
    pub fn into_incoming(self) -> Incoming {
        self.incoming
    }

    /// How many chunks came, and their bytes.
    pub fn counts(&self) -> (u64, u64) {
        self.counts
    }

    /// The newest header that was followed.
    pub fn headers_to(&self) -> Height {
        self.headers.height()
    }

    /// A peer is linked.
    pub fn peer_up(&mut self, peer: PeerId, now_ms: u64) -> Vec<Effect> {
        self.peers.up(peer);
        self.first_peer_ms.get_or_insert(now_ms);
        vec![Effect::Send(To::Peer(peer), PeerMessage::WantSnapshot)]
    }

    /// A peer broke the rules of the link: it is not heard again.
    pub fn peer_fault(&mut self, peer: PeerId) {
        self.peers.ban(peer);
    }

    /// A peer is gone.
    pub fn peer_gone(&mut self, peer: PeerId) {
        self.peers.gone(peer);
    }

    /// A peer says something.
    ///
    /// # Errors
    /// Those of the disk; what a peer did wrong is an effect.
    pub fn hear(&mut self, from: PeerId, message: PeerMessage) -> Result<Vec<Effect>, StoreError> {
        let mut effects = Vec::new();
        if self.peers.is_bad(from) {
            return Ok(effects);
        }
        let verdict = match message {
            PeerMessage::Snapshots(offers) => {
                self.peers.offered(from, offers);
                Ok(())
            }
            PeerMessage::NoChunk { chunk, .. } => {
                self.peers.answered(from, chunk, false);
                Ok(())
            }
            PeerMessage::Chunk { snapshot, chunk, bytes } => self.take(from, snapshot, chunk, &bytes)?,
            // It takes this node for one that runs already.
            _ => Ok(()),
        };
        if let Err(why) = verdict {
            self.peers.ban(from);
            effects.push(Effect::Misbehaved(from, why));
        }
        Ok(effects)
    }

    /// Time has passed: asks for what is missing.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn tick(&mut self, now_ms: u64) -> Result<(Vec<Effect>, Fetched), StoreError> {
        let mut effects = Vec::new();
        self.peers.lapse(now_ms);
        if now_ms >= self.next_question_ms {
            self.next_question_ms = now_ms.saturating_add(ASK_EVERY_MS);
            let all = self.peers.all().map(|(peer, _)| Effect::Send(To::Peer(peer), PeerMessage::WantSnapshot));
            effects.extend(all);
        }
        let offered = self
            .chosen
            .as_ref()
            .map_or_else(|| self.peers.best(self.least, self.before).is_some(), |chosen| self.peers.has(&chosen.offer));
        if offered {
            self.alone_since_ms = now_ms;
        } else if self.has_nothing(now_ms) {
            return Ok((effects, Fetched::Nothing));
        } else if now_ms.saturating_sub(self.alone_since_ms) > GIVE_UP_MS / 2 {
            self.chosen = None;
        }
        let looked = self.first_peer_ms.is_some_and(|first| now_ms.saturating_sub(first) >= LOOK_MS);
        let heard = self.peers.all().count() > 1 && self.peers.all().all(|(_, heard)| heard);
        if self.chosen.is_none() && (looked || heard) {
            self.choose()?;
        }
        let whole = self.ask(now_ms, &mut effects)?;
        Ok((effects, if whole { Fetched::Whole } else { Fetched::NotYet }))
    }

    /// Whether everybody linked has nothing that is worth it, or nobody is there at all.
    fn has_nothing(&self, now_ms: u64) -> bool {
        let alone = now_ms.saturating_sub(self.alone_since_ms);
        let answered = self.peers.all().count() > 0 && self.peers.all().all(|(_, heard)| heard);
        self.chosen.is_none() && (alone > GIVE_UP_MS || (answered && alone > GIVE_UP_MS / 2))
    }

    fn choose(&mut self) -> Result<(), StoreError> {
        let Some(offer) = self.peers.best(self.least, self.before) else { return Ok(()) };
        if self.headers.height() > offer.height.next() {
            // Followed further than this one goes: its headers end before.
            self.forget()?;
        }
        self.peers.begin();
        let mut chosen = Chosen { offer, manifest: None, missing: BTreeSet::new() };
        if self.before.take() == Some(offer.snapshot) {
            let manifest = self.incoming.folder().manifest()?;
            chosen.missing = self.lacking(&manifest)?;
            chosen.manifest = Some(manifest);
        }
        tracing::info!(height = offer.height.0, snapshot = %offer.snapshot, "fetching a snapshot");
        self.chosen = Some(chosen);
        Ok(())
    }

    /// Asks for headers, then the manifest, then chunks; true if nothing is missing.
    fn ask(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> Result<bool, StoreError> {
        let Some(chosen) = &self.chosen else { return Ok(false) };
        let offer = chosen.offer;
        // Which other chunks there are only the manifest says.
        let before = if self.headers.height() < offer.height.next() {
            Some(ChunkName::Headers(self.page_number()))
        } else {
            chosen.manifest.is_none().then_some(ChunkName::Manifest)
        };
        if before.is_none() && chosen.missing.is_empty() {
            return Ok(true);
        }
        for chunk in before.into_iter().chain(chosen.missing.iter().copied()) {
            if self.peers.waits_for(chunk) {
                continue;
            }
            let Some(peer) = self.peers.ask(&offer, chunk, now_ms) else { break };
            effects.push(Effect::Send(To::Peer(peer), PeerMessage::WantChunk { snapshot: offer.snapshot, chunk }));
        }
        Ok(false)
    }

    /// The chunk of headers under way.
    fn page_number(&self) -> u32 {
        u32::try_from(self.headers.height().0 / HEADERS).unwrap_or(u32::MAX)
    }

    /// A chunk from a peer; what is wrong with it.
    fn take(
        &mut self,
        from: PeerId,
        snapshot: Digest,
        name: ChunkName,
        bytes: &[u8],
    ) -> Result<Result<(), String>, StoreError> {
        let useful = self.is_wanted(&snapshot, name);
        if !self.peers.answered(from, name, useful) {
            return Ok(Err(format!("chunk {name}, which nobody asked for")));
        }
        if !useful {
            // Of a snapshot that was given up, or it came from another meanwhile.
            return Ok(Ok(()));
        }
        self.counts = (self.counts.0 + 1, self.counts.1 + bytes.len() as u64);
        match name {
            ChunkName::Headers(_) => self.take_headers(name, bytes),
            ChunkName::Manifest => self.take_manifest(bytes),
            _ => self.take_chunk(name, bytes),
        }
    }

    fn is_wanted(&self, snapshot: &Digest, name: ChunkName) -> bool {
        let Some(chosen) = self.chosen.as_ref().filter(|chosen| chosen.offer.snapshot == *snapshot) else {
            return false;
        };
        let followed = self.headers.height() >= chosen.offer.height.next();
        match name {
            ChunkName::Headers(n) => !followed && n == self.page_number(),
            ChunkName::Manifest => followed && chosen.manifest.is_none(),
            _ => chosen.missing.contains(&name),
        }
    }

    fn take_headers(&mut self, name: ChunkName, bytes: &[u8]) -> Result<Result<(), String>, StoreError> {
        let entries = match decode_chunk(name, bytes) {
            Ok(Chunk::Headers(entries)) => entries,
            Ok(_) => return Ok(Err(format!("chunk {name} is of another kind"))),
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        let last = self.chosen.as_ref().map_or(Height(0), |chosen| chosen.offer.height.next());
        let end = Height((self.headers.height().0 / HEADERS + 1) * HEADERS).min(last);
        let mut verdict = Ok(());
        // Those that are known already were followed from another's answer.
        let known = self.headers.height();
        for entry in entries.into_iter().filter(|e| e.header.height > known).take(usize::try_from(HEADERS).unwrap_or(0))
        {
            if entry.header.height > end {
                break;
            }
            if let Err(error) = self.headers.push(&entry, Check::Full) {
                verdict = Err(error.to_string());
                break;
            }
            self.page.push(entry);
        }
        if self.headers.height() == end {
            let chunk = Chunk::Headers(std::mem::take(&mut self.page));
            self.incoming.folder().put_chunk(name, &chunk)?;
            if let Chunk::Headers(entries) = chunk
                && !end.0.is_multiple_of(HEADERS)
            {
                self.page = entries;
            }
        } else if verdict.is_ok() {
            verdict = Err(format!("{name} ends at header {}, not {end}", self.headers.height()));
        }
        Ok(verdict)
    }

    fn take_manifest(&mut self, bytes: &[u8]) -> Result<Result<(), String>, StoreError> {
        let Some(offer) = self.chosen.as_ref().map(|chosen| chosen.offer) else { return Ok(Ok(())) };
        let manifest = match decode_manifest(bytes) {
            Ok(manifest) => manifest,
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        if manifest.id() != offer.snapshot {
            return Ok(Err("the manifest of another snapshot than it offered".to_owned()));
        }
        let fault = match manifest.check(&self.headers) {
            Ok(()) if manifest.height == offer.height => None,
            Ok(()) => Some(format!("it offered height {}, and its snapshot is of {}", offer.height, manifest.height)),
            Err(fault) => Some(fault.to_string()),
        };
        if let Some(fault) = fault {
            // Whoever else offers it errs or lies with it.
            self.peers.disown(&offer.snapshot);
            self.chosen = None;
            return Ok(Err(fault));
        }
        self.incoming.folder().put(ChunkName::Manifest, bytes)?;
        let missing = self.lacking(&manifest)?;
        if let Some(chosen) = &mut self.chosen {
            (chosen.manifest, chosen.missing) = (Some(manifest), missing);
        }
        Ok(Ok(()))
    }

    fn take_chunk(&mut self, name: ChunkName, bytes: &[u8]) -> Result<Result<(), String>, StoreError> {
        let Some(chosen) = &mut self.chosen else { return Ok(Ok(())) };
        let Some(manifest) = &chosen.manifest else { return Ok(Ok(())) };
        let checked = decode_chunk(name, bytes).and_then(|chunk| manifest.check_chunk(name, &chunk));
        if let Err(fault) = checked {
            return Ok(Err(fault.to_string()));
        }
        self.incoming.folder().put(name, bytes)?;
        chosen.missing.remove(&name);
        Ok(Ok(()))
    }

    /// Chunks of a manifest, but for headers, that are not stored as they should be.
    fn lacking(&self, manifest: &Manifest) -> Result<BTreeSet<ChunkName>, StoreError> {
        let folder = self.incoming.folder();
        let mut missing = BTreeSet::new();
        for name in manifest.chunks().filter(|name| !matches!(name, ChunkName::Headers(_))) {
            let stored = folder.bytes(name)?;
            let sound =
                |bytes: Vec<u8>| decode_chunk(name, &bytes).and_then(|c| manifest.check_chunk(name, &c)).is_ok();
            if !stored.is_some_and(sound) {
                missing.insert(name);
            }
        }
        Ok(missing)
    }

    /// Follows the headers that were stored before, and looks for a manifest that they prove.
    fn recall(&mut self) -> Result<(), StoreError> {
        for n in 0.. {
            let Some(bytes) = self.incoming.folder().bytes(ChunkName::Headers(n))? else { break };
            let Ok(Chunk::Headers(entries)) = decode_chunk(ChunkName::Headers(n), &bytes) else { return self.forget() };
            // This program checked them before it stored them.
            if entries.iter().any(|entry| self.headers.push(entry, Check::Form).is_err()) {
                return self.forget();
            }
            if entries.len() as u64 != HEADERS {
                self.page = entries;
                break;
            }
        }
        let stored = self.incoming.folder().bytes(ChunkName::Manifest)?;
        let manifest = stored.and_then(|bytes| decode_manifest(&bytes).ok());
        self.before = manifest.filter(|manifest| manifest.check(&self.headers).is_ok()).map(|manifest| manifest.id());
        Ok(())
    }

    /// Begins anew.
    fn forget(&mut self) -> Result<(), StoreError> {
        self.incoming.folder().clear()?;
        self.headers = HeaderChain::new(self.genesis.clone());
        self.page.clear();
        self.before = None;
        Ok(())
    }
}
