//! `taxchain-verify`: checks invoice proofs offline.

use std::process::ExitCode;

fn main() -> ExitCode {
    verifier::run(std::env::args_os())
}
