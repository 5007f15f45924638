//! The offline verifier: an invoice proof and a genesis document in, a verdict out.
//!
//! It needs no network, no node and no database, and its dependency tree has none. The `taxchain` command line
//! offers the same check by calling [`verify_file`].

mod command_line;
mod failure;
mod report;
mod table;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use ledger_types::Genesis;
use proofs::invoice_proof::{MAX_FILE_BYTES, verify};

pub use command_line::{CommandLine, Output, VerifyArgs};
pub use failure::VerifyFailure;
pub use report::Report;

/// Largest genesis document read, bytes.
const MAX_GENESIS_BYTES: usize = 64 * 1024 * 1024;

/// Checks the proof in `file` against the genesis document in `trust`.
///
/// # Errors
/// [`VerifyFailure`]: a file cannot be read, the genesis document is none, or the proof is refused.
pub fn verify_file(file: &Path, trust: &Path) -> Result<Report, VerifyFailure> {
    let genesis = read_genesis(trust)?;
    // One byte more than allowed is read, so that a larger file is refused as such.
    let proof = read(file, MAX_FILE_BYTES + 1)?;
    verify_bytes(&genesis, &proof)
}

/// Checks the bytes of a proof file.
///
/// # Errors
/// [`VerifyFailure::Refused`].
pub fn verify_bytes(genesis: &Genesis, proof: &[u8]) -> Result<Report, VerifyFailure> {
    verify(genesis, proof).map(|shown| Report::new(&shown)).map_err(VerifyFailure::Refused)
}

fn read_genesis(path: &Path) -> Result<Genesis, VerifyFailure> {
    let bad = |why: String| VerifyFailure::Genesis { path: path.to_owned(), why };
    let text = read(path, MAX_GENESIS_BYTES)?;
    let genesis: Genesis = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
    if genesis.version != Genesis::version_with(genesis.committee.as_ref()) {
        return Err(bad(format!("version {} is not known", genesis.version)));
    }
    Ok(genesis)
}

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, VerifyFailure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64).read_to_end(&mut bytes))
        .map_err(|source| VerifyFailure::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// The program: reads arguments, prints the verdict, and says with its exit code how it ended.
///
/// 0 proven, 2 wrong arguments, 8 refused, 65 a file that is something else, 74 a file that cannot be read.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match CommandLine::try_parse_from(args) {
        Ok(line) => run_verify(line.verify_args()),
        Err(error) => {
            // Help goes to stdout and ends well, mistakes go to stderr; a closed pipe changes neither.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    }
}

/// `proof verify` with arguments that are parsed already.
pub fn run_verify(args: &VerifyArgs) -> ExitCode {
    let verdict = verify_file(&args.file, &args.trust);
    let code = verdict.as_ref().map_or_else(VerifyFailure::exit_code, |_| 0);
    match print(&verdict, args.output) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(VerifyFailure::IO_ERROR),
    }
}

/// Data goes to stdout, a refusal for people to stderr.
fn print(verdict: &Result<Report, VerifyFailure>, output: Output) -> io::Result<()> {
    match (verdict, output) {
        (Ok(report), Output::Table) => write!(io::stdout(), "{}", report.to_table()),
        (Ok(report), Output::Json) => writeln!(io::stdout(), "{}", report.to_json()),
        (Err(failure), Output::Table) => writeln!(io::stderr(), "{}", failure.to_text()),
        (Err(failure), Output::Json) => writeln!(io::stdout(), "{}", failure.to_json()),
    }
}
