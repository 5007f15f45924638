//! The people of a development chain: bureau, merchant, company, employee; set up once through the public API.

use crypto::KeyUse;
use ledger_types::account::KeyRecord;
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    AccountId, AccountKind, Area, CreditGrade, Fen, InvoiceKind, KeyId, KindApproval, Payload, Policy, RateGrant,
    RiskLevel, RuleBook, TaxId, TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus, Verdict, ZeroKind,
};
use sdk::{Identity, NodeClient, sign_plain};

use crate::failure::Failure;
use chain_node::devnet::{DEV_BUREAU, DevChain};

/// One of the people.
pub(crate) struct Person {
    /// Name in home.json.
    pub name: &'static str,
    /// What kind of party.
    pub kind: AccountKind,
    /// Registered name; empty for persons.
    pub title: &'static str,
    /// Tax id, for enterprises (invented, with right check digits).
    pub tax_id: Option<&'static str>,
    /// What it may do, for people.
    pub role: &'static str,
}

/// Who lives on a development chain beside the bureau.
pub(crate) const PEOPLE: &[Person] = &[
    Person {
        name: "merchant",
        kind: AccountKind::Enterprise,
        title: "深圳样例餐饮有限公司",
        tax_id: Some("91440300MA5DEK017E"),
        role: "issues invoices (商户)",
    },
    Person {
        name: "company",
        kind: AccountKind::Enterprise,
        title: "深圳样例科技有限公司",
        tax_id: Some("91440300MA5DEK0259"),
        role: "verifies, locks, books and reimburses (受票企业财务)",
    },
    Person {
        name: "employee", kind: AccountKind::Person, title: "", tax_id: None, role: "claims and hands in (员工)"
    },
    Person {
        name: "payments",
        kind: AccountKind::PaymentProvider,
        title: "样例支付 (sample payments)",
        tax_id: None,
        role: "records payments (支付机构)",
    },
];

/// An account that was set up.
pub(crate) struct Settled {
    /// Name in home.json.
    pub name: &'static str,
    /// Its account.
    pub account: AccountId,
    /// Its key.
    pub identity: Identity,
}

/// What a development merchant is approved for: generous, so that trying things out works.
pub(crate) fn profile() -> TaxpayerProfile {
    let any = |rate, policy| RateGrant {
        code_prefix: 0,
        prefix_digits: 0,
        rate,
        policy,
        valid_from_ms: 0,
        valid_to_ms: u64::MAX,
    };
    let mut rates: Vec<_> = [1300, 900, 600, 300, 100].map(|bp| any(TaxRate::Percent(bp), Policy::None)).to_vec();
    rates.push(any(TaxRate::Zero(ZeroKind::Exempt), Policy::Exempt));
    rates.push(any(TaxRate::Zero(ZeroKind::OutOfScope), Policy::OutOfScope));
    rates.push(any(TaxRate::Zero(ZeroKind::Ordinary), Policy::None));
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(10_000_000) }],
        monthly_quota: Fen(1_000_000_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates,
        categories: Vec::new(),
    }
}

/// Opens accounts, approves taxpayers and publishes the first rule book, whatever of it is not there yet.
pub(crate) async fn settle(client: &NodeClient, chain: &DevChain, area: Area) -> Result<Vec<Settled>, Failure> {
    let bureau = Identity::account(DEV_BUREAU, KeyId(0), key(chain, "bureau")?);
    if client.rule_book(area, None).await?.is_none() {
        publish_rules(client, &bureau, area).await?;
        wait_for_rules(client, area).await?;
    }
    let mut settled = vec![Settled { name: "bureau", account: DEV_BUREAU, identity: bureau.clone() }];
    for (account, person) in (DEV_BUREAU.0 + 1..).map(AccountId).zip(PEOPLE) {
        let key = key(chain, person.name)?;
        if client.account(account).await?.is_none() {
            let tax_id: Option<TaxId> =
                person.tax_id.map(|t| t.parse().expect("the constants have right check digits"));
            let open = Payload::OpenAccount {
                kind: person.kind,
                area,
                tax_id,
                name: person.title.to_owned(),
                keys: vec![KeyRecord::admin(KeyId(0), key.public_key().0)],
            };
            let outcome = act(client, &bureau, area, open).await?;
            if outcome != TxOutcome::AccountOpened(account) {
                return Err(Failure::config("the chain has other accounts than a development chain"));
            }
        }
        if person.kind == AccountKind::Enterprise && client.taxpayer(account).await?.is_none() {
            act(client, &bureau, area, Payload::ApproveTaxpayer { account, profile: profile() }).await?;
        }
        let mut identity = Identity::account(account, KeyId(0), key);
        if seals(client, person) {
            let key = chain.sender_key(person.name).map_err(|e| Failure::config(e.to_string()))?;
            identity = identity.sealing_with(key);
        }
        settled.push(Settled { name: person.name, account, identity });
    }
    Ok(settled)
}

/// Whether somebody issues, on a chain whose bodies are sealed.
fn seals(client: &NodeClient, person: &Person) -> bool {
    client.committee().is_some() && person.kind == AccountKind::Enterprise
}

fn key(chain: &DevChain, name: &str) -> Result<crypto::SigningKey, Failure> {
    chain.key(name, KeyUse::Transaction).map_err(|e| Failure::config(e.to_string()))
}

/// Publishes the first rule book, in force a second from now. On a busy host the second may be over when the block is
/// made: then again.
async fn publish_rules(client: &NodeClient, bureau: &Identity, area: Area) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        let now = client.stamp().await?.time;
        let book = RuleBook { effective_ms: now.0 + 1_000, ..RuleBook::standard(area, 1, now.0) };
        tries += 1;
        match act(client, bureau, area, Payload::PublishRuleBook(Box::new(book))).await {
            Err(f) if f.reasons.contains(&"RULE_BOOK_BACKDATED") && tries < 10 => {}
            // It was published before, and has not taken force yet.
            Err(f) if f.reasons.contains(&"RULE_BOOK_VERSION") => return Ok(()),
            other => return other.map(drop),
        }
    }
}

async fn wait_for_rules(client: &NodeClient, area: Area) -> Result<(), Failure> {
    if client.genesis().clock == ledger_types::ClockMode::Driven {
        client.set_clock(client.now().plus_ms(2_000)).await?;
    }
    for _ in 0..100 {
        if client.rule_book(area, None).await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(Failure::config("the rule book did not take force within five seconds"))
}

/// Signs, submits and waits; a refusal is a failure.
pub(crate) async fn act(
    client: &NodeClient,
    who: &Identity,
    area: Area,
    payload: Payload,
) -> Result<TxOutcome, Failure> {
    let tx = sign_plain(&client.new_frame(area)?, payload, &[who]).map_err(sdk::ClientError::from)?;
    let fate = client.submit_and_wait(&tx).await?;
    if let Some(failure) = Failure::of_fate(&fate) {
        return Err(failure);
    }
    match fate.verdict().map(|v| &v.receipt.verdict) {
        Some(Verdict::Accepted(outcome)) => Ok(outcome.clone()),
        _ => Err(Failure::config("the node answered without a verdict")),
    }
}
