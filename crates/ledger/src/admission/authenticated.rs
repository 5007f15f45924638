//! The proof that a transaction's signatures were checked.

use std::sync::Arc;

use ledger_types::{Envelope, RequestScope, Transaction, TxId};
use sm::PublicKeyBytes;

use super::decode::DecodedTx;
use super::opened::OpenedBody;

/// A transaction whose signatures were checked and whose body was opened. Only [`authenticate`](super::authenticate) makes one, so nobody
/// checks twice and nobody forgets. Whether the signers *may* do what is asked is state: execution checks that at
/// the transaction's place in its block. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuthenticatedTx(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    decoded: DecodedTx,
    opened: OpenedBody,
    /// The key that each signature was checked with, in the order of the signers.
    keys: Vec<PublicKeyBytes>,
}

impl AuthenticatedTx {
    pub(super) fn new(decoded: DecodedTx, opened: OpenedBody, keys: Vec<PublicKeyBytes>) -> Self {
        Self(Arc::new(Checked { decoded, opened, keys }))
    }

    /// The transaction id.
    pub fn id(&self) -> TxId {
        self.0.decoded.id
    }

    /// The transaction.
    pub fn tx(&self) -> &Transaction {
        &self.0.decoded.tx
    }

    /// The envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.0.decoded.tx.envelope
    }

    /// How many canonical bytes it has.
    pub fn raw_len(&self) -> usize {
        self.0.decoded.raw.len()
    }

    /// Its canonical bytes.
    pub fn raw(&self) -> &[u8] {
        &self.0.decoded.raw
    }

    /// The body in clear.
    pub fn opened(&self) -> &OpenedBody {
        &self.0.opened
    }

    /// Whose request id it uses.
    pub fn scope(&self) -> RequestScope {
        self.0.decoded.scope
    }

    /// The keys its signatures were checked with, in the order of the signers.
    pub(crate) fn keys(&self) -> &[PublicKeyBytes] {
        &self.0.keys
    }
}
