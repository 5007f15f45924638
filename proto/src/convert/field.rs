//! Reading single fields strictly; writing times.

use std::fmt::Display;
use std::str::FromStr;

use ledger_types::{AccountId, Address, Area, ChainId, Digest, KeyId, RequestId, TxId};

use super::error::{ConvertError, Problem};

/// The result of reading a field.
pub type Read<T> = Result<T, ConvertError>;

/// A field that must be there.
pub fn required<T>(value: Option<T>, field: &str) -> Read<T> {
    value.ok_or_else(|| ConvertError::missing(field))
}

/// A message that must be there, converted.
pub fn message<W, D: TryFrom<W, Error = ConvertError>>(value: Option<W>, field: &str) -> Read<D> {
    D::try_from(required(value, field)?).map_err(|e| e.within(field))
}

/// A message that may be there, converted.
pub fn optional<W, D: TryFrom<W, Error = ConvertError>>(value: Option<W>, field: &str) -> Read<Option<D>> {
    value.map(|w| D::try_from(w).map_err(|e| e.within(field))).transpose()
}

/// Refuses a list or text that is too long.
pub fn at_most(found: usize, most: usize, field: &str) -> Read<()> {
    if found > most { Err(ConvertError::new(field, Problem::TooMany { most, found })) } else { Ok(()) }
}

/// A list, measured first, each element converted.
pub fn list<W, D: TryFrom<W, Error = ConvertError>>(values: Vec<W>, most: usize, field: &str) -> Read<Vec<D>> {
    list_with(values, most, field, D::try_from)
}

/// A list, measured first, each element read by `read`.
pub fn list_with<W, D>(values: Vec<W>, most: usize, field: &str, read: impl Fn(W) -> Read<D>) -> Read<Vec<D>> {
    at_most(values.len(), most, field)?;
    let one = |(i, w)| read(w).map_err(|e| e.within(&format!("{field}[{i}]")));
    values.into_iter().enumerate().map(one).collect()
}

/// A text of at most `most` bytes.
pub fn text(value: String, most: usize, field: &str) -> Read<String> {
    at_most(value.len(), most, field).map(|()| value)
}

/// A text that parses.
pub fn parse<T: FromStr>(value: &str, field: &str) -> Read<T>
where
    T::Err: Display,
{
    if value.is_empty() {
        return Err(ConvertError::missing(field));
    }
    value.parse().map_err(|e: T::Err| ConvertError::invalid(field, e.to_string()))
}

/// A text that parses, if there is one.
pub fn parse_optional<T: FromStr>(value: Option<&str>, field: &str) -> Read<Option<T>>
where
    T::Err: Display,
{
    value.map(|v| parse(v, field)).transpose()
}

/// Bytes of exactly one length.
pub fn bytes<const N: usize>(value: &[u8], field: &str) -> Read<[u8; N]> {
    if value.is_empty() {
        return Err(ConvertError::missing(field));
    }
    value.try_into().map_err(|_| ConvertError::new(field, Problem::Length { expected: N, found: value.len() }))
}

/// An enum value that is set and known.
pub fn choice<W, D>(value: i32, field: &str) -> Read<D>
where
    W: TryFrom<i32>,
    D: TryFrom<W, Error = ConvertError>,
{
    let wire = W::try_from(value).map_err(|_| ConvertError::new(field, Problem::UnknownEnum(value)))?;
    D::try_from(wire).map_err(|e| e.within(field))
}

/// Enum values of a filter: at most 32.
pub fn choices<W, D>(values: Vec<i32>, field: &str) -> Read<Vec<D>>
where
    W: TryFrom<i32>,
    D: TryFrom<W, Error = ConvertError>,
{
    list_with(values, 32, field, |v| choice::<W, D>(v, ""))
}

/// A number that fits in 16 bits.
pub fn u16_of(value: u32, field: &str) -> Read<u16> {
    u16::try_from(value).map_err(|_| range(field, 0, u16::MAX.into()))
}

/// A number that fits in 8 bits.
pub fn u8_of(value: u32, field: &str) -> Read<u8> {
    u8::try_from(value).map_err(|_| range(field, 0, u8::MAX.into()))
}

/// Milliseconds from the wire.
pub fn ms(value: i64, field: &str) -> Read<u64> {
    u64::try_from(value).map_err(|_| range(field, 0, i64::MAX))
}

/// A last moment from the wire; absent for no end.
pub fn end_ms(value: Option<i64>, field: &str) -> Read<u64> {
    value.map_or(Ok(u64::MAX), |v| ms(v, field))
}

/// Milliseconds for the wire. Times past the year 292 million, which only a client's own key record can hold, stand
/// at the end of the range.
pub fn wire_ms(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A last moment for the wire: no end is absent.
pub fn wire_end_ms(value: u64) -> Option<i64> {
    (value != u64::MAX).then(|| wire_ms(value))
}

fn range(field: &str, least: i64, most: i64) -> ConvertError {
    ConvertError::new(field, Problem::OutOfRange { least, most })
}

/// A 32-byte digest.
pub fn digest(value: &[u8], field: &str) -> Read<Digest> {
    bytes(value, field).map(Digest)
}

/// A 32-byte address.
pub fn address(value: &[u8], field: &str) -> Read<Address> {
    bytes(value, field).map(Address)
}

/// A 33-byte transaction id.
pub fn tx_id(value: &[u8], field: &str) -> Read<TxId> {
    bytes(value, field).map(TxId)
}

/// A 16-byte request id.
pub fn request_id(value: &[u8], field: &str) -> Read<RequestId> {
    bytes(value, field).map(RequestId)
}

/// A 32-byte chain id, or none.
pub fn chain_id(value: &[u8], field: &str) -> Read<Option<ChainId>> {
    if value.is_empty() { Ok(None) } else { bytes(value, field).map(|b| Some(ChainId(b))) }
}

/// An account; ids start at 1.
pub fn account(value: u32, field: &str) -> Read<AccountId> {
    if value == 0 { Err(ConvertError::missing(field)) } else { Ok(AccountId(value)) }
}

/// A key of an account.
pub fn key_id(value: u32, field: &str) -> Read<KeyId> {
    u16_of(value, field).map(KeyId)
}

/// An area, four digits.
pub fn area(value: u32, field: &str) -> Read<Area> {
    match value {
        0 => Err(ConvertError::missing(field)),
        1..=9_999 => Ok(Area(value as u16)),
        _ => Err(range(field, 1, 9_999)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form_with_and_without_an_end() {
        assert_eq!(end_ms(wire_end_ms(u64::MAX), "t"), Ok(u64::MAX));
        assert_eq!(end_ms(wire_end_ms(7), "t"), Ok(7));
        assert_eq!(ms(-1, "t").map_err(|e| e.field), Err("t".to_owned()));
    }

    #[test]
    fn lists_are_measured_before_they_are_read() {
        let read = |_: u32| -> Read<u32> { panic!("a list that is too long is not read") };
        let error = list_with(vec![0; 3], 2, "keys", read).map_err(|e| e.to_string());
        assert_eq!(error, Err("keys: may have at most 2, not 3".to_owned()));
    }

    #[test]
    fn paths_name_the_element() {
        let error = list_with(vec![vec![1u8; 32], vec![1; 31]], 9, "members", |b| digest(&b, ""));
        assert_eq!(error.map_err(|e| e.to_string()), Err("members[1]: must have 32 bytes, not 31".to_owned()));
    }
}
