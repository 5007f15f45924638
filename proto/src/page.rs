//! Pages: sizes, and opaque tokens bound to the list they came from.

use std::fmt;

use ledger_types::{Canonical, ChainId, Purpose, domain_hash};

use crate::convert::{ConvertError, Problem};
use crate::limits::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_PAGE_TOKEN_CHARS};

/// What a page belongs to: hash of the list's name and of everything that selects and orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterHash([u8; 8]);

/// Where a list goes on. Callers see an opaque text; with another filter it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// What it belongs to.
    pub filter_hash: FilterHash,
    /// The last key of the page before, in the list's own order; 1 to 128 bytes.
    pub last_key: Vec<u8>,
}

/// A text that is not a token of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageTokenError {
    /// Not a token at all.
    Malformed,
    /// A token of a list with another filter.
    OtherFilter,
}

impl fmt::Display for PageTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a token that this service gave out",
            Self::OtherFilter => "belongs to a list with another filter",
        })
    }
}

impl std::error::Error for PageTokenError {}

const VERSION: u8 = 1;
const HEAD: usize = 1 + 8;

impl FilterHash {
    /// Hashes a list's name, its chain and its filter (page size and token left out).
    pub fn of(chain: &ChainId, list: &str, filter: &impl Canonical) -> Self {
        let digest = domain_hash(Purpose::Reference, chain, &(list.to_owned(), filter.to_canonical()).to_canonical());
        let mut out = [0; 8];
        out.copy_from_slice(&digest.0[..8]);
        Self(out)
    }
}

impl PageToken {
    /// Longest key, bytes.
    pub const MAX_KEY_BYTES: usize = 128;

    /// The text that callers send back.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(HEAD + self.last_key.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.filter_hash.0);
        bytes.extend_from_slice(&self.last_key);
        hex::encode(bytes)
    }

    /// Reads a token for a list; the empty text is the first page.
    ///
    /// # Errors
    /// Anything that [`PageToken::encode`] did not make for this very filter.
    pub fn decode(text: &str, filter_hash: FilterHash) -> Result<Option<Self>, PageTokenError> {
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > MAX_PAGE_TOKEN_CHARS || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(PageTokenError::Malformed);
        }
        let bytes = hex::decode(text).map_err(|_| PageTokenError::Malformed)?;
        let (Some(head), Some(key)) = (bytes.get(..HEAD), bytes.get(HEAD..)) else {
            return Err(PageTokenError::Malformed);
        };
        if head[0] != VERSION || !(1..=Self::MAX_KEY_BYTES).contains(&key.len()) {
            return Err(PageTokenError::Malformed);
        }
        if head[1..] != filter_hash.0 {
            return Err(PageTokenError::OtherFilter);
        }
        Ok(Some(Self { filter_hash, last_key: key.to_vec() }))
    }
}

/// How many elements a page has: 0 for the default, more than the most is cut down, negative is refused.
pub fn page_size(asked: i32) -> Result<usize, ConvertError> {
    match usize::try_from(asked) {
        Ok(0) => Ok(DEFAULT_PAGE_SIZE),
        Ok(n) => Ok(n.min(MAX_PAGE_SIZE)),
        Err(_) => Err(ConvertError::new("page_size", Problem::OutOfRange { least: 0, most: i32::MAX.into() })),
    }
}

const _: () = assert!(2 * (HEAD + PageToken::MAX_KEY_BYTES) <= MAX_PAGE_TOKEN_CHARS);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId([1; 32]);

    fn filter(list: &str, month: u32) -> FilterHash {
        FilterHash::of(&CHAIN, list, &month)
    }

    #[test]
    fn a_token_works_for_its_own_list_alone() {
        let token = PageToken { filter_hash: filter("issued", 202_611), last_key: 7u64.to_be_bytes().to_vec() };
        let text = token.encode();
        assert_eq!(PageToken::decode(&text, filter("issued", 202_611)).unwrap(), Some(token));
        let others = [
            filter("issued", 202_612),
            filter("held", 202_611),
            FilterHash::of(&ChainId([2; 32]), "issued", &202_611u32),
        ];
        for other in others {
            assert_eq!(PageToken::decode(&text, other), Err(PageTokenError::OtherFilter));
        }
        assert_eq!(PageToken::decode("", filter("issued", 0)), Ok(None));
    }

    #[test]
    fn what_was_not_given_out_is_refused() {
        let hash = filter("issued", 1);
        let good = PageToken { filter_hash: hash, last_key: vec![0xab; 4] }.encode();
        let cases = [
            good.to_uppercase(),
            format!("{good}0"),
            format!("02{}", &good[2..]),
            good[..18].to_owned(),
            "x".repeat(40),
            "ab".repeat(300),
            PageToken { filter_hash: hash, last_key: vec![1; 129] }.encode(),
        ];
        for text in cases {
            assert_eq!(PageToken::decode(&text, hash), Err(PageTokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn sizes_are_cut_down_and_never_negative() {
        assert_eq!(page_size(0), Ok(50));
        assert_eq!(page_size(7), Ok(7));
        assert_eq!(page_size(i32::MAX), Ok(500));
        assert!(page_size(-1).is_err());
    }
}
