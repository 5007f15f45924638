//! The bureau (税务局): rules, accounts, approvals with rates and quotas.

use ledger_types::{
    ClockMode, CreditGrade, Fen, InvoiceKind, KindApproval, Payload, RiskLevel, RuleBook, TaxpayerKind,
    TaxpayerProfile, TaxpayerStatus,
};
use sdk::{Identity, NodeClient};

use crate::error::SimError;
use crate::industry::Industry;
use crate::seen::Seen;

/// What a merchant is approved for: his industry's rate and goods, a quota, and single invoices of up to three times
/// the quota, so that the quota is what ends his month.
pub fn profile(industry: Industry, quota: Fen) -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::B,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(quota.0.saturating_mul(3)) }],
        monthly_quota: quota,
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![industry.grant()],
        categories: vec![industry.prefix()],
    }
}

/// A second from now. On an idle chain block time stands still, so the machine's clock counts too.
fn soon(client: &NodeClient) -> u64 {
    let wall = match client.genesis().clock {
        ClockMode::Driven => 0,
        ClockMode::Wall => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(0)),
    };
    client.now().0.max(wall) + 1_000
}

/// Publishes version 1 of the rules if none is in force, and waits for it.
pub async fn publish_rules(client: &NodeClient, bureau: &Identity) -> Result<(), SimError> {
    let area = *client.genesis().areas.first().ok_or(SimError::NoArea)?;
    if client.rule_book(area, None).await?.is_some() {
        return Ok(());
    }
    let book = RuleBook::standard(area, 1, soon(client));
    let tx = sdk::sign_plain(&client.new_frame(area)?, Payload::PublishRuleBook(Box::new(book)), &[bureau])?;
    let seen = crate::lanes::resolve(client, &tx).await;
    if !matches!(seen, Seen::Accepted(_)) {
        return Err(SimError::Setup { what: "the rule book", why: seen.describe() });
    }
    if client.genesis().clock == ClockMode::Driven {
        client.set_clock(client.now().plus_ms(2_000)).await?;
    }
    for _ in 0..200 {
        if client.rule_book(area, None).await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(SimError::Setup { what: "the rule book", why: "it did not take force within ten seconds".to_owned() })
}
