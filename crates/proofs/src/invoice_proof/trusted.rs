//! The blocks of a proof, held against the genesis document.

use std::collections::BTreeMap;

use ledger_types::{ChainId, Genesis, Header, Height};

use super::{CertifiedHeader, InvoiceProof, ProofError, needed_heights};
use crate::certificate;

/// Headers that fit the genesis document and their certificates; final once the signatures are checked too.
pub(super) struct TrustedBlocks<'a> {
    pub(super) chain: ChainId,
    genesis: &'a Genesis,
    by_height: BTreeMap<Height, Block<'a>>,
}

struct Block<'a> {
    certified: &'a CertifiedHeader,
    /// Places of the validators that signed.
    signers: Vec<usize>,
}

impl<'a> TrustedBlocks<'a> {
    /// Checks all but the signatures: chain, heights, fields, certificates' form.
    pub(super) fn check(genesis: &'a Genesis, proof: &'a InvoiceProof, body: Height) -> Result<Self, ProofError> {
        let chain = genesis.chain_id();
        check_chain(&chain, proof)?;
        let needed = needed_heights(body, proof.issue.height, proof.state.height).ok_or(ProofError::Blocks)?;
        if !proof.blocks.iter().map(|block| block.header.height).eq(needed) {
            return Err(ProofError::Blocks);
        }
        let mut by_height = BTreeMap::new();
        for certified in &proof.blocks {
            let height = certified.header.height;
            check_header(genesis, &chain, &certified.header)?;
            let signers =
                certificate::check_form(&chain, &certified.certificate, &genesis.validators, &certified.header)
                    .map_err(|error| ProofError::Certificate { height, error })?;
            by_height.insert(height, Block { certified, signers });
        }
        Ok(Self { chain, genesis, by_height })
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
        for (height, Block { certified, signers }) in &self.by_height {
            let set = &self.genesis.validators;
            certificate::check_signatures(&self.chain, &certified.certificate, set, signers, &mut cache)
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

/// Stage one knows one validator set and one set of parameters: those of the genesis document.
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
