//! One place that the log is written to: a folder of files, each synced before anybody hears of what is in it.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ledger_types::{ChainId, Digest};

use super::reading::{AuditFault, Tail, fault, file_name, files, walk};

/// A file that is longer ends; the next entry begins another.
const FILE_BYTES: u64 = 64 * 1_024 * 1_024;

/// An open folder.
pub(super) struct Sink {
    folder: PathBuf,
    file: File,
    /// The file's bytes that are good.
    length: u64,
    tail: Tail,
    /// A write failed: what the file holds is not known before it is opened again.
    broken: bool,
}

impl Sink {
    /// Opens or makes it, and checks every entry. What a crash left of a line is cut off.
    pub(super) fn open(chain: &ChainId, id: Digest, folder: &Path) -> Result<Self, AuditFault> {
        make_folder(folder).map_err(fault(folder))?;
        let mut length = 0;
        let mut first = 1;
        let starts: Vec<u64> = files(folder)?.into_iter().map(|file| file.0).collect();
        let tail = walk(chain, id, folder, |line, entry, _| {
            if starts.contains(&entry.number) {
                (first, length) = (entry.number, 0);
            }
            length += line.len() as u64;
            Ok(())
        })?;
        // A new file that has no whole line yet.
        if starts.last().is_some_and(|last| *last == tail.number + 1) {
            (first, length) = (tail.number + 1, 0);
        }
        let path = folder.join(file_name(first));
        let file = open_file(&path).map_err(fault(&path))?;
        file.set_len(length).and_then(|()| file.sync_all()).map_err(fault(&path))?;
        sync_folder(folder).map_err(fault(folder))?;
        Ok(Self { folder: folder.to_owned(), file, length, tail, broken: false })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn tail(&self) -> Tail {
        self.tail
    }

    /// Whether lines that follow `tail` can be written.
    pub(super) fn is_ready(&self, tail: Tail) -> bool {
        !self.broken && self.tail == tail
    }

    /// Writes whole lines and waits until they are on disk. After a fault nothing of them counts.
    pub(super) fn append(&mut self, lines: &str, after: Tail) -> Result<(), AuditFault> {
        let written = self.write(lines);
        match written {
            Ok(()) => {
                self.tail = after;
                Ok(())
            }
            Err(source) => {
                // A disk that is full still lets go of what did not fit.
                self.broken = self.file.set_len(self.length).and_then(|()| self.file.sync_data()).is_err();
                Err(AuditFault::File { path: self.folder.clone(), source })
            }
        }
    }

    fn write(&mut self, lines: &str) -> std::io::Result<()> {
        if self.length >= FILE_BYTES {
            let path = self.folder.join(file_name(self.tail.number + 1));
            self.file = open_file(&path)?;
            self.length = 0;
            sync_folder(&self.folder)?;
        }
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::nlink(&self.file.metadata()?) == 0 {
            // What is written to a file that was deleted is nowhere.
            return Err(std::io::Error::other("the file was deleted while it was written"));
        }
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(lines.as_bytes())?;
        self.file.sync_data()?;
        self.length += lines.len() as u64;
        Ok(())
    }
}

fn open_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
