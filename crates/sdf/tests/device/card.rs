//! A mock device of a test's own: a copy of its library, loaded by a path of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::SecretString;
use libloading::Library;
use mock_device::{PIN, Trouble};
use sdf::{SdfProvider, Settings};
use tempfile::TempDir;

pub(crate) struct Card {
    folder: TempDir,
    library: Library,
}

#[derive(Clone, Copy)]
pub(crate) enum Count {
    Sessions,
    MostSessions,
    Opened,
    PinsShown,
    Signatures,
    Devices,
}

/// The library that cargo built beside this test program.
fn built() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libmock_device.so")
}

impl Card {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("libcard.so");
        std::fs::copy(built(), &path).unwrap_or_else(|e| panic!("{}: {e}", built().display()));
        // SAFETY: it is our own library, without initialisers.
        let library = unsafe { Library::new(&path) }.unwrap();
        Self { folder, library }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::of(self.path("libcard.so"));
        settings.spare = Some((1, 300));
        settings
    }

    pub(crate) fn provider(&self) -> Arc<SdfProvider> {
        self.provider_with(self.settings())
    }

    pub(crate) fn provider_with(&self, settings: Settings) -> Arc<SdfProvider> {
        Arc::new(SdfProvider::with_pin(settings, pin()).unwrap())
    }

    /// Tells the device to misbehave so many times.
    pub(crate) fn trouble(&self, trouble: Trouble, times: u32) {
        // SAFETY: the type is that of the function in crates/sdf/mock-device.
        let tell = unsafe { self.library.get::<extern "C" fn(u32, u32)>(b"MOCK_Trouble\0") }.unwrap();
        tell(trouble as u32, times);
    }

    pub(crate) fn count(&self, count: Count) -> u32 {
        // SAFETY: the type is that of the function in crates/sdf/mock-device.
        let ask = unsafe { self.library.get::<extern "C" fn(u32) -> u32>(b"MOCK_Count\0") }.unwrap();
        ask(count as u32)
    }
}

pub(crate) fn pin() -> SecretString {
    SecretString::from(str::from_utf8(PIN).unwrap())
}

/// Writes a file with a mode.
pub(crate) fn write(path: &Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
