//! The chain under attack, and those who watch it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan};
use chain_node::node_file::NodeFile;
use crypto::KeyUse;
use ledger_types::KeyId;
use rustls::ClientConfig;
use sdk::{ConnectOptions, Identity, NodeClient, Transport};
use simulators::load::Sellers;
use tokio::task::JoinHandle;

use super::super::super::demo::failed;
use super::super::target::TargetBanner;
use super::honest::{Called, Figures, Honest};
use super::line::{Line, Thrown};
use crate::failure::{Failure, exit};

/// Nodes of the chain.
const VALIDATORS: u16 = 4;
/// How long honest callers are watched before each attack.
const CALM: Duration = Duration::from_secs(5);
/// After an attack, calls that were begun under it end within this time.
const LATE: Duration = Duration::from_secs(4);
/// Deadline of honest calls, ms.
const DEADLINE_MS: u64 = 8_000;
/// Honest calls take no longer than so many times what they took just before ...
const TIMES: f64 = 2.0;
/// ... and this much more: with tens of calls a second, one late block is a 99th percentile.
const MORE_MS: f64 = 250.0;
/// Memory of the process under attack may grow by so much, MiB.
const GROWTH_MIB: u64 = 1_024;

/// The chain.
pub(super) struct Ground {
    pub(super) dir: PathBuf,
    pub(super) chain: DevChain,
    pub(super) banner: TargetBanner,
    /// One a validator.
    pub(super) clients: Vec<NodeClient>,
    pub(super) sellers: Arc<Sellers>,
    pub(super) bureau: Identity,
    pub(super) transport: Transport,
    honest: Honest,
    child: Child,
    log: PathBuf,
    peak: Arc<AtomicU64>,
    watch: JoinHandle<()>,
    calm_mib: u64,
}

/// Just before an attack.
pub(super) struct Before {
    figures: Figures,
    at: Instant,
    panics: usize,
}

