//! What the clients send: accounts, invoices and their steps up to reimbursement, and now and then the same again.

use std::collections::{BTreeMap, VecDeque};

use chain_node::commit::CommittedBlock;
use crypto::KeyError;
use ledger::StateView;
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::payload::InvoiceRequest;
use ledger_types::{
    AccountKind, Digest, Fen, KeyId, KeyRecord, OwnerCondition, Payload, RequestId, RuleBook, Slot, Spend, TxId,
    TxOutcome, Verdict,
};
use sdk::{Frame, Identity, SignedTx, sign_invoice, sign_plain};

use super::clients::{AREA, People};
use crate::dice::Dice;
use crate::drafts;
use crate::industry::Industry;
use crate::personas::bureau;

/// One in so many is something that was sent before.
const AGAIN: f64 = 0.08;
/// What is valid for so long, ms.
const VALID_MS: u64 = 120_000;
/// The rules take force so much later than they are sent, ms.
const RULES_IN_MS: u64 = 8_000;
const QUOTA: Fen = Fen(100_000_000_000);

/// What transactions that took effect come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) accounts: u64,
    pub(super) invoices: u64,
    pub(super) issued: i128,
    pub(super) reimbursed: u64,
    pub(super) refused: u64,
}

/// An invoice under way, and what is done with it next.
#[derive(Clone, Copy, Debug)]
struct Invoice {
    slot: Slot,
    sequence: u32,
    company: usize,
    token: Option<usize>,
    next: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Claim,
    Lock,
    Book,
    Reimburse,
}

/// What a transaction is about.
enum Aim {
    Setup(usize),
    Account,
    Change,
    Issue { amount: Fen, company: usize, token: Option<usize> },
    Step(Invoice),
}

/// The clients.
pub(super) struct Workload {
    people: People,
    signers: sm::SignerCache,
    /// What must stand in the chain before invoices can be issued: done or not.
    setup: Vec<bool>,
    sent: BTreeMap<TxId, Aim>,
    old: VecDeque<Vec<u8>>,
    open: Vec<Invoice>,
    pub(super) totals: Totals,
    /// Slots of invoices, for proofs.
    pub(super) slots: Vec<Slot>,
}

impl Workload {
    pub(super) fn new(people: People) -> Self {
        // The rule book, and an approval for each shop.
        let setup = vec![false; 1 + people.shops.len()];
        Self {
            people,
            signers: sm::SignerCache::new(8, 64, 2),
            setup,
            sent: BTreeMap::new(),
            old: VecDeque::new(),
            open: Vec::new(),
            totals: Totals::default(),
            slots: Vec::new(),
        }
    }

    /// The next transaction, as it comes out of room 2 of a node with this state; the operators' wish goes first.
    pub(super) fn next(
        &mut self,
        dice: &mut Dice,
        now_ms: u64,
        state: &dyn StateView,
        wish: Option<Payload>,
    ) -> Option<AuthenticatedTx> {
        let raw = match (wish, self.old.len()) {
            (None, some) if some > 0 && dice.chance(AGAIN) => self.old[dice.below(some)].clone(),
            (wish, _) => self.fresh(dice, now_ms, wish).ok()?,
        };
        let decoded = decode(&self.people.chain, RawTx(raw)).ok()?;
        authenticate(vec![decoded], state, &mut self.signers, &ledger_types::seal::NoKeys)
            .ok()?
            .into_iter()
            .next()?
            .ok()
    }

    fn fresh(&mut self, dice: &mut Dice, now_ms: u64, wish: Option<Payload>) -> Result<Vec<u8>, KeyError> {
        let frame = self.frame(dice, now_ms);
        let todo = self.setup.iter().position(|done| !done);
        let (tx, aim) = match (wish, todo) {
            (Some(wish), _) => (sign_plain(&frame, wish, &[&self.people.bureau])?, Aim::Change),
            (None, Some(place)) if dice.chance(0.7) => {
                (sign_plain(&frame, self.setup_step(place, now_ms), &[&self.people.bureau])?, Aim::Setup(place))
            }
            (None, None) if !self.open.is_empty() && dice.chance(0.4) => self.step(&frame, dice)?,
            (None, None) if dice.chance(0.5) => self.issue(&frame, dice)?,
            _ => self.account(&frame, dice)?,
        };
        self.sent.insert(tx.id, aim);
        self.old.push_back(tx.bytes.clone());
        if self.old.len() > 100 {
            self.old.pop_front();
        }
        Ok(tx.bytes)
    }

    fn setup_step(&self, place: usize, now_ms: u64) -> Payload {
        match place.checked_sub(1) {
            None => Payload::PublishRuleBook(Box::new(RuleBook::standard(AREA, 1, now_ms + RULES_IN_MS))),
            Some(shop) => {
                let profile = bureau::profile(Industry::Catering, QUOTA);
                Payload::ApproveTaxpayer { account: self.people.shops[shop].account, profile }
            }
        }
    }

