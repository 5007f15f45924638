//! The scenarios' vocabulary: one step is a verb and its words, `claim by=t1 inv=0 to=ann`. What is left out has a
//! plain default: the one invoice of the scenario in slot 0, its current sequence, the usual signer.

use std::collections::BTreeMap;

use ledger_types::payload::{InvoiceRequest, PaymentUse, RedAnswer};
use ledger_types::transaction::TxBody;
use ledger_types::*;

use crate::values::{at, condition, sequence};
use crate::world::{Draft, Goods, World, account_id, committed, key_record, profile};

/// One step.
pub(crate) struct Step {
    pub(crate) verb: String,
    words: BTreeMap<String, String>,
}

impl Step {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split_whitespace();
        let verb = parts.next().unwrap_or_else(|| panic!("an empty step")).to_owned();
        let pair = |word: &str| {
            let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("`{word}` in `{text}` is no key=value"));
            (key.to_owned(), value.to_owned())
        };
        Self { verb, words: parts.map(pair).collect() }
    }

    pub(crate) fn word<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.words.get(key).map_or(default, String::as_str)
    }

    fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, key: &str, default: &str) -> T {
        self.word(key, default).parse().unwrap()
    }

    fn fen(&self, key: &str, default: &str) -> Fen {
        Fen(self.number(key, default))
    }

    /// How long after the last block this happens.
    pub(crate) fn after_ms(&self) -> u64 {
        at(0, self.word("after", "1s"))
    }

    fn account(&self, key: &str, default: &str) -> AccountId {
        let name = self.word(key, default);
        account_id(name).unwrap_or_else(|| AccountId(name.parse().unwrap()))
    }

    fn digest(&self, key: &str, default: &str) -> Digest {
        match self.word(key, default) {
            "none" => Digest::ZERO,
            text => Digest(sm::sm3(text.as_bytes())),
        }
    }

    fn slots(&self) -> Vec<Slot> {
        self.word("inv", "0").split(',').map(|s| Slot(s.parse().unwrap())).collect()
    }

    fn spend(&self, world: &World, slot: Slot, now: u64) -> Spend {
        let current = sequence(world, slot).to_string();
        let reveal = match self.words.get("reveal").map(String::as_str) {
            Some("none") => None,
            Some(text) => Some(condition(world, text, now)),
            None => offered(world, slot),
        };
        Spend { slot, sequence: self.number("seq", &current), reveal }
    }

    fn spends(&self, world: &World, now: u64) -> Vec<Spend> {
        self.slots().into_iter().map(|slot| self.spend(world, slot, now)).collect()
    }

    fn one(&self, world: &World, now: u64) -> Spend {
        self.spend(world, self.slots()[0], now)
    }

    /// The transaction of this step, if it is one.
    pub(crate) fn draft(&self, world: &World) -> Option<Draft> {
        let now = world.time + self.after_ms();
        let (by, payload) =
            self.register(world, now).or_else(|| self.business(world, now)).or_else(|| self.flow(world, now))?;
        let mut draft = Draft::new(self.word("by", by), payload);
        draft.area = Area(self.number("area", "4403"));
        if matches!(self.verb.as_str(), "apply" | "issue") {
            let (sections, body) = committed(&world.chain, &self.goods("net").plain());
            (draft.sections, draft.body) = (sections, TxBody::Sections(body));
        }
        if self.verb == "batch" {
            draft.body = TxBody::Batch(self.items(world, now));
        }
        Some(draft)
    }

    fn goods(&self, key: &str) -> Goods {
        let goods = Goods::of_net(self.number(key, "10000"));
        let (tax, total) = (goods.tax.to_string(), goods.total.to_string());
        Goods { tax: self.number("tax", &tax), total: self.number("total", &total), ..goods }
    }

    fn register(&self, _: &World, now: u64) -> Option<(&'static str, Payload)> {
        let payload = match self.verb.as_str() {
            "open" => Payload::OpenAccount {
                kind: account_kind(self.word("kind", "enterprise")),
                area: Area(self.number("home", "4403")),
                tax_id: Some(self.word("tax-id", "44030071526726X"))
                    .filter(|t| *t != "none")
                    .map(|t| t.parse().unwrap()),
                name: self.word("name", "new").replace("none", ""),
                keys: self.records("keys", "0:new"),
            },
            "keys" => Payload::UpdateKeys {
                account: self.account("account", "shop"),
                add: self.records("add", ""),
                revoke: list(self.word("revoke", "")).map(|id| KeyId(id.parse().unwrap())).collect(),
            },
            "close" => Payload::CloseAccount { account: self.account("account", "shop") },
            "approve" => Payload::ApproveTaxpayer { account: self.account("account", "shop"), profile: self.profile() },
            "standing" => Payload::SetTaxpayerStatus {
                account: self.account("account", "shop"),
                status: standing(self.word("to", "suspended")),
                reason: 7,
            },
            "rules" => Payload::PublishRuleBook(Box::new(self.rule_book(now))),
            _ => return None,
        };
        Some((if self.verb == "keys" { "shop" } else { "bureau" }, payload))
    }

    fn rule_book(&self, now: u64) -> RuleBook {
        let effective = at(now, self.word("effective", "0ms"));
        let mut book = RuleBook::standard(Area(self.number("of", "4403")), self.number("version", "2"), effective);
        book.max_lines = self.number("lines", "2000");
        book.max_payment_links = self.number("links", "5");
        book
    }

    fn profile(&self) -> TaxpayerProfile {
        let mut profile = profile();
        profile.monthly_quota = self.fen("quota", "100000000");
        profile.daily_count = self.number("daily", "0");
        profile.burst_per_minute = self.number("burst", "0");
        profile.status = standing(self.word("status", "normal"));
        profile
    }

    /// Key records as `id:name` or `id:name:operator`.
    fn records(&self, key: &str, default: &str) -> Vec<KeyRecord> {
        list(self.word(key, default))
            .map(|text| {
                let mut parts = text.split(':');
                let mut record = key_record(parts.next().unwrap().parse().unwrap(), parts.next().unwrap());
                if parts.next() == Some("operator") {
                    record.purpose = KeyPurpose::Operator;
                }
                record
            })
            .collect()
    }

    fn request(&self, world: &World, now: u64) -> InvoiceRequest {
        let payment = |text: &str| {
            let mut parts = text.split(':');
            let slot = Slot(parts.next().unwrap().parse().unwrap());
            let amount = Fen(parts.next().unwrap().parse().unwrap());
            PaymentUse { spend: self.spend(world, slot, now), amount }
        };
        InvoiceRequest {
            owner: condition(world, self.word("owner", "token:t1"), now),
            order_ref: self.digest("order", "none"),
            payments: list(self.word("pay", "")).map(payment).collect(),
        }
    }

    fn items(&self, world: &World, now: u64) -> Vec<BatchItem> {
        let item = |net: &str| {
            let (commitments, sections) = committed(&world.chain, &Goods::of_net(net.parse().unwrap()).plain());
            BatchItem { owner: condition(world, self.word("owner", "token:t1"), now), commitments, sections }
        };
        list(self.word("nets", "10000,20000")).map(item).collect()
    }

    fn business(&self, world: &World, now: u64) -> Option<(&'static str, Payload)> {
        let application = ApplicationId(self.number("app", "1"));
        let payload = match self.verb.as_str() {
            "apply" => {
                Payload::Apply { request: self.request(world, now), expires_ms: at(now, self.word("expires", "1h")) }
            }
            "issue-applied" => Payload::IssueApplied { application },
            "withdraw-application" => Payload::WithdrawApplication { application },
            "issue" => Payload::Issue(self.request(world, now)),
            "batch" => {
                let items = self.items(world, now);
                let digests: Vec<Digest> =
                    (0..).zip(&items).map(|(i, item)| item.commitment(i).digest(&world.chain)).collect();
                Payload::IssueBatch { count: items.len() as u16, root: proofs::batch_root(&digests) }
            }
            "pay" => {
                let payee = self.account("payee", "shop");
                let payload = Payload::RecordPayment {
                    payment_ref: self.digest("ref", "p1"),
                    payee,
                    amount: self.fen("amount", "10600"),
                };
                return Some(("till", payload));
            }
            "ask-red" => {
                Payload::RequestRed { invoice: self.slots()[0], reason: red_reason(self.word("reason", "return")) }
            }
            "answer-red" => {
                let answer = match self.word("answer", "confirm") {
                    "confirm" => RedAnswer::Confirm,
                    "refuse" => RedAnswer::Refuse,
                    "withdraw" => RedAnswer::Withdraw,
                    other => panic!("no answer {other}"),
                };
                return Some(("corp", Payload::AnswerRed { form: FormId(self.number("form", "1")), answer }));
            }
            "red" => {
                let slot = self.slots()[0];
                Payload::IssueRed {
                    invoice: slot,
                    sequence: self.number("seq", &sequence(world, slot).to_string()),
                    reason: red_reason(self.word("reason", "return")),
                    form: Some(self.word("form", "none")).filter(|f| *f != "none").map(|f| FormId(f.parse().unwrap())),
                }
            }
            _ => return None,
        };
        Some(("shop", payload))
    }

    fn flow(&self, world: &World, now: u64) -> Option<(&'static str, Payload)> {
        let until_ms = at(now, self.word("until", "1d"));
        let verb = self.verb.as_str();
        let default_by = match verb {
            "claim" => "t1",
            "offer" | "withdraw" => "ann",
            _ => "corp",
        };
        let payload = match verb {
            "claim" => Payload::Claim { spend: self.one(world, now), to: world.address(self.word("to", "ann")) },
            "offer" => {
                let to = world.address(self.word("to", "corp"));
                Payload::OfferTransfer { spend: self.one(world, now), to, until_ms }
            }
            "accept" => Payload::AcceptTransfer { spend: self.one(world, now) },
            "refuse" => Payload::RefuseTransfer { spend: self.one(world, now) },
            "withdraw" => Payload::WithdrawTransfer { spend: self.one(world, now) },
            "lock" => Payload::Lock { spends: self.spends(world, now), until_ms, reason: 1 },
            "unlock" => Payload::Unlock { spends: self.spends(world, now) },
            "book" => Payload::Book {
                spend: self.one(world, now),
                deductible: self.word("deductible", "yes") == "yes",
                voucher_ref: Digest([1; 32]),
            },
            "unbook" => Payload::Unbook { spend: self.one(world, now) },
            "reimburse" => Payload::Reimburse { spend: self.one(world, now), paid_ref: Digest([2; 32]) },
            _ => return None,
        };
        Some((default_by, payload))
    }
}

