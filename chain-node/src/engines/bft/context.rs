//! The nouns of the consensus core, in our types.

use std::{
    collections::BTreeSet,
    fmt::{self, Display},
    sync::Arc,
};

use ledger_types::BlockId;
use malachite_types::{self as core, LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType, VotingPower};
use sm::PublicKeyBytes;

use super::proposer::proposer;

/// Ties the nouns together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ctx;

/// A validator's place in the set: its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(crate) u16);

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Address for Place {}

/// A height, as the core counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At(pub(crate) u64);

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Height for At {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// What is decided: a block id. Bodies never enter the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate(pub(crate) BlockId);

impl core::Value for Candidate {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        self.0
    }
}

/// A validator, with one vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    place: Place,
    key: PublicKeyBytes,
}

impl core::Validator<Ctx> for Member {
    fn address(&self) -> &Place {
        &self.place
    }

    fn public_key(&self) -> &PublicKeyBytes {
        &self.key
    }

    fn voting_power(&self) -> VotingPower {
        1
    }
}

/// The validators of an epoch and who of them was absent lately, which decides who proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members {
    list: Arc<Vec<Member>>,
    absent: Arc<BTreeSet<u16>>,
}

impl Members {
    /// In the order of the set.
    pub(crate) fn new(keys: impl IntoIterator<Item = PublicKeyBytes>) -> Self {
        let list = (0..=u16::MAX).zip(keys).map(|(place, key)| Member { place: Place(place), key }).collect();
        Self { list: Arc::new(list), absent: Arc::default() }
    }

    /// The same validators, with others absent.
    pub(crate) fn with_absent(&self, absent: &BTreeSet<u16>) -> Self {
        Self { list: Arc::clone(&self.list), absent: Arc::new(absent.clone()) }
    }

    /// How many.
    pub(crate) fn len(&self) -> u16 {
        u16::try_from(self.list.len()).expect("made by zipping with places of sixteen bits")
    }

    /// The key at a place.
    pub(crate) fn key(&self, place: Place) -> Option<PublicKeyBytes> {
        self.list.get(usize::from(place.0)).map(|m| m.key)
    }

    /// Who proposes.
    pub(crate) fn proposer(&self, height: u64, round: u32) -> Place {
        Place(proposer(self.len(), &self.absent, height, round))
    }
}

impl core::ValidatorSet<Ctx> for Members {
    fn count(&self) -> usize {
        self.list.len()
    }

    fn total_voting_power(&self) -> VotingPower {
        self.list.len() as u64
    }

    fn get_by_address(&self, address: &Place) -> Option<&Member> {
        self.list.get(usize::from(address.0))
    }

    fn get_by_index(&self, index: usize) -> Option<&Member> {
        self.list.get(index)
    }
}

/// A vote. Nil is a vote for no block in this round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) step: VoteType,
    pub(crate) height: At,
    pub(crate) round: Round,
    pub(crate) value: NilOrVal<BlockId>,
    pub(crate) voter: Place,
}

impl core::Vote<Ctx> for Vote {
    fn height(&self) -> At {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.step
    }

    fn validator_address(&self) -> &Place {
        &self.voter
    }

    // Votes carry no extensions.
    fn extension(&self) -> Option<&SignedExtension<Ctx>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Ctx>> {
        None
    }

    fn extend(self, _: SignedExtension<Ctx>) -> Self {
        self
    }
}

/// A proposal of a block in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) height: At,
    pub(crate) round: Round,
    pub(crate) value: Candidate,
    pub(crate) locked_round: Round,
    pub(crate) proposer: Place,
}

impl core::Proposal<Ctx> for Proposal {
    fn height(&self) -> At {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Candidate {
        &self.value
    }

    fn take_value(self) -> Candidate {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.locked_round
    }

    fn validator_address(&self) -> &Place {
        &self.proposer
    }
}

/// Bodies travel beside the core: there are no parts in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoPart;

impl core::ProposalPart<Ctx> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

/// SM2 over the framed bodies of `ledger_types`. Keys stay behind handles, so there is no private key here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sm2;

impl core::SigningScheme for Sm2 {
    type DecodingError = &'static str;
    type Signature = [u8; 64];
    type PublicKey = PublicKeyBytes;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<[u8; 64], &'static str> {
        bytes.try_into().map_err(|_| "a signature is 64 bytes")
    }

    fn encode_signature(signature: &[u8; 64]) -> Vec<u8> {
        signature.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKeyBytes, &'static str> {
        bytes.try_into().map(PublicKeyBytes).map_err(|_| "a public key is 33 bytes")
    }

    fn encode_public_key(key: &PublicKeyBytes) -> Vec<u8> {
        key.0.to_vec()
    }
}

impl core::Context for Ctx {
    type Address = Place;
    type Height = At;
    type ProposalPart = NoPart;
    type Proposal = Proposal;
    type Validator = Member;
    type ValidatorSet = Members;
    type Timeouts = LinearTimeouts;
    type Value = Candidate;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Sm2;

    fn select_proposer<'a>(&self, set: &'a Members, height: At, round: Round) -> &'a Member {
        let place = set.proposer(height.0, round.as_u32().unwrap_or(0));
        &set.list[usize::from(place.0)]
    }

    fn new_proposal(&self, height: At, round: Round, value: Candidate, pol_round: Round, address: Place) -> Proposal {
        Proposal { height, round, value, locked_round: pol_round, proposer: address }
    }

    fn new_prevote(&self, height: At, round: Round, value: NilOrVal<BlockId>, address: Place) -> Vote {
        Vote { step: VoteType::Prevote, height, round, value, voter: address }
    }

    fn new_precommit(&self, height: At, round: Round, value: NilOrVal<BlockId>, address: Place) -> Vote {
        Vote { step: VoteType::Precommit, height, round, value, voter: address }
    }
}
