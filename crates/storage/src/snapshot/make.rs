//! Making a snapshot of a height that is held on to, while later blocks are committed.

use ledger_types::{Canonical, Digest, Height, RequestEntry, RequestScope, Slot};
use proofs::HeaderEntry;
use proofs::snapshot::{
    Chunk, ChunkName, HEADERS, LINE_LEVELS, MAX_REGISTER_BITS, Manifest, SLOT_LEVELS, lines_root, register_chunk,
    register_part, slots_root,
};
use proofs::sparse_tree::Part;

use super::sorter::{BUCKETS, Sorter};
use super::{Shelf, SnapshotFolder};
use crate::column_families::Column;
use crate::error::{StoreError, damaged};
use crate::reader::Reading;
use crate::rows;

/// Header entries: at most so many from a height on.
pub type HeaderPages<'a> = &'a mut dyn FnMut(Height, usize) -> Result<Vec<HeaderEntry>, StoreError>;

/// Bytes of a chunk of the register, about.
const REGISTER_BYTES: u64 = 512 << 10;

/// A snapshot under way.
struct Maker<'a> {
    reading: &'a Reading,
    folder: SnapshotFolder,
    /// Asked after each chunk; false to give up.
    go_on: &'a mut dyn FnMut() -> bool,
    manifest: Manifest,
}

