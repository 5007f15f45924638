//! S21 and S28: secrets and names that are known, searched in everything that a chain leaves behind.
//!
//! Each search first finds what is planted: every secret in every form in files of its own, and the names on a chain whose bodies
//! are not sealed.

mod people;
mod search;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use chain_node::devnet::{DevChain, DevChainPlan};
use rustix::process::{Pid, Signal, kill_process};

use super::super::target::TargetBanner;
use super::ground::{metrics_of, spawn};
use super::line::{Line, Thrown};
use crate::failure::Failure;
use crate::recorder::Recorder;
use people::{Planted, secrets_of};
use search::{Hit, Needle, Search, forms};

/// Named at most.
const NAMED: usize = 20;

/// One chain, and what it left.
struct Run {
    dir: PathBuf,
    child: Child,
    banner: TargetBanner,
    chain: DevChain,
}

/// Both searches on one chain.
pub(super) async fn throw(dir: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Line>, Failure> {
    let began = Instant::now();
    let planted = Planted::new()?;
    let mut run = Run::start(&dir.join("sealed"), 4, false).await?;
    let secrets = secrets_of(&run.chain, &run.banner, &planted)?;
    let names = planted.needles();
    let besides = run.live(&planted).await?;
    let mut lines = Vec::new();
    for (name, needles) in [("S21", secrets), ("S28", names)] {
        if !wanted(name) {
            continue;
        }
        let search = Search::new(needles);
        let mut thrown = Thrown::default();
        canaries(dir, &search, &mut thrown)?;
        if name == "S28" {
            in_clear(dir, &planted, &search, &mut thrown).await?;
        }
        // Where they are meant to be: for their owner alone, as the files' modes say.
        let but = [run.dir.join("keys/password"), run.dir.join("service/master-secret")];
        let (mut hits, files, size) = search.folder(&run.dir, &but)?;
        for (place, bytes) in &besides {
            hits.extend(search.bytes(place, bytes));
        }
        found(&mut thrown, &hits);
        thrown.what = format!(
            "{} secrets and names in {} forms, searched in {files} files of {} MiB and in {} other things that 4 nodes and a service left",
            search.needles().iter().map(|n| &n.what).collect::<std::collections::BTreeSet<_>>().len(),
            search.needles().len(),
            size >> 20,
            besides.len()
        );
        let seconds = began.elapsed().as_secs_f64();
        lines.push(Line::quiet(name, seconds, thrown));
    }
    Ok(lines)
}

fn found(thrown: &mut Thrown, hits: &[Hit]) {
    thrown.count_many("leaks", hits.len());
    for hit in hits.iter().take(NAMED) {
        thrown.wrong(format!("{} ({}) is in {}", hit.what, hit.form, hit.place));
    }
    if hits.len() > NAMED {
        thrown.wrong(format!("and {} more", hits.len() - NAMED));
    }
}

/// Every needle in a file of its own, as it is and packed: a search that does not find them finds nothing.
fn canaries(dir: &Path, search: &Search, thrown: &mut Thrown) -> Result<(), Failure> {
    let folder = dir.join("canaries");
    std::fs::create_dir_all(&folder)?;
    for (place, Needle { bytes, .. }) in search.needles().iter().enumerate() {
        let around = [vec![b'.'; 300], bytes.clone(), vec![b'.'; 300]].concat();
        std::fs::write(folder.join(format!("{place}.plain")), &around)?;
        let mut packed = vec![0; zstd_safe::compress_bound(around.len())];
        let length = zstd_safe::compress(packed.as_mut_slice(), &around, 3)
            .map_err(|code| Failure::general(zstd_safe::get_error_name(code)))?;
        std::fs::write(folder.join(format!("{place}.packed")), [&[7; 5], &packed[..length]].concat())?;
    }
    let (hits, ..) = search.folder(&folder, &[])?;
    for (place, needle) in search.needles().iter().enumerate() {
        for kind in ["plain", "packed"] {
            let file = format!("{place}.{kind}");
            if !hits
                .iter()
                .any(|hit| hit.form == needle.form && hit.what == needle.what && hit.place.starts_with(&file))
            {
                thrown.wrong(format!(
                    "the planted {} ({}) was not found in {file}: the search is blind",
                    needle.what, needle.form
                ));
            }
        }
    }
    thrown.count_many("planted and found", 2 * search.needles().len());
    Ok(std::fs::remove_dir_all(folder)?)
}

/// The same invoice on a chain whose bodies are not sealed: there its names must be found.
async fn in_clear(dir: &Path, planted: &Planted, search: &Search, thrown: &mut Thrown) -> Result<(), Failure> {
    let mut run = Run::start(&dir.join("plain"), 1, true).await?;
    run.live(planted).await?;
    let (hits, ..) = search.folder(&run.dir.join("data"), &[])?;
    for name in planted.on_chain() {
        match hits.iter().find(|hit| hit.what == name) {
            Some(_) => thrown.count("found in clear on the chain that seals nothing"),
            None => thrown.wrong(format!("{name} was not found on a chain that seals nothing: the search is blind")),
        }
    }
    Ok(())
}

impl Run {
    async fn start(dir: &Path, validators: u16, plain: bool) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let mut more = vec!["--validators".to_owned(), validators.to_string()];
        more.extend(plain.then(|| "--plain".to_owned()));
        // Logs say as much as they ever can.
        let (child, banner) = spawn(dir, &dir.join("target.log"), &more, Some("debug")).await?;
        let chain = DevChain::open_or_create(dir, &DevChainPlan::default()).map_err(Failure::general)?;
        Ok(Self { dir: dir.to_owned(), child, banner, chain })
    }

    /// Lives through what chains live through; what is to be searched besides its files.
    async fn live(&mut self, planted: &Planted) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let wire = Recorder::before(super::raw::socket_of(&self.banner.service)?).await?;
        let mut besides = people::act(&self.chain, &self.banner, wire.address, planted).await?;
        for (place, heard) in wire.stop().into_iter().enumerate() {
            let [asked, answered] = heard.all();
            besides.push((format!("the wire, asked {place}"), asked));
            besides.push((format!("the wire, answered {place}"), answered));
        }
        // A snapshot or two.
        tokio::time::sleep(Duration::from_secs(8)).await;
        besides.push(("the page of metrics".to_owned(), metrics_of(self.banner.metrics).await?.into_bytes()));
        for pid in &self.banner.pids {
            for file in ["environ", "cmdline", "status", "maps", "limits"] {
                // What cannot be read tells nobody anything.
                if let Ok(bytes) = std::fs::read(format!("/proc/{pid}/{file}")) {
                    if file == "limits" && !says_no_core(&bytes) {
                        return Err(Failure::config(format!("process {pid} may leave a core behind")));
                    }
                    besides.push((format!("/proc/{pid}/{file}"), bytes));
                }
            }
        }
        // One dies with a core, if it may; the others as by a failure of power.
        for (place, pid) in self.banner.pids.iter().enumerate().rev() {
            let signal = if place == 0 || place + 1 == self.banner.pids.len() { Signal::ABORT } else { Signal::KILL };
            let pid = i32::try_from(*pid).ok().and_then(Pid::from_raw);
            pid.map(|pid| kill_process(pid, signal)).transpose().map_err(Failure::general)?;
        }
        self.child.wait()?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        besides.extend(cores(&self.banner.pids));
        Ok(besides)
    }
}

/// Where the system puts cores by itself.
fn cores(pids: &[u32]) -> Vec<(String, Vec<u8>)> {
    let names = pids.iter().flat_map(|pid| [format!("core.{pid}"), format!("/tmp/core.{pid}"), "core".to_owned()]);
    names.filter_map(|name| std::fs::read(&name).ok().map(|bytes| (name, bytes))).collect()
}

fn says_no_core(limits: &[u8]) -> bool {
    let text = String::from_utf8_lossy(limits);
    let line = text.lines().find(|line| line.starts_with("Max core file size"));
    line.is_some_and(|line| line.split_whitespace().skip(4).take(2).all(|word| word == "0"))
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn of_text(what: &str, text: &str) -> Vec<Needle> {
    forms(what, text.as_bytes())
}
