//! Base 32 (RFC 4648) of order tokens. Computed, not looked up: a table would be read at secret places.

use super::TOKEN_LEN;

/// Five bits a character, and 160 bits: no spare bits, so one text for one token.
pub(super) const TEXT_LEN: usize = TOKEN_LEN * 8 / 5;

/// Upper-case text.
pub(super) fn encode(bytes: &[u8; TOKEN_LEN]) -> [u8; TEXT_LEN] {
    std::array::from_fn(|index| {
        let (byte, bit) = (index * 5 / 8, index * 5 % 8);
        let next = bytes.get(byte + 1).copied().unwrap_or(0);
        let pair = u16::from_be_bytes([bytes[byte], next]);
        character((pair >> (11 - bit)) as u8 & 31)
    })
}

/// Upper or lower case; `None` for any other text.
pub(super) fn decode(text: &[u8], out: &mut [u8; TOKEN_LEN]) -> Option<()> {
    if text.len() != TEXT_LEN {
        return None;
    }
    out.fill(0);
    for (index, character) in text.iter().enumerate() {
        let (byte, bit) = (index * 5 / 8, index * 5 % 8);
        let [high, low] = (u16::from(value(*character)?) << (11 - bit)).to_be_bytes();
        out[byte] |= high;
        if let Some(next) = out.get_mut(byte + 1) {
            *next |= low;
        }
    }
    Some(())
}

/// A-Z, then 2-7.
fn character(value: u8) -> u8 {
    if value < 26 { b'A' + value } else { b'2' + (value - 26) }
}

fn value(character: u8) -> Option<u8> {
    match character.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(letter - b'A'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}
