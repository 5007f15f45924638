//! Taxpayer identification numbers (纳税人识别号).

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A tax id of 15, 17, 18 or 20 upper-case characters whose check digits are right.
///
/// 18 characters: unified social credit code (统一社会信用代码, GB 32100-2015) or a citizen's id card number
/// (GB 11643-1999). 15: six digits of region and an organisation code (GB 11714). 20: an id card number and two
/// more (individual business). 17: old temporary numbers, without a check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct TaxId(String);

/// Why a text is not a tax id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxIdError {
    /// Not 15, 17, 18 or 20 characters.
    Length,
    /// A character that is not a digit or an upper-case letter.
    Character,
    /// The check digit of the whole number is wrong.
    CheckDigit,
    /// The check digit of the organisation code inside is wrong.
    OrganisationCheckDigit,
}

impl fmt::Display for TaxIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "a tax id has 15, 17, 18 or 20 characters",
            Self::Character => "a tax id has only digits and upper-case letters",
            Self::CheckDigit => "the last character (check digit) of the tax id does not fit",
            Self::OrganisationCheckDigit => "the organisation code inside the tax id has a wrong check digit",
        })
    }
}

impl std::error::Error for TaxIdError {}

/// GB 32100's alphabet: no I, O, S, V, Z.
const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORG_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
const ID_CARD_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

impl TaxId {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks the decoded value (bytes from outside may hold any text).
    pub fn check(&self) -> Result<(), TaxIdError> {
        check(&self.0)
    }
}

fn check(s: &str) -> Result<(), TaxIdError> {
    let b = s.as_bytes();
    if !matches!(b.len(), 15 | 17 | 18 | 20) {
        return Err(TaxIdError::Length);
    }
    if !b.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) {
        return Err(TaxIdError::Character);
    }
    match b.len() {
        15 => check_organisation(&b[6..15]),
        18 if is_id_card_shape(b) => check_id_card(b),
        18 => check_uscc(b),
        20 if is_id_card_shape(&b[..18]) => check_id_card(&b[..18]),
        _ => Ok(()),
    }
}

/// Seventeen digits and a digit or X, with a plausible year: an id card rather than a credit code. A credit code
/// starts with a letter or a department digit and is told apart by passing its own check first.
fn is_id_card_shape(b: &[u8]) -> bool {
    b[..17].iter().all(u8::is_ascii_digit)
        && (b[17].is_ascii_digit() || b[17] == b'X')
        && matches!(&b[6..8], b"18" | b"19" | b"20")
        && check_uscc(b).is_err()
}

fn check_uscc(b: &[u8]) -> Result<(), TaxIdError> {
    let mut sum = 0u32;
    let mut weight = 1u32;
    for c in &b[..17] {
        let value = USCC_ALPHABET.iter().position(|a| a == c).ok_or(TaxIdError::Character)? as u32;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    if b[17] != USCC_ALPHABET[((31 - sum % 31) % 31) as usize] {
        return Err(TaxIdError::CheckDigit);
    }
    check_organisation(&b[8..17])
}

fn check_organisation(b: &[u8]) -> Result<(), TaxIdError> {
    let sum: u32 = b[..8].iter().zip(ORG_WEIGHTS).map(|(c, w)| letter_value(*c) * w).sum();
    let expected = match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        n => b'0' + n as u8,
    };
    if b[8] == expected { Ok(()) } else { Err(TaxIdError::OrganisationCheckDigit) }
}

fn letter_value(c: u8) -> u32 {
    if c.is_ascii_digit() { u32::from(c - b'0') } else { u32::from(c - b'A') + 10 }
}

fn check_id_card(b: &[u8]) -> Result<(), TaxIdError> {
    let sum: u32 = b[..17].iter().zip(ID_CARD_WEIGHTS).map(|(c, w)| u32::from(c - b'0') * w).sum();
    if b[17] == b"10X98765432"[(sum % 11) as usize] { Ok(()) } else { Err(TaxIdError::CheckDigit) }
}

impl FromStr for TaxId {
    type Err = TaxIdError;

    fn from_str(s: &str) -> Result<Self, TaxIdError> {
        check(s)?;
        Ok(Self(s.to_owned()))
    }
}

impl fmt::Display for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TaxId {
    /// Logs and errors must not carry taxpayers' numbers: only the last four characters show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail: String = self.0.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        write!(f, "TaxId(…{tail})")
    }
}

impl Serialize for TaxId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TaxId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <String as Deserialize>::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(s: &str) -> Result<(), TaxIdError> {
        s.parse::<TaxId>().map(drop)
    }

    #[test]
    fn real_credit_codes_pass_and_their_neighbours_fail() {
        for code in ["91350100M000100Y43", "9144030071526726XG", "914403001922038216", "91330100799655058B"] {
            assert_eq!(verdict(code), Ok(()), "{code}");
            let other = if code.ends_with('0') { "1" } else { "0" };
            assert_eq!(verdict(&format!("{}{other}", &code[..17])), Err(TaxIdError::CheckDigit), "{code}");
        }
    }

    #[test]
    fn every_length_has_its_own_check() {
        assert_eq!(verdict("11010519491231002X"), Ok(()), "id card");
        assert_eq!(verdict("34052419800101001X"), Ok(()), "id card");
        assert_eq!(verdict("340524198001010011"), Err(TaxIdError::CheckDigit));
        assert_eq!(verdict("44030071526726X"), Ok(()), "15: region and organisation code");
        assert_eq!(verdict("440300715267261"), Err(TaxIdError::OrganisationCheckDigit));
        assert_eq!(verdict("11010519491231002X01"), Ok(()), "20: id card and two more");
        assert_eq!(verdict("12345678901234567"), Ok(()), "17 has no check digit");
        assert_eq!(verdict("1234567890123456"), Err(TaxIdError::Length));
        assert_eq!(verdict("91350100m000100y43"), Err(TaxIdError::Character));
        assert_eq!(verdict("9135010OM000100Y43"), Err(TaxIdError::Character), "no letter O in a credit code");
        assert_eq!(verdict("９1350100M000100"), Err(TaxIdError::Character), "18 bytes, one full-width digit");
    }

    #[test]
    fn debug_shows_only_the_tail() {
        let id: TaxId = "91350100M000100Y43".parse().expect("valid");
        assert_eq!(format!("{id:?}"), "TaxId(…0Y43)");
    }
}
