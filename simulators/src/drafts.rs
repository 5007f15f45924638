//! Invoices as the tills make them, honest and altered.

use ledger_types::body::EntryMode;
use ledger_types::{BuyerTitle, Fen, InvoiceKind, InvoiceLine, Quantity, TitleKind};
use sdk::InvoiceDraft;

use crate::city::{City, Merchant};
use crate::industry::Industry;
use crate::personas::cheat::Cheat;
use crate::plan::InvoicePlan;

/// The invoice of a plan, with the cheat's alteration if it is one.
pub fn draft(plan: &InvoicePlan, city: &City) -> InvoiceDraft {
    let merchant = &city.merchants[plan.merchant];
    let buyer = match plan.company {
        None => person(),
        Some(company) => {
            let company = &city.companies[company];
            BuyerTitle {
                kind: TitleKind::Organisation,
                name: company.name.clone(),
                tax_id: Some(company.tax_id.clone()),
                address_and_bank: String::new(),
            }
        }
    };
    let gross = match plan.cheat {
        // Twice the quota, well below the limit of one invoice.
        Some(Cheat::OverQuota) => Fen(merchant.quota.0.saturating_mul(2)),
        _ => plan.gross,
    };
    let mut lines = lines(merchant, gross, plan.lines, plan.cheat);
    if let Some(first) = lines.first_mut() {
        alter(first, plan.cheat);
    }
    with_lines(buyer, lines)
}

/// The same order with another amount: what a replayed request id carries.
pub fn other_content(plan: &InvoicePlan, city: &City) -> InvoiceDraft {
    let changed = InvoicePlan { gross: Fen(plan.gross.0 + 100), ..plan.clone() };
    draft(&changed, city)
}

/// One line for a person: the small invoice of loads and benches.
pub fn small(industry: Industry, gross: Fen) -> InvoiceDraft {
    with_lines(person(), vec![industry.item(industry.trade().rate).gross_line(gross)])
}

fn person() -> BuyerTitle {
    BuyerTitle { kind: TitleKind::Individual, name: "个人".to_owned(), tax_id: None, address_and_bank: String::new() }
}

fn with_lines(buyer: BuyerTitle, lines: Vec<InvoiceLine>) -> InvoiceDraft {
    InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        buyer,
        seller: None,
        lines,
        remark: String::new(),
        drawer: "收银台".to_owned(),
        token: None,
    }
}

fn lines(merchant: &Merchant, gross: Fen, count: u16, cheat: Option<Cheat>) -> Vec<InvoiceLine> {
    let trade = merchant.industry.trade();
    let item = merchant.industry.item(if cheat == Some(Cheat::WrongRate) { trade.other_rate } else { trade.rate });
    let count = i64::from(count.max(1));
    let each = gross.0 / count;
    (0..count)
        .map(|i| {
            let amount = Fen(if i == 0 { gross.0 - each * (count - 1) } else { each });
            match (i, Quantity::new(2, 0)) {
                (0, Ok(two)) => item.gross_line_of(amount, two, "份"),
                _ => item.gross_line(amount),
            }
        })
        .collect()
}

fn alter(line: &mut InvoiceLine, cheat: Option<Cheat>) {
    match cheat {
        Some(Cheat::AlteredTax) => line.tax = Fen(line.tax.0 + 1_000),
        Some(Cheat::AlteredProduct) => line.quantity = Quantity::new(3, 0).ok(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_split_over_the_lines_without_a_fen_lost() {
        let key = crypto::SigningKey::generate(&crypto::SoftwareProvider::shared(), crypto::KeyUse::Transaction);
        let till = sdk::Identity::bare(key.expect("the system gives randomness"));
        let merchant =
            Merchant { account: ledger_types::AccountId(9), till, industry: Industry::Catering, quota: Fen(1) };
        for count in [1, 2, 7, 100] {
            let made = lines(&merchant, Fen(123_457), count, None);
            assert_eq!(made.len(), usize::from(count));
            assert_eq!(made.iter().map(|l| l.net.0 + l.tax.0).sum::<i64>(), 123_457);
        }
    }
}
