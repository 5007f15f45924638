//! TLS 1.3 with the national algorithms, as RFC 8998 defines it, for rustls: the suite TLS_SM4_GCM_SM3, key agreement on
//! curveSM2, signatures sm2sig_sm3, and nothing else.
//!
//! Nothing is installed for the whole process. Secrets of handshakes and records live in this process, as those of any
//! TLS do; the key that proves who one is stays in its provider and is named by a `crypto::SigningKey`.

mod accept;
mod accepted;
mod agreement;
mod cause;
mod code_points;
pub mod config;
mod connect;
pub mod files;
mod hash;
mod holds;
mod identity;
mod live;
mod manners;
mod patience;
mod provider;
mod record;
mod room;
mod tickets;
mod verify;

pub use accept::{Door, accept};
pub use accepted::{Accepted, Caller};
pub use cause::Cause;
pub use code_points::{CURVE_SM2, SM2SIG_SM3, TLS_SM4_GCM_SM3};
pub use connect::{ConnectError, Transport, connect, connect_knowing};
pub use holds::{Ends, Holds, WARNINGS, warn_before_end};
pub use identity::TlsKey;
pub use live::{Live, Material, Security};
pub use provider::provider;
pub use room::Limits;
pub use tickets::tickets;
