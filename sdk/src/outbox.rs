//! Signed bytes on disk before they are sent: after a crash the same bytes are sent again, and a lost reply is
//! resolved by asking for the fate of the same request id.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger_types::{Canonical, RequestId, TxId};

use crate::draft::SignedTx;

/// A folder of transactions sent or to be sent, one file each, named by request id.
#[derive(Clone, Debug)]
pub struct Outbox {
    dir: PathBuf,
}

/// An entry that is not one.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The disk said no.
    #[error("outbox {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The id was stored with other bytes: a second intent under one id.
    #[error("request id {id} was stored for transaction {first}; use a new id for a new intent")]
    Conflict {
        /// The request id.
        id: RequestId,
        /// What it was used for first.
        first: TxId,
    },
    /// The file does not hold a transaction.
    #[error("outbox {path} does not hold a transaction")]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
}

impl Outbox {
    /// Opens or makes the folder.
    pub fn open(dir: &Path) -> Result<Self, OutboxError> {
        std::fs::create_dir_all(dir).map_err(|source| OutboxError::Io { path: dir.to_owned(), source })?;
        Ok(Self { dir: dir.to_owned() })
    }

    fn path(&self, id: RequestId) -> PathBuf {
        self.dir.join(format!("{id}.tx"))
    }

    /// Stores the bytes, synced, before the first send. Storing the same again is no error.
    pub fn store(&self, tx: &SignedTx) -> Result<(), OutboxError> {
        let path = self.path(tx.request_id);
        if path.exists() {
            let first = self.load(tx.request_id)?;
            return match first {
                // The same also where it was sealed again meanwhile.
                Some(first) if first.id == tx.id => Ok(()),
                Some(first) => Err(OutboxError::Conflict { id: tx.request_id, first: first.id }),
                None => Err(OutboxError::Damaged { path }),
            };
        }
        let temporary = path.with_extension("tmp");
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
            file.write_all(&tx.bytes)?;
            file.sync_data()?;
            std::fs::rename(&temporary, &path)?;
            File::open(&self.dir)?.sync_all()
        };
        write().map_err(|source| OutboxError::Io { path: path.clone(), source })
    }

    /// The bytes stored for a request id.
    pub fn load(&self, id: RequestId) -> Result<Option<SignedTx>, OutboxError> {
        let path = self.path(id);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|mut f| f.read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OutboxError::Io { path, source }),
        }
        read_signed(bytes).map(Some).ok_or(OutboxError::Damaged { path })
    }

    /// Every request id stored, in order of time.
    pub fn ids(&self) -> Result<Vec<RequestId>, OutboxError> {
        let entries =
            std::fs::read_dir(&self.dir).map_err(|source| OutboxError::Io { path: self.dir.clone(), source })?;
        let mut ids: Vec<RequestId> =
            entries.filter_map(|e| e.ok()?.file_name().to_str()?.strip_suffix(".tx")?.parse().ok()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Forgets an intent whose fate is known and final.
    pub fn forget(&self, id: RequestId) -> Result<(), OutboxError> {
        let path = self.path(id);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(OutboxError::Io { path, source: e }),
            _ => Ok(()),
        }
    }
}

/// Reads back what a client signed.
fn read_signed(bytes: Vec<u8>) -> Option<SignedTx> {
    let tx = ledger_types::Transaction::from_canonical(&bytes).ok()?;
    Some(SignedTx {
        id: tx.envelope.tx_id(),
        scope: tx.envelope.request_scope()?,
        request_id: tx.envelope.request_id,
        valid_until_ms: tx.envelope.valid_until_ms,
        bytes,
        seals: None,
    })
}
