//! What every reason means to people: texts in Chinese and English, what to do, codes.
//!
//! The ledger says numbers and typed arguments; text is made here, at the edge. `docs/errors.md` is this catalogue.

mod access;
mod choices;
mod doc;
mod edge;
mod entry;
mod faults;
mod fields;
mod flow;
mod governance;
mod register;
mod rules;
mod stateless;
mod template;

use ledger_types::{Refusal, RejectReason};
use tonic::Code;

pub use doc::{code_name, errors_page};
pub use entry::{ExitCode, Retry};

use crate::edge_reason::EdgeReason;
use entry::Entry;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// 简体中文.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// A reason of the ledger or of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The ledger's verdict.
    Ledger(RejectReason),
    /// Without a verdict of the ledger.
    Edge(EdgeReason),
}

impl From<RejectReason> for Reason {
    fn from(reason: RejectReason) -> Self {
        Self::Ledger(reason)
    }
}

impl From<EdgeReason> for Reason {
    fn from(reason: EdgeReason) -> Self {
        Self::Edge(reason)
    }
}

impl Reason {
    /// Every reason, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        let ledger = RejectReason::ALL.iter().copied().map(Self::Ledger);
        ledger.chain(EdgeReason::ALL.iter().copied().map(Self::Edge))
    }

    /// The stable number.
    pub fn number(self) -> u16 {
        match self {
            Self::Ledger(r) => r.number(),
            Self::Edge(r) => r.number(),
        }
    }

    /// The stable machine name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger(r) => r.name(),
            Self::Edge(r) => r.name(),
        }
    }

    /// The reason with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        let ledger = RejectReason::from_number(number).map(Self::Ledger);
        ledger.or_else(|| EdgeReason::from_number(number).map(Self::Edge))
    }

    /// Whether and how to try again.
    pub fn retry(self) -> Retry {
        self.entry().retry
    }

    /// True if the same request, perhaps under a new id, may succeed later without a change.
    pub fn retryable(self) -> bool {
        self.retry() != Retry::Never
    }

    /// The canonical gRPC code.
    pub fn code(self) -> Code {
        self.entry().code
    }

    /// The command line's exit code.
    pub fn exit(self) -> ExitCode {
        self.entry().exit
    }

    fn entry(self) -> &'static Entry {
        let of_invoices = [rules::ENTRIES, flow::ENTRIES, access::ENTRIES];
        let others = [stateless::ENTRIES, register::ENTRIES, governance::ENTRIES, edge::ENTRIES];
        let find = |table: &'static [Entry]| table.iter().find(|e| e.number == self.number());
        // A test holds every reason against the tables; a reason that is newer than this file still gets an answer.
        others.into_iter().chain(of_invoices).find_map(find).unwrap_or(&entry::UNKNOWN)
    }
}

/// What happened, for people: the reason's text with the refusal's arguments, behind its line and item.
pub fn render(refusal: &Refusal, lang: Lang) -> String {
    let text = Reason::Ledger(refusal.reason).entry().text(lang);
    let body = template::fill(text, &refusal.args, lang);
    let place = match (lang, refusal.item, refusal.line) {
        (_, None, None) => String::new(),
        (Lang::Zh, Some(item), None) => format!("第 {} 项：", u32::from(item) + 1),
        (Lang::Zh, None, Some(line)) => format!("第 {line} 行："),
        (Lang::Zh, Some(item), Some(line)) => format!("第 {} 项第 {line} 行：", u32::from(item) + 1),
        (Lang::En, Some(item), None) => format!("item {}: ", u32::from(item) + 1),
        (Lang::En, None, Some(line)) => format!("line {line}: "),
        (Lang::En, Some(item), Some(line)) => format!("item {}, line {line}: ", u32::from(item) + 1),
    };
    format!("{place}{body}")
}

/// What happened, without a refusal's arguments.
pub fn summary(reason: impl Into<Reason>, lang: Lang) -> String {
    template::fill(reason.into().entry().text(lang), &[], lang)
}

/// What to do.
pub fn next_action(reason: impl Into<Reason>, lang: Lang) -> &'static str {
    reason.into().entry().next(lang)
}

#[cfg(test)]
#[path = "catalogue/catalogue_test.rs"]
mod catalogue_test;
