//! `taxchain dev`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chain_node::devnet::{DevChain, DevChainPlan, DevNetwork, DevNetworkError};
use chain_node::node_file::{NodeFile, NodeFileError};
use chain_node::telemetry::{self, LogFormat};
use chain_node::{NodeConfig, RunningNode, ServeError};
use clap::Args as ClapArgs;
use ledger_types::{ClockMode, Height};
use sdk::{ConnectOptions, NodeClient, TrustFiles};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::home::{Home, HomeFile, IdentityEntry};
use crate::processes::NodeProcess;
use crate::recorder::Recorder;
use crate::session::Global;
use crate::world::{self, Settled};

/// Arguments of `dev`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain dev                          # data in a temporary folder, gone when it stops\n  taxchain dev --data ./chain           # survives\n  taxchain dev --driven                 # block time moves by `taxchain clock advance`"
)]
pub(crate) struct Args {
    /// Where to keep keys and data; a temporary folder if absent.
    #[arg(long, env = "TAXCHAIN_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address of the node's gRPC.
    #[arg(long, default_value = "127.0.0.1:7000", env = "TAXCHAIN_LISTEN")]
    pub listen: SocketAddr,
    /// Address of the invoice service's gRPC.
    #[arg(long, default_value = "127.0.0.1:7001", env = "TAXCHAIN_SERVICE_LISTEN")]
    pub service_listen: SocketAddr,
    /// Address of metrics and health.
    #[arg(long, default_value = "127.0.0.1:7002", env = "TAXCHAIN_METRICS_LISTEN")]
    pub metrics_listen: SocketAddr,
    /// Validators: one agrees with itself, four agree by votes although one of them fails or lies.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub validators: u16,
    /// The validators reckon with crashes only, not with lies: more than half agree instead of more than two thirds.
    #[arg(long)]
    pub crashes_only: bool,
    /// Block time is driven by `taxchain clock` instead of the wall clock.
    #[arg(long)]
    pub driven: bool,
    /// Send traces to this OTLP endpoint.
    #[arg(long, env = "TAXCHAIN_OTLP", value_name = "URL")]
    pub otlp: Option<String>,
    /// Log as JSON lines.
    #[arg(long)]
    pub log_json: bool,
}

/// A development chain that is up, with its people.
pub(super) struct Up {
    /// The chain's folder.
    pub chain: DevChain,
    /// The first validator's node: people talk to it.
    pub node: RunningNode,
    /// The nodes of the other validators, processes of their own; none while one is stopped.
    pub others: Vec<Option<NodeProcess>>,
    /// A client of it.
    pub client: NodeClient,
    /// The people.
    pub people: Vec<Settled>,
    /// A listener on the link of the last validator to the first.
    pub tap: Option<Recorder>,
}

/// Starts a node on a development chain in `dir` and sets its people up. Tapped, somebody listens on a link.
pub(super) async fn start(dir: &Path, plan: &DevChainPlan, config: NodeConfig, tapped: bool) -> Result<Up, Failure> {
    let chain = DevChain::open_or_create(dir, plan).map_err(Failure::general)?;
    let mut network = DevNetwork::open(&chain).await.map_err(Failure::general)?;
    let (mut files, mut tap) = (Vec::new(), None);
    for place in 1..network.len() {
        network.release(place);
        let config = NodeConfig::local(chain.data_dir_of(place), false);
        files.push(network.write_node_file(&chain, place, config).map_err(Failure::general)?);
    }
    if let (true, Some(last)) = (tapped, files.last()) {
        tap = Some(listen_between(last).await?);
    }
    let served = network.serve(&chain, 0, storage::Options::default(), &config).await;
    let node = served.map_err(|e| not_served(&e, &config))?;
    let before = node.opened_at();
    let started = futures::future::join_all(files.iter().map(|file| NodeProcess::start(file))).await;
    let others = started.into_iter().map(|process| process.map(Some)).collect::<Result<_, _>>()?;
    let options = options_of(&chain)?.of_chain(chain.genesis().chain_id());
    let client = NodeClient::connect(node.url(), options).await?;
    first_block(&client, before).await?;
    let area = chain.genesis().areas[0];
    let people = world::settle(&client, &chain, area).await?;
    Ok(Up { chain, node, others, client, people, tap })
}

