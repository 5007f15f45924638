//! Arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples 示例:
  taxchain-verify proof verify invoice.proof --trust genesis.json
  taxchain-verify proof verify invoice.proof --trust genesis.json --output json";

const NOTES: &str = "\
The genesis document is all you trust: get it from somebody you trust, not with the proof.
创世文件是唯一的信任来源：请从可信渠道取得，不要与证明文件一同接收。

Exit codes 退出码:
  0 proven 已证明, 2 wrong arguments 参数有误, 8 refused 验证未通过,
  65 not a proof or not a genesis document 文件类型不符, 74 a file cannot be read 文件无法读取";

/// Checks invoice proofs offline. 离线验证发票证明。
#[derive(Debug, Parser)]
#[command(name = "taxchain-verify", version, before_help = EXAMPLES, after_help = NOTES)]
pub struct CommandLine {
    #[command(subcommand)]
    area: Area,
}

#[derive(Debug, Subcommand)]
enum Area {
    /// Invoice proofs. 发票证明。
    #[command(before_help = EXAMPLES, after_help = NOTES)]
    Proof {
        #[command(subcommand)]
        action: Action,
    },
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Checks a proof file against a genesis document. 依据创世文件验证证明文件。
    #[command(before_help = EXAMPLES, after_help = NOTES)]
    Verify(VerifyArgs),
}

/// What `proof verify` needs.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct VerifyArgs {
    /// The proof file. 证明文件。
    pub file: PathBuf,
    /// The genesis document (JSON) of the chain you trust. 所信任链的创世文件（JSON）。
    #[arg(long, value_name = "GENESIS")]
    pub trust: PathBuf,
    /// How to print the verdict. 输出格式。
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// How a verdict is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl CommandLine {
    /// The arguments of the one action there is.
    #[must_use]
    pub fn verify_args(&self) -> &VerifyArgs {
        let Area::Proof { action: Action::Verify(args) } = &self.area;
        args
    }
}
