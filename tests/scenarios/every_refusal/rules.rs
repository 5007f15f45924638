//! 5xx that an invoice breaks by itself: one fault each, so that one rule speaks, or those that cannot but go with it.

use anyhow::Result;
use ledger_types::{
    Canonical, Fen, LineNature, Payload, Policy, Quantity, RejectReason, TaxCode, TaxRate, TitleKind, ZeroKind,
};
use sdk::{InvoiceDraft, Item};
use tests::draft;

use super::attempt::Attempt;
use super::forge::{Forge, Paper};
use super::world::{PRICE, World};

/// A meal at another rate or policy.
pub(super) fn item(rate: TaxRate, policy: Policy) -> Item {
    let usual = &draft(PRICE).lines[0];
    Item { name: usual.name.clone(), tax_code: usual.tax_code, rate, policy }
}

/// The usual merchant's invoice, bent before totals are made.
fn drafted(world: &World, bend: impl FnOnce(&mut InvoiceDraft)) -> Result<Attempt> {
    let mut draft = draft(PRICE);
    bend(&mut draft);
    written(world, &Paper::of(&draft))
}

/// The same, bent afterwards.
fn printed(world: &World, bend: impl FnOnce(&mut Paper)) -> Result<Attempt> {
    let mut paper = Paper::of(&draft(PRICE));
    bend(&mut paper);
    written(world, &paper)
}

fn written(world: &World, paper: &Paper) -> Result<Attempt> {
    Forge::invoice(world, &world.people.merchant, Payload::Issue(world.unclaimed()?), paper)?.attempt()
}

pub(super) async fn line_count(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.lines.clear())
}

pub(super) async fn line_name(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.lines[0].name = "餐费".to_owned())
}

/// Nineteen digits, but the first is none of the six parts.
pub(super) async fn tax_code(world: &World) -> Result<Attempt> {
    let code = TaxCode::from_canonical(&7_000_000_000_000_000_000u64.to_le_bytes())?;
    drafted(world, |d| d.lines[0].tax_code = code)
}

pub(super) async fn rate_unknown(world: &World) -> Result<Attempt> {
    let line = item(TaxRate::Percent(700), Policy::None).net_line(Fen(10_000));
    Ok(drafted(world, |d| d.lines = vec![line])?.beside(&[RejectReason::RateNotGranted]))
}

pub(super) async fn rate_not_granted(world: &World) -> Result<Attempt> {
    let line = item(TaxRate::Percent(900), Policy::None).net_line(Fen(10_000));
    drafted(world, |d| d.lines = vec![line])
}

pub(super) async fn policy_rate(world: &World) -> Result<Attempt> {
    let attempt = drafted(world, |d| d.lines[0].policy = Policy::Simplified3)?;
    Ok(attempt.beside(&[RejectReason::RateNotGranted]))
}

pub(super) async fn zero_policy(world: &World) -> Result<Attempt> {
    let line = item(TaxRate::Zero(ZeroKind::Exempt), Policy::None).net_line(Fen(10_000));
    Ok(drafted(world, |d| d.lines = vec![line])?.beside(&[RejectReason::RateNotGranted]))
}

pub(super) async fn prepaid(world: &World) -> Result<Attempt> {
    let code = "6010000000000000000".parse()?;
    drafted(world, |d| d.lines[0].tax_code = code)
}

pub(super) async fn out_of_scope_mixed(world: &World) -> Result<Attempt> {
    let line = item(TaxRate::Zero(ZeroKind::OutOfScope), Policy::OutOfScope).net_line(Fen(500));
    drafted(world, |d| d.lines.push(line))
}

pub(super) async fn line_sign(world: &World) -> Result<Attempt> {
    drafted(world, |d| (d.lines[0].net, d.lines[0].tax) = (Fen::ZERO, Fen::ZERO))
}

pub(super) async fn quantity_price(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.lines[0].quantity = Quantity::new(3, 0).ok())
}

pub(super) async fn line_product(world: &World) -> Result<Attempt> {
    drafted(world, |d| (d.lines[0].quantity, d.lines[0].price) = (Quantity::new(3, 0).ok(), Quantity::new(1, 0).ok()))
}

/// One fen over the tolerance of a line.
pub(super) async fn line_tax(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.lines[0].tax.0 += 7)
}

/// Each line within its tolerance, all of them not.
pub(super) async fn invoice_tax(world: &World) -> Result<Attempt> {
    let mut line = item(TaxRate::Percent(600), Policy::None).net_line(Fen(10_000));
    line.tax.0 += 6;
    drafted(world, |d| d.lines = vec![line; 30])
}

pub(super) async fn totals(world: &World) -> Result<Attempt> {
    printed(world, |p| p.facts.total.0 += 2)
}

pub(super) async fn discount_pair(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.lines[0].nature = LineNature::Discounted)
}

pub(super) async fn discount_mismatch(world: &World) -> Result<Attempt> {
    drafted(world, |d| {
        d.lines[0].nature = LineNature::Discounted;
        let mut discount = d.lines[0].clone();
        discount.nature = LineNature::Discount;
        discount.name = "*餐饮服务*酒水".to_owned();
        (discount.net, discount.tax) = (Fen(-1_000), Fen(-60));
        d.lines.push(discount);
    })
}

pub(super) async fn remark(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.remark = "备".repeat(451))
}

pub(super) async fn buyer_title(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.buyer.kind = TitleKind::Organisation)
}

pub(super) async fn reserved(world: &World) -> Result<Attempt> {
    printed(world, |p| p.facts.special_element = 1)
}

/// A total below zero that all tolerances let pass.
pub(super) async fn amount_range(world: &World) -> Result<Attempt> {
    drafted(world, |d| (d.lines[0].net, d.lines[0].tax) = (Fen(10), Fen(-1)))
}

/// A control of writing direction, which would make the face read otherwise than the data.
pub(super) async fn text_characters(world: &World) -> Result<Attempt> {
    drafted(world, |d| d.remark = "\u{202E}".to_owned())
}
