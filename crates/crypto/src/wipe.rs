//! Clearing what secret arithmetic leaves on the stack.

use std::hint::black_box;

/// Deeper than signing, key derivation and file encryption reach (they need about 12 KiB).
const DEPTH: usize = 24 * 1024;

/// Runs `work` and then overwrites the part of the stack it used. The arithmetic below us does not clear its
/// own intermediate values (nonces, window digits, cipher key schedules); Rust gives no promise about dead
/// stack memory either, so this is measured (`tests/memory.rs`), not proven.
pub(crate) fn wiping<T>(work: impl FnOnce() -> T) -> T {
    let result = run(work);
    overwrite();
    result
}

#[inline(never)]
fn run<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    black_box(&[0u8; DEPTH]);
}
