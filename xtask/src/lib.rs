//! House tools: check, test, demo, bench, tidy, doctor.
//!
//! Depends on no crate of the project, so that it compiles in seconds and can look at a tree that does not build.

mod abuse;
mod check;
pub mod command_line;
mod doctor;
mod interop;
pub mod plans;
mod product;
mod sim;
mod sm_only;
mod test_run;
pub mod tidy;
mod workspace;
