//! `taxchain doctor`: what is wrong with this installation, and how to mend it.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use clap::Args as ClapArgs;
use ledger_types::{ClockMode, Committee};
use serde_json::{Value, json};
use sm_tls::Ends;

use super::node::network::{Survey, Up, broken};
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::home::Home;
use crate::session::{Global, Session};

/// Arguments of `doctor`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain doctor\n  taxchain doctor https://10.0.0.1:7000 https://10.0.0.2:7000   # also: links, clocks, heights and roots of these nodes\n  taxchain doctor --metrics          # every metric with kind and meaning"
)]
pub(crate) struct Args {
    /// Nodes of the network, to be looked at and compared too.
    #[arg(value_name = "URL")]
    nodes: Vec<String>,
    /// List the metrics of a node instead.
    #[arg(long)]
    metrics: bool,
}

/// Less free disk than this is a finding, bytes.
const LEAST_DISK: u64 = 2 << 30;
/// A clock further off than this is a finding, ms.
const MOST_SKEW_MS: u64 = 2_000;

struct Findings {
    rows: Vec<Vec<Value>>,
    bad: usize,
}

impl Findings {
    fn good(&mut self, what: &str, found: impl Into<String>) {
        self.rows.push(vec![json!("ok"), json!(what), json!(found.into()), json!("")]);
    }

    fn bad(&mut self, what: &str, found: impl Into<String>, mend: impl Into<String>) {
        self.bad += 1;
        self.rows.push(vec![json!("WRONG"), json!(what), json!(found.into()), json!(mend.into())]);
    }
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    if args.metrics {
        let rows =
            chain_node::metrics::METRICS.iter().map(|(name, kind, what)| vec![json!(name), json!(kind), json!(what)]);
        return Ok(Answer::new().table(&["metric", "kind", "meaning"], rows.collect()));
    }
    let mut findings = Findings { rows: Vec::new(), bad: 0 };
    match Home::open(global.home.as_deref()) {
        Err(failure) => {
            findings.bad("home folder", failure.lines.join(" "), "run `taxchain dev`, or give --home DIR");
            ports(&mut findings);
        }
        Ok(home) => {
            findings.good("home folder", home.dir().display().to_string());
            keys(&home, &mut findings);
            genesis(&home, &mut findings);
            disk(home.dir(), &mut findings);
            sync_cost(home.dir(), &mut findings);
            node(global, &home, &mut findings).await;
        }
    }
    if !args.nodes.is_empty() {
        network(global, args.nodes, &mut findings).await?;
    }
    let bad = findings.bad;
    let answer = Answer::new().field("wrong", bad).table(&["", "what", "found", "what to do"], findings.rows);
    if bad > 0 {
        answer.print(global.output, global.quiet);
        // Said already, in one document.
        return Err(Failure { code: exit::CONFIG, lines: Vec::new(), reasons: Vec::new() });
    }
    Ok(answer)
}

fn keys(home: &Home, findings: &mut Findings) {
    if let Err(failure) = home.password() {
        findings.bad("key password", failure.to_string(), "set TAXCHAIN_KEY_PASSWORD, or password_file in home.json");
        return;
    }
    for name in home.file.identities.keys() {
        match home.identity(name) {
            Ok(_) => findings.good("key", name.as_str()),
            Err(failure) => {
                let mend = "check the password, the file and its permissions (0600)";
                findings.bad("key", format!("{name}: {failure}"), mend);
            }
        }
    }
}

fn genesis(home: &Home, findings: &mut Findings) {
    let path = home.genesis_path();
    let read = std::fs::read_to_string(&path).map_err(|e| e.to_string());
    match read.and_then(|text| serde_json::from_str::<ledger_types::Genesis>(&text).map_err(|e| e.to_string())) {
        Err(why) => findings.bad("genesis document", format!("{}: {why}", path.display()), "fetch it from your bureau"),
        Ok(genesis) if genesis.chain_id() != home.file.chain => {
            let mend = "home.json and genesis.json are of two chains: fetch the right genesis document";
            findings.bad("genesis document", genesis.chain_id().to_string(), mend);
        }
        Ok(genesis) => findings.good("genesis document", format!("{} ({})", genesis.chain_id(), genesis.name)),
    }
}

fn disk(dir: &Path, findings: &mut Findings) {
    let free = chain_node::process_stats::ProcessStats::read(dir).disk_free_bytes;
    let found = format!("{} MiB free at {}", free >> 20, dir.display());
    if free < LEAST_DISK {
        findings.bad("disk", found, "make room: the node stops when the disk is full")
    } else {
        findings.good("disk", found)
    }
}

/// A synced write that costs nothing is not a synced write.
fn sync_cost(dir: &Path, findings: &mut Findings) {
    let path = dir.join(".doctor");
    let probe = || -> std::io::Result<Duration> {
        let mut file = std::fs::File::create(&path)?;
        let started = std::time::Instant::now();
        for _ in 0..8 {
            std::io::Write::write_all(&mut file, &[0; 4096])?;
            file.sync_data()?;
        }
        Ok(started.elapsed() / 8)
    };
    let result = probe();
    drop(std::fs::remove_file(&path));
    match result {
        Err(e) => findings.bad("synced writes", e.to_string(), "the data folder must be writable"),
        Ok(each) if each < Duration::from_micros(15) => {
            let mend = "this disk acknowledges before writing: a power cut can lose acknowledged blocks";
            findings.bad("synced writes", format!("{} µs each", each.as_micros()), mend);
        }
        Ok(each) => findings.good("synced writes", format!("{} µs each", each.as_micros())),
    }
}

