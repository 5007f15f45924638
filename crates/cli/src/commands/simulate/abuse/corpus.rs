//! Messages that are none.

use simulators::dice::Dice;

/// A malformed message, and whether anything but a refusal for its form would be wrong.
pub(super) struct Malformed {
    pub(super) what: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) no_message: bool,
}

/// A field's key and its value behind its length.
pub(super) fn field(number: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 10);
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(value.len() as u64, &mut out);
    out.extend_from_slice(value);
    out
}

/// An element within its lists and messages, outermost first.
pub(super) fn within(way: &[u32], element: Vec<u8>) -> Vec<u8> {
    way.iter().rev().fold(element, |inner, number| field(*number, &inner))
}

/// What is thrown at a call whose request has messages in these fields.
pub(super) fn malformed(messages: &[u32]) -> Vec<Malformed> {
    let broken = |what, bytes| Malformed { what, bytes, no_message: true };
    let mut all = vec![
        broken("cut off", vec![0x0a, 100, 1, 2, 3]),
        broken("a length of 2^64", [vec![0x0a], vec![0xff; 9], vec![1]].concat()),
        broken("a varint of 50 kB", [vec![0x08], vec![0xff; 50_000]].concat()),
        broken("a varint of 10 MB", [vec![0x08], vec![0xff; 10_000_000]].concat()),
        broken("a group that begins 10,000 times", vec![0x0b; 10_000]),
        broken("a group that ends", vec![0x0c]),
        broken("the field of number 0", vec![0x02, 0]),
        broken("an unknown kind of field", vec![0x0f, 0]),
        Malformed {
            what: "unknown fields",
            bytes: [field(9_999, b"?"), vec![0xf8, 0xff, 0xff, 0xff, 0x0f, 7]].concat().repeat(100),
            no_message: false,
        },
        Malformed { what: "nothing", bytes: Vec::new(), no_message: false },
    ];
    for number in messages {
        let nested = (0..10_000)
            .fold(Vec::new(), |inner: Vec<u8>, _| if inner.len() < 60_000 { field(*number, &inner) } else { inner });
        all.push(Malformed { what: "messages within messages", bytes: nested, no_message: false });
        all.push(broken("a number where a message is", [vec![(number << 3) as u8], vec![1]].concat()));
        all.push(broken("a message that is cut off", field(*number, &[0x0a, 9, 1])));
    }
    let mut dice = Dice::new(20_180_810);
    for _ in 0..4 {
        let bytes = (0..200).map(|_| u8::try_from(dice.below(256)).unwrap_or(0)).collect();
        all.push(Malformed { what: "noise", bytes, no_message: false });
    }
    all
}

/// A gzip of so many MiB of zeros, some thousandth of it: one fixed-code block of the longest copies.
pub(super) fn packed_zeros(mib: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0b1, 1);
    bits.put(0b01, 2);
    // A zero, then copies of 258 bytes at distance 1: symbol 285, distance 0.
    bits.put_code(0x30, 8);
    for _ in 0..(mib << 20) / 258 {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    bits.put_code(0, 7);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(bits.done());
    // Checksum and length: who unpacks all of it may find them wrong.
    out.extend([0; 8]);
    out
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    open: u8,
    used: u8,
}

impl Bits {
    /// The lowest bit first.
    fn put(&mut self, value: u16, count: u8) {
        for i in 0..count {
            self.open |= (((value >> i) & 1) as u8) << self.used;
            self.used += 1;
            if self.used == 8 {
                self.out.push(std::mem::take(&mut self.open));
                self.used = 0;
            }
        }
    }

    /// Huffman codes: the highest bit first.
    fn put_code(&mut self, code: u16, count: u8) {
        for i in (0..count).rev() {
            self.put((code >> i) & 1, 1);
        }
    }

    fn done(mut self) -> Vec<u8> {
        if self.used > 0 {
            self.out.push(self.open);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_packed_to_less_than_a_hundredth() {
        let packed = packed_zeros(10);
        assert!(packed.len() * 100 < 10 << 20, "{}", packed.len());
    }

    #[test]
    fn ways_lead_inwards() {
        assert_eq!(within(&[1, 2], vec![7]), [0x0a, 3, 0x12, 1, 7]);
    }
}
