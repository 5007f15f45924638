//! Counting the elements of lists in bytes that are not decoded yet.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorSet};

/// Elements that any request may have.
const FREE: usize = 4_096;
/// Above that, bytes of the request for each: an element of fewer is a wish for memory, not a statement.
const BYTES_EACH: usize = 16;
/// Messages within messages, as prost has it.
const DEPTH: usize = 100;

/// Why bytes are not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Too many elements.
    Elements,
    /// Too many messages within each other.
    Depth,
    /// Not protobuf, or of an age that we do not speak.
    Form,
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elements => "lists of more elements than its bytes can say anything of",
            Self::Depth => "messages within messages without end",
            Self::Form => "bytes that are no protobuf message",
        })
    }
}

/// The fields of a message that are messages: which, and whether there may be many.
type Shape = BTreeMap<u32, (String, bool)>;

static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    // Its bytes are made with this program; the tests decode them.
    let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap_or_default();
    let mut shapes = BTreeMap::new();
    for file in &set.file {
        for message in &file.message_type {
            add(&mut shapes, file.package(), message);
        }
    }
    shapes
});

fn add(shapes: &mut BTreeMap<String, Shape>, within: &str, message: &DescriptorProto) {
    let name = format!("{within}.{}", message.name());
    for nested in &message.nested_type {
        add(shapes, &name, nested);
    }
    let of_messages = message.field.iter().filter(|field| field.r#type() == Type::Message);
    let fields = of_messages.filter_map(|field| {
        let kind = field.type_name().trim_start_matches('.').to_owned();
        Some((u32::try_from(field.number()).ok()?, (kind, field.label() == Label::Repeated)))
    });
    shapes.insert(name, fields.collect());
}

/// Whether a request of this name may be decoded.
pub(super) fn check(name: &str, bytes: &[u8]) -> Result<(), Over> {
    let mut left = FREE.max(bytes.len() / BYTES_EACH);
    count(SHAPES.get(name), bytes, &mut left, DEPTH)
}

fn count(shape: Option<&Shape>, mut bytes: &[u8], left: &mut usize, depth: usize) -> Result<(), Over> {
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).map_err(|_| Over::Form)?;
        let length = match wire {
            WireType::Varint => {
                decode_varint(&mut bytes).map_err(|_| Over::Form)?;
                continue;
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => {
                let length = decode_varint(&mut bytes).map_err(|_| Over::Form)?;
                usize::try_from(length).map_err(|_| Over::Form)?
            }
            // Groups are older than anybody who calls us; prost would skip them, and what hides behind them is not counted.
            WireType::StartGroup | WireType::EndGroup => return Err(Over::Form),
        };
        let (inner, rest) = bytes.split_at_checked(length).ok_or(Over::Form)?;
        bytes = rest;
        let Some((kind, many)) = shape.and_then(|shape| shape.get(&number)) else { continue };
        // A message in another shape is for prost to refuse.
        if wire != WireType::LengthDelimited {
            continue;
        }
        if *many {
            *left = left.checked_sub(1).ok_or(Over::Elements)?;
        }
        let depth = depth.checked_sub(1).ok_or(Over::Depth)?;
        count(SHAPES.get(kind), inner, left, depth)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::invoice::v1::{BatchInput, IssueBatchRequest};

    const BATCH: &str = "taxchain.invoice.v1.IssueBatchRequest";

    fn batch(elements: usize) -> Vec<u8> {
        IssueBatchRequest { invoices: vec![BatchInput::default(); elements], ..IssueBatchRequest::default() }
            .encode_to_vec()
    }

    #[test]
    fn every_request_has_a_shape() {
        let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
        let services = set.file.iter().flat_map(|file| &file.service).flat_map(|service| &service.method);
        let inputs: Vec<_> = services.map(|method| method.input_type().trim_start_matches('.')).collect();
        assert!(inputs.len() > 60, "{}", inputs.len());
        for input in inputs {
            assert!(input.ends_with("Request") && SHAPES.contains_key(input), "{input}");
        }
        assert_eq!(SHAPES[BATCH].get(&2), Some(&("taxchain.invoice.v1.BatchInput".to_owned(), true)));
    }

    #[test]
    fn empty_elements_are_bounded_and_full_ones_are_not() {
        assert_eq!(check(BATCH, &batch(FREE)), Ok(()));
        assert_eq!(check(BATCH, &batch(FREE + 1)), Err(Over::Elements));
        let amplified = batch(500_000);
        assert!(amplified.len() >= 1_000_000);
        assert_eq!(check(BATCH, &amplified), Err(Over::Elements));
        let mut padded = batch(20_000);
        // The bytes may stand anywhere, as long as they are there.
        padded.extend([0x7a, 0x80, 0x80, 0x14]);
        padded.resize(padded.len() + 5 * 65_536, 7);
        assert_eq!(check(BATCH, &padded), Ok(()));
    }

    #[test]
    fn what_hides_in_a_list_within_a_list_is_counted() {
        let parts = [0x12, 0].repeat(100);
        let mut one = vec![0x12, 0x80 | (parts.len() & 0x7f) as u8, (parts.len() >> 7) as u8];
        one.extend(parts);
        let shape: Shape = [(2, ("taxchain.invoice.v1.IssueBatchRequest".to_owned(), true))].into();
        let mut left = 1_000;
        assert_eq!(count(Some(&shape), &one.repeat(9), &mut left, DEPTH), Ok(()));
        assert_eq!(left, 1_000 - 9 - 900);
        assert_eq!(count(Some(&shape), &one.repeat(9), &mut left, DEPTH), Err(Over::Elements));
    }

    #[test]
    fn what_is_no_message_is_refused_before_anybody_looks_into_it() {
        assert_eq!(check(BATCH, &[0x0b, 0x0c]), Err(Over::Form), "a group");
        assert_eq!(check(BATCH, &[0x12, 5, 1]), Err(Over::Form), "cut off");
        assert_eq!(check(BATCH, &[0xff; 11]), Err(Over::Form), "a varint without end");
        assert_eq!(check(BATCH, &[0x10, 1]), Ok(()), "a number where a message should be is prost's to refuse");
        assert!(IssueBatchRequest::decode([0x10, 1].as_slice()).is_err());
        let shape: Shape = [(1, ("x".to_owned(), false))].into();
        assert_eq!(count(Some(&shape), &[0x0a, 0], &mut 9, 0), Err(Over::Depth));
    }
}