fn ports(findings: &mut Findings) {
    for (what, port) in [("port of the node", 7000), ("port of the service", 7001), ("port of the metrics", 7002)] {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => findings.good(what, format!("{port} is free")),
            Err(e) => findings.bad(what, format!("{port}: {e}"), "stop what uses it, or choose others with --listen …"),
        }
    }
}

async fn node(global: &Global, home: &Home, findings: &mut Findings) {
    let session = match Session::open(global).await {
        Ok(session) => session,
        Err(failure) => {
            findings.bad("node", failure.to_string(), "start it, or check `node` in home.json");
            return;
        }
    };
    let status = match session.client.status().await {
        Ok(status) => status,
        Err(e) => return findings.bad("node", e.to_string(), "look into its log"),
    };
    let endpoint = global.node.clone().unwrap_or_else(|| home.file.node.clone());
    findings.good("node", endpoint.clone());
    let ours = env!("CARGO_PKG_VERSION");
    match status.software_version.as_str() {
        theirs if theirs == ours => findings.good("versions", ours),
        theirs => {
            let older = if older(theirs, ours) { "the node" } else { "this command line" };
            findings.bad("versions", format!("node {theirs}, command line {ours}"), format!("upgrade {older}"));
        }
    }
    certificate(&endpoint, status.certificate_until, findings);
    if !status.serving {
        findings.bad("serving", "the node does not accept transactions", "wait for its restart, or look into its log");
    }
    if session.client.genesis().clock == ClockMode::Wall {
        clock(&session, findings);
    }
    committee(&session, findings).await;
    if status.rule_books.contains(&0) {
        findings.bad("rules", "an area has no rule book in force", "taxchain rules publish --file book.json");
    } else {
        findings.good("rules", format!("versions {:?}", status.rule_books));
    }
}

/// Whether the node has the committee's keys that count, and the one that is named next.
async fn committee(session: &Session, findings: &mut Findings) {
    let view = match session.client.committee_keys(false).await {
        Ok(view) => view,
        Err(e) => return findings.bad("committee's key", e.to_string(), "look into the node's log"),
    };
    let Some(now) = view.committee else { return };
    let install = "taxchain node committee-key install FILE --config node.toml --epoch N";
    match &view.next {
        // One that holds none executes nothing.
        Some(next) if !view.held.is_empty() && !view.held.contains(&next.change.committee.epoch) => {
            let Committee { epoch, .. } = next.change.committee;
            let found = format!("epoch {epoch} is named next (fingerprint {})", next.change.committee.fingerprint());
            findings.bad("committee's key", format!("{found}, and this node does not have it"), install);
        }
        Some(next) => {
            let found =
                format!("epoch {} in force, {} named next: {} ready", now.epoch, now.epoch + 1, next.ready.len());
            findings.good("committee's key", found);
        }
        None => findings.good("committee's key", format!("epoch {}, fingerprint {}", now.epoch, now.fingerprint())),
    }
}

/// A node so many blocks behind the furthest is a finding.
const MOST_BEHIND: u64 = 20;

async fn network(global: &Global, nodes: Vec<String>, findings: &mut Findings) -> Result<(), Failure> {
    let survey = Survey::of(global, nodes).await?;
    for (node, why) in &survey.down {
        findings.bad("network", format!("{node}: {why}"), "start it, or look into its log");
    }
    let furthest = survey.up.iter().map(Up::height).max().unwrap_or(0);
    for one in &survey.up {
        let links = one.client.peers().await?;
        let broken = broken(&links);
        match broken.is_empty() {
            true => findings.good("links", format!("{}: {} up", one.node, links.len())),
            false => findings.bad("links", format!("{}: {}", one.node, broken.join(", ")), "taxchain node peers URL"),
        }
        certificate(&one.node, one.status.certificate_until, findings);
        let behind = furthest - one.height();
        match behind > MOST_BEHIND {
            true => findings.bad("height", format!("{}: {behind} blocks behind", one.node), "look into its log"),
            false => findings.good("height", format!("{}: {}", one.node, one.height())),
        }
    }
    match survey.versions {
        0 => {}
        1 => findings.good("ledgers", format!("equal at height {}", survey.common)),
        _ => findings.bad(
            "ledgers",
            format!("the nodes differ at height {}", survey.common),
            "stop using the network: taxchain node peers, taxchain fsck on each node",
        ),
    }
    Ok(())
}

/// When a node's certificate ends; 0 for a node that speaks in clear.
fn certificate(node: &str, until: i64, findings: &mut Findings) {
    let until = u64::try_from(until).unwrap_or(0);
    if until == 0 {
        return findings.good("certificate", format!("{node}: none, it speaks in clear with its own machine"));
    }
    let now = chain_node::clock::wall_ms() / 1_000;
    let found = format!("{node}: holds for {} days", until.saturating_sub(now) / 86_400);
    match Ends::of(until, now) {
        Ends::Later | Ends::Within(90) => findings.good("certificate", found),
        _ => findings.bad("certificate", found, "taxchain ca renew, and put the new file into the place of the old"),
    }
}

fn clock(session: &Session, findings: &mut Findings) {
    // A heartbeat block is at most ten seconds old; only a node ahead of us, or far behind, is a finding.
    let (ours, theirs) = (chain_node::clock::wall_ms(), session.client.now().0);
    let heartbeat = u64::from(session.client.genesis().params.heartbeat_ms);
    if theirs > ours + MOST_SKEW_MS || ours > theirs + heartbeat + MOST_SKEW_MS {
        let off = ours.abs_diff(theirs) / 1_000;
        findings.bad(
            "clock",
            format!("{off} s apart from the node's block time"),
            "set this host's or the node's clock (NTP)",
        );
    } else {
        findings.good("clock", "within two seconds of block time");
    }
}

fn older(a: &str, b: &str) -> bool {
    let parts = |s: &str| s.split('.').map(|p| p.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    parts(a) < parts(b)
}
