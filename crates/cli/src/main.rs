//! `taxchain`: the command line of the tax chain (税务链).

mod answer;
mod commands;
mod examples;
mod failure;
mod hello;
mod home;
mod key_files;
mod period;
mod processes;
mod proxy;
mod recorder;
mod roots;
mod session;
mod wallet_file;
mod words;
mod world;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

use commands::Command;
use failure::{Failure, exit};
use session::Global;

/// The tax chain (税务链): rules on chain, invoices issued, claimed, verified, locked, booked and reimbursed exactly once.
#[derive(Parser)]
#[command(
    name = "taxchain",
    version,
    arg_required_else_help = true,
    before_help = "EXAMPLES\n  taxchain dev                              # a chain with a bureau, a merchant, a company, an employee\n  taxchain issue --total 198.00             # the merchant issues an invoice\n  taxchain verify --slot 0                  # anybody checks it\n  taxchain demo --invoices 1000             # the whole story, and a day of invoices"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    close_memory();
    let cli = match read_line() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&cli.global, &Failure::from(error)),
    };
    let result = runtime.block_on(cli.command.run(&cli.global));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match result {
        Ok(Some(answer)) => {
            answer.print(cli.global.output, cli.global.quiet);
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(failure) => report(&cli.global, &failure),
    }
}

/// No core dump, no debugger and no other program of the same user reads the keys of this process.
fn close_memory() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let closed = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // The first alone does not hold where a core is piped into a program and the system says so.
    let no_core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    if closed.and(no_core).is_err() {
        eprintln!("warning: core dumps could not be switched off for this process");
    }
}

/// The whole command line, each command with its examples.
fn program() -> clap::Command {
    examples::complete(Cli::command())
}

/// Reads the arguments. Help and mistakes are printed here, a mistake as JSON too if that was asked for.
fn read_line() -> Result<Cli, ExitCode> {
    let mut program = program();
    let read =
        program.try_get_matches_from_mut(std::env::args_os()).and_then(|mut m| Cli::from_arg_matches_mut(&mut m));
    read.map_err(|error| {
        let error = error.format(&mut program);
        let code = if error.use_stderr() { exit::USAGE } else { 0 };
        if code != 0 && wants_json() {
            say(&Failure::new(code, error.to_string().trim()).to_json());
        }
        // A closed pipe is no error.
        drop(error.print());
        ExitCode::from(code)
    })
}

/// Whether JSON was asked for by somebody whose line could not be read.
fn wants_json() -> bool {
    let words: Vec<String> = std::env::args().collect();
    let flag = words.iter().any(|w| w == "--output=json") || words.windows(2).any(|w| w == ["--output", "json"]);
    flag || std::env::var("TAXCHAIN_OUTPUT").is_ok_and(|v| v == "json")
}

fn say(value: &serde_json::Value) {
    // A closed pipe is no error.
    drop(writeln!(std::io::stdout().lock(), "{value:#}"));
}

/// Says why, unless the command has said it, and gives the exit code.
fn report(global: &Global, failure: &Failure) -> ExitCode {
    if !failure.lines.is_empty() {
        if global.output == answer::Output::Json {
            say(&failure.to_json());
        }
        eprintln!("taxchain: {failure}");
    }
    ExitCode::from(failure.code)
}
