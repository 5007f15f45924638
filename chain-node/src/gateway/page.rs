//! Pages of lists: size and token.

use ledger_types::Slot;
use tonic::Status;

use super::errors;

/// Default and largest page.
const DEFAULT: usize = 50;
const LARGEST: usize = 500;

/// A page asked for.
pub(super) struct Page {
    /// Behind which slot it starts.
    pub(super) after: Option<Slot>,
    /// How many at most.
    pub(super) limit: usize,
    filter: [u8; 32],
}

impl Page {
    /// Reads size and token; the token is bound to the filter's bytes.
    pub(super) fn read(size: i32, token: &str, filter: &[u8]) -> Result<Self, Status> {
        let limit = match usize::try_from(size) {
            Err(_) => return Err(errors::invalid("page_size", "a page size is not negative")),
            Ok(0) => DEFAULT,
            Ok(n) => n.min(LARGEST),
        };
        let filter = sm::sm3(filter);
        let after = if token.is_empty() { None } else { Some(decode(token, &filter)?) };
        Ok(Self { after, limit, filter })
    }

    /// The token of the page behind `last`, or empty if this was the last page.
    pub(super) fn next(&self, found: usize, last: Option<Slot>) -> String {
        match last {
            Some(slot) if found >= self.limit => encode(slot, &self.filter),
            _ => String::new(),
        }
    }
}

fn encode(slot: Slot, filter: &[u8; 32]) -> String {
    slot.0.to_be_bytes().iter().chain(&filter[..8]).map(|b| format!("{b:02x}")).collect()
}

fn decode(token: &str, filter: &[u8; 32]) -> Result<Slot, Status> {
    if token.len() != 32 || !token.is_ascii() {
        return Err(errors::page_token());
    }
    let slot = u64::from_str_radix(&token[..16], 16).map(Slot).map_err(|_| errors::page_token())?;
    // The whole text, so that no token has two forms.
    if encode(slot, filter) == token { Ok(slot) } else { Err(errors::page_token()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_its_own_list_only() {
        let page = Page::read(2, "", b"owner a").unwrap();
        assert_eq!((page.after, page.limit), (None, 2));
        assert_eq!(page.next(1, Some(Slot(7))), "", "a short page is the last");
        let token = page.next(2, Some(Slot(7)));
        assert_eq!(Page::read(0, &token, b"owner a").unwrap().after, Some(Slot(7)));
        assert!(Page::read(0, &token, b"owner b").is_err());
        assert!(Page::read(0, "zz", b"owner a").is_err());
        assert!(Page::read(0, &format!("+{}", &token[1..]), b"owner a").is_err(), "another form of the same number");
        assert!(Page::read(-1, "", b"owner a").is_err());
        assert_eq!(Page::read(9_999, "", b"").unwrap().limit, 500);
    }
}
