//! Who may call what: one table, and the one place where it is held.
//!
//! Deny by default: a call without a row is refused, a call by a role that its row does not name is refused, and what is
//! behind finds a caller only if this let it through. A test holds the rows against the descriptors. Whether a caller acts
//! for its own account is checked with the message (`Desk::ask`, `Desk::read`): all rows but the public ones say so.

mod layer;
mod table;

pub(crate) use layer::AccessLayer;
pub use table::{Access, Row, row, rows};
