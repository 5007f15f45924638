//! The host's clock: the one place in the product's servers that reads it for block time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; zero if the clock stands before it.
pub fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}
