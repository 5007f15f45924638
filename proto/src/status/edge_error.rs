//! Failures without a verdict of the ledger.

use std::fmt;
use std::time::Duration;

use ledger_types::TxId;
use tonic::Status;

use super::details::Details;
use crate::catalogue::{Lang, Reason, summary};
use crate::convert::ConvertError;
use crate::edge_reason::EdgeReason;
use crate::page::PageTokenError;

/// Longest detail that travels, characters: it goes to logs and terminals.
const MAX_DETAIL_CHARS: usize = 300;

/// A failure at the edge, on its way to becoming a status or an exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeError {
    reason: EdgeReason,
    field: Option<String>,
    detail: Option<String>,
    resource: Option<(String, String)>,
    meta: Vec<(String, String)>,
    retry_after: Option<Duration>,
}

impl EdgeError {
    /// A failure for this reason.
    pub fn new(reason: EdgeReason) -> Self {
        Self { reason, field: None, detail: None, resource: None, meta: Vec::new(), retry_after: None }
    }

    /// Something that is not there: its kind and how it was named.
    pub fn not_found(kind: &str, name: impl fmt::Display) -> Self {
        Self { resource: Some((kind.to_owned(), name.to_string())), ..Self::new(EdgeReason::NotFound) }
    }

    /// About this field.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>) -> Self {
        self.field = Some(path.into());
        self
    }

    /// With a sentence in English. Never taxpayers' data or secrets.
    #[must_use]
    pub fn detail(mut self, text: impl fmt::Display) -> Self {
        self.detail = Some(text.to_string().chars().take(MAX_DETAIL_CHARS).collect());
        self
    }

    /// With a value for machines, e.g. `request_id`.
    #[must_use]
    pub fn meta(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.meta.push((key.to_owned(), value.to_string()));
        self
    }

    /// About this transaction.
    #[must_use]
    pub fn tx(self, tx: &TxId) -> Self {
        self.meta("tx_id", tx)
    }

    /// To be tried again after this long.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Why.
    pub fn reason(&self) -> EdgeReason {
        self.reason
    }

    /// The status that travels.
    pub fn into_status(self) -> Status {
        let reason = Reason::Edge(self.reason);
        let mut details = Details::new(reason);
        for (key, value) in &self.meta {
            details.meta(key, value);
        }
        let (zh, en) = (summary(reason, Lang::Zh), self.to_string());
        if let Some(field) = &self.field {
            details.meta("field", field);
            let text = self.detail.clone().unwrap_or_else(|| summary(reason, Lang::En));
            details.violation(field.clone(), text, self.reason.name());
        }
        if let Some((kind, name)) = &self.resource {
            details.resource(kind, name);
        }
        let zh = match (&self.field, &self.resource) {
            (Some(field), _) => format!("{zh}：{field}"),
            (None, Some((_, name))) => format!("{zh}：{name}"),
            (None, None) => zh,
        };
        details.texts(zh, en.clone());
        details.helpful(self.field.as_deref().unwrap_or("request"), &en, self.retry_after);
        details.into_status(en)
    }
}

impl fmt::Display for EdgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&summary(self.reason, Lang::En))?;
        if let Some((kind, name)) = &self.resource {
            write!(f, ": {kind} {name}")?;
        }
        match (&self.field, &self.detail) {
            (Some(field), Some(detail)) => write!(f, ": {field} {detail}"),
            (Some(field), None) => write!(f, ": {field}"),
            (None, Some(detail)) => write!(f, ": {detail}"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for EdgeError {}

impl From<EdgeError> for Status {
    fn from(error: EdgeError) -> Self {
        error.into_status()
    }
}

impl From<ConvertError> for EdgeError {
    fn from(error: ConvertError) -> Self {
        let field = if error.field.is_empty() { "message".to_owned() } else { error.field };
        Self::new(EdgeReason::InvalidArgument).field(field).detail(error.problem)
    }
}

impl From<PageTokenError> for EdgeError {
    fn from(error: PageTokenError) -> Self {
        Self::new(EdgeReason::PageToken).field("page_token").detail(error)
    }
}

impl From<ConvertError> for Status {
    fn from(error: ConvertError) -> Self {
        EdgeError::from(error).into_status()
    }
}

impl From<PageTokenError> for Status {
    fn from(error: PageTokenError) -> Self {
        EdgeError::from(error).into_status()
    }
}
