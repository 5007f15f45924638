//! `taxchain net`: the files of a network of several bureaus.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chain_node::node_file::{CommitteeKeyEntry, NodeFile, PeerEntry, PeersSection};
use chain_node::snapshots::SnapshotRules;
use chain_node::{GatewayLimits, NodeConfig};
use clap::{Args, Subcommand};
use crypto::x509::{Profile, Subject};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};
use ledger_types::account::KeyRecord;
use ledger_types::{
    AccountId, AccountKind, Area, BlockTime, ChainParams, ClockMode, Committee, ConsensusKind, Genesis, GenesisAccount,
    KeyId, Validator, ValidatorSet,
};
use sdk::TrustFiles;
use serde_json::json;
use sm_tls::files::TlsFiles;

use super::ca::{Authority, lasting};
use crate::answer::Answer;
use crate::failure::Failure;
use crate::home::{Home, HomeFile, IdentityEntry};

/// `taxchain net`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain net init ./net --host bureau-1.example --host bureau-2.example --host bureau-3.example --host bureau-4.example\n  taxchain net init ./net --host 127.0.0.1 --host 127.0.0.1 --host 127.0.0.1 --host 127.0.0.1     # all on this machine"
)]
pub(crate) enum Command {
    /// Write genesis document, keys, configuration and systemd unit of each bureau.
    Init(InitArgs),
}

/// Arguments of `net init`.
#[derive(Args)]
pub(crate) struct InitArgs {
    /// An empty or new folder.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Where each bureau's node is reached by the others; once for each bureau.
    #[arg(long = "host", value_name = "HOST", required = true)]
    hosts: Vec<String>,
    /// Name of the chain for people.
    #[arg(long, default_value = "taxchain")]
    name: String,
    /// Issuing area of each bureau (行政区划代码), in the order of the hosts; 4403 for all if absent.
    #[arg(long = "area", value_name = "AREA")]
    areas: Vec<u16>,
    /// First port: gRPC of the first bureau. Links take the next, metrics the one after; a further bureau on the
    /// same host takes the next ten.
    #[arg(long, default_value_t = 7000)]
    port: u16,
    /// The bureaus reckon with crashes only, not with lies: more than half agree instead of more than two thirds.
    #[arg(long)]
    crashes_only: bool,
    /// Where QR codes point.
    #[arg(long, value_name = "URL")]
    verify_base_url: Option<String>,
}

/// Whom a bureau's node and commands believe.
const ROOT: &str = "tls/root.pem";
/// How long the certificates of a new network hold, in days: the root, a bureau's authority, a node.
const DAYS: [u64; 3] = [20 * 365, 5 * 365, 365];
/// Where each bureau keeps its copy of the committee's first private key.
const COMMITTEE_KEY: &str = "keys/committee-1.pem";

/// One bureau's files in the making.
struct Bureau {
    dir: PathBuf,
    vote: SigningKey,
    peer: SigningKey,
    account: SigningKey,
    grpc: u16,
    address: String,
    local: bool,
}

/// Runs it.
pub(super) fn run(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init(args) => init(&args),
    }
}

fn init(args: &InitArgs) -> Result<Answer, Failure> {
    let n = args.hosts.len();
    if n > 64 {
        return Err(Failure::config("more than 64 bureaus: votes are counted by all of them"));
    }
    if !args.areas.is_empty() && args.areas.len() != n {
        return Err(Failure::config(format!(
            "--area is given {} times for {n} hosts: once for each",
            args.areas.len()
        )));
    }
    std::fs::create_dir_all(&args.dir)?;
    if std::fs::read_dir(&args.dir)?.next().is_some() {
        return Err(Failure::config(format!("{} is not empty: keys are never overwritten", args.dir.display())));
    }
    let dir = std::path::absolute(&args.dir)?;
    let root = root(&dir, &args.name)?;
    // One key for all who execute: each bureau gets a copy under its own password.
    let committee = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).map_err(Failure::general)?;
    let bureaus = (0..n).map(|i| Bureau::make(&dir, &root, args, i, &committee)).collect::<Result<Vec<_>, _>>()?;
    let genesis = genesis(args, &bureaus, &committee);
    let mut text = serde_json::to_string_pretty(&genesis).map_err(Failure::general)?;
    text.push('\n');
    let fingerprint = genesis.chain_id().to_string();
    write(&dir.join("fingerprint"), &format!("{fingerprint}\n"), 0o644)?;
    let mut rows = Vec::new();
    for (place, bureau) in bureaus.iter().enumerate() {
        write(&bureau.dir.join("genesis.json"), &text, 0o644)?;
        write(&bureau.dir.join("node.toml"), &bureau.node_file(place, &bureaus).to_toml(), 0o644)?;
        write(&bureau.dir.join("taxchain-node.service"), &unit(place), 0o644)?;
        Home::create(&bureau.dir, bureau.home(place, &genesis), false)?;
        rows.push(vec![
            json!(place + 1),
            json!(bureau.dir.display().to_string()),
            json!(format!("{}:{}", args.hosts[place], bureau.grpc)),
            json!(bureau.address),
        ]);
    }
    write(&dir.join("genesis.json"), &text, 0o644)?;
    let first = bureaus[0].dir.join("node.toml");
    Ok(Answer::new()
        .field("chain", fingerprint)
        .field("consensus", json!(genesis.consensus))
        .table(&["bureau", "folder", "grpc", "links"], rows)
        .next("keep the folder ca, the network's root authority, off line: it renews the bureaus' own authorities")
        .next(
            "compare the chain's fingerprint over the telephone, then give each folder to its bureau alone".to_owned(),
        )
        .next(format!("{COMMITTEE_KEY} opens every invoice: it is in each folder, and belongs nowhere else"))
        .next(format!("taxchain node start --config {}", first.display())))
}

