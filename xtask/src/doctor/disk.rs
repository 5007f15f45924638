//! The folder that cargo builds in: where it is, what kind it is, whether there is room.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::mend::Mend;
use super::{Finding, existing_ancestor};
use crate::plans::PROFILE;

/// Room for a build from nothing, in GiB.
const NEEDED_COLD: u64 = 8;
/// Room for one more build where RocksDB is compiled already, in GiB.
const NEEDED_WARM: u64 = 2;

const ELSEWHERE: &str = "export CARGO_TARGET_DIR=\"$HOME/.cache/taxchain/target\"";

/// Where the target folder is and on what kind of file system.
pub(super) fn target_folder(target: &Path, root: &Path) -> Finding {
    let at = existing_ancestor(target);
    let canonical = at.canonicalize().unwrap_or_else(|_| at.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    judge(target, root, mount_of(&mounts, &canonical))
}

fn judge(target: &Path, root: &Path, mount: Option<Mount<'_>>) -> Finding {
    const SUBJECT: &str = "target folder";
    let elsewhere = || Mend::ByHand(ELSEWHERE.to_owned());
    let place = if target.starts_with(root) { "inside the clone" } else { "outside the clone" };
    let Some(mount) = mount else {
        return Finding::found(SUBJECT, format!("{}, {place}", target.display()));
    };
    let what = format!("{}, {place}, on {}", target.display(), mount.kind);
    let has = |option: &str| mount.options.split(',').any(|o| o == option);
    if has("noexec") {
        Finding::missing(SUBJECT, format!("{what}, where no program may run"), elsewhere())
    } else if has("ro") {
        Finding::missing(SUBJECT, format!("{what}, which is read-only"), elsewhere())
    } else if matches!(mount.kind, "tmpfs" | "ramfs") {
        Finding::doubt(SUBJECT, format!("{what}: takes memory and is gone after a restart"), elsewhere())
    } else if matches!(mount.kind, "nfs" | "nfs4" | "cifs" | "9p" | "fuse.sshfs" | "vboxsf" | "drvfs") {
        Finding::doubt(SUBJECT, format!("{what}: a network file system, slow for builds"), elsewhere())
    } else {
        Finding::found(SUBJECT, what)
    }
}

/// One line of `/proc/mounts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mount<'a> {
    kind: &'a str,
    options: &'a str,
}

/// The mount with the longest path above `path`; of two at one place, the later.
fn mount_of<'a>(mounts: &'a str, path: &Path) -> Option<Mount<'a>> {
    let mut best: Option<(usize, Mount<'a>)> = None;
    for line in mounts.lines() {
        let mut words = line.split_whitespace().skip(1);
        let (Some(point), Some(kind), Some(options)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let closer = best.is_none_or(|(length, _)| point.len() >= length);
        if path.starts_with(point) && closer {
            best = Some((point.len(), Mount { kind, options }));
        }
    }
    best.map(|(_, mount)| mount)
}

/// Whether there is room to build.
pub(super) fn space(target: &Path) -> Finding {
    const SUBJECT: &str = "disk space";
    let needed = if rocksdb_is_built(target) { NEEDED_WARM } else { NEEDED_COLD };
    match free_gib(existing_ancestor(target)) {
        None => Finding::found(SUBJECT, "unknown: `df` does not tell"),
        Some(free) if free < needed => Finding::missing(
            SUBJECT,
            format!("{free} GiB free for {}, needs {needed}", target.display()),
            Mend::ByHand("free some, or export CARGO_TARGET_DIR=<a folder on a larger disk>".to_owned()),
        ),
        Some(free) => Finding::found(SUBJECT, format!("{free} GiB free, needs {needed}")),
    }
}

fn rocksdb_is_built(target: &Path) -> bool {
    let entries = fs::read_dir(target.join(PROFILE).join("build")).into_iter().flatten().filter_map(Result::ok);
    let mut rocksdb = entries.filter(|e| e.file_name().to_string_lossy().starts_with("librocksdb-sys-"));
    rocksdb.any(|e| e.path().join("out/librocksdb.a").is_file())
}

fn free_gib(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    available_kib(&String::from_utf8_lossy(&output.stdout)).map(|kib| kib / (1024 * 1024))
}

/// The fourth column of the second line that `df -Pk` prints.
fn available_kib(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MOUNTS: &str = "/dev/vda / ext4 rw,relatime 0 0\nx /tmp tmpfs rw,nosuid,noexec 0 0\ny /mem tmpfs rw 0 0\n\
                          srv:/home /home nfs4 rw 0 0\nz /mem/cd iso9660 ro 0 0\n";

    fn judged(target: &str) -> Finding {
        judge(Path::new(target), Path::new("/src/clone"), mount_of(MOUNTS, Path::new(target)))
    }

    #[test]
    fn the_nearest_mount_counts() {
        assert_eq!(mount_of(MOUNTS, Path::new("/mem/cd/x")).unwrap().kind, "iso9660");
        assert_eq!(mount_of(MOUNTS, Path::new("/memory/x")).unwrap().kind, "ext4");
        assert_eq!(mount_of("", Path::new("/")), None);
    }

    #[test]
    fn a_folder_where_nothing_may_run_or_be_written_is_refused() {
        assert!(judged("/tmp/target").is_missing());
        assert!(judged("/mem/cd/target").is_missing());
        assert!(!judged("/src/clone/target").is_missing());
    }

    #[test]
    fn memory_and_network_are_doubted() {
        for target in ["/mem/target", "/home/me/target"] {
            let finding = judged(target);
            assert!(matches!(finding.verdict, super::super::Verdict::Doubt(..)), "{finding:?}");
        }
    }

    #[test]
    fn df_is_read_by_column() {
        let df =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263161248 13631488 81788928 15% /\n";
        assert_eq!(available_kib(df), Some(81_788_928));
        assert_eq!(available_kib("df: no such file\n"), None);
        assert!(free_gib(Path::new("/")).is_some());
    }
}
