//! What other programs of the same user see of a running node: nothing of its memory, and no core.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::geteuid;

/// Nobody, when the test runs as root: root owns every process's files.
const NOBODY: u32 = 65_534;

/// Killed at the end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Running {
    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.0.id()))
    }

    /// Who owns the files of the process: its user, or root if it is closed.
    fn owner(&self, name: &str) -> u32 {
        std::fs::metadata(self.file(name)).unwrap().uid()
    }
}

fn as_user(program: &Path, args: &[&str], folder: &Path, user: u32) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env("HOME", folder).stdin(Stdio::null()).stdout(Stdio::null());
    if geteuid().is_root() {
        command.uid(user).gid(user);
    }
    command
}

#[test]
fn a_running_node_lets_nobody_look_into_its_memory() {
    use std::os::unix::fs::PermissionsExt;
    let user = if geteuid().is_root() { NOBODY } else { geteuid().as_raw() };
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let program = folder.path().join("taxchain");
    std::fs::copy(env!("CARGO_BIN_EXE_taxchain"), &program).unwrap();
    let run = |program: &Path, args: &[&str]| as_user(program, args, folder.path(), user);
    assert!(run(&program, &["net", "init", "net", "--host", "127.0.0.1"]).status().unwrap().success());
    let config = folder.path().join("net/bureau-1/node.toml");
    let line = |line: &str| match line.split_once(" = ") {
        Some((name @ ("listen" | "metrics_listen"), _)) => format!("{name} = \"127.0.0.1:0\"\n"),
        _ => format!("{line}\n"),
    };
    let text: String = std::fs::read_to_string(&config).unwrap().lines().map(line).collect();
    std::fs::write(&config, text).unwrap();
    let node = Running(run(&program, &["node", "start", "--config", "net/bureau-1/node.toml"]).spawn().unwrap());

    // The search itself: another program's files are its user's.
    let other = Running(run(Path::new("/bin/sleep"), &["60"]).spawn().unwrap());
    assert_eq!(other.owner("mem"), user);
    let until = Instant::now() + Duration::from_secs(20);
    while !folder.path().join("net/bureau-1/data/chains").exists() {
        assert!(Instant::now() < until, "the node does not run");
        std::thread::sleep(Duration::from_millis(50));
    }
    for file in ["mem", "maps", "environ", "auxv", "io"] {
        assert_eq!(node.owner(file), 0, "{file} is open to other programs of the user");
    }
    let limits = std::fs::read_to_string(node.file("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}
