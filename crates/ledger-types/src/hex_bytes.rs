//! Bytes as hex in JSON: for `#[serde(with = "…::hex_bytes")]` on keys and signatures.

use serde::{Deserialize, Deserializer, Serializer, de};

/// As hex digits.
pub fn serialize<S: Serializer, const N: usize>(bytes: &[u8; N], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex::encode(bytes))
}

/// From exactly so many hex digits.
pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(d: D) -> Result<[u8; N], D::Error> {
    let mut out = [0; N];
    hex::decode_to_slice(<String as Deserialize>::deserialize(d)?, &mut out).map_err(de::Error::custom)?;
    Ok(out)
}

/// Lists of them.
pub mod list {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Each as hex digits.
    pub fn serialize<S: Serializer, const N: usize>(list: &[[u8; N]], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(hex::encode))
    }

    /// Each from exactly so many hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(d: D) -> Result<Vec<[u8; N]>, D::Error> {
        let one = |text: String| {
            let mut out = [0; N];
            hex::decode_to_slice(text, &mut out).map(|()| out).map_err(de::Error::custom)
        };
        <Vec<String> as Deserialize>::deserialize(d)?.into_iter().map(one).collect()
    }
}