impl Bureau {
    fn make(
        dir: &Path,
        root: &Authority,
        args: &InitArgs,
        place: usize,
        committee: &SigningKey,
    ) -> Result<Self, Failure> {
        let dir = dir.join(format!("bureau-{}", place + 1));
        std::fs::create_dir_all(dir.join("keys"))?;
        let password = new_password(&dir.join("keys/password"))?;
        let provider = SoftwareProvider::shared();
        let key = |name: &str, key_use| -> Result<SigningKey, Failure> {
            let key = SigningKey::generate(&provider, key_use).map_err(Failure::general)?;
            key_file::write(&dir.join("keys").join(name), &key, &password).map_err(Failure::general)?;
            Ok(key)
        };
        key_file::write(&dir.join(COMMITTEE_KEY), committee, &password).map_err(Failure::general)?;
        let (vote, peer) = (key("vote.pem", KeyUse::Vote)?, key("peer.pem", KeyUse::Peer)?);
        let account = key("bureau.pem", KeyUse::Transaction)?;
        // Signs what proves itself: it needs no account.
        key("report.pem", KeyUse::Transaction)?;
        let host = &args.hosts[place];
        certify(&dir, root, place, host, &password)?;
        let before = args.hosts[..place].iter().filter(|h| *h == host).count();
        let step = u16::try_from(before * 10).ok().and_then(|step| args.port.checked_add(step));
        let grpc =
            step.filter(|p| *p <= u16::MAX - 2).ok_or_else(|| Failure::config("no port is left above --port"))?;
        let address = format!("{host}:{}", grpc + 1);
        let local = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        Ok(Self { vote, peer, account, grpc, address, local, dir })
    }

    fn node_file(&self, place: usize, all: &[Self]) -> NodeFile {
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let known = all.iter().enumerate().filter(|(other, _)| *other != place).map(|(other, bureau)| PeerEntry {
            id: number(other),
            key: hex::encode(bureau.peer.public_key().0),
            vote_key: Some(hex::encode(bureau.vote.public_key().0)),
            address: bureau.address.clone(),
        });
        let peers = PeersSection {
            id: number(place),
            listen: self.listens(self.grpc + 1),
            key: "keys/peer.pem".into(),
            known: known.collect(),
        };
        NodeFile {
            genesis: "genesis.json".into(),
            password_file: Some("keys/password".into()),
            vote_key: Some("keys/vote.pem".into()),
            report_key: Some("keys/report.pem".into()),
            known_protocol: None,
            plaintext: false,
            tls: Some(TlsFiles {
                chain: "tls/node.pem".into(),
                key: "keys/tls.pem".into(),
                roots: ROOT.into(),
                lists: Vec::new(),
                registered_only: false,
            }),
            committee_keys: vec![CommitteeKeyEntry { epoch: Committee::FIRST, key: COMMITTEE_KEY.into() }],
            committee_key_folder: "committee-keys".into(),
            apply_only: false,
            node: NodeConfig {
                data: "data".into(),
                listen: self.listens(self.grpc),
                metrics_listen: Some(([127, 0, 0, 1], self.grpc + 2).into()),
                otlp_endpoint: None,
                limits: GatewayLimits::default(),
                snapshots: SnapshotRules::default(),
            },
            peers: (all.len() > 1).then_some(peers),
            unseal: None,
            sdf: None,
        }
    }

    /// What the commands need to know: `taxchain --home <folder>`.
    fn home(&self, place: usize, genesis: &Genesis) -> HomeFile {
        let bureau = IdentityEntry {
            account: account(place),
            key_id: KeyId(0),
            key_file: "keys/bureau.pem".into(),
            seal_key_file: None,
            role: "makes the rules (税务局)".to_owned(),
        };
        HomeFile {
            node: format!("https://127.0.0.1:{}", self.grpc),
            service: String::new(),
            chain: genesis.chain_id(),
            area: genesis.accounts[place].area,
            genesis: "genesis.json".into(),
            password_file: Some("keys/password".into()),
            trust: Some(TrustFiles::of(ROOT.into())),
            sdf: None,
            identities: [("bureau".to_owned(), bureau)].into(),
        }
    }

