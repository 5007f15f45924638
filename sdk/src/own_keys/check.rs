//! A prepared transaction against the change that was asked for.

use ledger_types::owner::account_address;
use ledger_types::payload::{InvoiceRequest, PaymentUse, RedAnswer};
use ledger_types::transaction::TxBody;
use ledger_types::{
    Address, ApplicationId, ChainId, Digest, Envelope, Fen, FormId, KeyId, KeyPurpose, KeyRecord, OwnerCondition,
    Payload, PayloadKind, Purpose, RedReason, Role, SignerIdentity, SignerRole, Slot, Spend, Transaction, domain_hash,
};
use proto::convert::{ChangeHeader, InvoiceId, InvoiceRef, KeyMode, Recipient, field};
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::types::v1 as types;

use super::{Ground, NotAsAsked, body};

type Checked = Result<(), NotAsAsked>;

/// Longest that a transaction may be good for after its request id was made, ms: what is prepared may be signed later.
const MOST_AHEAD_MS: u64 = 24 * 3_600_000;

/// Checks that a prepared transaction is the change that was asked for and nothing else, to be signed by `who`.
///
/// Invoices are to be named by slot: which slot a face has only the service would say. Where the request leaves open how
/// long something lasts, or which step of an invoice it starts from, the service chose, within what the rules allow.
///
/// # Errors
/// [`NotAsAsked`] names the first field that differs.
pub fn check(change: &Change, tx: &Transaction, ground: &Ground, who: &SignerIdentity) -> Checked {
    let envelope = &tx.envelope;
    let header: ChangeHeader = read(header_of(change).clone(), "header")?;
    same("version", &envelope.version, &Envelope::VERSION)?;
    same("chain_id", &envelope.chain_id, &ground.chain)?;
    same("header.chain_id", &header.chain_id.unwrap_or(ground.chain), &ground.chain)?;
    same("request_id", &envelope.request_id, &header.request_id)?;
    holds("valid_until", envelope.valid_until_ms <= header.request_id.time_ms().saturating_add(MOST_AHEAD_MS))?;
    let [signer] = envelope.signers.as_slice() else { return Err(NotAsAsked::at("signers")) };
    same("signers", &signer.identity, who)?;
    holds("signers", signer.role == SignerRole::Owner && signer.acting_for.is_none())?;
    if let SignerIdentity::Account { account, .. } = who {
        same("header.acting_account", account, &header.acting_account)?;
    }
    holds("signatures", tx.signatures.is_empty())?;
    let asking = Asking { ground, header };
    asking.payload(change, &envelope.payload, who)?;
    asking.body(change, tx)
}

macro_rules! header_of {
    ($change:expr; $($name:ident),* $(,)?) => {
        match $change { $(Change::$name(message) => &message.header,)* }
    };
}

fn header_of(change: &Change) -> &Option<pb::ChangeHeader> {
    header_of!(
        change;
        Apply, IssueApplied, WithdrawApplication, Issue, IssueBatch, RequestRed, AnswerRed, IssueRed, Claim, Offer,
        Accept, Refuse, Withdraw, Lock, Unlock, Book, Unbook, Reimburse, RequestRedAsBuyer, AnswerRedAsBuyer,
        RecordPayment, ChangeKeys,
    )
}

/// What is asked, and by whom.
struct Asking<'a> {
    ground: &'a Ground,
    header: ChangeHeader,
}

