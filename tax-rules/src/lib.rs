//! Dated issuing rules and their verdicts.
//!
//! [`evaluate`] judges one invoice by the rule book in force and returns **every** rule that fails (reasons 501 to
//! 533), each with level, field, line and typed arguments. [`reference::evaluate`] says the same in another way,
//! slowly; a property test compares the two. [`usage`] keeps quota and counts. [`check_book`] and [`check_profile`]
//! judge what a bureau publishes, [`check_red`] whether a seller may reverse, [`check_applied`] whether an application
//! may be issued now. [`entry`] builds lines that pass.
//!
//! How it is put together: one small file per rule under `rules/`, a plain function each; `rule_list.rs` is their one
//! ordered list; `cases/<rule>/*.toml` holds each rule's examples.
//!
//! What holds everywhere: all arithmetic is exact, in `i128`, in 1/10000 fen; nothing is rounded before it is compared.
//! Nothing here panics or overflows on any input, malformed rates, codes, ids and quantities included. No clock, no
//! randomness, no I/O, no floats: the same input gives the same verdict on every machine.

mod admission;
mod book_check;
mod code_range;
mod context;
pub mod entry;
mod evaluate;
mod profile_check;
pub mod reference;
mod rule_list;
mod rules;
mod scaled;
pub mod usage;
mod verdict;

pub use admission::{check_applied, check_red};
pub use book_check::{BookFault, check_book};
pub use context::{InvoiceInput, IssueContext, IssuePurpose};
pub use evaluate::evaluate;
pub use profile_check::{ProfileFault, check_profile};
pub use rule_list::{RULES, Rule, Scope};
pub use rules::line_name::{ITEM_MAX_CHARS, LineNameFault, SHORT_NAME_MAX_CHARS};
pub use rules::quantity::QuantityFault;
pub use rules::title::TitleFault;
pub use verdict::Verdict;
