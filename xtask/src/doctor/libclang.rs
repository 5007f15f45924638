//! Finds libclang the way `clang-sys` does when RocksDB's build script loads it: `LIBCLANG_PATH` alone if it is set;
//! else what `llvm-config` names, the linker's search paths, and the system's library folders.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Finding;
use super::mend::Mend;

/// Folders with their globs, in the order of `clang-sys`.
const LINUX: [&str; 7] = [
    "/usr/local/llvm*/lib*",
    "/usr/local/lib*/*/*",
    "/usr/local/lib*/*",
    "/usr/local/lib*",
    "/usr/lib*/*/*",
    "/usr/lib*/*",
    "/usr/lib*",
];
const MAC: [&str; 4] = [
    "/usr/local/opt/llvm*/lib/llvm*/lib",
    "/opt/homebrew/opt/llvm*/lib",
    "/Library/Developer/CommandLineTools/usr/lib",
    "/usr/local/opt/llvm*/lib",
];

const SUBJECT: &str = "libclang";

/// Where a search looks.
#[derive(Debug, Default)]
struct Places {
    /// The value of `LIBCLANG_PATH`: a file or a folder.
    named: Option<PathBuf>,
    /// Folders, tried in order.
    folders: Vec<PathBuf>,
}

pub(super) fn examine() -> Finding {
    let places = Places::of_this_machine();
    match (places.find(), &places.named) {
        (Some(file), _) => Finding::found(SUBJECT, file.display().to_string()),
        (None, Some(named)) => Finding::missing(
            SUBJECT,
            format!("LIBCLANG_PATH is {} and holds no libclang", named.display()),
            Mend::ByHand("unset LIBCLANG_PATH".to_owned()),
        ),
        (None, None) => {
            Finding::missing(SUBJECT, "not found; RocksDB's bindings are made with it", Mend::SystemPackages)
        }
    }
}

impl Places {
    fn of_this_machine() -> Self {
        let mut folders: Vec<PathBuf> = Vec::new();
        if let Some(prefix) = llvm_prefix() {
            folders.extend(["bin", "lib", "lib64"].map(|f| prefix.join(f)));
        }
        for variable in ["LD_LIBRARY_PATH", "LIBRARY_PATH"] {
            let value = env::var_os(variable).unwrap_or_default();
            folders.extend(env::split_paths(&value).filter(|p| !p.as_os_str().is_empty()));
        }
        let globs: &[&str] = if cfg!(target_os = "macos") { &MAC } else { &LINUX };
        folders.extend(globs.iter().flat_map(|g| expand(Path::new("/"), g)));
        Self { named: env::var_os("LIBCLANG_PATH").map(PathBuf::from), folders }
    }

    fn find(&self) -> Option<PathBuf> {
        match &self.named {
            Some(path) if path.is_file() => named_libclang(path).then(|| path.clone()),
            Some(path) => in_folder(path),
            None => self.folders.iter().find_map(|f| in_folder(f)),
        }
    }
}

fn llvm_prefix() -> Option<PathBuf> {
    let program = env::var_os("LLVM_CONFIG_PATH").unwrap_or_else(|| "llvm-config".into());
    let output = Command::new(program).arg("--prefix").output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(|l| PathBuf::from(l.trim()))
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    files.into_iter().find(|f| named_libclang(f))
}

/// `libclang.so`, `libclang-14.so`, `libclang.so.1`, `libclang-14.so.1`; not `libclang-cpp.so`, another library.
fn named_libclang(file: &Path) -> bool {
    let Some(name) = file.file_name().and_then(|n| n.to_str()) else {
        return false;
    };
    let Some(rest) = name.strip_prefix("libclang") else {
        return false;
    };
    let plain = rest.starts_with('.') || rest.starts_with('-');
    let library = rest.ends_with(".so") || rest.contains(".so.") || rest == ".dylib";
    // A dangling link is no library.
    plain && library && !rest.contains("-cpp.") && file.exists()
}

/// The folders that a pattern with `*` in its parts stands for.
fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        folders = folders.iter().flat_map(|f| matching(f, part)).collect();
    }
    folders
}

fn matching(folder: &Path, part: &str) -> Vec<PathBuf> {
    let Some(start) = part.strip_suffix('*') else {
        return Some(folder.join(part)).filter(|p| p.is_dir()).into_iter().collect();
    };
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let named = entries.filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(start)));
    let mut found: Vec<PathBuf> = named.map(|e| e.path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A folder that goes away with the value.
    struct Scratch(PathBuf);

    impl Scratch {
        fn with(test: &str, files: &[&str]) -> Self {
            let root = env::temp_dir().join(format!("xtask-{}-{test}", std::process::id()));
            for file in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn searched(root: &Path) -> Option<PathBuf> {
        Places { named: None, folders: LINUX.iter().flat_map(|g| expand(root, g)).collect() }.find()
    }

    #[test]
    fn the_folders_of_debian_are_searched() {
        let files = ["usr/lib/x86_64-linux-gnu/libclang-cpp.so.14", "usr/lib/llvm-14/lib/libclang-14.so.1"];
        let scratch = Scratch::with("debian", &files);
        assert_eq!(searched(&scratch.0).unwrap(), scratch.0.join(files[1]));
    }

    #[test]
    fn a_machine_without_libclang_is_told_so() {
        let scratch = Scratch::with("bare", &["usr/lib/x86_64-linux-gnu/libclang-cpp.so.14", "usr/lib/libc.so"]);
        assert_eq!(searched(&scratch.0), None);
    }

    #[test]
    fn a_named_place_is_the_only_one() {
        let scratch = Scratch::with("named", &["a/libclang.so", "b/other.so"]);
        let folders = vec![scratch.0.join("a")];
        let at = |named: &str| Places { named: Some(scratch.0.join(named)), folders: folders.clone() }.find();
        assert_eq!(at("b"), None, "LIBCLANG_PATH wins even where it is wrong, as in clang-sys");
        assert!(at("a").is_some() && at("a/libclang.so").is_some());
        assert_eq!(at("b/other.so"), None);
    }
}
