//! How the demo speaks: numbered steps in Chinese and English. With JSON asked for, the story goes to stderr.

use std::cell::Cell;
use std::io::Write;

/// Prints the story.
pub(super) struct Teller {
    aside: bool,
    step: Cell<u32>,
}

impl Teller {
    /// A teller; aside is stderr.
    pub(super) fn new(aside: bool) -> Self {
        Self { aside, step: Cell::new(0) }
    }

    /// A heading.
    pub(super) fn title(&self, text: &str) {
        self.text(&format!("\n== {text}"));
    }

    /// What somebody did, and what came of it.
    pub(super) fn step(&self, zh: &str, en: &str, result: &str) {
        self.step.set(self.step.get() + 1);
        self.text(&format!("{:>3}. {zh} · {en}\n     → {result}", self.step.get()));
    }

    /// An indented line.
    pub(super) fn line(&self, text: &str) {
        self.text(&format!("     {text}"));
    }

    /// Text as it is. A closed pipe is no error.
    pub(super) fn text(&self, text: &str) {
        if self.aside {
            drop(writeln!(std::io::stderr().lock(), "{text}"));
        } else {
            drop(writeln!(std::io::stdout().lock(), "{text}"));
        }
    }
}
