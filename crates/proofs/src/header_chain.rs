//! The chain of headers as somebody follows it who trusts the genesis document and keeps no state.
//!
//! Each header must continue the one before, be certified by the validators that the one before named, and stay in its
//! epoch or begin the next. Validators are named a block ahead; the kind of consensus is not. So where a new kind lets
//! fewer validators certify, its first header must have as many signatures as the old kind demands, or come with the
//! proof that the change was approved.

mod approval;
mod entry;
mod error;

use ledger_types::{BlockId, BlockTime, ChainId, Digest, Genesis, Header, Height, ValidatorSet};
use sm::SignerCache;

use crate::certificate::{self, MAX_VALIDATORS};

pub use approval::Approval;
pub use entry::HeaderEntry;
pub use error::HeaderError;

/// What is kept of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownBlock {
    /// The block.
    pub id: BlockId,
    /// The state root before it, that is after its parent.
    pub state_root: Digest,
    /// The root over its parent's changes.
    pub changes_root: Digest,
    /// The hash of its parent's certificate that it carries; zero at height 1.
    pub carries: Digest,
}

/// How much of a certificate to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// All of it.
    Full,
    /// All but the signatures, for what this program has checked and stored itself.
    Form,
}

/// Headers from height 1 on, without a gap.
pub struct HeaderChain {
    genesis: Genesis,
    id: ChainId,
    blocks: Vec<KnownBlock>,
    tip: Option<Header>,
    /// The validators from a height on, rising; the last may be those of the height after the tip.
    sets: Vec<(Height, ValidatorSet)>,
    signers: SignerCache,
}

impl HeaderChain {
    /// The chain of a genesis document before its first block.
    #[must_use]
    pub fn new(genesis: Genesis) -> Self {
        let sets = vec![(Height(1), genesis.validators.clone())];
        let id = genesis.chain_id();
        Self { genesis, id, blocks: Vec::new(), tip: None, sets, signers: certificate::signer_cache() }
    }

    /// The chain's name in every id and signature.
    #[must_use]
    pub fn id(&self) -> ChainId {
        self.id
    }

    /// The genesis document.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The newest height; 0 before the first header.
    #[must_use]
    pub fn height(&self) -> Height {
        self.tip.as_ref().map_or(Height(0), |header| header.height)
    }

    /// The newest header.
    #[must_use]
    pub fn tip(&self) -> Option<&Header> {
        self.tip.as_ref()
    }

    /// Time of the newest block, or of the genesis document.
    #[must_use]
    pub fn time(&self) -> BlockTime {
        self.tip.as_ref().map_or(self.genesis.time, |header| header.time)
    }

    /// The block at a height, if it was followed so far.
    #[must_use]
    pub fn block(&self, height: Height) -> Option<&KnownBlock> {
        self.blocks.get(usize::try_from(height.0.checked_sub(1)?).ok()?)
    }

    /// The state root after a height: known from the header that follows it.
    #[must_use]
    pub fn state_root_after(&self, height: Height) -> Option<Digest> {
        self.block(Height(height.0.checked_add(1)?)).map(|block| block.state_root)
    }

    /// The validators of a height, up to the one after the newest.
    #[must_use]
    pub fn validators_at(&self, height: Height) -> Option<&ValidatorSet> {
        let known = height.0 >= 1 && height.0 <= self.height().0 + 1;
        let of = self.sets.iter().rev().find(|(first, _)| *first <= height);
        of.filter(|_| known).map(|(_, set)| set)
    }

