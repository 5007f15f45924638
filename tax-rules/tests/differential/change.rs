//! One change to a valid invoice or its surroundings, mostly to a limit and its two sides.

use ledger_types::body::{LineNature, TitleKind};
use ledger_types::{
    Canonical, Fen, InvoiceKind, InvoiceLine, Policy, Quantity, RiskLevel, SellerFace, TaxCode, TaxId, TaxRate,
    TaxpayerStatus,
};
use tax_rules::IssuePurpose;

use crate::world::World;

/// Lines, grants and lists are picked by `usize`, counted round. `i64` steps beside a limit are small.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    BookFrom(i64),
    Tolerance(usize, i64),
    TightInvoiceTax(i64),
    TightLimit(usize, i64),
    NeedsTaxId(bool),
    DropRate(usize),
    /// All lines at this rate, which the book has and the seller may use.
    NewRate(TaxRate),
    NoProfile,
    Status(usize),
    Risk(usize),
    Kinds(Vec<InvoiceKind>),
    Quota(i64),
    Used(i64, i64),
    Counts(u32, u32, u32, u32),
    GrantDates(usize, i64, i64),
    GrantPrefix(usize, usize, u8, u64),
    Categories(Vec<(u64, u8)>),
    Apply,
    Kind,
    LineTax(usize, i64),
    LineNet(usize, i64),
    LineNetBy(usize, i64),
    Rate(usize, TaxRate),
    PolicyOf(usize, u8),
    Code(usize, u64),
    Name(usize, String),
    Nature(usize, u8),
    QuantityOf(usize, Option<(i64, u8)>),
    Price(usize, Option<(i64, u8)>),
    PriceBy(usize, i64),
    Spec(usize, String),
    Remove(usize),
    Repeat(usize, usize),
    Swap(usize, usize),
    DiscountAll(usize, i64),
    Total(usize, i64),
    TotalBy(usize, i64),
    SpecialElement(u8),
    Deduction(i64),
    Remark(String),
    Drawer(String),
    Face(String),
    BuyerKind(bool),
    BuyerName(String),
    BuyerId(Option<String>),
    BuyerAddress(String),
}

pub(crate) fn raw_code(value: u64) -> TaxCode {
    TaxCode::from_canonical(&value.to_le_bytes()).unwrap()
}

pub(crate) fn raw_quantity(mantissa: i64, scale: u8) -> Quantity {
    Quantity::from_canonical(&[&mantissa.to_le_bytes()[..], &[scale]].concat()).unwrap()
}

fn raw_tax_id(text: &str) -> TaxId {
    TaxId::from_canonical(&text.to_owned().to_canonical()).unwrap()
}

fn policy(number: u8) -> Policy {
    Policy::from_canonical(&[number % 19]).unwrap()
}

fn nature(number: u8) -> LineNature {
    LineNature::from_canonical(&[number % 3]).unwrap()
}

/// `limit + step`, within the type.
fn beside(limit: usize, step: i64) -> u16 {
    let limit = i64::try_from(limit).unwrap().saturating_add(step);
    u16::try_from(limit.clamp(0, i64::from(u16::MAX))).unwrap()
}

impl Change {
    pub(crate) fn apply(&self, world: &mut World) {
        match self {
            Self::NoProfile => world.profile = None,
            Self::Status(n) => world.with_profile(|p| p.status = TaxpayerStatus::ALL[n % 5]),
            Self::Risk(n) => world.with_profile(|p| p.risk = RiskLevel::ALL[n % 3]),
            Self::Apply => world.purpose = IssuePurpose::Apply,
            Self::Used(reserved, consumed) => {
                (world.usage.reserved, world.usage.consumed) = (Fen(*reserved), Fen(*consumed));
            }
            Self::Kind => world.facts.kind = InvoiceKind::BlockchainSpecial,
            Self::SpecialElement(n) => world.facts.special_element = *n,
            Self::Deduction(fen) => world.facts.deduction = Some(Fen(*fen)),
            Self::Remark(text) => world.facts.remark = text.clone(),
            Self::Drawer(text) => world.facts.drawer = text.clone(),
            Self::Face(text) => {
                world.seller = Some(SellerFace { branch: "南山店".into(), address_and_bank: text.clone() });
            }
            Self::BuyerKind(person) => {
                world.buyer.kind = if *person { TitleKind::Individual } else { TitleKind::Organisation };
            }
            Self::BuyerName(text) => world.buyer.name = text.clone(),
            Self::BuyerId(text) => world.buyer.tax_id = text.as_deref().map(raw_tax_id),
            Self::BuyerAddress(text) => world.buyer.address_and_bank = text.clone(),
            Self::Total(which, fen) => *self.total(world, *which) = Fen(*fen),
            Self::TotalBy(which, step) => {
                let total = self.total(world, *which);
                total.0 = total.0.saturating_add(*step);
            }
            Self::Remove(n) if !world.lines.is_empty() => {
                world.lines.remove(n % world.lines.len());
            }
            _ => {
                self.apply_to_rules(world);
                self.apply_to_lines(world);
            }
        }
    }

