//! Rust, its components, the linker and the C++ compiler.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Finding;
use super::mend::{Mend, on_path};
use crate::workspace::cargo;

/// A program that needs the compiler and the headers of its standard library, as RocksDB does.
const PROBE: &str = "#include <cstdint>\n#include <string>\nstd::string name; int main() { return 0; }\n";

pub(super) fn rust_version(root: &Path) -> Finding {
    const SUBJECT: &str = "rust";
    let needed = fs::read_to_string(root.join("Cargo.toml")).ok().and_then(|t| needed_version(&t));
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = first_line(Command::new(rustc).arg("--version"));
    match (needed, told) {
        (Some(needed), Some(told)) if version(&told) < version(&needed) => Finding::missing(
            SUBJECT,
            format!("{told}, needs {needed}"),
            Mend::ByHand("rustup update stable".to_owned()),
        ),
        (_, Some(told)) => Finding::found(SUBJECT, told),
        (_, None) => {
            Finding::missing(SUBJECT, "rustc does not start", Mend::ByHand("rustup default stable".to_owned()))
        }
    }
}

fn needed_version(manifest: &str) -> Option<String> {
    let table: toml::Table = manifest.parse().ok()?;
    Some(table.get("workspace")?.get("package")?.get("rust-version")?.as_str()?.to_owned())
}

/// The first dotted number of a text: `rustc 1.95.0 (...)` is `[1, 95, 0]`.
fn version(text: &str) -> Vec<u32> {
    let word = text.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit())).unwrap_or_default();
    word.split(['.', '-']).map_while(|n| n.parse().ok()).collect()
}

pub(super) fn component(name: &'static str, subcommand: &str) -> Finding {
    let told = first_line(cargo(&[subcommand, "--version"]).stdin(Stdio::null()));
    judge_component(name, told, on_path("rustup"))
}

fn judge_component(name: &'static str, told: Option<String>, has_rustup: bool) -> Finding {
    match told {
        Some(told) => Finding::found(name, told),
        None if has_rustup => Finding::missing(name, "not installed", Mend::Component(name)),
        None => {
            let package = if name == "clippy" { "rust-clippy" } else { name };
            let what = format!("apt-get install -y {package} (or install Rust with rustup)");
            Finding::missing(name, "not installed", Mend::ByHand(what))
        }
    }
}

pub(super) fn linker() -> Finding {
    const SUBJECT: &str = "linker";
    match first_line(Command::new("cc").arg("--version")) {
        Some(told) => Finding::found(SUBJECT, told),
        None => Finding::missing(SUBJECT, "cc does not start", Mend::SystemPackages),
    }
}

pub(super) fn cpp_compiler() -> Finding {
    const SUBJECT: &str = "C++ compiler";
    let named = env::var("CXX").ok().filter(|c| !c.trim().is_empty());
    let program = named.clone().unwrap_or_else(|| "c++".to_owned());
    match (compiles(&program), named) {
        (true, _) => Finding::found(SUBJECT, program),
        (false, Some(named)) => Finding::missing(
            SUBJECT,
            format!("CXX is `{named}` and does not compile a C++ program"),
            Mend::ByHand("unset CXX".to_owned()),
        ),
        (false, None) => {
            Finding::missing(SUBJECT, "c++ does not compile a program that uses <string>", Mend::SystemPackages)
        }
    }
}

/// Whether `program` (with arguments, as `CXX` may have) takes the probe.
fn compiles(program: &str) -> bool {
    let mut words = program.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(["-x", "c++", "-fsyntax-only", "-"]);
    let quiet = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = quiet.spawn() else {
        return false;
    };
    let written = child.stdin.take().is_some_and(|mut pipe| pipe.write_all(PROBE.as_bytes()).is_ok());
    let ended = child.wait();
    written && ended.is_ok_and(|status| status.success())
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("rustc 1.100.0 (abc 2027-01-01)") > version("1.95"));
        assert!(version("rustc 1.94.1 (abc)") < version("1.95"));
        assert!(version("rustc 1.95.0") >= version("1.95"));
        assert_eq!(version("cc"), Vec::<u32>::new());
    }

    #[test]
    fn the_needed_version_is_the_workspaces() {
        assert_eq!(needed_version("[workspace.package]\nrust-version = \"1.95\"\n").unwrap(), "1.95");
        assert_eq!(needed_version("[workspace]\n"), None);
    }

    #[test]
    fn a_program_that_is_no_compiler_is_found_out() {
        assert!(!compiles("false") && !compiles("no-such-compiler") && !compiles(""));
    }

    #[test]
    fn a_missing_component_is_told_with_its_command() {
        assert!(component("clippy", "no-such-subcommand").is_missing());
        assert!(!judge_component("clippy", Some("clippy 0.1.95".to_owned()), true).is_missing());
        let told = |has_rustup| format!("{:?}", judge_component("clippy", None, has_rustup));
        assert!(told(true).contains("Component(\"clippy\")"));
        assert!(told(false).contains("apt-get install -y rust-clippy"));
    }
}
