//! Why a snapshot is refused.

use std::fmt;

use ledger_types::Height;

use super::ChunkName;

/// What is wrong with a snapshot, or with a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotFault {
    /// A format that this code does not know.
    Version(u16),
    /// It is of another chain.
    OtherChain,
    /// The manifest is of another shape than its counts prescribe.
    Shape(&'static str),
    /// The header after its height has not been followed yet.
    NoHeader(Height),
    /// Its chunks do not lead to the state root that the header after its height carries.
    WrongRoot(Height),
    /// A carried certificate is not the one of this block.
    WrongCertificate(Height),
    /// There is no such chunk in it.
    NoChunk(ChunkName),
    /// The bytes are no chunk of this name.
    Form(ChunkName, &'static str),
    /// The chunk does not lead to its root: it was changed, or is of another snapshot.
    WrongChunk(ChunkName),
}

impl fmt::Display for SnapshotFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "snapshot version {found} is not known"),
            Self::OtherChain => f.write_str("the snapshot is of another chain"),
            Self::Shape(what) => write!(f, "the snapshot's manifest does not fit its counts: {what}"),
            Self::NoHeader(height) => write!(f, "header {height} is not known, which would prove the snapshot"),
            Self::WrongRoot(height) => {
                write!(f, "the snapshot does not lead to the certified state root after block {height}")
            }
            Self::WrongCertificate(height) => write!(f, "the certificate carried by block {height} is another one"),
            Self::NoChunk(name) => write!(f, "the snapshot has no chunk {name}"),
            Self::Form(name, what) => write!(f, "chunk {name}: {what}"),
            Self::WrongChunk(name) => write!(f, "chunk {name} does not lead to its root in the manifest"),
        }
    }
}

impl std::error::Error for SnapshotFault {}
