//! One line of the catalogue.

use tonic::Code;

use super::Lang;

/// Whether and how to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// Not without a change.
    Never,
    /// The very same bytes or call.
    Same,
    /// The same content under a new request id: the old id is used up.
    NewId,
}

impl Retry {
    /// The word in `ErrorInfo.metadata`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Same => "same",
            Self::NewId => "new_id",
        }
    }
}

/// The command line's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// Anything else.
    General = 1,
    /// Wrong usage.
    Usage = 2,
    /// Not found.
    NotFound = 3,
    /// Somebody was first, or the state does not allow it.
    Conflict = 4,
    /// Not allowed.
    Permission = 5,
    /// Nobody answers.
    Unavailable = 6,
    /// Out of time.
    Deadline = 7,
    /// A proof or signature does not verify.
    Verification = 8,
    /// Bad data.
    BadData = 65,
    /// Input or output failed.
    Io = 74,
    /// Temporary: try again.
    Temporary = 75,
    /// Bad configuration.
    Config = 78,
}

impl ExitCode {
    /// The number.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// One line of the catalogue. Templates: `{0}` is the first argument, `{0|table}` a choice by the name of its table,
/// and `[…]` stands only if all arguments in it are there.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u16,
    pub(super) code: Code,
    pub(super) exit: ExitCode,
    pub(super) retry: Retry,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) next_zh: &'static str,
    pub(super) next_en: &'static str,
}

impl Entry {
    pub(super) fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    pub(super) fn next(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.next_zh,
            Lang::En => self.next_en,
        }
    }
}

/// For a reason that is newer than the catalogue.
pub(super) static UNKNOWN: Entry = Entry {
    number: 0,
    code: Code::FailedPrecondition,
    exit: ExitCode::General,
    retry: Retry::Never,
    zh: "请求被拒绝，本程序尚不认识该原因",
    en: "refused for a reason that this program does not know yet",
    next_zh: "升级本程序",
    next_en: "upgrade this program",
};

/// A table of entries: number, gRPC code, exit code, retry; text and next action in Chinese and English.
macro_rules! entries {
    ($($reason:ident, $code:ident, $exit:ident, $retry:ident: $zh:literal, $en:literal; $next_zh:literal, $next_en:literal.)*) => {
        pub(super) static ENTRIES: &[Entry] = &[$(Entry {
            number: R::$reason as u16,
            code: Code::$code,
            exit: ExitCode::$exit,
            retry: Retry::$retry,
            zh: $zh,
            en: $en,
            next_zh: $next_zh,
            next_en: $next_en,
        }),*];
    };
}
pub(super) use entries;