impl Asking<'_> {
    fn payload(&self, change: &Change, payload: &Payload, who: &SignerIdentity) -> Checked {
        match (change, payload) {
            (Change::Issue(asked), Payload::Issue(request)) => self.request(asked.terms.as_ref(), request),
            (Change::Apply(asked), Payload::Apply { request, expires_ms }) => {
                self.request(asked.terms.as_ref(), request)?;
                until("expires_ms", asked.expires_ms, *expires_ms)
            }
            (Change::IssueApplied(asked), Payload::IssueApplied { application }) => {
                same("application", application, &ApplicationId(asked.application))
            }
            (Change::WithdrawApplication(asked), Payload::WithdrawApplication { application }) => {
                same("application", application, &ApplicationId(asked.application))
            }
            // Count, owners and root are checked with the items.
            (Change::IssueBatch(_), Payload::IssueBatch { .. }) => Ok(()),
            (Change::ChangeKeys(asked), Payload::UpdateKeys { account, add, revoke }) => {
                same("account", account, &self.header.acting_account)?;
                changed_keys(asked, add, revoke)
            }
            (Change::RecordPayment(asked), Payload::RecordPayment { payment_ref, payee, amount }) => {
                same("payment_id", payment_ref, &self.reference(&asked.payment_id))?;
                same("payee", &payee.0, &asked.payee)?;
                same("amount", amount, &Fen(asked.amount))
            }
            (asked, payload) => self.step(asked, payload, who),
        }
    }

    /// Changes of invoices that are there.
    fn step(&self, change: &Change, payload: &Payload, who: &SignerIdentity) -> Checked {
        match (change, payload) {
            (Change::Claim(asked), Payload::Claim { spend, to }) => self.claim(asked, spend, to, who),
            (Change::Offer(asked), Payload::OfferTransfer { spend, to, until_ms }) => {
                one(&asked.invoice, spend)?;
                let named: Recipient = read(asked.to.clone(), "to")?;
                same("to", to, &self.address(&named).ok_or_else(|| NotAsAsked::at("to"))?)?;
                until("until_ms", asked.until_ms, *until_ms)
            }
            (Change::Accept(asked), Payload::AcceptTransfer { spend }) => one(&asked.invoice, spend),
            (Change::Refuse(asked), Payload::RefuseTransfer { spend }) => one(&asked.invoice, spend),
            (Change::Withdraw(asked), Payload::WithdrawTransfer { spend }) => one(&asked.invoice, spend),
            (Change::Lock(asked), Payload::Lock { spends, until_ms, reason }) => {
                all(&asked.invoices, spends)?;
                same("reason", &u32::from(*reason), &asked.reason)?;
                until("until_ms", asked.until_ms, *until_ms)
            }
            (Change::Unlock(asked), Payload::Unlock { spends }) => all(&asked.invoices, spends),
            (Change::Book(asked), Payload::Book { spend, deductible, voucher_ref }) => {
                one(&asked.invoice, spend)?;
                same("deductible", deductible, &asked.deductible)?;
                same("voucher_number", voucher_ref, &self.reference(&asked.voucher_number))
            }
            (Change::Unbook(asked), Payload::Unbook { spend }) => one(&asked.invoice, spend),
            (Change::Reimburse(asked), Payload::Reimburse { spend, paid_ref }) => {
                one(&asked.invoice, spend)?;
                same("bank_receipt", paid_ref, &self.reference(&asked.bank_receipt))
            }
            (Change::RequestRed(asked), Payload::RequestRed { invoice, reason }) => {
                red(&asked.invoice, *invoice, None, (asked.reason, *reason))
            }
            (Change::RequestRedAsBuyer(asked), Payload::RequestRed { invoice, reason }) => {
                red(&asked.invoice, *invoice, None, (asked.reason, *reason))
            }
            (Change::IssueRed(asked), Payload::IssueRed { invoice, sequence, reason, form }) => {
                red(&asked.invoice, *invoice, Some(*sequence), (asked.reason, *reason))?;
                same("form", form, &asked.form.map(FormId))
            }
            (Change::AnswerRed(asked), Payload::AnswerRed { form, answer }) => {
                answered((asked.form, asked.answer), (*form, *answer))
            }
            (Change::AnswerRedAsBuyer(asked), Payload::AnswerRed { form, answer }) => {
                answered((asked.form, asked.answer), (*form, *answer))
            }
            _ => Err(NotAsAsked::at("payload")),
        }
    }

    /// The slot is whatever waits for the token's key: only that key can claim it, and it can claim nothing else.
    fn claim(&self, asked: &pb::ClaimRequest, spend: &Spend, to: &Address, who: &SignerIdentity) -> Checked {
        let key = field::bytes::<33>(&asked.token_key, "token_key").map_err(|_| NotAsAsked::at("token_key"))?;
        same("token_key", who, &SignerIdentity::BareKey(key))?;
        let own = account_address(&self.ground.chain, self.header.acting_account);
        let wanted = match asked.to_address.is_empty() {
            true => own,
            false => field::address(&asked.to_address, "to_address").map_err(|_| NotAsAsked::at("to_address"))?,
        };
        same("to_address", to, &wanted)?;
        holds("spend", spend.reveal.is_none())
    }

    fn request(&self, terms: Option<&pb::IssueTerms>, request: &InvoiceRequest) -> Checked {
        let terms = terms.cloned().unwrap_or_default();
        same("terms.order_id", &request.order_ref, &self.reference(&terms.order_id))?;
        same("terms.recipient", &request.owner, &self.owner("terms.recipient", terms.recipient.as_ref())?)?;
        same("terms.payments", &request.payments.len(), &terms.payments.len())?;
        for (n, (found, asked)) in request.payments.iter().zip(&terms.payments).enumerate() {
            let PaymentUse { spend, amount } = found;
            let same_step = asked.sequence.is_none_or(|sequence| sequence == spend.sequence);
            let fits = (spend.slot, *amount) == (Slot(asked.slot), Fen(asked.amount)) && spend.reveal.is_none();
            holds(&format!("terms.payments[{n}]"), fits && same_step)?;
        }
        Ok(())
    }

    fn body(&self, change: &Change, tx: &Transaction) -> Checked {
        let invoice = match change {
            Change::Issue(asked) => asked.invoice.as_ref(),
            Change::Apply(asked) => asked.invoice.as_ref(),
            Change::IssueBatch(asked) => return self.batch(asked, tx),
            _ => {
                let empty = matches!(&tx.body, TxBody::Sections(sections) if sections.is_empty());
                return holds("body", empty && tx.envelope.sections.is_empty());
            }
        };
        self.at_home(tx)?;
        let TxBody::Sections(sections) = &tx.body else { return Err(NotAsAsked::at("body")) };
        body::invoice("invoice", invoice, (&tx.envelope.sections, sections), self.ground)
    }

    fn batch(&self, asked: &pb::IssueBatchRequest, tx: &Transaction) -> Checked {
        self.at_home(tx)?;
        let TxBody::Batch(items) = &tx.body else { return Err(NotAsAsked::at("body")) };
        same("invoices", &items.len(), &asked.invoices.len())?;
        holds("invoices: what would be signed is not the body", body::body_fits(tx))?;
        for (n, (item, asked)) in items.iter().zip(&asked.invoices).enumerate() {
            let at = format!("invoices[{n}]");
            let recipient = format!("{at}.recipient");
            same(&recipient, &item.owner, &self.owner(&recipient, asked.recipient.as_ref())?)?;
            let sections = (item.commitments.as_slice(), item.sections.as_slice());
            body::invoice(&format!("{at}.invoice"), asked.invoice.as_ref(), sections, self.ground)?;
        }
        Ok(())
    }

    /// Under the rules of the account's own area.
    fn at_home(&self, tx: &Transaction) -> Checked {
        same("area", &tx.envelope.area, &self.ground.area)
    }

    fn owner(&self, at: &str, asked: Option<&pb::Recipient>) -> Result<OwnerCondition, NotAsAsked> {
        match read(asked.cloned(), at)? {
            Recipient::TokenAddress(address) => Ok(OwnerCondition::TokenKey(address)),
            other => self.address(&other).map(OwnerCondition::Address).ok_or_else(|| NotAsAsked::at(at)),
        }
    }

    fn address(&self, asked: &Recipient) -> Option<Address> {
        match asked {
            Recipient::Account(account) => Some(account_address(&self.ground.chain, *account)),
            Recipient::Address(address) => Some(*address),
            Recipient::ClaimToken(_) | Recipient::TokenAddress(_) => None,
        }
    }

    fn reference(&self, text: &str) -> Digest {
        reference(&self.ground.chain, text)
    }
}

