//! The wire: messages and services of `proto/taxchain/<area>/v1/*.proto`, the only conversions between them and
//! the domain, and the texts and codes of every error.
//!
//! Protobuf has no canonical form, so nothing here is ever hashed or signed: ids and signatures cover the
//! canonical bytes of `ledger-types`, which travel as `bytes`.

pub mod catalogue;
pub mod codec;
pub mod convert;
pub mod edge_reason;
pub mod limits;
pub mod page;
pub mod status;

pub use catalogue::{ExitCode, Lang, Reason, Retry, next_action, render};
pub use convert::{ConvertError, Problem};
pub use edge_reason::EdgeReason;
pub use page::{FilterHash, PageToken, PageTokenError, page_size};
pub use status::{EdgeError, ErrorReport, refused};

/// Messages that the other packages share: `taxchain.types.v1`.
pub mod types {
    /// Version 1.
    #[allow(missing_docs, unreachable_pub, clippy::all, clippy::too_many_lines, clippy::large_futures, rustdoc::all)]
    pub mod v1 {
        tonic::include_proto!("taxchain.types.v1");
    }
}

/// The chain node: `taxchain.node.v1`.
pub mod node {
    /// Version 1.
    #[allow(missing_docs, unreachable_pub, clippy::all, clippy::too_many_lines, clippy::large_futures, rustdoc::all)]
    pub mod v1 {
        tonic::include_proto!("taxchain.node.v1");
    }
}

/// Links between nodes: `taxchain.peer.v1`.
pub mod peer {
    /// Version 1.
    #[allow(missing_docs, unreachable_pub, clippy::all, clippy::too_many_lines, clippy::large_futures, rustdoc::all)]
    pub mod v1 {
        tonic::include_proto!("taxchain.peer.v1");
    }
}

/// The invoice service: `taxchain.invoice.v1`.
pub mod invoice {
    /// Version 1.
    #[allow(missing_docs, unreachable_pub, clippy::all, clippy::too_many_lines, clippy::large_futures, rustdoc::all)]
    pub mod v1 {
        tonic::include_proto!("taxchain.invoice.v1");
    }
}

/// The descriptors of every package as an encoded `google.protobuf.FileDescriptorSet`, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same with the comments of the `.proto` files, for documentation and the tests that read them.
pub const DESCRIBED_FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/described.bin"));
