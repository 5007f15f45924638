//! The details of a status, in google.rpc form.

use std::fmt::Display;
use std::time::Duration;

use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb;

use super::{DOMAIN, help_link};
use crate::catalogue::{Lang, Reason, Retry, next_action};
use crate::types::v1 as wire;

/// Type of our own detail.
pub(super) const REFUSAL_LIST: &str = "type.googleapis.com/taxchain.types.v1.RefusalList";

/// How long to wait before the same bytes are sent again, when the server has no better idea.
const DEFAULT_RETRY: Duration = Duration::from_millis(500);

pub(super) struct Details {
    reason: Reason,
    info: pb::ErrorInfo,
    others: Vec<Any>,
    violations: Vec<pb::bad_request::FieldViolation>,
}

pub(super) fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: message.encode_to_vec() }
}

impl Details {
    pub(super) fn new(reason: Reason) -> Self {
        let info = pb::ErrorInfo { reason: reason.name().to_owned(), domain: DOMAIN.to_owned(), ..Default::default() };
        let mut details = Self { reason, info, others: Vec::new(), violations: Vec::new() };
        details.meta("number", reason.number());
        details.meta("retry", reason.retry().name());
        details.meta("retryable", reason.retryable());
        details.meta("exit", reason.exit().number());
        details.meta("next_action", next_action(reason, Lang::En));
        let link = pb::help::Link { description: "what it means and what to do".to_owned(), url: help_link(reason) };
        details.others.push(any("Help", &pb::Help { links: vec![link] }));
        details
    }

    pub(super) fn meta(&mut self, key: &str, value: impl Display) {
        self.info.metadata.insert(key.to_owned(), value.to_string());
    }

    /// Both languages: what happened and what to do.
    pub(super) fn texts(&mut self, zh: String, en: String) {
        let zh = format!("{zh}。{}。", next_action(self.reason, Lang::Zh));
        let en = format!("{en}. {}.", capital(next_action(self.reason, Lang::En)));
        for (lang, message) in [(Lang::Zh, zh), (Lang::En, en)] {
            let text = pb::LocalizedMessage { locale: lang.tag().to_owned(), message };
            self.others.push(any("LocalizedMessage", &text));
        }
    }

    /// What the code calls for: a precondition, a quota, a time to wait.
    pub(super) fn helpful(&mut self, subject: &str, description: &str, retry_after: Option<Duration>) {
        let (subject, description) = (subject.to_owned(), description.to_owned());
        match self.reason.code() {
            Code::FailedPrecondition | Code::Aborted => {
                let violation =
                    pb::precondition_failure::Violation { r#type: self.reason.name().to_owned(), subject, description };
                self.others.push(any("PreconditionFailure", &pb::PreconditionFailure { violations: vec![violation] }));
            }
            Code::ResourceExhausted => {
                let violation = pb::quota_failure::Violation {
                    subject,
                    description,
                    quota_id: self.reason.name().to_owned(),
                    ..Default::default()
                };
                self.others.push(any("QuotaFailure", &pb::QuotaFailure { violations: vec![violation] }));
            }
            _ => {}
        }
        if let Some(wait) = retry_after.or((self.reason.retry() == Retry::Same).then_some(DEFAULT_RETRY)) {
            let delay = prost_types::Duration {
                seconds: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                nanos: wait.subsec_nanos() as i32,
            };
            self.others.push(any("RetryInfo", &pb::RetryInfo { retry_delay: Some(delay) }));
        }
    }

    pub(super) fn resource(&mut self, kind: &str, name: &str) {
        let resource =
            pb::ResourceInfo { resource_type: kind.to_owned(), resource_name: name.to_owned(), ..Default::default() };
        self.others.push(any("ResourceInfo", &resource));
    }

    pub(super) fn violation(&mut self, field: String, description: String, reason: &str) {
        let reason = reason.to_owned();
        self.violations.push(pb::bad_request::FieldViolation { field, description, reason, localized_message: None });
    }

    pub(super) fn refusals(&mut self, mut list: wire::RefusalList, total: usize) {
        list.total = u32::try_from(total).unwrap_or(u32::MAX);
        self.others.push(Any { type_url: REFUSAL_LIST.to_owned(), value: list.encode_to_vec() });
    }

    fn all(&self) -> Vec<Any> {
        let mut all = vec![any("ErrorInfo", &self.info)];
        if !self.violations.is_empty() {
            all.push(any("BadRequest", &pb::BadRequest { field_violations: self.violations.clone() }));
        }
        all.extend(self.others.iter().cloned());
        all
    }

    /// Bytes of the status with this text.
    pub(super) fn encoded_len(&self, text: &str) -> usize {
        let message = format!("{}: {text}", self.reason.name());
        pb::Status { code: self.reason.code() as i32, message, details: self.all() }.encoded_len()
    }

    pub(super) fn into_status(self, text: String) -> Status {
        let code = self.reason.code();
        let message = format!("{}: {text}", self.reason.name());
        let status = pb::Status { code: code as i32, message: message.clone(), details: self.all() };
        Status::with_details(code, message, status.encode_to_vec().into())
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
