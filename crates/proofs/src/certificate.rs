//! Commit certificates: that the validators agreed to a header.

use std::fmt;

use ledger_types::{ChainId, CommitCertificate, ConsensusKind, Header, ValidatorSet};
use sm::{CachedSigner, PublicKeyBytes, SignerCache, VerifyItem};

/// Why a certificate does not make a header final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// The certificate's format is not known.
    Version(u16),
    /// The header is of another chain.
    Chain,
    /// The header was made under other validators.
    Validators,
    /// Certificates of this kind of consensus are not known, or not with so many validators.
    Kind(ConsensusKind),
    /// Certificate and header disagree on how, in which epoch or at which height it was agreed.
    Place,
    /// The certificate is for another block.
    Block,
    /// The bitmap is too long or short, or has bits beyond the validators.
    Bitmap,
    /// As many signatures as bits in the bitmap are needed.
    SignatureCount {
        /// Bits set.
        bits: usize,
        /// Signatures given.
        signatures: usize,
    },
    /// Too few validators signed.
    Quorum {
        /// How many signed.
        signed: usize,
        /// How many must.
        needed: usize,
    },
    /// The vote key of this validator is no SM2 key.
    Key(usize),
    /// The signature of this validator does not verify.
    Signature(usize),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "certificate version {found} is not known"),
            Self::Chain => f.write_str("the header is of another chain"),
            Self::Validators => f.write_str("the header names another validator set"),
            Self::Kind(kind) => write!(f, "certificates of {kind:?} consensus are not accepted from these validators"),
            Self::Place => f.write_str("certificate and header disagree on epoch, height, round or kind of consensus"),
            Self::Block => f.write_str("the certificate is for another block"),
            Self::Bitmap => f.write_str("the certificate's bitmap does not fit the validator set"),
            Self::SignatureCount { bits, signatures } => {
                write!(f, "the certificate names {bits} signers but has {signatures} signatures")
            }
            Self::Quorum { signed, needed } => write!(f, "{signed} validators signed, {needed} are needed"),
            Self::Key(place) => write!(f, "the vote key of validator {place} is not an SM2 key"),
            Self::Signature(place) => write!(f, "the signature of validator {place} does not verify"),
        }
    }
}

impl std::error::Error for CertificateError {}

/// Checks that `cert` makes `header` final under the validators `set`: every field, and every signature.
///
/// # Errors
/// The first thing that is wrong; signatures come last.
pub fn verify(
    chain: &ChainId,
    cert: &CommitCertificate,
    set: &ValidatorSet,
    header: &Header,
) -> Result<(), CertificateError> {
    verify_cached(chain, cert, set, header, &mut signer_cache())
}

/// [`verify`] with keys that are parsed once for many certificates.
///
/// # Errors
/// As [`verify`].
pub fn verify_cached(
    chain: &ChainId,
    cert: &CommitCertificate,
    set: &ValidatorSet,
    header: &Header,
    cache: &mut SignerCache,
) -> Result<(), CertificateError> {
    let signers = check_form(chain, cert, set, header)?;
    check_signatures(chain, cert, set, &signers, cache)
}

/// A cache for the keys of one validator set: a key gets a table on its sixth certificate: one proof has at most five.
#[must_use]
pub fn signer_cache() -> SignerCache {
    SignerCache::new(MAX_VALIDATORS, MAX_VALIDATORS, 5)
}

/// Most validators of a set.
pub const MAX_VALIDATORS: usize = 256;

/// Checks everything but the signatures; the places of the validators that signed.
pub(crate) fn check_form(
    chain: &ChainId,
    cert: &CommitCertificate,
    set: &ValidatorSet,
    header: &Header,
) -> Result<Vec<usize>, CertificateError> {
    if cert.version != CommitCertificate::VERSION {
        return Err(CertificateError::Version(cert.version));
    }
    if header.chain_id != *chain {
        return Err(CertificateError::Chain);
    }
    if header.validators_hash != set.digest(chain) {
        return Err(CertificateError::Validators);
    }
    let in_place = (cert.kind, cert.epoch, cert.height) == (header.consensus, header.epoch, header.height);
    if !in_place || (cert.kind == ConsensusKind::Solo && cert.round != 0) {
        return Err(CertificateError::Place);
    }
    if cert.block_id != header.block_id() {
        return Err(CertificateError::Block);
    }
    let needed = quorum(cert.kind, set)?;
    let signers = signers(&cert.bitmap, set.validators.len()).ok_or(CertificateError::Bitmap)?;
    if signers.len() != cert.signatures.len() {
        return Err(CertificateError::SignatureCount { bits: signers.len(), signatures: cert.signatures.len() });
    }
    if signers.len() < needed {
        return Err(CertificateError::Quorum { signed: signers.len(), needed });
    }
    Ok(signers)
}

/// How many must sign.
fn quorum(kind: ConsensusKind, set: &ValidatorSet) -> Result<usize, CertificateError> {
    match (kind, set.validators.len()) {
        (ConsensusKind::Solo, 1) => Ok(1),
        (ConsensusKind::Bft | ConsensusKind::CrashFault | ConsensusKind::Adaptive, 1..=MAX_VALIDATORS) => {
            Ok(set.quorum(kind))
        }
        _ => Err(CertificateError::Kind(kind)),
    }
}

/// The places of the set bits, or `None` if the bitmap is not that of so many validators.
fn signers(bitmap: &[u8], validators: usize) -> Option<Vec<usize>> {
    if bitmap.len() != validators.div_ceil(8) {
        return None;
    }
    let signed = |place: &usize| bitmap[place / 8] >> (place % 8) & 1 == 1;
    let places: Vec<usize> = (0..bitmap.len() * 8).filter(signed).collect();
    places.last().is_none_or(|last| *last < validators).then_some(places)
}

pub(crate) fn check_signatures(
    chain: &ChainId,
    cert: &CommitCertificate,
    set: &ValidatorSet,
    signers: &[usize],
    cache: &mut SignerCache,
) -> Result<(), CertificateError> {
    let message = cert.vote().message(chain);
    let mut keys: Vec<CachedSigner> = Vec::with_capacity(signers.len());
    for place in signers {
        let key = PublicKeyBytes(set.validators[*place].vote_key);
        keys.push(cache.get(&key).map_err(|_| CertificateError::Key(*place))?);
    }
    let items: Vec<VerifyItem<'_>> = keys
        .iter()
        .zip(&cert.signatures)
        .map(|(key, signature)| VerifyItem {
            key: key.as_verify_key(),
            digest: key.public_key().digest(&message),
            signature: *signature,
        })
        .collect();
    match sm::verify_batch(&items).iter().position(|good| !good) {
        Some(bad) => Err(CertificateError::Signature(signers[bad])),
        None => Ok(()),
    }
}
