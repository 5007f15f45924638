//! One invoice's life in the simulation: what is sent next, what is expected, and what came of it.

use std::sync::Arc;

use crypto::OrderToken;
use ledger_types::payload::RedAnswer;
use ledger_types::{
    Address, Digest, Fen, FormId, OwnerCondition, Payload, Purpose, RedReason, RequestId, Slot, Spend, TxOutcome,
    domain_hash,
};
use sdk::{Frame, NodeClient};

use crate::city::{City, Company};
use crate::drafts;
use crate::error::SimError;
use crate::lanes::Content;
use crate::personas::cheat::Cheat;
use crate::plan::{Act, InvoicePlan};
use crate::seen::Expect;

/// How long what is sent stays valid, ms of block time: longer than a simulation lags behind its clock.
const VALID_MS: u64 = 50 * 60_000;
const MONTH_MS: u64 = 30 * 86_400_000;

/// What was sent for an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The issue.
    Issue,
    /// The same issue again, byte for byte.
    Again,
    /// A step.
    Act(Act),
}

/// Where an invoice stands.
#[derive(Clone, Default)]
pub struct Life {
    /// Its slot, once issued.
    pub slot: Option<Slot>,
    /// The sequence its next spend must name.
    pub sequence: u32,
    /// The next step of the plan.
    pub step: usize,
    /// The request id of the issue.
    pub request_id: Option<RequestId>,
    /// The order token.
    pub token: Option<Arc<OrderToken>>,
    form: Option<FormId>,
}

/// A job's frame, content and expectation.
pub struct Ready {
    /// Chain, area, request id, limit.
    pub frame: Frame,
    /// What to sign.
    pub content: Content,
    /// What should come of it.
    pub expect: Expect,
}

/// The whole simulation as a job sees it.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The node.
    pub client: &'a NodeClient,
    /// Everybody.
    pub city: &'a City,
}

