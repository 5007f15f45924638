//! The list of chunks.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{Canonical, ChainId, CommitCertificate, Digest, Height, Purpose, RequestEntry, domain_hash};

use super::{
    CARRIED, Chunk, ChunkName, Entry, HEADERS, LINE_LEVELS, MAX_REGISTER_BITS, SLOT_LEVELS, SnapshotFault, chunks_of,
};
use crate::sparse_tree::{Few, Part};
use crate::{HeaderChain, StateRoots, dense_tree, leaf_hash, log_tree, request_leaf};

/// What a snapshot consists of. Nodes that make one of the same height make the same.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// Format version, 1.
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// The state is as after this block.
    pub height: Height,
    /// How many slots there are.
    pub slots: u64,
    /// The subtree of each range of slots.
    pub slot_roots: Vec<Digest>,
    /// How many lines the request log has.
    pub lines: u64,
    /// The subtree of each range of lines.
    pub line_roots: Vec<Digest>,
    /// Entries of the register are in chunks by so many first bits of their hashes.
    pub register_bits: u8,
    /// The subtree of each prefix.
    pub register: Vec<Part>,
    /// The certificates that the newest blocks up to this height carry, in order.
    pub carried: Vec<CommitCertificate>,
}

impl Manifest {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// The snapshot's name: SM3 of its manifest.
    #[must_use]
    pub fn id(&self) -> Digest {
        domain_hash(Purpose::Snapshot, &self.chain, &self.to_canonical())
    }

    /// The roots of the state's trees that the chunks lead to.
    #[must_use]
    pub fn roots(&self) -> StateRoots {
        let depth = dense_tree::depth(self.slots);
        let level = depth.min(SLOT_LEVELS);
        let top = dense_tree::top_over(self.slot_roots.clone(), level, depth - level);
        let slots = dense_tree::root(&self.chain, self.slots, &top);
        let register = Part::join(self.register.clone());
        StateRoots::new(slots, log_tree::root(&self.line_roots), register.hash)
    }

    /// Holds it against headers that were followed from the genesis document.
    ///
    /// # Errors
    /// [`SnapshotFault`]: the first thing that does not hold.
    pub fn check(&self, headers: &HeaderChain) -> Result<(), SnapshotFault> {
        if self.version != Self::VERSION {
            return Err(SnapshotFault::Version(self.version));
        }
        if self.chain != headers.id() {
            return Err(SnapshotFault::OtherChain);
        }
        self.check_shape()?;
        let next = Height(self.height.0.saturating_add(1));
        let certified = headers.state_root_after(self.height).ok_or(SnapshotFault::NoHeader(next))?;
        if self.roots().combine(&self.chain) != certified {
            return Err(SnapshotFault::WrongRoot(self.height));
        }
        self.check_carried(headers)
    }

    fn check_shape(&self) -> Result<(), SnapshotFault> {
        let count = |list: usize| list as u64;
        if self.height == Height(0) {
            return Err(SnapshotFault::Shape("height 0 is the genesis document's"));
        }
        // Far beyond what a list of roots in memory can stand for.
        if self.slots > 1 << dense_tree::MAX_LEVEL || self.lines > 1 << dense_tree::MAX_LEVEL {
            return Err(SnapshotFault::Shape("so many slots or lines there cannot be"));
        }
        if count(self.slot_roots.len()) != chunks_of(self.slots, SLOT_LEVELS) {
            return Err(SnapshotFault::Shape("chunks of slots"));
        }
        if count(self.line_roots.len()) != chunks_of(self.lines, LINE_LEVELS) {
            return Err(SnapshotFault::Shape("chunks of lines"));
        }
        if self.register_bits > MAX_REGISTER_BITS || count(self.register.len()) != 1 << self.register_bits {
            return Err(SnapshotFault::Shape("chunks of the register"));
        }
        let empty = |part: &Part| (part.few == Few::None) == (part.hash == Digest::ZERO);
        if !self.register.iter().all(empty) {
            return Err(SnapshotFault::Shape("an empty chunk of the register has a root"));
        }
        Ok(())
    }

    fn check_carried(&self, headers: &HeaderChain) -> Result<(), SnapshotFault> {
        let heights = Self::carried_by(self.height);
        if self.carried.len() as u64 != heights.end().0 + 1 - heights.start().0 {
            return Err(SnapshotFault::Shape("carried certificates"));
        }
        for (height, certificate) in (heights.start().0..).map(Height).zip(&self.carried) {
            let carries = headers.block(height).map(|block| block.carries);
            if carries != Some(certificate.digest(&self.chain)) {
                return Err(SnapshotFault::WrongCertificate(height));
            }
        }
        Ok(())
    }

