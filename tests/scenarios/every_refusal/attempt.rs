//! One transaction that must be refused, and what came of it.

use anyhow::{Context, Result, bail, ensure};
use ledger_types::{Canonical, Change, ChangeSet, RejectReason};
use proto::node::v1::GetBlockRequest;
use proto::types::v1 as pb;
use proto::{ErrorReport, Reason};
use tests::TestChain;

use crate::wire::{self, Wire};

/// Bytes to hand in.
pub(super) struct Attempt {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Further reasons that the same input gives.
    pub(super) beside: &'static [RejectReason],
    /// A chain of its own, if the shared one cannot be brought there.
    pub(super) elsewhere: Option<TestChain>,
    /// Tasks fall due meanwhile: the state moves, though not by this transaction.
    pub(super) time_passes: bool,
}

impl Attempt {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, beside: &[], elsewhere: None, time_passes: false }
    }

    /// The same input breaks these as well.
    pub(super) fn beside(self, beside: &'static [RejectReason]) -> Self {
        Self { beside, ..self }
    }
}

impl From<sdk::SignedTx> for Attempt {
    fn from(tx: sdk::SignedTx) -> Self {
        Self::new(tx.bytes)
    }
}

/// A refusal as it came over the wire.
pub(super) enum Refused {
    /// Before any block.
    AtTheDoor(Box<ErrorReport>),
    /// With a receipt.
    InBlock { height: u64, index: u32, tx: Vec<u8>, refusals: Vec<pb::Refusal> },
}

/// Hands bytes in that must be refused.
pub(super) async fn hand_in(wire: &Wire, bytes: Vec<u8>) -> Result<Refused> {
    let answer = match wire::submit(wire, bytes).await {
        Err(status) => return Ok(Refused::AtTheDoor(Box::new(ErrorReport::from_status(&status)))),
        Ok(answer) => answer,
    };
    let fate = answer.fate.context("an answer without a fate")?;
    let (height, index) = (fate.height.context("no height")?, fate.index.context("no index")?);
    match fate.receipt.context("no receipt")?.verdict.context("no verdict")? {
        pb::receipt::Verdict::Refused(refused) => {
            Ok(Refused::InBlock { height, index, tx: answer.tx_id, refusals: refused.refusals })
        }
        pb::receipt::Verdict::Accepted(outcome) => bail!("it was accepted: {outcome:?}"),
    }
}

impl Refused {
    /// All reasons given.
    pub(super) fn reasons(&self) -> impl Iterator<Item = RejectReason> {
        let numbers: Vec<u16> = match self {
            Self::AtTheDoor(report) => match report.reason {
                Some(Reason::Ledger(first)) => {
                    let all = report.refusals.iter().map(|r| r.reason.number());
                    std::iter::once(first.number()).chain(all).collect()
                }
                _ => Vec::new(),
            },
            Self::InBlock { refusals, .. } => refusals.iter().filter_map(|r| u16::try_from(r.number).ok()).collect(),
        };
        numbers.into_iter().filter_map(RejectReason::from_number)
    }

    /// Number, name, field, both languages, and what to do: all of it on the wire.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::AtTheDoor(report) => {
                wire::check_report(report)?;
                ensure!(report.field.as_ref().is_some_and(|f| !f.is_empty()), "no field");
                ensure!(report.refusals.len() == 1, "at the door one reason is enough");
            }
            Self::InBlock { refusals, .. } => {
                for refusal in refusals {
                    let reason = u16::try_from(refusal.number).ok().and_then(RejectReason::from_number);
                    let reason = reason.context("an unknown number")?;
                    ensure!(refusal.reason == reason.name(), "{} is not {}", refusal.number, refusal.reason);
                    ensure!(!refusal.field.is_empty(), "{reason}: no field");
                    wire::check_texts(&refusal.message_zh, &refusal.message_en).context(reason)?;
                    wire::check_texts(&refusal.next_action_zh, &refusal.next_action_en).context(reason)?;
                }
            }
        }
        Ok(())
    }
}

/// Holds the block's change set against the rule that a refused transaction writes its request line and nothing else.
pub(super) async fn check_only_a_request_line(wire: &Wire, height: u64, index: u32, tx: &[u8]) -> Result<()> {
    let request = GetBlockRequest { height, include_changes: true, ..GetBlockRequest::default() };
    let block = wire.clone().get_block(request).await?.into_inner();
    let changes = ChangeSet::from_canonical(&block.changes)?;
    let ours = changes.changes.iter().filter(|change| match change {
        Change::Output { cause, .. } | Change::Registry { cause, .. } => u32::from(*cause) == index,
        Change::Request(entry) => entry.tx.0.as_slice() == tx,
    });
    match ours.collect::<Vec<_>>().as_slice() {
        [Change::Request(entry)] => ensure!(!entry.accepted, "the log says that it was accepted"),
        other => bail!("it changed {other:?}"),
    }
    Ok(())
}
