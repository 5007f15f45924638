//! 5xx that depend on what the bureau approved for the seller.

use anyhow::Result;
use ledger_types::{
    AccountKind, Fen, InvoiceKind, KindApproval, Payload, Policy, RateGrant, RiskLevel, TaxRate, TaxpayerProfile,
    TaxpayerStatus,
};
use tests::draft;

use super::attempt::Attempt;
use super::forge::{Forge, Paper};
use super::rules::item;
use super::world::{PRICE, PROVINCE, World};

/// The first invoice of a merchant whose approval is edited.
async fn first_invoice(world: &World, edit: impl FnOnce(&mut TaxpayerProfile)) -> Result<Attempt> {
    let merchant = world.merchant(edit).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

/// The second one, straight after the first.
async fn second_invoice(world: &World, edit: impl FnOnce(&mut TaxpayerProfile)) -> Result<Attempt> {
    let merchant = world.merchant(edit).await?;
    world.meal(&merchant, world.unclaimed()?).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

/// A seller in an area that has numbers, but no rules yet.
pub(super) async fn no_rule_book(world: &World) -> Result<Attempt> {
    let (account, merchant) = world.open(AccountKind::Enterprise, PROVINCE).await?;
    world.approve(account, |_| {}).await?;
    let paper = Paper::of(&draft(PRICE));
    let mut forge = Forge::invoice(world, &merchant, Payload::Issue(world.unclaimed()?), &paper)?;
    forge.envelope.area = PROVINCE;
    forge.attempt()
}

pub(super) async fn not_approved(world: &World) -> Result<Attempt> {
    Ok(world.sign_meal(&world.people.company, world.unclaimed()?)?.into())
}

pub(super) async fn blocked(world: &World) -> Result<Attempt> {
    first_invoice(world, |p| p.status = TaxpayerStatus::Suspended).await
}

pub(super) async fn risk(world: &World) -> Result<Attempt> {
    first_invoice(world, |p| p.risk = RiskLevel::High).await
}

pub(super) async fn kind(world: &World) -> Result<Attempt> {
    let special = KindApproval { kind: InvoiceKind::BlockchainSpecial, max_amount: Fen(10_000_000) };
    first_invoice(world, |p| p.kinds = vec![special]).await
}

pub(super) async fn invoice_limit(world: &World) -> Result<Attempt> {
    first_invoice(world, |p| p.kinds[0].max_amount = Fen(9_999)).await
}

pub(super) async fn quota(world: &World) -> Result<Attempt> {
    second_invoice(world, |p| p.monthly_quota = Fen(19_999)).await
}

pub(super) async fn daily_count(world: &World) -> Result<Attempt> {
    second_invoice(world, |p| p.daily_count = 1).await
}

pub(super) async fn burst(world: &World) -> Result<Attempt> {
    second_invoice(world, |p| p.burst_per_minute = 1).await
}

/// Approved for goods, selling services.
pub(super) async fn category(world: &World) -> Result<Attempt> {
    first_invoice(world, |p| p.categories = vec![(1, 1)]).await
}

/// 简易征收 beside a line that is not, both rates granted.
pub(super) async fn simplified_mixed(world: &World) -> Result<Attempt> {
    let grant = |p: &mut TaxpayerProfile| {
        let usual = p.rates[0];
        p.rates.push(RateGrant { rate: TaxRate::Percent(300), policy: Policy::Simplified3, ..usual });
    };
    let merchant = world.merchant(grant).await?;
    let mut mixed = draft(PRICE);
    mixed.lines.push(item(TaxRate::Percent(300), Policy::Simplified3).net_line(Fen(1_000)));
    Forge::invoice(world, &merchant, Payload::Issue(world.unclaimed()?), &Paper::of(&mixed))?.attempt()
}