    fn total<'w>(&self, world: &'w mut World, which: usize) -> &'w mut Fen {
        match which % 3 {
            0 => &mut world.facts.net,
            1 => &mut world.facts.tax,
            _ => &mut world.facts.total,
        }
    }

    fn apply_to_rules(&self, world: &mut World) {
        let now = world.now.0;
        let used = i128::from(world.usage.reserved.0) + i128::from(world.usage.consumed.0);
        let used = used + i128::from(world.facts.net.0);
        let code = world.lines.first().map_or(0, |l| l.tax_code.value());
        match self {
            Self::BookFrom(step) => world.book.effective_ms = now.saturating_add_signed(*step),
            Self::Tolerance(which, fen) => *tolerance(world, *which) = Fen(*fen),
            Self::TightInvoiceTax(step) => world.book.invoice_tax_tolerance = Fen(invoice_error(world) + step),
            Self::TightLimit(which, step) => tight_limit(world, *which, *step),
            Self::NeedsTaxId(needs) => world.book.organisation_needs_tax_id = *needs,
            Self::DropRate(n) => drop(world.book.rates.remove(n % world.book.rates.len())),
            Self::NewRate(rate) => new_rate(world, *rate),
            Self::Kinds(kinds) => world.with_profile(|p| {
                let first = p.kinds.first().copied();
                p.kinds = kinds
                    .iter()
                    .zip(first.iter().cycle())
                    .map(|(k, a)| {
                        let mut a = *a;
                        a.kind = *k;
                        a
                    })
                    .collect();
            }),
            Self::Quota(step) => world.with_profile(|p| {
                let quota = used.saturating_add(i128::from(*step)).clamp(i64::MIN.into(), i64::MAX.into());
                p.monthly_quota = Fen(quota as i64);
            }),
            Self::Counts(daily, day, burst, minute) => {
                world.with_profile(|p| (p.daily_count, p.burst_per_minute) = (*daily, *burst));
                (world.usage.day_count, world.usage.minute_count) = (*day, *minute);
            }
            Self::GrantDates(n, from, to) => world.with_profile(|p| {
                let count = p.rates.len();
                let grant = &mut p.rates[n % count];
                let times = [from, to].map(|step| now.saturating_add_signed(*step));
                [grant.valid_from_ms, grant.valid_to_ms] = times;
            }),
            Self::GrantPrefix(n, how, digits, any) => world.with_profile(|p| {
                let count = p.rates.len();
                let own = code / 10u64.pow(19u32.saturating_sub(u32::from(*digits)));
                let prefix = [own, own.wrapping_add(1), *any][how % 3];
                (p.rates[n % count].code_prefix, p.rates[n % count].prefix_digits) = (prefix, *digits);
            }),
            Self::Categories(list) => world.with_profile(|p| p.categories = list.clone()),
            _ => {}
        }
    }

    fn apply_to_lines(&self, world: &mut World) {
        let count = world.lines.len();
        if count == 0 {
            return;
        }
        let lines = &mut world.lines;
        match self {
            Self::LineTax(n, step) => {
                let line = &mut lines[n % count];
                let due = line.rate.tax_on_net(line.net.0.into()).clamp(i64::MIN.into(), i64::MAX.into());
                line.tax = Fen((due as i64).saturating_add(*step));
            }
            Self::LineNet(n, fen) => lines[n % count].net = Fen(*fen),
            Self::LineNetBy(n, step) => lines[n % count].net.0 = lines[n % count].net.0.saturating_add(*step),
            Self::Rate(n, rate) => lines[n % count].rate = *rate,
            Self::PolicyOf(n, number) => lines[n % count].policy = policy(*number),
            Self::Code(n, value) => lines[n % count].tax_code = raw_code(*value),
            Self::Name(n, text) => lines[n % count].name = text.clone(),
            Self::Nature(n, number) => lines[n % count].nature = nature(*number),
            Self::QuantityOf(n, q) => lines[n % count].quantity = q.map(|(m, s)| raw_quantity(m, s)),
            Self::Price(n, p) => lines[n % count].price = p.map(|(m, s)| raw_quantity(m, s)),
            Self::PriceBy(n, step) => price_by(&mut lines[n % count], *step),
            Self::Spec(n, text) => lines[n % count].spec = text.clone(),
            Self::Repeat(n, times) => lines.extend(vec![lines[n % count].clone(); *times]),
            Self::Swap(a, b) => lines.swap(a % count, b % count),
            Self::DiscountAll(n, step) => discount_all(lines, n % count, *step),
            _ => {}
        }
    }
}