impl Around<'_> {
    fn frame(self) -> Result<Frame, SimError> {
        let frame = self.client.new_frame(self.city.area)?;
        Ok(Frame { valid_until_ms: self.client.now().0 + VALID_MS, ..frame })
    }

    /// The issue of a plan, and its amount without tax.
    pub fn issue(self, plan: &InvoicePlan) -> Result<(Ready, Fen), SimError> {
        let draft = drafts::draft(plan, self.city);
        let net = draft.totals().map_or(Fen(i64::MAX), |(net, _)| net);
        let mut frame = self.frame()?;
        if plan.cheat == Some(Cheat::Expired) {
            frame.valid_until_ms = self.client.now().0.saturating_sub(60_000);
        }
        let content = Content::Invoice {
            draft: Box::new(draft),
            seller: self.city.merchants[plan.merchant].till.clone(),
            tamper: plan.cheat == Some(Cheat::AlteredAfterSigning),
        };
        let expect =
            plan.cheat.map_or(Expect::Accepted, |cheat| Expect::Refused(cheat.expected(frame.committee.is_some())));
        Ok((Ready { frame, content, expect }, net))
    }

    /// A step of a plan. None if there is nothing to do it with: the invoice was never issued.
    pub fn act(self, plan: &InvoicePlan, life: &Life, act: Act) -> Result<Option<Ready>, SimError> {
        let Some(slot) = life.slot else { return Ok(None) };
        let frame = self.frame()?;
        let company = plan.company.map(|c| &self.city.companies[c]);
        let expect = match act {
            Act::Cheat(cheat) => Expect::Refused(cheat.expected(frame.committee.is_some())),
            _ => Expect::Accepted,
        };
        let content = match act {
            Act::Claim => self.claim(plan, life, slot),
            Act::Cheat(cheat) => return self.cheat(plan, life, slot, cheat, frame),
            Act::RedDirect | Act::RedConfirmed => Some(self.red(plan, life, slot)),
            Act::AskRed => {
                let payload = Payload::RequestRed { invoice: slot, reason: RedReason::IssueError };
                Some(self.by_till(plan, payload))
            }
            Act::Offer => company.map(|c| {
                let spend = Spend::new(slot, life.sequence);
                let until_ms = self.client.now().0 + MONTH_MS;
                let payload = Payload::OfferTransfer { spend, to: c.address, until_ms };
                Content::Plain(payload, self.city.wallets[plan.person].clone())
            }),
            Act::Accept | Act::Lock | Act::Book | Act::Reimburse | Act::ConfirmRed => {
                company.and_then(|c| self.by_company(plan, life, slot, c, act))
            }
        };
        Ok(content.map(|content| Ready { frame, content, expect }))
    }

    fn claim(self, plan: &InvoicePlan, life: &Life, slot: Slot) -> Option<Content> {
        let to = self.wallet(plan);
        let payload = Payload::Claim { spend: Spend::new(slot, life.sequence), to };
        life.token.clone().map(|token| Content::Claim(payload, token))
    }

    fn wallet(self, plan: &InvoicePlan) -> Address {
        self.city.wallets[plan.person].address(&self.client.chain_id())
    }

    fn by_till(self, plan: &InvoicePlan, payload: Payload) -> Content {
        Content::Plain(payload, self.city.merchants[plan.merchant].till.clone())
    }

    fn red(self, plan: &InvoicePlan, life: &Life, slot: Slot) -> Content {
        let reason = RedReason::IssueError;
        let payload = Payload::IssueRed { invoice: slot, sequence: life.sequence, reason, form: life.form };
        self.by_till(plan, payload)
    }

    fn by_company(self, plan: &InvoicePlan, life: &Life, slot: Slot, company: &Company, act: Act) -> Option<Content> {
        let mut spend = Spend::new(slot, life.sequence);
        let reference = |kind: &str| self.reference(kind, slot);
        let payload = match act {
            Act::Accept => {
                let mut members = vec![self.wallet(plan), company.address];
                members.sort_unstable();
                spend.reveal = Some(OwnerCondition::AnyOf(members));
                Payload::AcceptTransfer { spend }
            }
            Act::Lock => self.lock(spend),
            Act::Book => {
                Payload::Book { spend, deductible: !slot.0.is_multiple_of(4), voucher_ref: reference("voucher") }
            }
            Act::Reimburse => Payload::Reimburse { spend, paid_ref: reference("paid") },
            Act::ConfirmRed => Payload::AnswerRed { form: life.form?, answer: RedAnswer::Confirm },
            _ => return None,
        };
        Some(Content::Plain(payload, company.clerk.clone()))
    }

    fn lock(self, spend: Spend) -> Payload {
        Payload::Lock { spends: vec![spend], until_ms: self.client.now().0 + MONTH_MS, reason: 1 }
    }

    fn reference(self, kind: &str, slot: Slot) -> Digest {
        domain_hash(Purpose::Reference, &self.client.chain_id(), format!("{kind} {slot}").as_bytes())
    }

    fn cheat(
        self,
        plan: &InvoicePlan,
        life: &Life,
        slot: Slot,
        cheat: Cheat,
        mut frame: Frame,
    ) -> Result<Option<Ready>, SimError> {
        let company = plan.company.unwrap_or(0);
        let clerk = |c: usize| self.city.companies[c % self.city.companies.len()].clerk.clone();
        let paid_again = self.reference("paid again", slot);
        let reimburse = |sequence| Payload::Reimburse { spend: Spend::new(slot, sequence), paid_ref: paid_again };
        let content = match cheat {
            Cheat::ReplayedId => {
                let Some(used) = life.request_id else { return Ok(None) };
                frame.request_id = used;
                let draft = Box::new(drafts::other_content(plan, self.city));
                Content::Invoice { draft, seller: self.city.merchants[plan.merchant].till.clone(), tamper: false }
            }
            Cheat::UnknownToken => {
                let payload = Payload::Claim { spend: Spend::new(slot, life.sequence), to: self.wallet(plan) };
                Content::Claim(payload, Arc::new(OrderToken::generate()?))
            }
            Cheat::DoubleClaim => match self.claim(plan, life, slot) {
                Some(content) => content,
                None => return Ok(None),
            },
            Cheat::ForeignLock => Content::Plain(self.lock(Spend::new(slot, life.sequence)), clerk(company + 1)),
            Cheat::ReimburseTwice => Content::Plain(reimburse(life.sequence), clerk(company)),
            Cheat::StaleReimburse => Content::Plain(reimburse(life.sequence.saturating_sub(1)), clerk(company)),
            Cheat::UnconfirmedRed => self.red(plan, &Life { form: None, ..life.clone() }, slot),
            Cheat::AlteredTax
            | Cheat::AlteredProduct
            | Cheat::AlteredAfterSigning
            | Cheat::OverQuota
            | Cheat::WrongRate
            | Cheat::Expired => return Ok(None),
        };
        let expect = Expect::Refused(cheat.expected(frame.committee.is_some()));
        Ok(Some(Ready { frame, content, expect }))
    }
}

impl Life {
    /// Takes in an accepted outcome.
    pub fn learn(&mut self, outcome: &TxOutcome) {
        match outcome {
            TxOutcome::Issued(issued) => self.slot = Some(issued.slot),
            TxOutcome::Stepped(steps) => {
                if let Some((_, sequence)) = steps.first() {
                    self.sequence = *sequence;
                }
            }
            TxOutcome::FormOpened(form) => {
                // The form is written into the invoice: one step.
                self.form = Some(*form);
                self.sequence += 1;
            }
            _ => {}
        }
    }
}
