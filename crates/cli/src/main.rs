//! `taxchain`: the command line of the tax chain (税务链).

mod answer;
mod commands;
mod failure;
mod home;
mod session;
mod words;
mod world;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;
use failure::Failure;
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
    // No core dump and no debugger reads the keys of this process.
    if rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_err() {
        eprintln!("warning: core dumps could not be switched off for this process");
    }
    let cli = Cli::parse();
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

fn report(global: &Global, failure: &Failure) -> ExitCode {
    if global.output == answer::Output::Json {
        println!("{:#}", failure.to_json());
    }
    if !failure.lines.is_empty() {
        eprintln!("taxchain: {failure}");
    }
    ExitCode::from(failure.code)
}
