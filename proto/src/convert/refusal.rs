//! Refusals. Texts go out for people and are not read back: they are made from the number and the arguments.

use ledger_types::limits::{MAX_RECEIPT_ARGS, MAX_REFUSALS};
use ledger_types::{AccountId, Arg, BlockTime, Canonical, Fen, Field, KeyId, Refusal, RejectReason, Slot};

use ledger_types::refusal::Level;

use super::error::{ConvertError, Problem};
use super::field::{Read, choice, digest, list, message, ms, parse, required, tx_id, u8_of, u16_of, wire_ms};
use crate::catalogue::{Lang, Reason, next_action, render};
use crate::types::v1 as wire;
use crate::types::v1::refusal_arg::Arg as WireArg;

impl From<&Arg> for wire::RefusalArg {
    fn from(arg: &Arg) -> Self {
        let arg = match arg {
            Arg::Count(n) => WireArg::Count(*n),
            Arg::Money(fen) => WireArg::Money(fen.0),
            Arg::Time(t) => WireArg::TimeMs(wire_ms(t.0)),
            Arg::Account(a) => WireArg::Account(a.0),
            Arg::Key(k) => WireArg::Key(k.0.into()),
            Arg::Slot(s) => WireArg::Slot(s.0),
            Arg::Sequence(n) => WireArg::Sequence(*n),
            Arg::Tx(id) => WireArg::Tx(id.0.to_vec()),
            Arg::Rate(r) => WireArg::Rate(r.into()),
            Arg::TaxCode(c) => WireArg::TaxCode(c.to_string()),
            Arg::Code(c) => WireArg::Code(c.to_string()),
            Arg::Number(n) => WireArg::Number(n.to_string()),
            Arg::Digest(d) => WireArg::Digest(d.0.to_vec()),
            Arg::Choice(n) => WireArg::Choice((*n).into()),
        };
        Self { arg: Some(arg) }
    }
}

impl TryFrom<wire::RefusalArg> for Arg {
    type Error = ConvertError;

    fn try_from(w: wire::RefusalArg) -> Result<Self, ConvertError> {
        Ok(match required(w.arg, "arg")? {
            WireArg::Count(n) => Self::Count(n),
            WireArg::Money(fen) => Self::Money(Fen(fen)),
            WireArg::TimeMs(t) => Self::Time(BlockTime(ms(t, "time_ms")?)),
            WireArg::Account(a) => Self::Account(AccountId(a)),
            WireArg::Key(k) => Self::Key(KeyId(u16_of(k, "key")?)),
            WireArg::Slot(s) => Self::Slot(Slot(s)),
            WireArg::Sequence(n) => Self::Sequence(n),
            WireArg::Tx(id) => Self::Tx(tx_id(&id, "tx")?),
            WireArg::Rate(r) => Self::Rate(message(Some(r), "rate")?),
            WireArg::TaxCode(c) => Self::TaxCode(parse(&c, "tax_code")?),
            WireArg::Code(c) => Self::Code(parse(&c, "code")?),
            WireArg::Number(n) => Self::Number(parse(&n, "number")?),
            WireArg::Digest(d) => Self::Digest(digest(&d, "digest")?),
            WireArg::Choice(n) => Self::Choice(u8_of(n, "choice")?),
        })
    }
}

/// Without texts, for details of a status.
fn bare(r: &Refusal) -> wire::Refusal {
    wire::Refusal {
        number: r.reason.number().into(),
        reason: r.reason.name().to_owned(),
        level: wire::RefusalLevel::from(r.level).into(),
        field_number: r.field as u32,
        field: r.field.path().to_owned(),
        item: r.item.map(Into::into),
        line: r.line.map(Into::into),
        args: r.args.iter().map(Into::into).collect(),
        retryable: Reason::Ledger(r.reason).retryable(),
        ..Default::default()
    }
}

impl From<&Refusal> for wire::Refusal {
    fn from(r: &Refusal) -> Self {
        let reason = Reason::Ledger(r.reason);
        Self {
            message_zh: render(r, Lang::Zh),
            message_en: render(r, Lang::En),
            next_action_zh: next_action(reason, Lang::Zh).to_owned(),
            next_action_en: next_action(reason, Lang::En).to_owned(),
            ..bare(r)
        }
    }
}

fn reason(number: u32, name: &str) -> Read<RejectReason> {
    let known = u16::try_from(number).ok().and_then(RejectReason::from_number);
    let reason = known.ok_or_else(|| ConvertError::invalid("number", "must be the number of a known reason"))?;
    if reason.name() == name {
        Ok(reason)
    } else {
        Err(ConvertError::new("reason", Problem::Contradiction("is not the name of the number")))
    }
}

fn field(number: u32, path: &str) -> Read<Field> {
    let should = || ConvertError::invalid("field_number", "must be the number of a known field");
    // The strict decoder of the ledger's own format is the one list of numbers.
    let field = Field::from_canonical(&[u8::try_from(number).map_err(|_| should())?]).map_err(|_| should())?;
    if field.path() == path {
        Ok(field)
    } else {
        Err(ConvertError::new("field", Problem::Contradiction("is not the path of the field number")))
    }
}

impl TryFrom<wire::Refusal> for Refusal {
    type Error = ConvertError;

    fn try_from(w: wire::Refusal) -> Result<Self, ConvertError> {
        Ok(Self {
            reason: reason(w.number, &w.reason)?,
            level: choice::<wire::RefusalLevel, Level>(w.level, "level")?,
            field: field(w.field_number, &w.field)?,
            item: w.item.map(|n| u16_of(n, "item")).transpose()?,
            line: w.line.map(|n| u16_of(n, "line")).transpose()?,
            args: list(w.args, MAX_RECEIPT_ARGS, "args")?,
        })
    }
}

/// The first `most` refusals without texts, and how many there are: the detail of a gRPC status.
pub fn refusal_list(refusals: &[Refusal], most: usize) -> wire::RefusalList {
    let total = u32::try_from(refusals.len()).unwrap_or(u32::MAX);
    wire::RefusalList { total, refusals: refusals.iter().take(most).map(bare).collect() }
}

/// Reads back what [`refusal_list`] made.
impl TryFrom<wire::RefusalList> for Vec<Refusal> {
    type Error = ConvertError;

    fn try_from(w: wire::RefusalList) -> Result<Self, ConvertError> {
        list(w.refusals, MAX_REFUSALS, "refusals")
    }
}
