//! Searching bytes for many secrets in many forms at once, also in what zstd packed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    /// What it is, without itself.
    pub(super) what: String,
    /// How it is written.
    pub(super) form: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Where it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) what: String,
    pub(super) form: &'static str,
    pub(super) place: String,
}

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Nothing of ours is larger unpacked.
const MOST: u64 = 64 << 20;

/// Many needles.
pub(super) struct Search {
    needles: Vec<Needle>,
    /// By their first two bytes.
    by_begin: BTreeMap<[u8; 2], Vec<usize>>,
    begins: Vec<bool>,
}

impl Search {
    pub(super) fn new(needles: Vec<Needle>) -> Self {
        let mut by_begin = BTreeMap::<_, Vec<_>>::new();
        let mut begins = vec![false; 1 << 16];
        for (place, needle) in needles.iter().enumerate() {
            let begin = [needle.bytes[0], needle.bytes[1]];
            by_begin.entry(begin).or_default().push(place);
            begins[usize::from(u16::from_be_bytes(begin))] = true;
        }
        Self { needles, by_begin, begins }
    }

    pub(super) fn needles(&self) -> &[Needle] {
        &self.needles
    }

    /// What is in some bytes, each needle once.
    pub(super) fn bytes(&self, place: &str, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = self.plain(place, bytes);
        for at in bytes.windows(4).enumerate().filter(|(_, four)| **four == ZSTD).map(|(at, _)| at) {
            if let Some(unpacked) = unpack(&bytes[at..]) {
                hits.extend(self.plain(&format!("{place}, packed"), &unpacked));
            }
        }
        hits.sort();
        hits.dedup();
        hits
    }

    fn plain(&self, place: &str, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (at, two) in bytes.windows(2).enumerate() {
            let begin = [two[0], two[1]];
            if !self.begins[usize::from(u16::from_be_bytes(begin))] {
                continue;
            }
            for needle in self.by_begin.get(&begin).into_iter().flatten().map(|i| &self.needles[*i]) {
                if bytes[at..].starts_with(&needle.bytes) {
                    hits.push(Hit { what: needle.what.clone(), form: needle.form, place: place.to_owned() });
                }
            }
        }
        hits
    }

    /// What is in all files of a folder but those named; how many files and bytes that were.
    pub(super) fn folder(&self, dir: &Path, but: &[PathBuf]) -> Result<(Vec<Hit>, usize, u64), Failure> {
        let (mut hits, mut files, mut size) = (Vec::new(), 0, 0);
        let mut open = vec![dir.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else if !but.contains(&path) {
                    // Files may go while one looks: what is gone leaks nothing.
                    let Ok(bytes) = std::fs::read(&path) else { continue };
                    (files, size) = (files + 1, size + bytes.len() as u64);
                    let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
                    hits.extend(self.bytes(&name, &bytes));
                }
            }
        }
        Ok((hits, files, size))
    }
}

/// What a frame of zstd holds; none if it is not one after all.
fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let packed = zstd_safe::find_frame_compressed_size(bytes).ok()?;
    let size = zstd_safe::get_frame_content_size(bytes).ok()??;
    let mut out = vec![0; usize::try_from(size).ok().filter(|_| size <= MOST)?];
    zstd_safe::decompress(out.as_mut_slice(), &bytes[..packed]).ok()?;
    Some(out)
}

/// Bytes in all forms in which they might lie about.
pub(super) fn forms(what: &str, secret: &[u8]) -> Vec<Needle> {
    let mut all = vec![("as it is", secret.to_vec()), ("hex", hex::encode(secret).into_bytes())];
    all.push(("HEX", hex::encode_upper(secret).into_bytes()));
    for (pad, form) in ["base64", "base64 from the 2nd byte", "base64 from the 3rd byte"].into_iter().enumerate() {
        let standard = base64(secret, pad);
        let url: Vec<u8> = standard
            .iter()
            .map(|c| match c {
                b'+' => b'-',
                b'/' => b'_',
                c => *c,
            })
            .collect();
        if url != standard {
            all.push(("base64 of addresses", url));
        }
        all.push((form, standard));
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        all.push(("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        all.push(("UTF-16, big-endian", text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
        if !text.is_ascii() {
            all.push(("escaped", text.escape_unicode().to_string().into_bytes()));
            let json: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            all.push(("escaped as JSON", json.into_bytes()));
        }
    } else {
        all.push(("backwards", secret.iter().rev().copied().collect()));
    }
    all.into_iter().map(|(form, bytes)| Needle { what: what.to_owned(), form, bytes }).collect()
}

/// The characters that these bytes alone decide, `pad` bytes behind the begin of a group of three.
fn base64(secret: &[u8], pad: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = [vec![0; pad], secret.to_vec()].concat();
    let whole = bytes.len() * 8 / 6;
    let sextet = |i: usize| {
        let bit = i * 6;
        let two = u16::from(bytes[bit / 8]) << 8 | u16::from(bytes.get(bit / 8 + 1).copied().unwrap_or(0));
        ALPHABET[usize::from(two >> (10 - bit % 8) & 63)]
    };
    ((pad * 8).div_ceil(6)..whole).map(sextet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_everybody_writes_wherever_the_secret_begins() {
        // "Man" is TWFu; "xMan" eE1hbg, "xyMan" eHlNYW4.
        assert_eq!(base64(b"Man", 0), b"TWFu");
        assert_eq!(base64(b"Man", 1), b"1hb", "of eE1hbg: x's bits and the last ones are not its own");
        assert_eq!(base64(b"Man", 2), b"NYW");
    }

    #[test]
    fn every_form_is_found_also_when_packed() {
        let search = Search::new([forms("key", &[0xfe; 32]), forms("name", "深圳检漏7f3a".as_bytes())].concat());
        assert!(search.needles().len() > 18);
        for needle in search.needles() {
            let around = [b"....".as_slice(), &needle.bytes, b"...."].concat();
            let found = search.bytes("here", &around);
            assert!(found.iter().any(|hit| (&hit.what, hit.form) == (&needle.what, needle.form)), "{needle:?}");
            let mut packed = vec![0; 4_096];
            let length = zstd_safe::compress(&mut packed[7..], &around, 3).unwrap_or(0);
            let found = search.bytes("here", &packed[..7 + length]);
            assert!(found.iter().any(|hit| hit.form == needle.form && hit.place.starts_with("here")), "{needle:?}");
        }
        assert_eq!(search.bytes("here", b"nothing of that"), []);
    }
}
