//! Keys in a cipher card or HSM (密码卡、密码机), over the interface of GM/T 0018: a [`crypto::KeyProvider`].
//!
//! The vendor's library is loaded at run time. [`SdfProvider`] opens the device, keeps a bounded number of sessions, each on a
//! thread of its own, and signs with the SM2 signing keys that the device holds by index. Keys never leave the device; the
//! digest e = SM3(Z || M) is ours, and each signature is verified before it is handed out.
//!
//! All `unsafe` is in `interface`; no pointer leaves it.

mod code;
mod error;
mod interface;
mod names;
mod pin;
mod pool;
mod provider;
mod session;
mod settings;

pub use code::Code;
pub use error::SdfError;
pub use names::device_key_name;
pub use provider::SdfProvider;
pub use settings::Settings;
