//! `taxchain proof`.

use std::path::PathBuf;

use clap::Subcommand;
use ledger_types::Slot;
use verifier::VerifyArgs;

use crate::answer::{Answer, Output};
use crate::failure::Failure;
use crate::session::{Global, Session};

/// `taxchain proof`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain proof export --slot 0 --file invoice.proof\n  taxchain proof verify invoice.proof --trust genesis.json     # offline; taxchain-verify does the same without this program"
)]
pub(crate) enum Command {
    /// Fetch a proof file of an invoice; its contents as seller, holder or bureau: say with `--as` which.
    Export {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
        /// Where to.
        #[arg(long)]
        file: PathBuf,
        /// Commitments only: the file shows no amounts and names.
        #[arg(long)]
        closed: bool,
    },
    /// Verify a proof file offline.
    Verify {
        /// The proof file.
        file: PathBuf,
        /// The genesis document of the chain you trust; get it from somebody you trust, not with the proof.
        #[arg(long, value_name = "GENESIS")]
        trust: PathBuf,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Option<Answer>, Failure> {
    match command {
        Command::Export { slot, file, closed } => {
            let session = Session::open(global).await?;
            let proof = match closed {
                true => session.client.proof(slot, false).await?,
                false => session.client.opened_proof(slot, &session.identity("merchant")?).await?,
            };
            let proof = proof.ok_or_else(|| Failure::not_found(format!("there is no invoice in slot {slot}")))?;
            std::fs::write(&file, &proof)?;
            let genesis = session.home.genesis_path();
            Ok(Some(Answer::new().field("file", file.display().to_string()).field("bytes", proof.len()).next(format!(
                "taxchain proof verify {} --trust {}",
                file.display(),
                genesis.display()
            ))))
        }
        Command::Verify { file, trust } => {
            let output = match global.output {
                Output::Table => verifier::Output::Table,
                Output::Json => verifier::Output::Json,
            };
            let args = VerifyArgs { file, trust, output };
            match verifier::run_verify(&args) {
                code if code == std::process::ExitCode::SUCCESS => Ok(None),
                _ => Err(silent(&args)),
            }
        }
    }
}

/// The verifier has said why; only its exit code is left.
fn silent(args: &VerifyArgs) -> Failure {
    let code = verifier::verify_file(&args.file, &args.trust).err().map_or(8, |f| f.exit_code());
    Failure { code, lines: Vec::new(), reasons: Vec::new() }
}