/// Puts a listener between a validator and the first one.
async fn listen_between(file: &Path) -> Result<Recorder, Failure> {
    let mut node = NodeFile::read(file).map_err(Failure::general)?;
    let first = node.peers.iter_mut().flat_map(|peers| &mut peers.known).find(|peer| peer.id == 0);
    let first = first.ok_or_else(|| Failure::config("the first validator is not among the others' peers"))?;
    let tap = Recorder::before(first.address.parse().map_err(Failure::general)?).await?;
    first.address = tap.address.to_string();
    std::fs::write(file, node.to_toml())?;
    Ok(tap)
}

fn options_of(chain: &DevChain) -> Result<ConnectOptions, Failure> {
    Ok(ConnectOptions::new(chain.transport().map_err(Failure::general)?))
}

impl Up {
    /// How its nodes are called.
    pub(super) fn connect_options(&self) -> Result<ConnectOptions, Failure> {
        options_of(&self.chain)
    }

    /// kill -9 of another validator's process.
    pub(super) fn kill_validator(&mut self, place: u16) -> Result<(), Failure> {
        let process = self.others.get_mut(usize::from(place).wrapping_sub(1)).and_then(Option::take);
        process.ok_or_else(|| Failure::config(format!("validator {place} is no process that runs")))?.kill()
    }

    /// Starts it again.
    pub(super) async fn start_validator(&mut self, place: u16) -> Result<(), Failure> {
        let process = NodeProcess::start(&self.chain.dir().join(format!("node-{place}.toml"))).await?;
        self.others[usize::from(place) - 1] = Some(process);
        Ok(())
    }

    /// Stops all nodes gracefully.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        // All at once: those that stop last would else go on without a quorum.
        let others = futures::future::join_all(self.others.into_iter().flatten().map(NodeProcess::stop));
        let (own, others) = tokio::join!(self.node.stop(), others);
        own.map_err(Failure::general)?;
        others.into_iter().collect()
    }
}