/// The condition behind an offer, which every answer reveals.
fn offered(world: &World, slot: Slot) -> Option<OwnerCondition> {
    let output = ledger::StateView::output(&world.state, slot).unwrap()?;
    let ClaimState::Offered { from, to, .. } = output.invoice()?.claim else { return None };
    let mut members = vec![from, to];
    members.sort_unstable();
    Some(OwnerCondition::AnyOf(members))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}

fn account_kind(word: &str) -> AccountKind {
    match word {
        "bureau" => AccountKind::Bureau,
        "enterprise" => AccountKind::Enterprise,
        "service" => AccountKind::ServiceProvider,
        "payments" => AccountKind::PaymentProvider,
        "person" => AccountKind::Person,
        "node" => AccountKind::Node,
        other => panic!("no kind {other}"),
    }
}

fn standing(word: &str) -> TaxpayerStatus {
    match word {
        "normal" => TaxpayerStatus::Normal,
        "abnormal" => TaxpayerStatus::Abnormal,
        "suspended" => TaxpayerStatus::Suspended,
        "fled" => TaxpayerStatus::Fled,
        "cancelled" => TaxpayerStatus::Cancelled,
        other => panic!("no standing {other}"),
    }
}

fn red_reason(word: &str) -> RedReason {
    match word {
        "error" => RedReason::IssueError,
        "return" => RedReason::SalesReturn,
        "stopped" => RedReason::ServiceStopped,
        "allowance" => RedReason::SalesAllowance,
        other => panic!("no reason {other}"),
    }
}
