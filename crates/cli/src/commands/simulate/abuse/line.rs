//! What an attack threw, what came back, and what became of honest callers.

use std::collections::BTreeMap;

use serde_json::json;

use super::honest::Figures;

/// What came of an attack.
#[derive(Debug, Default)]
pub(super) struct Thrown {
    /// What was thrown, in numbers.
    pub(super) what: String,
    /// What came back, counted by its reason.
    pub(super) back: BTreeMap<String, u64>,
    /// What should not have come back.
    pub(super) wrong: Vec<String>,
    /// A figure beside.
    pub(super) note: String,
}

impl Thrown {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    pub(super) fn count(&mut self, reason: impl Into<String>) {
        *self.back.entry(reason.into()).or_default() += 1;
    }

    pub(super) fn count_many(&mut self, reason: &str, many: usize) {
        *self.back.entry(reason.to_owned()).or_default() += many as u64;
    }

    pub(super) fn wrong(&mut self, why: impl Into<String>) {
        self.wrong.push(why.into());
    }

    /// Notes what came back; all but the reasons that may come is wrong.
    pub(super) fn expect(&mut self, what: &str, reason: impl Into<String>, may: &[&str]) {
        let reason = reason.into();
        if !may.contains(&reason.as_str()) {
            self.wrong(format!("{what}: {reason}"));
        }
        self.count(reason);
    }
}

/// The line of an attack.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) seconds: f64,
    pub(super) thrown: Thrown,
    pub(super) before: Figures,
    pub(super) during: Figures,
    pub(super) peak_mib: u64,
}

/// Said at most of what is wrong.
const SAID: usize = 8;

impl Line {
    /// Of an attack under which nobody else calls.
    pub(super) fn quiet(name: &str, seconds: f64, thrown: Thrown) -> Self {
        let (before, during) = (Figures::default(), Figures::default());
        Self { name: name.to_owned(), seconds, thrown, before, during, peak_mib: 0 }
    }

    pub(super) fn held(&self) -> bool {
        self.thrown.wrong.is_empty()
    }

    fn back(&self) -> String {
        let counted: Vec<_> = self.thrown.back.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        if counted.is_empty() { "nothing".to_owned() } else { counted.join(", ") }
    }

    pub(super) fn print(&self, json: bool) {
        let (before, during) = (&self.before, &self.during);
        let verdict = if self.held() { "held" } else { "FAILED" };
        if json {
            let line = json!({
                "attack": self.name, "verdict": verdict, "seconds": self.seconds, "thrown": self.thrown.what,
                "back": self.thrown.back, "note": self.thrown.note, "before": before, "during": during,
                "peak_mib": self.peak_mib, "wrong": self.thrown.wrong,
            });
            println!("{line}");
            return;
        }
        println!(
            "{:<4} {verdict}, {:>5.1} s: {}; back: {}{}{}",
            self.name,
            self.seconds,
            self.thrown.what,
            self.back(),
            if self.thrown.note.is_empty() { "" } else { "; " },
            self.thrown.note
        );
        if during.calls > 0 {
            println!(
                "     honest p99: changes {:.0} ms ({:.0} before), reads {:.0} ms ({:.0} before); {} calls, {} failed; {} MiB at most",
                during.changes_p99_ms,
                before.changes_p99_ms,
                during.reads_p99_ms,
                before.reads_p99_ms,
                during.calls,
                during.failed,
                self.peak_mib
            );
        }
        for why in self.thrown.wrong.iter().take(SAID) {
            println!("     wrong: {why}");
        }
        if let Some(more) = self.thrown.wrong.len().checked_sub(SAID + 1) {
            println!("     wrong: and {} more", more + 1);
        }
    }
}
