//! `cargo xtask abuse`: what callers with ill intent do, each with a line: thrown at a live chain by `taxchain simulate abuse`, or
//! played by tests, which are run for it now and quoted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::product;
use crate::workspace::{Workspace, cargo, typed};

/// An attack that tests play.
struct Played {
    name: &'static str,
    what: &'static str,
    /// What is given to cargo; what stands in it behind `--` is the test programs'.
    tests: &'static [&'static [&'static str]],
    /// Words of a line that they print, to be quoted.
    quote: &'static str,
}

const PLAYED: [Played; 6] = [
    Played {
        name: "S10t",
        what: "S10: the same wrong certificates in memory, both ways",
        tests: &[&["test", "--profile", "ci", "-p", "sm-tls", "--test", "transport", "fixtures", "--", "--nocapture"]],
        quote: "fixtures:",
    },
    Played {
        name: "S11",
        what: "revoked, without a list, with an old one; lists that are damaged",
        tests: &[
            &["test", "--profile", "ci", "-p", "sm-tls", "--test", "transport", "revo"],
            &["test", "--profile", "ci", "-p", "crypto", "--lib", "x509"],
        ],
        quote: "test result:",
    },
    Played {
        name: "S12",
        what: "every call by every role, own and other tenants",
        tests: &[&[
            "test",
            "--profile",
            "ci",
            "-p",
            "invoice-service",
            "--test",
            "service",
            "matrix::matrix",
            "--",
            "--exact",
            "--nocapture",
        ]],
        quote: "matrix:",
    },
    Played {
        name: "S22",
        what: "shares of a key: lost, wrong, repeated, swapped, too few",
        tests: &[&["test", "--profile", "ci", "-p", "crypto", "--lib", "vault"]],
        quote: "test result:",
    },
    Played {
        name: "S23",
        what: "random numbers that stick, repeat or favour",
        tests: &[
            &["test", "--profile", "ci", "-p", "crypto", "--lib", "random"],
            &["test", "--profile", "ci", "-p", "crypto", "--lib", "nonce"],
        ],
        quote: "test result:",
    },
    Played {
        name: "S24",
        what: "does time tell of secrets? Measured, not judged: a busy machine gives any figure",
        tests: &[&["bench", "--profile", "ci", "-p", "crypto", "--bench", "timing"]],
        quote: "time tells",
    },
];

/// Runs all attacks, or those that `--only` names; `--output json` makes each line JSON.
pub(crate) fn run(workspace: &Workspace, arguments: &[String], after_dashes: &[String]) -> Result<ExitCode> {
    let asked = Asked::parse(arguments)?;
    let mut total = Total::default();
    let played: Vec<&Played> = PLAYED.iter().filter(|p| asked.wants(p.name)).collect();
    let names = || PLAYED.iter().map(|p| p.name);
    let live: Vec<&String> = asked.only.iter().filter(|o| !names().any(|n| n == o.as_str())).collect();
    if asked.only.is_empty() || !live.is_empty() {
        thrown(workspace, &asked, &live, after_dashes, &mut total)?;
    }
    for attack in played {
        let (seconds, verdict) = play(&workspace.root, attack)?;
        total.add(verdict.is_ok());
        tell(&asked, attack, seconds, &verdict);
    }
    if !asked.json {
        println!("abuse: {} attacks, {} failed", total.ran, total.failed);
    }
    Ok(if total.failed == 0 && total.ran > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Asked {
    only: Vec<String>,
    json: bool,
    /// For the product.
    rest: Vec<String>,
}

impl Asked {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut asked = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--only" => asked.only.extend(value()?.split(',').map(str::to_owned)),
                "--output" => asked.json = value()? == "json",
                _ => asked.rest.push(word.clone()),
            }
        }
        Ok(asked)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|o| o == name)
    }
}

#[derive(Default)]
struct Total {
    ran: usize,
    failed: usize,
}

impl Total {
    fn add(&mut self, held: bool) {
        self.ran += 1;
        self.failed += usize::from(!held);
    }
}

