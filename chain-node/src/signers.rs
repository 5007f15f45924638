//! Keys and tables of those who sign transactions, for each thread that checks them.

use sm::SignerCache;

/// Tables for known signers, 18 KiB each.
const TABLES: usize = 2_048;
/// Parsed keys.
const KEYS: usize = 65_536;
/// A signer gets a table after so many verifications: building one costs about two.
const PROMOTE_AFTER: u32 = 3;

/// An empty cache of the size for a thread that checks all that is sent.
pub(crate) fn of_everybody() -> SignerCache {
    SignerCache::new(TABLES, KEYS, PROMOTE_AFTER)
}

/// An empty cache of the size for transactions that come in a peer's block first.
pub(crate) fn of_blocks() -> SignerCache {
    SignerCache::new(TABLES / 2, KEYS / 4, PROMOTE_AFTER)
}
