//! Strict decoding, and every check that needs only the bytes.

use ledger_types::limits::{MAX_SIGNERS, MAX_TX_BYTES};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Canonical, ChainId, Envelope, RejectReason, RequestScope, Transaction, TxId};

use super::fields;
use super::opened::OpenedBody;
use super::sections;

/// Bytes as they came in: nothing is known of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTx(pub Vec<u8>);

/// A transaction in canonical form for this chain, whose body, if it is in clear, matches its commitments and whose
/// fields are within their limits. Nobody has looked at its signatures yet, or into a sealed body.
#[derive(Clone, Debug)]
pub struct DecodedTx {
    pub(super) raw: Vec<u8>,
    pub(super) tx: Transaction,
    pub(super) id: TxId,
    pub(super) scope: RequestScope,
    /// None while it is sealed, or if some of it was erased.
    pub(super) opened: Option<OpenedBody>,
}

impl DecodedTx {
    /// The transaction id.
    pub fn id(&self) -> TxId {
        self.id
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.tx.envelope
    }
}

/// Where the version stands in the bytes.
const VERSION_END: usize = 2;
/// Where the chain id ends, straight after the version.
const CHAIN_END: usize = VERSION_END + ChainId::LEN;

/// Decodes strictly and checks all that does not depend on state or time.
///
/// # Errors
/// The first reason of class 1xx that applies, or what is wrong with evidence in itself, with its field; sections and fields name line and item.
pub fn decode(chain: &ChainId, raw: RawTx) -> Result<DecodedTx, Refusal> {
    decode_as(chain, raw, sections::Allowed::Whole)
}

/// [`decode`] of a transaction in a certified block, of which sections may have been deleted by order since. With such it
/// can be checked and kept, but nobody can judge it again.
///
/// # Errors
/// As [`decode`].
pub fn decode_stored(chain: &ChainId, raw: RawTx) -> Result<DecodedTx, Refusal> {
    decode_as(chain, raw, sections::Allowed::Erased)
}

fn decode_as(chain: &ChainId, raw: RawTx, allowed: sections::Allowed) -> Result<DecodedTx, Refusal> {
    check_head(chain, &raw.0)?;
    let tx = Transaction::from_canonical(&raw.0).map_err(|_| malformed())?;
    check_signers(&tx)?;
    fields::check_payload(chain, &tx.envelope.payload)?;
    fields::check_items(tx.batch_items())?;
    let opened = sections::open(chain, &tx, allowed)?;
    opened.as_ref().map_or(Ok(()), fields::check_opened)?;
    let id = tx.envelope.tx_id();
    let scope = tx.envelope.request_scope().ok_or_else(malformed)?;
    Ok(DecodedTx { raw: raw.0, tx, id, scope, opened })
}

fn malformed() -> Refusal {
    Refusal::new(RejectReason::Malformed, Field::Transaction)
}

/// Size, version and chain stand at fixed places: they are read before anything else is believed, so that a
/// version from the future is called by its name.
fn check_head(chain: &ChainId, bytes: &[u8]) -> Result<(), Refusal> {
    let limit = u64::from(MAX_TX_BYTES);
    if bytes.len() as u64 > limit {
        let found = Arg::Count(bytes.len() as u64);
        return Err(Refusal::new(RejectReason::TooLarge, Field::Transaction).with([found, Arg::Count(limit)]));
    }
    let version = bytes.first_chunk::<VERSION_END>().ok_or_else(malformed)?;
    let version = u16::from_le_bytes(*version);
    if version != Envelope::VERSION {
        let found = Arg::Count(u64::from(version));
        return Err(Refusal::new(RejectReason::UnknownVersion, Field::Transaction).with([found]));
    }
    match bytes.get(VERSION_END..CHAIN_END) {
        None => Err(malformed()),
        Some(found) if found != chain.as_bytes() => Err(Refusal::new(RejectReason::WrongChain, Field::ChainId)),
        Some(_) => Ok(()),
    }
}

fn check_signers(tx: &Transaction) -> Result<(), Refusal> {
    let signers = &tx.envelope.signers;
    if !(1..=MAX_SIGNERS).contains(&signers.len()) {
        let args = [Arg::Count(signers.len() as u64), Arg::Count(MAX_SIGNERS as u64)];
        return Err(Refusal::new(RejectReason::SignerCount, Field::Signers).with(args));
    }
    if tx.signatures.len() != signers.len() {
        let args = [Arg::Count(tx.signatures.len() as u64), Arg::Count(signers.len() as u64)];
        return Err(Refusal::new(RejectReason::SignerCount, Field::Signatures).with(args));
    }
    for (i, signer) in signers.iter().enumerate() {
        if signers[..i].iter().any(|s| s.identity == signer.identity) {
            return Err(Refusal::new(RejectReason::DuplicateSigner, Field::Signers).at_item(i as u16));
        }
    }
    Ok(())
}
