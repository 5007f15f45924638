//! The cargo calls behind the commands, in one place, because they must agree.
//!
//! Cargo unifies features over the packages that one call selects, those of build scripts too. RocksDB's build script
//! uses `bindgen`, and `bindgen`'s own dependencies (`regex`, `either`, `bitflags`) get other features when sqlx's or
//! tonic-build's macros are in the selection. Another set of features is another build script, and RocksDB would be
//! compiled once for each. Every call here therefore selects packages that give one and the same set; the test
//! `tests/one_rocksdb.rs` compares them.

/// The one profile in which everything is built.
pub const PROFILE: &str = "ci";

/// The crate that brings RocksDB.
pub const HOLDS_ROCKSDB: &str = "storage";

/// The crate whose macros (sqlx) complete the workspace's set of build-time features. Selected beside a single crate,
/// it gives that crate's RocksDB the same features as the whole workspace has.
pub const ANCHOR: &str = "invoice-service";

/// Names the files that are not formatted; compiles nothing.
pub const FORMAT: &[&str] = &["fmt", "--all", "--check", "--", "--files-with-diff"];

/// All lints on all targets.
pub const CLIPPY: &[&str] = &["clippy", "--profile", PROFILE, "--workspace", "--all-targets", "--", "-D", "warnings"];

/// The documentation, to be run with [`DOC_FLAGS`].
pub const DOC: &[&str] = &["doc", "--profile", PROFILE, "--no-deps", "--workspace"];

/// Warnings in documentation are errors.
pub const DOC_FLAGS: (&str, &str) = ("RUSTDOCFLAGS", "-D warnings");

/// All tests.
pub const TEST: &[&str] = &["test", "--profile", PROFILE, "--workspace"];

/// What people run. The whole workspace, because `-p cli` alone would compile some forty crates a second time.
pub const BINARIES: &[&str] = &["build", "--profile", PROFILE, "--workspace", "--bins"];

/// A bench of one crate that has no RocksDB.
pub const BENCH: &[&str] = &["bench", "--profile", PROFILE];

/// Our TLS against another program's, whose path follows.
pub const INTEROP: &[&str] = &["run", "--profile", PROFILE, "-q", "-p", "sm-tls", "--example", "interop", "--"];

/// Tests of chosen packages; `anchored` adds [`ANCHOR`].
pub fn narrow_test(arguments: &[String], anchored: bool) -> Vec<String> {
    let mut plan: Vec<String> = ["test", "--profile", PROFILE].map(str::to_owned).into();
    plan.extend_from_slice(arguments);
    if anchored {
        plan.extend(["--package".to_owned(), ANCHOR.to_owned()]);
    }
    plan
}
