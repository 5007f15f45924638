//! The rules, one file each. A rule is a plain function that appends a refusal for each failure.

pub(crate) mod amount_range;
pub(crate) mod book;
pub(crate) mod counts;
pub(crate) mod discount;
pub(crate) mod invoice_tax;
pub(crate) mod kind;
pub(crate) mod line_count;
pub(crate) mod line_name;
pub(crate) mod line_sign;
pub(crate) mod line_tax;
pub(crate) mod mixing;
pub(crate) mod policy;
pub(crate) mod prepaid;
pub(crate) mod quantity;
pub(crate) mod quota;
pub(crate) mod rate;
pub(crate) mod remark;
pub(crate) mod reserved;
pub(crate) mod standing;
pub(crate) mod tax_code;
pub(crate) mod text;
pub(crate) mod title;
pub(crate) mod totals;