    /// Goes one header on.
    ///
    /// # Errors
    /// [`HeaderError`]: the first thing that does not hold; then nothing has changed.
    pub fn push(&mut self, entry: &HeaderEntry, check: Check) -> Result<(), HeaderError> {
        let header = &entry.header;
        self.check_place(header)?;
        self.check_epoch(header)?;
        self.check_next_validators(entry)?;
        let set = &self.sets[self.sets.len() - 1].1;
        let certificate = &entry.certificate;
        match check {
            Check::Full => certificate::verify_cached(&self.id, certificate, set, header, &mut self.signers),
            Check::Form => certificate::check_form(&self.id, certificate, set, header).map(|_| ()),
        }
        .map_err(|error| HeaderError::Certificate { height: header.height, error })?;
        self.check_kind(entry)?;
        if let Some(next) = &entry.next_validators {
            self.sets.push((header.height.next(), next.clone()));
        }
        let (state_root, changes_root) = (header.state_root, header.changes_root);
        let carries = header.last_certificate_hash;
        self.blocks.push(KnownBlock { id: header.block_id(), state_root, changes_root, carries });
        self.tip = Some(header.clone());
        Ok(())
    }

    fn check_place(&self, header: &Header) -> Result<(), HeaderError> {
        let height = self.height().next();
        if header.version != Header::VERSION {
            return Err(HeaderError::Version(header.version));
        }
        if header.chain_id != self.id {
            return Err(HeaderError::OtherChain { trusted: self.id, found: header.chain_id });
        }
        if header.height != height {
            return Err(HeaderError::Height { expected: height, found: header.height });
        }
        if header.protocol > Header::NEWEST_PROTOCOL {
            return Err(HeaderError::NewerProtocol { height, found: header.protocol });
        }
        let parent = self.blocks.last().map_or(BlockId::from_digest(Digest::ZERO), |block| block.id);
        if header.parent != parent {
            return Err(HeaderError::Parent(height));
        }
        if header.time <= self.time() {
            return Err(HeaderError::Time(height));
        }
        Ok(())
    }

    /// The same epoch with the same rules, or the next.
    fn check_epoch(&self, header: &Header) -> Result<(), HeaderError> {
        let rules = |h: &Header| (h.epoch, h.consensus, h.protocol, h.validators_hash);
        let (named, before) = match &self.tip {
            Some(tip) => (tip.next_validators_hash, rules(tip)),
            None => {
                let first = self.genesis.validators.digest(&self.id);
                (first, (0, self.genesis.consensus, Header::PROTOCOL, first))
            }
        };
        if header.validators_hash != named {
            return Err(HeaderError::Validators(header.height));
        }
        let next = self.tip.is_some() && before.0.checked_add(1) == Some(header.epoch) && header.protocol >= before.2;
        if rules(header) == before || next { Ok(()) } else { Err(HeaderError::Epoch(header.height)) }
    }

    /// The validators of the next height come with the header where they change, and only there.
    fn check_next_validators(&self, entry: &HeaderEntry) -> Result<(), HeaderError> {
        let (header, next) = (&entry.header, &entry.next_validators);
        let good = match next {
            None => header.next_validators_hash == header.validators_hash,
            Some(set) => {
                header.next_validators_hash != header.validators_hash
                    && (1..=MAX_VALIDATORS).contains(&set.validators.len())
                    && set.digest(&self.id) == header.next_validators_hash
            }
        };
        if good { Ok(()) } else { Err(HeaderError::NextValidators(header.height)) }
    }

    /// A kind of consensus under which fewer certify does not come in by those few alone.
    fn check_kind(&self, entry: &HeaderEntry) -> Result<(), HeaderError> {
        let (header, set) = (&entry.header, &self.sets[self.sets.len() - 1].1);
        let before = self.tip.as_ref().map_or(self.genesis.consensus, |tip| tip.consensus);
        let changed = before != header.consensus;
        match &entry.approval {
            Some(_) if !changed => {
                Err(HeaderError::Approval { height: header.height, why: "nothing was to be approved" })
            }
            Some(approval) => approval.check(self, header),
            None if !changed || entry.certificate.signatures.len() >= set.quorum(before) => Ok(()),
            None => Err(HeaderError::Approval { height: header.height, why: "it is missing" }),
        }
    }
}

impl std::fmt::Debug for HeaderChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeaderChain({} up to {})", self.id, self.height())
    }
}
