//! Discount lines and the lines they discount (527, 528).

use ledger_types::{InvoiceLine, LineNature, RejectReason};

use super::line_number;
use crate::reasons::Reasons;

pub(super) fn judge(lines: &[InvoiceLine], found: &mut Reasons) {
    for (index, line) in lines.iter().enumerate() {
        let at = line_number(index);
        match line.nature {
            LineNature::Normal => {}
            LineNature::Discounted => {
                if lines.get(index + 1).is_none_or(|next| next.nature != LineNature::Discount) {
                    found.add_line(at, RejectReason::DiscountPair);
                }
            }
            LineNature::Discount => {
                let before = index.checked_sub(1).and_then(|place| lines.get(place));
                match before.filter(|before| before.nature == LineNature::Discounted) {
                    None => {
                        found.add_line(at, RejectReason::DiscountPair);
                        if has_quantity(line) {
                            found.attend_line(at, RejectReason::DiscountMismatch);
                        }
                    }
                    Some(before) if !discounts(line, before) => {
                        found.add_line(at, RejectReason::DiscountMismatch);
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

fn has_quantity(line: &InvoiceLine) -> bool {
    line.quantity.is_some() || line.price.is_some()
}

/// Same name, code, rate and policy, no quantity, and not more than the line itself.
fn discounts(discount: &InvoiceLine, line: &InvoiceLine) -> bool {
    discount.name == line.name
        && discount.tax_code == line.tax_code
        && discount.rate == line.rate
        && discount.policy == line.policy
        && !has_quantity(discount)
        && -i128::from(discount.net.0) <= i128::from(line.net.0)
}
