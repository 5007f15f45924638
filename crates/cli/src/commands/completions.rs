//! `taxchain completions`.

use std::io::Write;

use clap::Args as ClapArgs;
use clap_complete::Shell;

use crate::failure::Failure;

/// Arguments of `completions`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain completions bash > ~/.local/share/bash-completion/completions/taxchain\n  taxchain completions zsh > ~/.zfunc/_taxchain\n  taxchain completions fish > ~/.config/fish/completions/taxchain.fish"
)]
pub(crate) struct Args {
    /// Which shell.
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::program(), "taxchain", &mut script);
    Ok(std::io::stdout().lock().write_all(&script)?)
}
