//! Clearing what secret arithmetic leaves on the stack.

use std::hint::black_box;

/// Deeper than signing, key derivation and file encryption reach.
const DEPTH: usize = 24 * 1024;
/// Keeps the work below the first bytes of the overwriting function's own frame, which it does not clear.
const MARGIN: usize = 512;

/// Runs `work` and then overwrites the part of the stack it used. The arithmetic below us does not clear its
/// own intermediate values (nonces, window digits, round keys); Rust gives no promise about dead stack memory
/// either, so this is measured (`tests/memory.rs`), not proven.
pub(crate) fn wiping<T>(work: impl FnOnce() -> T) -> T {
    let result = below_margin(work);
    overwrite();
    result
}

#[inline(never)]
fn below_margin<T>(work: impl FnOnce() -> T) -> T {
    let mut margin = [0u8; MARGIN];
    black_box(&mut margin);
    let result = run(work);
    // Used again, so that this frame stays while the work runs.
    black_box(&mut margin);
    result
}

#[inline(never)]
fn run<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    // A variable: the compiler would place a constant elsewhere than on the stack.
    let mut stack = [0u8; DEPTH];
    black_box(&mut stack);
}
