//! The service's own small store: hosted keys, sent bytes, claim tokens, tries. Everything else is the chain's.
//!
//! One SQLite file that only its owner may read. Queries are plain SQL with bound values; each table has its file. What says
//! something of taxpayers, and every secret, is sealed (`at_rest.rs`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledger_types::{ChainId, Digest};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::master_secret::MasterSecret;
use at_rest::{AtRest, MasterKey};

pub(crate) mod at_rest;
pub(crate) mod claims;
pub(crate) mod keys;
pub(crate) mod offers;
pub(crate) mod outbox;
mod schema;
pub(crate) mod tokens;
pub(crate) mod tries;

/// The name of the file in the service's folder.
const FILE_NAME: &str = "service.sqlite";

/// How long a write waits for another one.
const BUSY: Duration = Duration::from_secs(10);

/// The store could not do what it was asked. Never holds taxpayers' data or secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder cannot be made.
    #[error("cannot make the folder {path}: {source}", path = path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no store.
    #[error("{path}: no store of a service; start the service once, or name its folder", path = path.display())]
    NotThere {
        /// Where it should be.
        path: PathBuf,
    },
    /// SQLite said no.
    #[error("the service's store: {0}")]
    Sqlite(sqlx::Error),
    /// The key that something was sealed under is gone: another replaced it meanwhile.
    #[error("the account's data key was replaced meanwhile; do it again")]
    KeyReplaced,
    /// A row that this program did not write like this.
    #[error("the service's store is damaged: {0}")]
    Damaged(&'static str),
    /// Written by a later version of the program.
    #[error("the service's store has format {found}; this program knows {known}: use the newer program")]
    Newer {
        /// Its format.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// It was made under another master secret, or that was changed meanwhile.
    #[error("the master secret does not open the service's store")]
    WrongMasterSecret,
    /// A hosted key cannot be opened or sealed.
    #[error("hosted key: {0}")]
    KeyFile(#[from] crypto::key_file::KeyFileError),
    /// No good random numbers.
    #[error(transparent)]
    Random(#[from] crypto::random::RandomError),
    /// It belongs to another chain.
    #[error("the service's store belongs to chain {found}, not to {wanted}: use another folder")]
    OtherChain {
        /// Whose it is.
        found: ChainId,
        /// Which chain the node is on.
        wanted: ChainId,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            // The only foreign keys are those to data keys.
            Some(database) if database.is_foreign_key_violation() => Self::KeyReplaced,
            _ => Self::Sqlite(error),
        }
    }
}

/// The open store. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: SqlitePool,
    at_rest: Arc<AtRest>,
}

impl Store {
    /// Opens the store in `folder`, which must be there.
    pub(crate) async fn open_existing(folder: &Path, secret: &MasterSecret) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            return Err(StoreError::NotThere { path });
        }
        Self::open(folder, secret).await
    }

    /// Opens or makes the store in `folder`, and brings an older format up to date.
    pub(crate) async fn open(folder: &Path, secret: &MasterSecret) -> Result<Self, StoreError> {
        make_folder(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join(FILE_NAME))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Bytes must be on disk before they are sent, also when the power goes.
            .synchronous(SqliteSynchronous::Full)
            // A key that a row names cannot be dropped.
            .foreign_keys(true)
            // What is sealed again or forgotten leaves nothing behind in free pages.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        schema::migrate(&pool).await?;
        let master = MasterKey::of(&pool, secret).await?;
        let store = Self { pool, at_rest: Arc::new(AtRest::new(secret.clone(), master)) };
        store.seal_what_is_older().await?;
        Ok(store)
    }

    /// Ties a new store to its chain, and refuses that of another one.
    pub(crate) async fn bind_chain(&self, chain: &ChainId) -> Result<(), StoreError> {
        self.put_if_absent("chain", &chain.0).await?;
        let found = self.chain().await?.ok_or(StoreError::Damaged("no chain id"))?;
        if found == *chain { Ok(()) } else { Err(StoreError::OtherChain { found, wanted: *chain }) }
    }

    /// The chain that it belongs to.
    pub(crate) async fn chain(&self) -> Result<Option<ChainId>, StoreError> {
        let found = self.get("chain").await?;
        found.map(|id| fixed(id, "chain id").map(ChainId)).transpose()
    }

    /// The id of the audit log.
    pub(crate) async fn audit_log_id(&self) -> Result<Option<Digest>, StoreError> {
        let found = self.get("audit log").await?;
        found.map(|id| fixed(id, "the audit log's id").map(Digest)).transpose()
    }

    /// The id of the audit log, drawn at the first start.
    pub(crate) async fn audit_log_id_or_new(&self) -> Result<Digest, StoreError> {
        self.put_if_absent("audit log", &crypto::random::array::<32>()?).await?;
        self.audit_log_id().await?.ok_or(StoreError::Damaged("the audit log's id"))
    }

    /// A single value by name.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT value FROM meta WHERE name = ?").bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|r| r.0))
    }

    /// Sets a single value unless it is set.
    pub(crate) async fn put_if_absent(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Closes all connections; what was written stays.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Folders that only the owner may enter.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// SQLite's integers are signed; ids here stay far below the limit.
fn number(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Damaged("a number beyond 63 bits"))
}

/// Back from SQLite.
fn count(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged("a negative number"))
}

/// A blob of one length.
fn fixed<const N: usize>(value: Vec<u8>, what: &'static str) -> Result<[u8; N], StoreError> {
    value.try_into().map_err(|_| StoreError::Damaged(what))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    /// A store in a folder of its own, which lives as long as the guard.
    pub(crate) async fn fresh() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = again(&dir).await;
        (dir, store)
    }

    /// That store, opened once more.
    pub(crate) async fn again(dir: &tempfile::TempDir) -> Store {
        Store::open(&dir.path().join("service"), &secret("the store's own secret")).await.unwrap()
    }

    pub(crate) fn secret(text: &str) -> MasterSecret {
        MasterSecret::new(text.into()).unwrap()
    }

    #[tokio::test]
    async fn a_store_belongs_to_one_chain() {
        let (dir, store) = fresh().await;
        store.bind_chain(&ChainId([1; 32])).await.unwrap();
        store.bind_chain(&ChainId([1; 32])).await.unwrap();
        store.close().await;
        let again = again(&dir).await;
        let error = again.bind_chain(&ChainId([2; 32])).await.unwrap_err();
        assert!(matches!(error, StoreError::OtherChain { found, .. } if found == ChainId([1; 32])), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_enter_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, _store) = fresh().await;
        let mode = std::fs::metadata(dir.path().join("service")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
