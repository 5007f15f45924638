//! Files behind a trait: real ones, and ones in memory that fail like real ones do.

mod memory;
mod memory_file;
mod real;

use std::io;
use std::path::Path;

pub use memory::MemoryDisk;
pub use real::RealDisk;

/// Something that is held as long as a lock lasts.
pub trait Held: Send + Sync {}

/// A place for files.
///
/// What is written is durable only after [`DiskFile::sync`]; that a file exists, only after [`Disk::sync_dir`].
pub trait Disk: Send + Sync {
    /// Makes a folder and those above it.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Opens a file for reading and writing, or makes an empty one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file that exists, for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// The names in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Whether there is a file or folder.
    fn exists(&self, path: &Path) -> bool;
    /// Gives a file another name, replacing what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Locks a file against other processes until the value is dropped; `WouldBlock` if one has it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>>;
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Fills the buffer from an offset; `UnexpectedEof` if the file ends before.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all bytes at an offset.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file, or lengthens it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Its length.
    fn size(&self) -> io::Result<u64>;
    /// Makes its contents durable.
    fn sync(&self) -> io::Result<()>;
}

/// The whole contents of a file.
pub(crate) fn read_whole(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let len = usize::try_from(file.size()?).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let mut bytes = vec![0; len];
    file.read_at(0, &mut bytes)?;
    Ok(bytes)
}

/// Replaces a file's contents: after a crash it has the old or the new ones, never a mixture.
pub(crate) fn replace_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let file = disk.create(&new)?;
    file.set_len(0)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&new, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new("/")))
}
