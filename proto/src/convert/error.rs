//! What is wrong with a message.

use std::fmt;

/// A message that is not a domain value: which field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    /// Dotted path from the message that was converted, e.g. `invoice.lines[3].rate`. Empty for the message itself.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field. Never holds the value: it may be taxpayers' data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A required field is absent, empty or an unset enum.
    Missing,
    /// A number that the enum does not have.
    UnknownEnum(i32),
    /// Bytes of another length.
    Length {
        /// Bytes expected.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// Too many elements or bytes.
    TooMany {
        /// Most allowed.
        most: usize,
        /// Found.
        found: usize,
    },
    /// A number outside its range.
    OutOfRange {
        /// Smallest allowed.
        least: i64,
        /// Largest allowed.
        most: i64,
    },
    /// A text or value that is not what it should be; says what it should be.
    Invalid(String),
    /// Fields that contradict each other; says how.
    Contradiction(&'static str),
}

impl ConvertError {
    /// A problem with a field.
    pub fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self { field: field.into(), problem }
    }

    /// A required field that is absent.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::new(field, Problem::Missing)
    }

    /// A value that is not what it should be.
    pub fn invalid(field: impl Into<String>, should: impl Into<String>) -> Self {
        Self::new(field, Problem::Invalid(should.into()))
    }

    /// The same problem, seen from the message that holds `parent`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field = match (parent.is_empty(), self.field.is_empty()) {
            (true, _) => self.field,
            (_, true) => parent.to_owned(),
            _ => format!("{parent}.{}", self.field),
        };
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is required"),
            Self::UnknownEnum(n) => write!(f, "has no value {n}"),
            Self::Length { expected, found } => write!(f, "must have {expected} bytes, not {found}"),
            Self::TooMany { most, found } => write!(f, "may have at most {most}, not {found}"),
            Self::OutOfRange { least, most } => write!(f, "must be from {least} to {most}"),
            Self::Invalid(should) => f.write_str(should),
            Self::Contradiction(how) => f.write_str(how),
        }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "message" } else { &self.field };
        write!(f, "{field}: {}", self.problem)
    }
}

impl std::error::Error for ConvertError {}
