//! `docs/errors.md`, written from the catalogue.

use std::fmt::Write;

use ledger_types::ReasonClass;
use tonic::Code;

use super::fields::fields;
use super::{Lang, Reason, next_action, summary};

const HEAD: &str = "\
# Errors

Written from the catalogue by `TAXCHAIN_BLESS=1 cargo test -p proto --test errors_page`; a test fails when it is out of date.

A failure never changes state. It carries a stable number and name, the field it is about, typed arguments, texts in
Chinese and English, and what to do. Numbers are never reused. Reasons below 900 and from 1000 on are the ledger's: up
to 299 at the door, from 300 on with a receipt in a block, which uses up the request id; evidence that proves nothing in
itself is turned away at the door. Reasons from 900 to 999 come from the service or client itself and say nothing about
a transaction.

- **Retry**: *never* = not without a change; *same* = the very same bytes; *new id* = the same content under a new id.
- **gRPC**: the canonical code. **Exit**: the command line's exit code.
- Every reason's level is *error* unless a refusal says *warning*; a warning does not refuse. The fields listed are the
  usual ones; each refusal names its own, e.g. `lines[].rate`, with the line or item beside it.
- In a text `{0}` is the first argument, `{0|table}` a choice by its name, and a part in `[…]` stands only if its
  arguments are there; arguments that no part shows are put behind in brackets.
- A status shows the first refusals only when there are many: `google.rpc.ErrorInfo.metadata.refusals` says how many
  there are, and the receipt has them all.

A status carries `google.rpc.ErrorInfo{reason, domain \"taxchain\"}` with the metadata `number`, `field`, `item`, `line`,
`args`, `tx_id`, `retry` and `retryable`; `BadRequest` with one violation for each refusal; `LocalizedMessage` in zh-CN and
en; `Help` with a link into this page; `PreconditionFailure`, `QuotaFailure` and `RetryInfo` where they apply; and
`taxchain.types.v1.RefusalList` with the refusals as they are.
";

/// The whole page.
pub fn errors_page() -> String {
    let mut out = HEAD.to_owned();
    let mut group = "";
    for reason in Reason::all() {
        let title = title(reason);
        if title != group {
            group = title;
            write!(out, "\n## {title}\n").expect("writing to a string cannot fail");
        }
        section(&mut out, reason).expect("writing to a string cannot fail");
    }
    out
}

fn title(reason: Reason) -> &'static str {
    match reason {
        Reason::Edge(_) => "9xx: the edge / 边缘",
        Reason::Ledger(r) => match r.class() {
            ReasonClass::Stateless => "1xx: bytes and signatures / 字节与签名",
            ReasonClass::Request => "2xx: request ids and room / 请求号与容量",
            ReasonClass::Authority => "3xx: authority / 权限",
            ReasonClass::Register => "4xx: the register / 登记",
            ReasonClass::Rule => "5xx: issuing rules / 开票规则",
            ReasonClass::Flow => "6xx: an invoice's state / 发票状态",
            ReasonClass::Red => "7xx: red letters / 红冲",
            ReasonClass::Payment => "8xx: payments and orders / 付款与订单",
            ReasonClass::Governance => "10xx: the chain's own rules / 链的治理",
        },
    }
}

fn section(out: &mut String, reason: Reason) -> std::fmt::Result {
    let (number, name) = (reason.number(), reason.name());
    writeln!(out, "\n### {name}\n")?;
    let retry = reason.retry().name().replace('_', " ");
    let (grpc, exit) = (code_name(reason.code()), reason.exit().number());
    let retryable = if reason.retryable() { "yes" } else { "no" };
    writeln!(out, "{number} · level error · gRPC {grpc} · exit {exit} · retryable: {retryable} ({retry})\n")?;
    if let Reason::Ledger(r) = reason {
        let paths: Vec<String> = fields(r).iter().map(|f| format!("`{}`", f.path())).collect();
        writeln!(out, "- 字段 / Field: {}", paths.join(", "))?;
    }
    for (lang, what, todo) in [(Lang::Zh, "含义", "处理"), (Lang::En, "Meaning", "To do")] {
        writeln!(out, "- {what}: {}", summary(reason, lang))?;
        if let Reason::Ledger(_) = reason {
            let template = reason.entry().text(lang);
            if template.contains('{') {
                let word = if lang == Lang::Zh { "文本" } else { "Text" };
                writeln!(out, "- {word}: `{template}`")?;
            }
        }
        writeln!(out, "- {todo}: {}", next_action(reason, lang))?;
    }
    Ok(())
}

/// The code's name as in `google.rpc.Code`.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