/// Makes the snapshot of the height read, on the shelf; its manifest is written last. None if `go_on`, which is asked
/// after each chunk, said no. `headers` must know the header after that height.
///
/// # Errors
/// What reading or writing came to; [`StoreError::Damaged`] if the state is not the one that its height names.
pub fn make_snapshot(
    reading: &Reading,
    shelf: &Shelf,
    headers: HeaderPages<'_>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Manifest>, StoreError> {
    let height = reading.height();
    shelf.prepare()?;
    let folder = shelf.at(height);
    folder.clear()?;
    let meta = rows::read_meta(reading.rows())?;
    let meta = meta.ok_or_else(|| rows::bad_row(Column::Meta, rows::META_STATE, "it is missing"))?;
    let mut carried = Vec::new();
    let carriers = Manifest::carried_by(height);
    for block in carriers.start().0..=carriers.end().0 {
        carried.extend(reading.carried(Height(block))?);
    }
    let manifest = Manifest {
        version: Manifest::VERSION,
        chain: reading.chain_id(),
        height,
        slots: meta.leaves,
        slot_roots: Vec::new(),
        lines: meta.log.len(),
        line_roots: Vec::new(),
        register_bits: 0,
        register: Vec::new(),
        carried,
    };
    let mut maker = Maker { reading, folder, go_on, manifest };
    let whole = maker.headers(headers)? && maker.slots()? && maker.lines()? && maker.register()?;
    if !whole {
        maker.folder.clear()?;
        return Ok(None);
    }
    let Maker { folder, manifest, .. } = maker;
    if manifest.roots() != reading.tip().roots {
        folder.clear()?;
        return Err(damaged(
            folder.dir(),
            0,
            format!("the state of height {height} is not what its roots say: run fsck"),
        ));
    }
    folder.put_manifest(&manifest)?;
    Ok(Some(manifest))
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Maker<'_> {
    fn headers(&mut self, pages: HeaderPages<'_>) -> Result<bool, StoreError> {
        let all = self.manifest.height.0 + 1;
        for (n, first) in (0..).zip((1..=all).step_by(usize::try_from(HEADERS).unwrap_or(1))) {
            let count = usize::try_from(HEADERS.min(all + 1 - first)).unwrap_or(0);
            let page = pages(Height(first), count)?;
            if page.len() != count {
                let missing = rows::height_key(Height(first + page.len() as u64));
                return Err(rows::bad_row(Column::Headers, &missing, "the header is missing"));
            }
            self.folder.put_chunk(ChunkName::Headers(n), &Chunk::Headers(page))?;
            if !(self.go_on)() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn slots(&mut self) -> Result<bool, StoreError> {
        let all = self.manifest.slots;
        for n in 0..proofs::snapshot::chunks_of(all, SLOT_LEVELS) {
            let first = n << SLOT_LEVELS;
            let count = usize::try_from((all - first).min(1 << SLOT_LEVELS)).unwrap_or(0);
            let mut records = vec![Vec::new(); count];
            let mut bad = None;
            self.reading.rows().scan(Column::Outputs, &rows::slot_key(Slot(first)), &mut |key, value| {
                let Ok(slot) = rows::slot_in(Column::Outputs, key) else {
                    bad = Some(rows::bad_row(Column::Outputs, key, "no slot in it"));
                    return false;
                };
                let at = usize::try_from(slot.0 - first).unwrap_or(usize::MAX);
                let (Some(place), Some(record)) = (records.get_mut(at), value.get(rows::OUTPUT_HEAD..)) else {
                    return false;
                };
                *place = record.to_vec();
                at + 1 < count
            })?;
            if let Some(error) = bad {
                return Err(error);
            }
            self.manifest.slot_roots.push(slots_root(&records, all));
            let name = ChunkName::Slots(number(self.manifest.slot_roots.len() - 1));
            self.folder.put_chunk(name, &Chunk::Slots(records))?;
            if !(self.go_on)() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The request log is stored by id; its order is that of heights and places.
    fn lines(&mut self) -> Result<bool, StoreError> {
        let path = self.folder.path(ChunkName::Lines(0)).with_extension("sorting");
        let mut sorter = Sorter::new(self.folder.disk().clone(), &path)?;
        let top = self.manifest.height.0 + 1;
        let mut failed = None;
        self.reading.rows().scan(Column::Requests, &[], &mut |key, value| {
            let put = line(key, value).and_then(|line| {
                let bucket = u128::from(line.height.0) * BUCKETS as u128 / u128::from(top);
                sorter.put(usize::try_from(bucket).unwrap_or(BUCKETS), &line.to_canonical())
            });
            failed = put.err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)?;
        let mut waiting = Vec::new();
        for bucket in 0..BUCKETS {
            let decode =
                |row: Vec<u8>| RequestEntry::from_canonical(&row).map_err(|e| damaged(&path, 0, e.to_string()));
            let mut lines = sorter.take(bucket)?.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
            lines.sort_unstable_by_key(|line| (line.height, line.index));
            waiting.append(&mut lines);
            while waiting.len() >= 1 << LINE_LEVELS {
                let rest = waiting.split_off(1 << LINE_LEVELS);
                if !self.put_lines(std::mem::replace(&mut waiting, rest))? {
                    return Ok(false);
                }
            }
        }
        Ok(waiting.is_empty() || self.put_lines(waiting)?)
    }

    fn put_lines(&mut self, lines: Vec<RequestEntry>) -> Result<bool, StoreError> {
        let name = ChunkName::Lines(number(self.manifest.line_roots.len()));
        self.manifest.line_roots.push(lines_root(&lines));
        self.folder.put_chunk(name, &Chunk::Lines(lines))?;
        Ok((self.go_on)())
    }

    /// The register is stored by key; its tree is by the keys' hashes.
    fn register(&mut self) -> Result<bool, StoreError> {
        let path = self.folder.path(ChunkName::Register(0)).with_extension("sorting");
        let mut sorter = Sorter::new(self.folder.disk().clone(), &path)?;
        let (mut failed, mut bytes) = (None, 0);
        self.reading.rows().scan(Column::Registry, &[], &mut |key, value| {
            let entry: proofs::snapshot::Entry = (key.to_vec(), value.to_vec());
            bytes += (key.len() + value.len() + 8) as u64;
            failed = sorter.put(usize::from(sm::sm3(key)[0]), &entry.to_canonical()).err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)?;
        let bits = (0..MAX_REGISTER_BITS).find(|bits| bytes >> bits <= REGISTER_BYTES).unwrap_or(MAX_REGISTER_BITS);
        self.manifest.register_bits = bits;
        self.manifest.register = vec![Part::EMPTY; 1 << bits];
        let mut waiting: Vec<(Digest, proofs::snapshot::Entry)> = Vec::new();
        for bucket in 0..BUCKETS {
            for row in sorter.take(bucket)? {
                let entry =
                    <proofs::snapshot::Entry>::from_canonical(&row).map_err(|e| damaged(&path, 0, e.to_string()))?;
                waiting.push((Digest(sm::sm3(&entry.0)), entry));
            }
            // A chunk of fewer bits than a bucket's goes on into the next bucket.
            let whole = (bucket + 1) * (1 << bits) % BUCKETS == 0;
            if whole && !self.put_register(std::mem::take(&mut waiting))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn put_register(&mut self, mut entries: Vec<(Digest, proofs::snapshot::Entry)>) -> Result<bool, StoreError> {
        let bits = self.manifest.register_bits;
        entries.sort_unstable_by_key(|(hash, _)| *hash);
        for chunk in entries.chunk_by(|a, b| register_chunk(&a.0, bits) == register_chunk(&b.0, bits)) {
            let n = register_chunk(&chunk[0].0, bits);
            let chunk: Vec<_> = chunk.iter().map(|(_, entry)| entry.clone()).collect();
            let part = register_part(n, bits, &chunk).map_err(|what| StoreError::Change(what.to_owned()))?;
            self.manifest.register[n as usize] = part;
            self.folder.put_chunk(ChunkName::Register(n), &Chunk::Register(chunk))?;
            if !(self.go_on)() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A line from its row.
fn line(key: &[u8], value: &[u8]) -> Result<RequestEntry, StoreError> {
    let bad = || rows::bad_row(Column::Requests, key, "not a request line");
    let (id, scope) = key.split_first_chunk::<16>().ok_or_else(bad)?;
    let scope: &[u8; 8] = scope.try_into().map_err(|_| bad())?;
    rows::decode_request(ledger_types::RequestId(*id), RequestScope(u64::from_be_bytes(*scope)), value)
}
