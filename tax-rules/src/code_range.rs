//! A tax-code prefix as the range of codes it covers, reckoned once an invoice: with thousands of lines and a thousand
//! grants, a division for each pair would take a block's time.

use ledger_types::TaxCode;

#[derive(Clone, Copy)]
pub(crate) struct CodeRange {
    first: u64,
    last: u64,
}

impl CodeRange {
    /// The codes that start with the `digits` digits of `prefix`; none if there is no such code.
    pub(crate) fn of(prefix: u64, digits: u8) -> Self {
        let none = Self { first: 1, last: 0 };
        let Some(free) = 19u32.checked_sub(u32::from(digits)) else { return none };
        let width = 10u64.pow(free);
        match prefix.checked_mul(width) {
            Some(first) => Self { first, last: first.saturating_add(width - 1) },
            None => none,
        }
    }

    pub(crate) fn contains(self, code: TaxCode) -> bool {
        (self.first..=self.last).contains(&code.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_types::Canonical;
    use proptest::prelude::*;

    proptest! {
        /// The same as looking at the digits, for prefixes of the code, their neighbours and any others.
        #[test]
        fn covers_what_starts_with_the_prefix(code: u64, digits in 0u8..=21, beside in 0u64..3, any: u64, own: bool) {
            let code = TaxCode::from_canonical(&code.to_le_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let cut = code.value() / 10u64.pow(19u32.saturating_sub(u32::from(digits)));
            let prefix = if own { cut.saturating_add(beside).saturating_sub(1) } else { any };
            prop_assert_eq!(CodeRange::of(prefix, digits).contains(code), code.has_prefix(prefix, digits));
        }
    }
}