/// Waits for the block that every start makes: until then block time is when the chain stopped, and what is signed by
/// that clock may have expired already.
pub(super) async fn first_block(client: &NodeClient, before: Height) -> Result<(), Failure> {
    for _ in 0..1_000 {
        if client.stamp().await?.height > before {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err(Failure::new(exit::DEADLINE, "the node made no block within ten seconds"))
}

/// A taken address is named together with the option that changes it.
fn not_served(error: &DevNetworkError, config: &NodeConfig) -> Failure {
    match error {
        DevNetworkError::Node(NodeFileError::Serve(ServeError::Listen { address, .. })) => {
            let option = if *address == config.listen { "--listen" } else { "--metrics-listen" };
            Failure::config(format!("{error}; choose another with {option}"))
        }
        other => Failure::general(other),
    }
}

/// Runs it until interrupted.
pub(super) async fn run(global: &Global, args: Args) -> Result<(), Failure> {
    for address in [args.listen, args.service_listen, args.metrics_listen] {
        if !address.ip().is_loopback() {
            return Err(Failure::config(format!(
                "{address} is not a loopback address: development keys must not be reachable from other hosts"
            )));
        }
    }
    let format = if args.log_json { LogFormat::Json } else { LogFormat::Text };
    let telemetry =
        telemetry::start("taxchain-dev", format, args.otlp.as_deref()).map_err(|e| Failure::config(e.to_string()))?;
    let temporary = args.data.is_none();
    let dir = match &args.data {
        Some(dir) => std::path::absolute(dir)?,
        None => std::env::temp_dir().join(format!("taxchain-dev-{}", std::process::id())),
    };
    let ran = serve(global, &args, &dir, temporary).await;
    telemetry.shutdown();
    if temporary {
        // Also after a failed start: nobody would look for it again.
        let removed = std::fs::remove_dir_all(&dir);
        ran?;
        return Ok(removed?);
    }
    ran
}

async fn serve(global: &Global, args: &Args, dir: &Path, temporary: bool) -> Result<(), Failure> {
    let mut plan = DevChainPlan {
        clock: if args.driven { ClockMode::Driven } else { ClockMode::Wall },
        validators: args.validators,
        crashes_only: args.crashes_only,
        ..DevChainPlan::default()
    };
    // A port that the system chooses is another one each time: no address to print on invoices.
    if args.service_listen.port() != 0 {
        plan.verify_base_url = format!("http://{}/verify/scan", args.service_listen);
    }
    let config = NodeConfig {
        data: dir.to_owned(),
        listen: args.listen,
        metrics_listen: Some(args.metrics_listen),
        otlp_endpoint: args.otlp.clone(),
        limits: chain_node::GatewayLimits::default(),
        snapshots: chain_node::snapshots::SnapshotRules::default(),
    };
    let up = start(dir, &plan, config, false).await?;
    let service = super::service::beside::start(&up, args.service_listen, &dir.join("service")).await?;
    let home = Home::create(dir, home_file(&up, service.endpoint()), true)?;
    // Before the banner: whoever reads it may stop the chain at once.
    let mut stop = StopSignals::listen()?;
    banner(global, &home, &up, temporary);
    tokio::select! {
        () = stop.received() => {}
        () = up.node.failed() => eprintln!("taxchain: the node stopped by itself; see the log above"),
    }
    eprintln!("taxchain: stopping");
    service.stop().await?;
    up.stop().await
}

/// What the other commands need to know.
pub(super) fn home_file(up: &Up, service: String) -> HomeFile {
    let entry = |s: &Settled| {
        let role = world::PEOPLE.iter().find(|p| p.name == s.name).map_or("makes the rules (税务局)", |p| p.role);
        let key_file = PathBuf::from("keys").join(format!("{}.pem", s.name));
        let seal_key_file = s.identity.seals.as_ref().map(|_| {
            let name = chain_node::devnet::sender_key_name(s.name);
            PathBuf::from("keys").join(format!("{name}.pem"))
        });
        let key_id = ledger_types::KeyId(0);
        let entry = IdentityEntry { account: s.account, key_id, key_file, seal_key_file, role: role.to_owned() };
        (s.name.to_owned(), entry)
    };
    HomeFile {
        node: up.node.url().to_owned(),
        service,
        chain: up.chain.genesis().chain_id(),
        area: up.chain.genesis().areas[0],
        genesis: PathBuf::from("genesis.json"),
        password_file: Some(PathBuf::from("keys/password")),
        trust: Some(TrustFiles::of(PathBuf::from("tls/root.pem"))),
        sdf: None,
        identities: up.people.iter().map(entry).collect(),
    }
}

fn banner(global: &Global, home: &Home, up: &Up, temporary: bool) {
    let metrics = up.node.metrics_address.map(|a| format!("http://{a}/metrics"));
    let file = &home.file;
    if global.output == Output::Json {
        let facts = json!({
            "ready": true, "node": file.node, "service": file.service, "metrics": metrics, "chain": file.chain,
            "area": file.area, "data": home.dir(), "survives": !temporary, "identities": file.identities,
        });
        println!("{facts}");
        return;
    }
    println!("taxchain dev is ready · 税务链开发环境已就绪");
    println!("  node      {}   gRPC taxchain.node.v1, health, reflection", file.node);
    println!("  service   {}   gRPC taxchain.invoice.v1", file.service);
    if let Some(metrics) = metrics {
        println!("  metrics   {metrics}");
    }
    println!("  chain     {} (area {})", file.chain, file.area);
    let fate = if temporary { "temporary: gone when this stops" } else { "survives; start again with the same --data" };
    println!("  data      {}   ({fate})", home.dir().display());
    println!("  keys      {}/keys/*.pem, password in keys/password (development only)", home.dir().display());
    for (name, entry) in &file.identities {
        println!("  --as {name:<10} account {:<4} {}", entry.account, entry.role);
    }
    println!("try in another terminal:");
    println!("  taxchain issue --total 198.00");
    println!("  taxchain verify --slot 0");
}

/// What asks the program to stop.
pub(super) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From here on a signal no longer ends the process by itself.
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Resolves on Ctrl-C or SIGTERM.
    pub(super) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