/// Those that are thrown at a live chain; their lines are passed on as they come.
fn thrown(
    workspace: &Workspace,
    asked: &Asked,
    only: &[&String],
    after_dashes: &[String],
    total: &mut Total,
) -> Result<()> {
    let mut command = product::program(&product::binaries(workspace)?)?;
    command.args(["simulate", "abuse", "--output", "json"]).args(&asked.rest).args(after_dashes);
    for name in only {
        command.args(["--only", name.as_str()]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the product")?;
    let out = child.stdout.take().context("the product has no output")?;
    let before = total.ran;
    for line in BufReader::new(out).lines() {
        let line = line?;
        // A failure's own words are JSON too, over several lines, and stand on stderr as well.
        let Ok(value) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(text) = value["attack"].as_str() else { continue };
        total.add(value["verdict"] == "held");
        if asked.json { println!("{line}") } else { println!("{}", as_text(text, &value)) }
    }
    let status = child.wait()?;
    if total.ran == before || (!status.success() && total.failed == 0) {
        bail!("`taxchain simulate abuse` ended with {status} before it had thrown everything");
    }
    Ok(())
}

/// A line of the product's for people.
fn as_text(name: &str, line: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let back: BTreeMap<String, u64> = serde_json::from_value(line["back"].clone()).unwrap_or_default();
    let back: Vec<String> = back.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
    let mut said = format!(
        "{name:<4} {}, {:.1} s: {}; back: {}",
        text(&line["verdict"]),
        line["seconds"].as_f64().unwrap_or(0.0),
        text(&line["thrown"]),
        back.join(", ")
    );
    if !text(&line["note"]).is_empty() {
        said += &format!("; {}", text(&line["note"]));
    }
    let (before, during) = (&line["before"], &line["during"]);
    if during["calls"].as_u64().unwrap_or(0) > 0 {
        let p99 = |figures: &Value, which: &str| figures[which].as_f64().unwrap_or(0.0);
        said += &format!(
            "\n     honest p99: changes {:.0} ms ({:.0} before), reads {:.0} ms ({:.0} before); {} calls, {} failed; {} MiB at most",
            p99(during, "changes_p99_ms"),
            p99(before, "changes_p99_ms"),
            p99(during, "reads_p99_ms"),
            p99(before, "reads_p99_ms"),
            during["calls"],
            during["failed"],
            line["peak_mib"]
        );
    }
    for wrong in line["wrong"].as_array().into_iter().flatten().take(8) {
        said += &format!("\n     wrong: {}", text(wrong));
    }
    said
}

/// Runs the tests of an attack; what they said, or which of them failed.
fn play(root: &Path, attack: &Played) -> Result<(f64, Result<String, String>)> {
    let begun = Instant::now();
    let mut said = Vec::new();
    for arguments in attack.tests {
        let output = cargo(arguments).current_dir(root).stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("cannot start {}", typed(arguments)))?;
        let told = String::from_utf8_lossy(&output.stdout);
        match judged(arguments[0] == "bench", output.status.success(), &told, attack.quote) {
            Ok(line) => said.push(line),
            Err(why) => return Ok((begun.elapsed().as_secs_f64(), Err(format!("{}: {why}", typed(arguments))))),
        }
    }
    Ok((begun.elapsed().as_secs_f64(), Ok(said.join("; "))))
}

/// What a run proves: that it passed, and that it was not empty.
fn judged(bench: bool, success: bool, told: &str, quote: &str) -> Result<String, String> {
    if !success {
        let failed = told.lines().find(|line| line.contains("FAILED") || line.contains("panicked"));
        return Err(failed.unwrap_or("it failed").to_owned());
    }
    let quoted: Vec<&str> = told.lines().filter(|line| line.contains(quote)).map(str::trim).collect();
    if bench {
        let rows = told.lines().filter(|line| line.split_whitespace().count() >= 5).count();
        return Ok(format!("{rows} operations measured; {}", quoted.join(" | ")));
    }
    let passed = |line: &str| line.split("ok. ").nth(1)?.split_whitespace().next()?.parse::<usize>().ok();
    let ran: usize = told.lines().filter(|line| line.starts_with("test result:")).filter_map(passed).sum();
    if ran == 0 {
        return Err("no test of this name ran".to_owned());
    }
    let last = quoted.into_iter().rfind(|line| !line.contains(" 0 passed")).unwrap_or_default();
    Ok(format!("{ran} tests passed: {last}"))
}

fn tell(asked: &Asked, attack: &Played, seconds: f64, verdict: &Result<String, String>) {
    let (word, said) = match verdict {
        Ok(said) => ("held", said),
        Err(why) => ("FAILED", why),
    };
    if asked.json {
        let wrong: Vec<&String> = verdict.as_ref().err().into_iter().collect();
        println!(
            "{}",
            json!({ "attack": attack.name, "verdict": word, "seconds": seconds, "thrown": attack.what, "note": said, "wrong": wrong })
        );
        return;
    }
    println!("{:<4} {word}, {seconds:.1} s: {}; {said}", attack.name, attack.what);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_run_without_tests_is_no_proof_and_a_failed_one_is_said_to_be() {
        let told = "running 2 tests\nmatrix: 46 RPCs\ntest result: ok. 2 passed; 0 failed; 0 ignored";
        assert_eq!(judged(false, true, told, "matrix:").unwrap(), "2 tests passed: matrix: 46 RPCs");
        let empty = "running 0 tests\ntest result: ok. 0 passed; 0 failed; 0 ignored";
        assert!(judged(false, true, empty, "matrix:").unwrap_err().contains("no test"));
        assert!(judged(false, false, "test a::b ... FAILED", "matrix:").unwrap_err().contains("a::b"));
    }

    #[test]
    fn what_is_asked_is_parted_between_tests_and_product() {
        let words: Vec<String> =
            ["--only", "S7,S12", "--output", "json", "--connections", "9"].map(str::to_owned).into();
        let asked = Asked::parse(&words).unwrap();
        assert!(asked.json && asked.wants("S7") && asked.wants("S12") && !asked.wants("S1"));
        assert_eq!(asked.rest, ["--connections", "9"]);
        assert!(Asked::parse(&["--only".to_owned()]).is_err());
    }

    #[test]
    fn every_played_attack_names_tests_of_the_one_profile() {
        for attack in &PLAYED {
            assert!(
                !attack.tests.is_empty() && attack.tests.iter().all(|t| t[1..3] == ["--profile", "ci"]),
                "{}",
                attack.name
            );
        }
    }
}
