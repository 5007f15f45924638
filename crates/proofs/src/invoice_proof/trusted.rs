//! The blocks of a proof, held against what is trusted: the genesis document, or headers followed from it.

use std::collections::BTreeMap;

use ledger_types::{ChainId, Genesis, Header, Height, ValidatorSet};

use super::{CertifiedHeader, InvoiceProof, ProofError, needed_heights};
use crate::{HeaderChain, certificate};

/// What a proof's blocks are held against.
#[derive(Clone, Copy)]
pub(super) enum Trust<'a> {
    /// The genesis document alone: its validators and parameters must hold in every block of the proof.
    Genesis(&'a Genesis),
    /// Headers followed from it: every block of the proof must be one of them.
    Headers(&'a HeaderChain),
}

impl<'a> Trust<'a> {
    pub(super) fn genesis(self) -> &'a Genesis {
        match self {
            Self::Genesis(genesis) => genesis,
            Self::Headers(headers) => headers.genesis(),
        }
    }

    /// The validators that must have certified a header of the proof.
    fn validators(self, chain: &ChainId, header: &Header) -> Result<&'a ValidatorSet, ProofError> {
        let height = header.height;
        match self {
            Self::Genesis(genesis) => check_header(genesis, chain, header).map(|()| &genesis.validators),
            Self::Headers(headers) => match (headers.block(height), headers.validators_at(height)) {
                (Some(block), Some(set)) if block.id == header.block_id() => Ok(set),
                (Some(_), Some(_)) => Err(ProofError::OtherBlock(height)),
                _ => Err(ProofError::NotFollowed { height, tip: headers.height() }),
            },
        }
    }
}

/// Headers that are trusted, and their certificates; final once the signatures are checked too.
pub(super) struct TrustedBlocks<'a> {
    pub(super) chain: ChainId,
    by_height: BTreeMap<Height, Block<'a>>,
}

struct Block<'a> {
    certified: &'a CertifiedHeader,
    validators: &'a ValidatorSet,
    /// Places of the validators that signed.
    signers: Vec<usize>,
}

impl<'a> TrustedBlocks<'a> {
    /// Checks all but the signatures: chain, heights, fields, certificates' form.
    pub(super) fn check(trust: Trust<'a>, proof: &'a InvoiceProof, body: Height) -> Result<Self, ProofError> {
        let chain = match trust {
            Trust::Genesis(genesis) => genesis.chain_id(),
            Trust::Headers(headers) => headers.id(),
        };
        check_chain(&chain, proof)?;
        let needed = needed_heights(body, proof.issue.height, proof.state.height).ok_or(ProofError::Blocks)?;
        if !proof.blocks.iter().map(|block| block.header.height).eq(needed) {
            return Err(ProofError::Blocks);
        }
        let mut by_height = BTreeMap::new();
        for certified in &proof.blocks {
            let height = certified.header.height;
            let validators = trust.validators(&chain, &certified.header)?;
            let signers = certificate::check_form(&chain, &certified.certificate, validators, &certified.header)
                .map_err(|error| ProofError::Certificate { height, error })?;
            by_height.insert(height, Block { certified, validators, signers });
        }
        Ok(Self { chain, by_height })
    }

    /// The header of a height that the proof needs.
    pub(super) fn header(&self, height: Height) -> Result<&'a Header, ProofError> {
        self.by_height.get(&height).map(|block| &block.certified.header).ok_or(ProofError::Blocks)
    }

    /// The header after a height that the proof needs: it has the roots of that height.
    pub(super) fn header_after(&self, height: Height) -> Result<&'a Header, ProofError> {
        self.header(Height(height.0.checked_add(1).ok_or(ProofError::Blocks)?))
    }

    pub(super) fn check_signatures(&self) -> Result<(), ProofError> {
        let mut cache = certificate::signer_cache();
        for (height, Block { certified, validators, signers }) in &self.by_height {
            certificate::check_signatures(&self.chain, &certified.certificate, validators, signers, &mut cache)
                .map_err(|error| ProofError::Certificate { height: *height, error })?;
        }
        Ok(())
    }
}

/// A proof of a twin chain gets its own answer, before anything else.
fn check_chain(chain: &ChainId, proof: &InvoiceProof) -> Result<(), ProofError> {
    let headers = proof.blocks.iter().map(|block| &block.header.chain_id);
    let other = headers.chain([&proof.body.envelope.chain_id]).find(|found| *found != chain);
    match other {
        Some(found) => Err(ProofError::OtherChain { trusted: *chain, found: *found }),
        None => Ok(()),
    }
}

/// The genesis document alone vouches for one validator set and one set of parameters: its own.
fn check_header(genesis: &Genesis, chain: &ChainId, header: &Header) -> Result<(), ProofError> {
    let validators = genesis.validators.digest(chain);
    let checks = [
        ("the version", header.version == Header::VERSION),
        ("the protocol version", header.protocol == Header::PROTOCOL),
        ("the kind of consensus", header.consensus == genesis.consensus),
        ("the validator set", header.validators_hash == validators),
        ("the next validator set", header.next_validators_hash == validators),
        ("the chain parameters", header.params_hash == genesis.params.digest(chain)),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(ProofError::Header { height: header.height, field }),
        None => Ok(()),
    }
}