    fn frame(&self, dice: &mut Dice, now_ms: u64) -> Frame {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&dice.bits().to_be_bytes());
        let (chain, request_id) = (self.people.chain, RequestId::new(now_ms, random));
        Frame { chain, area: AREA, request_id, valid_until_ms: now_ms + VALID_MS, committee: None }
    }

    fn account(&self, frame: &Frame, dice: &mut Dice) -> Result<(SignedTx, Aim), KeyError> {
        let wallet = &self.people.wallets[dice.below(self.people.wallets.len())];
        let payload = Payload::OpenAccount {
            kind: AccountKind::Person,
            area: AREA,
            tax_id: None,
            name: String::new(),
            keys: vec![KeyRecord::admin(KeyId(0), wallet.public_key().0)],
        };
        Ok((sign_plain(frame, payload, &[&self.people.bureau])?, Aim::Account))
    }

    fn issue(&self, frame: &Frame, dice: &mut Dice) -> Result<(SignedTx, Aim), KeyError> {
        let shop = &self.people.shops[dice.below(self.people.shops.len())];
        let company = dice.below(self.people.companies.len());
        let token = dice.chance(0.5).then(|| dice.below(self.people.tokens.len()));
        let owner = match token {
            Some(token) => OwnerCondition::TokenKey(self.people.tokens[token].address(&self.people.chain)),
            None => OwnerCondition::Address(self.people.companies[company].address),
        };
        let amount = Fen(i64::from(dice.between(100, 1_000_000)));
        let draft = drafts::small(Industry::Catering, amount);
        let request = InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
        let mut random = |out: &mut [u8]| {
            out.fill_with(|| dice.bits() as u8);
            Ok(())
        };
        let tx = sign_invoice(frame, Payload::Issue(request), &draft, &[&shop.clerk], &mut random)?;
        Ok((tx, Aim::Issue { amount, company, token }))
    }

    fn step(&mut self, frame: &Frame, dice: &mut Dice) -> Result<(SignedTx, Aim), KeyError> {
        let invoice = self.open.swap_remove(dice.below(self.open.len()));
        let spend = Spend::new(invoice.slot, invoice.sequence);
        let company = &self.people.companies[invoice.company];
        let until_ms = frame.valid_until_ms + 3_600_000;
        let reference = Digest(sm::sm3(&frame.request_id.0));
        let payload = match invoice.next {
            Step::Claim => Payload::Claim { spend, to: company.address },
            Step::Lock => Payload::Lock { spends: vec![spend], until_ms, reason: 1 },
            Step::Book => Payload::Book { spend, deductible: true, voucher_ref: reference },
            Step::Reimburse => Payload::Reimburse { spend, paid_ref: reference },
        };
        let signer: &Identity = match (invoice.next, invoice.token) {
            (Step::Claim, Some(token)) => &self.people.tokens[token],
            _ => &company.clerk,
        };
        Ok((sign_plain(frame, payload, &[signer])?, Aim::Step(invoice)))
    }

    /// Takes in what came of the transactions of a block that nobody showed before.
    pub(super) fn learn(&mut self, block: &CommittedBlock) {
        for (_, id, receipt) in block.verdicts() {
            let Some(aim) = self.sent.remove(&id) else { continue };
            match &receipt.verdict {
                Verdict::Accepted(outcome) => self.took_effect(&aim, outcome),
                Verdict::Refused(_) => self.totals.refused += 1,
            }
        }
    }

    fn took_effect(&mut self, aim: &Aim, outcome: &TxOutcome) {
        match (aim, outcome) {
            (Aim::Setup(place), _) => self.setup[*place] = true,
            (Aim::Account, TxOutcome::AccountOpened(_)) => self.totals.accounts += 1,
            (Aim::Issue { amount, company, token }, TxOutcome::Issued(issued)) => {
                self.totals.invoices += 1;
                self.totals.issued += i128::from(amount.0);
                self.slots.push(issued.slot);
                let next = if token.is_some() { Step::Claim } else { Step::Lock };
                let (company, token) = (*company, *token);
                self.open.push(Invoice { slot: issued.slot, sequence: 0, company, token, next });
            }
            (Aim::Step(invoice), TxOutcome::Stepped(steps)) => {
                let sequence = steps.first().map_or(invoice.sequence, |(_, sequence)| *sequence);
                let next = match invoice.next {
                    Step::Claim => Step::Lock,
                    Step::Lock => Step::Book,
                    Step::Book => Step::Reimburse,
                    Step::Reimburse => {
                        self.totals.reimbursed += 1;
                        return;
                    }
                };
                self.open.push(Invoice { sequence, next, ..*invoice });
            }
            _ => {}
        }
    }
}