/// A quantity of one and a price that is `step` of the smallest decimals beside the amount and a fen more or less.
fn price_by(line: &mut InvoiceLine, step: i64) {
    let fen = line.net.0.saturating_add(step.signum());
    let fine = fen.saturating_mul(100_000).saturating_add(step / 2);
    line.quantity = Quantity::new(1, 0).ok();
    line.price = Quantity::new(fine, 7).ok();
}

/// Discounts a line entirely and by `step` more.
fn discount_all(lines: &mut Vec<InvoiceLine>, n: usize, step: i64) {
    let mut discount = lines[n].clone();
    lines[n].nature = LineNature::Discounted;
    discount.nature = LineNature::Discount;
    (discount.quantity, discount.price) = (None, None);
    discount.net = Fen(lines[n].net.0.saturating_add(step).saturating_neg());
    discount.tax = Fen(lines[n].tax.0.saturating_neg());
    lines.insert(n + 1, discount);
}

fn tolerance(world: &mut World, which: usize) -> &mut Fen {
    let book = &mut world.book;
    match which % 5 {
        0 => &mut book.line_tax_tolerance,
        1 => &mut book.discount_tax_tolerance,
        2 => &mut book.product_tolerance,
        3 => &mut book.invoice_tax_tolerance,
        _ => &mut book.sum_tolerance,
    }
}

fn new_rate(world: &mut World, rate: TaxRate) {
    world.book.rates.push(rate);
    world.with_profile(|p| p.rates.iter_mut().for_each(|g| g.rate = rate));
    for line in &mut world.lines {
        line.rate = rate;
        line.tax.0 = i64::try_from(rate.tax_on_net(line.net.0.into())).unwrap_or(i64::MAX);
    }
}

/// How far the invoice's tax is off, in whole fen, up.
fn invoice_error(world: &World) -> i64 {
    let exact: i128 = world.lines.iter().map(|l| i128::from(l.net.0) * l.rate.basis_points()).sum();
    let taxes: i128 = world.lines.iter().map(|l| i128::from(l.tax.0) * 10_000).sum();
    i64::try_from(((exact - taxes).abs() + 9_999) / 10_000).unwrap_or(0)
}

/// Sets a limit to what the invoice has, and `step` beside it.
fn tight_limit(world: &mut World, which: usize, step: i64) {
    let net = Fen(world.facts.net.0.saturating_add(step));
    match which % 6 {
        0 => world.book.max_lines = beside(world.lines.len(), step),
        1 => {
            let longest = world.lines.iter().map(|l| l.name.chars().count()).max().unwrap_or(0);
            world.book.max_line_name = beside(longest, step);
        }
        2 => world.book.max_remark = beside(world.facts.remark.chars().count(), step),
        3 => world.book.max_buyer_name = beside(world.buyer.name.chars().count(), step),
        4 => world.book.max_invoice_amount = net,
        _ => world.with_profile(|p| p.kinds.iter_mut().for_each(|k| k.max_amount = net)),
    }
}