impl Ground {
    pub(super) async fn start(dir: &Path, per_second: u32) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let log = dir.join("target.log");
        let plan = DevChainPlan { validators: VALIDATORS, ..DevChainPlan::default() };
        let new = DevChain::open_or_create(dir, &plan).map_err(Failure::general)?;
        new.transport().map_err(Failure::general)?;
        super::certificates::make_believed(&new.trust().roots)?;
        drop(new);
        let (child, banner) = spawn(dir, &log, &[], None).await?;
        let chain = DevChain::open_or_create(dir, &DevChainPlan::default()).map_err(Failure::general)?;
        let transport = chain.transport().map_err(Failure::general)?;
        let mut clients = Vec::new();
        for node in &banner.nodes {
            let id = Some(chain.genesis().chain_id());
            let options = ConnectOptions { chain: id, deadline_ms: DEADLINE_MS, transport: transport.clone() };
            clients.push(NodeClient::connect(node, options).await?);
        }
        let key = chain.key("bureau", KeyUse::Transaction).map_err(Failure::general)?;
        let bureau = Identity::account(DEV_BUREAU, KeyId(0), key);
        let sellers = Arc::new(Sellers::settle(&clients[0], &bureau).await.map_err(failed)?);
        let service = sdk::open_channel(&banner.service, Duration::from_millis(DEADLINE_MS), &transport).await?;
        let called = Called {
            node: clients[0].clone(),
            sellers: sellers.clone(),
            service,
            token: banner.tokens["merchant"].parse().map_err(Failure::general)?,
            account: banner.accounts["merchant"],
        };
        let honest = Honest::start(called, per_second);
        let peak = Arc::<AtomicU64>::default();
        let watch = tokio::spawn(watch_memory(banner.pids[0], peak.clone()));
        let dir = dir.to_owned();
        Ok(Self {
            dir,
            chain,
            banner,
            clients,
            sellers,
            bureau,
            transport,
            honest,
            child,
            log,
            peak,
            watch,
            calm_mib: 0,
        })
    }

    /// Watches honest callers for a while.
    pub(super) async fn calm(&mut self) -> Before {
        self.peak.store(0, Ordering::Relaxed);
        let from = Instant::now();
        tokio::time::sleep(CALM).await;
        let at = Instant::now();
        self.calm_mib = self.peak.load(Ordering::Relaxed) >> 20;
        Before { figures: self.honest.between(from, at), at, panics: self.panics() }
    }

    /// What came of it.
    pub(super) async fn judge(
        &mut self,
        name: &str,
        what: &str,
        before: Before,
        thrown: Result<Thrown, Failure>,
    ) -> Line {
        let ended = Instant::now();
        tokio::time::sleep(LATE).await;
        let mut thrown = thrown.unwrap_or_else(|failure| {
            let mut thrown = Thrown::new(what);
            thrown.wrong(format!("it could not be thrown: {failure}"));
            thrown
        });
        let during = self.honest.between(before.at, ended);
        for (kind, was, is) in [
            ("changes", before.figures.changes_p99_ms, during.changes_p99_ms),
            ("reads", before.figures.reads_p99_ms, during.reads_p99_ms),
        ] {
            if is > TIMES * was + MORE_MS {
                thrown.wrong(format!("honest {kind} took {is:.0} ms (p99), {was:.0} ms before"));
            }
        }
        if during.calls == 0 && ended - before.at > Duration::from_secs(1) {
            thrown.wrong("no honest call ended");
        }
        if let Some(why) = &during.first_failure {
            thrown.wrong(format!("{} of {} honest calls failed; the first: {why}", during.failed, during.calls));
        }
        if !matches!(self.child.try_wait(), Ok(None)) {
            thrown.wrong("the process under attack ended");
        }
        let gone = self.banner.pids.iter().filter(|pid| !Path::new(&format!("/proc/{pid}")).exists()).count();
        if gone > 0 {
            thrown.wrong(format!("{gone} processes ended"));
        }
        if self.panics() > before.panics {
            thrown.wrong("a panic stands in the logs");
        }
        let peak_mib = self.peak.load(Ordering::Relaxed) >> 20;
        if peak_mib > self.calm_mib + GROWTH_MIB {
            thrown.wrong(format!("{peak_mib} MiB of memory, {} before", self.calm_mib));
        }
        let seconds = (ended - before.at).as_secs_f64();
        Line { name: name.to_owned(), seconds, thrown, before: before.figures, during, peak_mib }
    }

    /// The greatest memory of the process under attack since it was asked last, bytes.
    pub(super) fn take_peak(&self) -> u64 {
        self.peak.swap(resident(self.banner.pids[0]), Ordering::Relaxed)
    }

    /// A figure of the first node's metrics, all its labels together.
    pub(super) async fn metric(&self, name: &str) -> Result<f64, Failure> {
        let page = self.metrics().await?;
        let lines = page.lines().filter(|line| !line.starts_with('#') && line.starts_with(name));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// The page of metrics.
    pub(super) async fn metrics(&self) -> Result<String, Failure> {
        metrics_of(self.banner.metrics).await
    }

    /// How attackers begin connections: as anybody does who has no certificate.
    pub(super) fn client_config(&self) -> Result<Arc<ClientConfig>, Failure> {
        Ok(Arc::new(self.chain.trust().client().map_err(Failure::general)?))
    }

    /// Where the first validator listens for the others.
    pub(super) fn peers_door(&self) -> Result<SocketAddr, Failure> {
        let file = NodeFile::read(&self.dir.join("node-1.toml")).map_err(Failure::general)?;
        let first = file.peers.iter().flat_map(|peers| &peers.known).find(|peer| peer.id == 0);
        let first = first.ok_or_else(|| Failure::config("the first validator is not among the others' peers"))?;
        first.address.parse().map_err(Failure::general)
    }

    /// Everything that the processes logged.
    pub(super) fn logs(&self) -> String {
        let others = (1..self.banner.nodes.len()).map(|place| self.dir.join(format!("node-{place}.log")));
        let texts = std::iter::once(self.log.clone()).chain(others);
        texts.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    /// What the first node and the service logged.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn panics(&self) -> usize {
        self.logs().matches("panicked at").count()
    }

    /// Stops all of it gracefully.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        self.watch.abort();
        drop(self.honest);
        drop(self.child.stdin.take());
        for _ in 0..3_000 {
            if let Some(status) = self.child.try_wait()? {
                let ended = || Failure::new(exit::GENERAL, format!("the chain ended with {status}; see its log"));
                return if status.success() { Ok(()) } else { Err(ended()) };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.child.kill()?;
        Err(Failure::new(exit::DEADLINE, "the chain did not stop within 30 seconds"))
    }
}

/// The page of metrics at an address.
pub(super) async fn metrics_of(address: SocketAddr) -> Result<String, Failure> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut page = String::new();
    stream.read_to_string(&mut page).await?;
    Ok(page)
}

/// Starts a chain as processes of its own; `level` of its logs, if not the usual one.
pub(super) async fn spawn(
    dir: &Path,
    log: &Path,
    more: &[String],
    level: Option<&str>,
) -> Result<(Child, TargetBanner), Failure> {
    let errors = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["simulate", "target", "--dir"]).arg(dir).args(more);
    command.envs(level.map(|level| ("TAXCHAIN_LOG", level)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn()?;
    let out = child.stdout.take().ok_or_else(|| Failure::new(exit::IO, "the child has no output"))?;
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(Failure::general)??;
    match serde_json::from_str(&line) {
        Ok(banner) => Ok((child, banner)),
        Err(_) => {
            child.kill()?;
            child.wait()?;
            Err(Failure::new(exit::GENERAL, format!("the chain did not start; see {}", log.display())))
        }
    }
}

/// Bytes of memory that a process holds.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1_024
}

async fn watch_memory(pid: u32, peak: Arc<AtomicU64>) {
    loop {
        peak.fetch_max(resident(pid), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
