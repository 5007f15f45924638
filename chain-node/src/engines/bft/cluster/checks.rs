//! What must hold in every story.

use std::collections::BTreeMap;

use ledger_types::{BlockId, ChainId, CommitCertificate, ConsensusKind};
use malachite_types::{
    CommitCertificate as CoreCertificate, CommitSignature, Round, SignedProposal, SignedVote, ThresholdParam,
};
use sm::PublicKeyBytes;

use crate::engines::{
    Evidence,
    bft::{
        context::{At, Ctx, Members, Place},
        guard::Position,
        signatures::Signatures,
        wire::Message,
    },
};

/// A signature that nodes need not check: it was made by an engine of this story.
pub(super) struct Vouched {
    pub(super) key: PublicKeyBytes,
    pub(super) message: Vec<u8>,
    pub(super) signature: [u8; 64],
}

/// Sees all that is said and decided.
pub(super) struct Checks {
    members: Members,
    signatures: Signatures,
    chain: ChainId,
    quorum: ThresholdParam,
    traitor: Option<u16>,
    decided: BTreeMap<u64, BlockId>,
    said: BTreeMap<(u16, Position), Message>,
    /// The certificate of each block that the next one carries: the first that was made.
    carried: BTreeMap<BlockId, CommitCertificate>,
    pub(super) evidence: usize,
}

impl Checks {
    pub(super) fn new(
        chain: ChainId,
        kind: ConsensusKind,
        quorum: ThresholdParam,
        keys: Vec<PublicKeyBytes>,
        traitor: Option<u16>,
    ) -> Self {
        Self {
            members: Members::new(keys),
            signatures: Signatures::new(chain, 0, kind),
            chain,
            quorum,
            traitor,
            decided: BTreeMap::new(),
            said: BTreeMap::new(),
            carried: BTreeMap::new(),
            evidence: 0,
        }
    }

    /// Agreement, and that the certificate holds.
    pub(super) fn decided(&mut self, id: BlockId, certificate: &CommitCertificate) -> Result<(), String> {
        let height = certificate.height.0;
        if *self.decided.entry(height).or_insert(id) != id {
            return Err(format!("agreement: two blocks are final at height {height}"));
        }
        self.certificate(certificate)
    }

    /// That a quorum signed.
    pub(super) fn certificate(&mut self, certificate: &CommitCertificate) -> Result<(), String> {
        let n = usize::from(self.members.len());
        let signers = (0..n).filter(|i| certificate.bitmap[i / 8] >> (i % 8) & 1 == 1);
        let commit_signatures = signers
            .zip(&certificate.signatures)
            .map(|(place, s)| CommitSignature::new(Place(place as u16), *s))
            .collect();
        let (height, round) = (At(certificate.height.0), Round::new(certificate.round));
        let core = CoreCertificate::<Ctx> { height, round, value_id: certificate.block_id, commit_signatures };
        let checked = self.signatures.check_commit(&core, &self.members, self.quorum);
        checked.map_err(|e| format!("certificates: {e}"))
    }

    /// A block is final: its first certificate is what the chain carries.
    pub(super) fn carry(&mut self, id: BlockId, certificate: &CommitCertificate) {
        self.carried.entry(id).or_insert_with(|| certificate.clone());
    }

    /// The certificate that the chain carries of a block.
    pub(super) fn carried(&self, id: &BlockId) -> Option<&CommitCertificate> {
        self.carried.get(id)
    }

    /// No correct validator says two things at one place, nor one thing in two signatures. In light stories the
    /// signature is vouched for, in others it is checked here and by each node.
    pub(super) fn said(&mut self, place: u16, bytes: &[u8], light: bool) -> Result<Option<Vouched>, String> {
        let message = Message::decode(bytes, self.members.len()).map_err(|e| format!("wire: {e}"))?;
        let (position, signed, signature) = match message.clone() {
            Message::Vote(v) if v.voter == place => {
                let position = Position { height: v.height, round: v.round, step: v.step };
                let vote = SignedVote::<Ctx>::try_from(v).map_err(|e| format!("wire: {e}"))?;
                (position, self.signatures.vote_message(&vote), vote.signature)
            }
            Message::Proposal(p) if p.proposer == place => {
                let position = Position { height: p.height, round: p.round, step: Position::PROPOSAL };
                let proposal = SignedProposal::<Ctx>::from(p);
                (position, self.signatures.proposal_message(&proposal), proposal.signature)
            }
            _ => return Ok(None),
        };
        let key = self.members.key(Place(place)).ok_or("wire: an unknown place")?;
        if light {
            self.signatures.trust(&key, &signed, signature);
        } else if !self.signatures.verify(&key, &signed, signature) {
            return Err(format!("signatures: {place} signed wrongly at {position:?}"));
        }
        if self.traitor != Some(place)
            && *self.said.entry((place, position)).or_insert_with(|| message.clone()) != message
        {
            return Err(format!("signatures: {place} signed twice at {position:?}"));
        }
        Ok(light.then_some(Vouched { key, message: signed, signature }))
    }

    /// Evidence is true, and names the traitor.
    pub(super) fn evidence(&mut self, evidence: &Evidence) -> Result<(), String> {
        evidence.verify(&self.chain).map_err(|e| format!("evidence: {e}"))?;
        let offender = (0..self.members.len()).find(|p| self.members.key(Place(*p)) == Some(evidence.vote_key()));
        if offender.is_none() || offender != self.traitor {
            return Err(format!("evidence: {offender:?} is correct"));
        }
        self.evidence += 1;
        Ok(())
    }
}
