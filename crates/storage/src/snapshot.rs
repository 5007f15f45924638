//! Snapshots: the state after one block in chunks, as files that are also what travels.
//!
//! `proofs::snapshot` says what the chunks are and how each is proven. Here they are made of a state that lives on
//! meanwhile ([`make_snapshot`]), kept on a shelf of the chain's folder ([`Shelf`]), and made a chain's beginning of
//! ([`Incoming`]): the folder `base`, from which the state is made again like from the genesis document otherwise.

mod apply;
mod base;
mod chunk_file;
mod folder;
mod incoming;
mod make;
mod shelf;
mod sorter;
mod verify;

pub use chunk_file::{MAX_CHUNK_FILE_BYTES, decode_chunk, decode_manifest};
pub use folder::SnapshotFolder;
pub use incoming::{Incoming, copy_folder};
pub use make::{HeaderPages, make_snapshot};
pub use shelf::Shelf;

pub(crate) use apply::apply;
pub(crate) use base::Base;
pub(crate) use verify::{Verified, verify};

#[cfg(test)]
#[path = "snapshot/snapshot_test.rs"]
mod snapshot_test;
