//! The file itself: for its owner only, never overwritten.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

use super::KeyFileError;

/// A key file is about 500 bytes long.
const MAX_LEN: u64 = 16 * 1024;

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Io { action, path, source }
}

/// Creates the file with mode 0600 and returns when it is on disk.
pub(super) fn write(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Under another name first: a process that is killed meanwhile leaves no half key in the place of a whole one.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = options.open(&draft).map_err(io_error("create", path))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // A link, unlike a new name, is refused where a file is.
    let placed = written.and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    placed.and(removed).and_then(|()| sync_folder(path)).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => io_error("write", path)(source),
    })
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Reads the file if only its owner may.
pub(super) fn read(path: &Path) -> Result<String, KeyFileError> {
    let file = File::open(path).map_err(io_error("open", path))?;
    let metadata = file.metadata().map_err(io_error("look at", path))?;
    let not_a_file = |why| KeyFileError::NotAFile { path: path.to_owned(), why };
    if !metadata.is_file() {
        return Err(not_a_file("it is not a regular file"));
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
        }
    }
    let mut bytes = Vec::new();
    file.take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(not_a_file("it is longer than 16 KiB"));
    }
    String::from_utf8(bytes).map_err(|_| not_a_file("it is not text"))
}