/// The hash under which something of the caller's own goes on chain; zero for none.
fn reference(chain: &ChainId, text: &str) -> Digest {
    if text.is_empty() { Digest::ZERO } else { domain_hash(Purpose::Reference, chain, text.as_bytes()) }
}

/// Just the enterprise's own keys and those of the service's that the mode allows; just the revocations asked for.
fn changed_keys(asked: &pb::ChangeKeysRequest, add: &[KeyRecord], revoke: &[KeyId]) -> Checked {
    let own = field::list::<_, KeyRecord>(asked.own_keys.clone(), add.len(), "own_keys");
    let own = own.map_err(|_| NotAsAsked::at("own_keys"))?;
    let (first, services) = add.split_at_checked(own.len()).ok_or_else(|| NotAsAsked::at("own_keys"))?;
    same("own_keys", &first, &own.as_slice())?;
    let mode: KeyMode = field::choice::<types::KeyMode, _>(asked.mode, "mode").map_err(|_| NotAsAsked::at("mode"))?;
    let daily = Role::InvoicingOperator.kinds() | Role::FinanceClerk.kinds() | PayloadKind::RecordPayment.bit();
    let operator = |key: &KeyRecord| key.purpose == KeyPurpose::Operator && key.kinds & !daily == 0;
    let administrator = |key: &KeyRecord| key.purpose == KeyPurpose::Admin;
    let fit = match mode {
        KeyMode::Own => services.is_empty(),
        KeyMode::PartHosted => services.iter().all(operator),
        KeyMode::Hosted => services.iter().all(|key| operator(key) || administrator(key)),
    };
    holds("mode: a key of the service's that it does not go with", fit)?;
    let mut wanted: Vec<u32> = asked.revoke.clone();
    wanted.sort_unstable();
    wanted.dedup();
    same("revoke", &revoke.iter().map(|id| u32::from(id.0)).collect(), &wanted)
}