    fn listens(&self, port: u16) -> SocketAddr {
        if self.local { ([127, 0, 0, 1], port).into() } else { ([0, 0, 0, 0], port).into() }
    }
}

/// The network's root, in a folder of its own.
fn root(dir: &Path, name: &str) -> Result<Authority, Failure> {
    std::fs::create_dir(dir.join("ca"))?;
    let password = new_password(&dir.join("ca/password"))?;
    Authority::root(&dir.join("ca"), &format!("CN={name} root,O={name},C=CN"), lasting(DAYS[0]), &password)
}

/// A bureau's own authority under the root, and its node's certificate.
fn certify(dir: &Path, root: &Authority, place: usize, host: &str, password: &SecretString) -> Result<(), Failure> {
    let n = place + 1;
    let name = format!("CN=bureau {n},O=bureau {n},C=CN");
    let bureau = Authority::under(root, &dir.join("ca"), &name, lasting(DAYS[1]), password)?;
    std::fs::create_dir(dir.join("tls"))?;
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Tls).map_err(Failure::general)?;
    key_file::write(&dir.join("keys/tls.pem"), &key, password).map_err(Failure::general)?;
    let mut hosts = vec![host.to_owned()];
    hosts.extend(["localhost", "127.0.0.1"].map(str::to_owned).into_iter().filter(|own| own != host));
    let subject = Subject { name: format!("CN=node {n},O=bureau {n},C=CN"), hosts, uris: Vec::new() };
    bureau.issue(&key.public_key(), &subject, Profile::Node, lasting(DAYS[2]), &dir.join("tls/node.pem"))?;
    std::fs::copy(dir.join("ca/root.pem"), dir.join(ROOT))?;
    Ok(())
}

fn new_password(path: &Path) -> Result<SecretString, Failure> {
    let bytes: [u8; 16] = crypto::random::array().map_err(Failure::general)?;
    let password = hex::encode(bytes);
    write(path, &format!("{password}\n"), 0o600)?;
    Ok(SecretString::from(password))
}

/// Each bureau has an account, a voting key and an area.
fn genesis(args: &InitArgs, bureaus: &[Bureau], committee: &SigningKey) -> Genesis {
    let area = |place: usize| Area(args.areas.get(place).copied().unwrap_or(4403));
    let mut areas: Vec<Area> = (0..bureaus.len()).map(area).collect();
    areas.sort_unstable();
    areas.dedup();
    let usual = ChainParams::default();
    let verify_base_url = args.verify_base_url.clone().unwrap_or_else(|| usual.verify_base_url.clone());
    Genesis {
        version: Genesis::SEALING,
        committee: Some(Committee { epoch: Committee::FIRST, public_key: committee.public_key().0 }),
        name: args.name.clone(),
        time: BlockTime(chain_node::clock::wall_ms()),
        clock: ClockMode::Wall,
        consensus: ConsensusKind::of_new_chain(bureaus.len(), args.crashes_only),
        validators: ValidatorSet {
            validators: bureaus
                .iter()
                .enumerate()
                .map(|(place, b)| Validator { operator: account(place), vote_key: b.vote.public_key().0 })
                .collect(),
        },
        params: ChainParams { verify_base_url, ..usual },
        areas,
        accounts: bureaus
            .iter()
            .enumerate()
            .map(|(place, b)| GenesisAccount {
                kind: AccountKind::Bureau,
                area: area(place),
                tax_id: None,
                name: format!("税务局 {} (bureau {})", place + 1, place + 1),
                keys: vec![KeyRecord::admin(KeyId(0), b.account.public_key().0)],
            })
            .collect(),
    }
}

/// The account of a bureau.
fn account(place: usize) -> AccountId {
    AccountId(u32::try_from(place + 1).unwrap_or(u32::MAX))
}

fn unit(place: usize) -> String {
    format!(
        "[Unit]\nDescription=taxchain node of bureau {}\nAfter=network-online.target\nWants=network-online.target\n\n\
         [Service]\nUser=taxchain\nExecStart=/usr/local/bin/taxchain node start --config /etc/taxchain/node.toml \
         --log-json\nRestart=on-failure\nRestartSec=2\nTimeoutStopSec=60\nLimitCORE=0\nMemorySwapMax=0\nLimitNOFILE=65536\n\
         NoNewPrivileges=true\nProtectSystem=strict\nProtectHome=true\nPrivateTmp=true\n\
         ReadWritePaths=/etc/taxchain/data\n\n[Install]\nWantedBy=multi-user.target\n",
        place + 1
    )
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}
