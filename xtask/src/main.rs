//! `cargo xtask`: see `cargo xtask --help`.
use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::command_line::run()
}