fn one(asked: &Option<pb::InvoiceRef>, spend: &Spend) -> Checked {
    named("invoice", asked.clone(), spend.slot, Some(spend.sequence))
}

fn all(asked: &[pb::InvoiceRef], spends: &[Spend]) -> Checked {
    same("invoices", &spends.len(), &asked.len())?;
    for (n, (asked, spend)) in asked.iter().zip(spends).enumerate() {
        named(&format!("invoices[{n}]"), Some(asked.clone()), spend.slot, Some(spend.sequence))?;
    }
    Ok(())
}

fn named(at: &str, asked: Option<pb::InvoiceRef>, slot: Slot, sequence: Option<u32>) -> Checked {
    let asked: InvoiceRef = read(asked, at)?;
    match asked.id {
        InvoiceId::Slot(wanted) => same(at, &slot, &wanted)?,
        InvoiceId::Face(_) => return Err(NotAsAsked::at(format!("{at}: name it by slot"))),
    }
    let same_step = asked.sequence.is_none_or(|wanted| sequence.is_none_or(|found| found == wanted));
    holds(&format!("{at}.sequence"), same_step)
}

fn red(
    asked: &Option<pb::InvoiceRef>,
    slot: Slot,
    sequence: Option<u32>,
    (wanted, reason): (i32, RedReason),
) -> Checked {
    named("invoice", asked.clone(), slot, sequence)?;
    same("reason", &types::RedReason::from(reason).into(), &wanted)
}

fn answered(asked: (u64, i32), (form, answer): (FormId, RedAnswer)) -> Checked {
    same("form", &form.0, &asked.0)?;
    same("answer", &types::RedAnswer::from(answer).into(), &asked.1)
}

/// A time is the one that was asked for, if one was.
fn until(name: &str, asked: Option<i64>, found: u64) -> Checked {
    holds(name, asked.is_none_or(|ms| u64::try_from(ms) == Ok(found)))
}

fn read<W, D: TryFrom<W, Error = proto::ConvertError>>(value: Option<W>, at: &str) -> Result<D, NotAsAsked> {
    field::message(value, at).map_err(|_| NotAsAsked::at(format!("{at}: the request does not say")))
}

fn same<T: PartialEq>(name: &str, found: &T, asked: &T) -> Checked {
    holds(name, found == asked)
}

fn holds(name: &str, holds: bool) -> Checked {
    if holds { Ok(()) } else { Err(NotAsAsked::at(name)) }
}