    /// The blocks whose carried certificates come with a snapshot of a height; none are carried by the first block.
    #[must_use]
    pub fn carried_by(height: Height) -> std::ops::RangeInclusive<Height> {
        Height(height.0.saturating_sub(CARRIED - 1).max(2))..=Height(height.0.max(1))
    }

    /// All chunks but the manifest and empty ones, headers first.
    pub fn chunks(&self) -> impl Iterator<Item = ChunkName> + '_ {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let headers = (self.height.0.saturating_add(1)).div_ceil(HEADERS);
        let headers = (0..u32::try_from(headers).unwrap_or(u32::MAX)).map(ChunkName::Headers);
        let slots = (0..self.slot_roots.len()).map(move |n| ChunkName::Slots(number(n)));
        let lines = (0..self.line_roots.len()).map(move |n| ChunkName::Lines(number(n)));
        let full = self.register.iter().enumerate().filter(|(_, part)| part.few != Few::None);
        headers.chain(slots).chain(lines).chain(full.map(move |(n, _)| ChunkName::Register(number(n))))
    }

    /// Checks a chunk against its root; header entries are checked by following them.
    ///
    /// # Errors
    /// [`SnapshotFault::NoChunk`], [`SnapshotFault::Form`] or [`SnapshotFault::WrongChunk`].
    pub fn check_chunk(&self, name: ChunkName, chunk: &Chunk) -> Result<(), SnapshotFault> {
        let good = match (name, chunk) {
            (ChunkName::Slots(n), Chunk::Slots(records)) => {
                let root = self.slot_roots.get(n as usize).ok_or(SnapshotFault::NoChunk(name))?;
                has_length(name, records.len(), n, self.slots, SLOT_LEVELS)?;
                slots_root(records, self.slots) == *root
            }
            (ChunkName::Lines(n), Chunk::Lines(lines)) => {
                let root = self.line_roots.get(n as usize).ok_or(SnapshotFault::NoChunk(name))?;
                has_length(name, lines.len(), n, self.lines, LINE_LEVELS)?;
                lines_root(lines) == *root
            }
            (ChunkName::Register(n), Chunk::Register(entries)) => {
                let part = self.register.get(n as usize).ok_or(SnapshotFault::NoChunk(name))?;
                register_part(n, self.register_bits, entries).map_err(|what| SnapshotFault::Form(name, what))? == *part
            }
            _ => return Err(SnapshotFault::Form(name, "it is of another kind")),
        };
        if good { Ok(()) } else { Err(SnapshotFault::WrongChunk(name)) }
    }
}

/// The subtree over a range of slots; `all` is how many there are.
#[must_use]
pub fn slots_root(records: &[Vec<u8>], all: u64) -> Digest {
    let leaf = |record: &Vec<u8>| if record.is_empty() { Digest::ZERO } else { leaf_hash(record) };
    dense_tree::top_over(records.iter().map(leaf).collect(), 0, dense_tree::depth(all).min(SLOT_LEVELS))
}

/// The subtree over a range of lines.
#[must_use]
pub fn lines_root(lines: &[RequestEntry]) -> Digest {
    log_tree::root(&lines.iter().map(request_leaf).collect::<Vec<_>>())
}

/// The subtree over the register's entries of a prefix.
///
/// # Errors
/// What is wrong with them.
pub fn register_part(prefix: u32, bits: u8, entries: &[Entry]) -> Result<Part, &'static str> {
    let hashed: Vec<(Digest, Digest)> =
        entries.iter().map(|(key, value)| (Digest(sm::sm3(key)), Digest(sm::sm3(value)))).collect();
    if !hashed.is_sorted_by(|a, b| a.0 < b.0) {
        return Err("its entries are not in order");
    }
    if hashed.iter().any(|(key, _)| register_chunk(key, bits) != prefix) {
        return Err("it has an entry of another chunk");
    }
    Ok(Part::over(&hashed, usize::from(bits)))
}

/// The first bits of a key's hash: the number of its chunk.
#[must_use]
pub fn register_chunk(key: &Digest, bits: u8) -> u32 {
    let head = u32::from_be_bytes([key.0[0], key.0[1], key.0[2], key.0[3]]);
    head.checked_shr(32 - u32::from(bits)).unwrap_or(0)
}

fn has_length(name: ChunkName, found: usize, n: u32, all: u64, levels: u32) -> Result<(), SnapshotFault> {
    let expected = (all - (u64::from(n) << levels)).min(1 << levels);
    if found as u64 == expected { Ok(()) } else { Err(SnapshotFault::Form(name, "it has too few or too many rows")) }
}
