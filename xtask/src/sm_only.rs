//! `cargo xtask sm-only`: the shipped programs hold no other cipher, hash or signature than those that are listed with a reason.
//!
//! Two witnesses: `cargo tree` says which crates are built in, and the linked programs say which algorithms survived linking, by
//! their constants and instructions, and which crates, by the names of functions. What no linker kept, nothing can call.

mod algorithms;
mod table;
mod trees;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use self::table::Table;
use crate::product;
use crate::workspace::Workspace;

const TABLE: &str = "xtask/sm-only.toml";
/// The programs that are shipped.
const PROGRAMS: [&str; 2] = ["taxchain", "taxchain-verify"];

/// Builds the programs, looks, and says what it saw.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let found = findings(workspace)?;
    for finding in &found {
        println!("sm-only: {finding}");
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is in the shipped programs and not in the table, or the other way round.
pub(crate) fn findings(workspace: &Workspace) -> Result<Vec<String>> {
    let table = read_table(&workspace.root)?;
    let crates = trees::shipped(&workspace.root)?;
    let mut found = table.against_trees(&crates);
    let binaries = product::binaries(workspace)?;
    let mut everywhere = Seen::default();
    for name in PROGRAMS {
        let path = binaries.get(name).with_context(|| format!("the workspace has no binary `{name}`"))?;
        let program = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if !algorithms::found(&program).contains(&"SM3") || !algorithms::names_crate(&program, "sm3") {
            bail!("{name} holds no SM3 that this could see: whatever else it does not see means nothing");
        }
        found.extend(table.against_program(name, &program));
        everywhere.note(&program, &table);
        println!("sm-only: {name}: {} MiB hold {}", program.len() >> 20, algorithms::found(&program).join(", "));
    }
    found.extend(table.stale(&everywhere.algorithms, &everywhere.crates));
    println!(
        "sm-only: {} crates are built in, {} of them about cryptography, {} findings",
        crates.len(),
        crates.iter().filter(|c| c.about_crypto).count(),
        found.len()
    );
    Ok(found)
}

fn read_table(root: &Path) -> Result<Table> {
    let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("{TABLE} is gone"))?;
    Table::parse(&text)
}

/// What all programs together hold.
#[derive(Default)]
struct Seen {
    algorithms: Vec<&'static str>,
    crates: Vec<String>,
}

impl Seen {
    fn note(&mut self, program: &[u8], table: &Table) {
        self.algorithms.extend(algorithms::found(program));
        self.crates.extend(table.others().filter(|name| algorithms::names_crate(program, name)).map(str::to_owned));
    }
}
