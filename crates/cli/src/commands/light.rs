//! `taxchain light`: a client that keeps headers and certificates only.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};
use ledger_types::{Canonical, Genesis, Slot};
use sdk::light::{Comparison, LightError, MAX_STATE_AGE, Weight};
use sdk::{LightClient, NodeClient};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::home::Home;
use crate::session::Global;
use crate::words;

/// What all of them need.
#[derive(Args)]
pub(crate) struct Place {
    /// The genesis document of the chain you trust; that of the home folder if absent.
    #[arg(long, value_name = "GENESIS")]
    trust: Option<PathBuf>,
    /// Where headers, certificates and complaints are kept; `light` in the home folder if absent.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Nodes to ask, several with commas between; --node or the one of the home folder if absent.
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    nodes: Vec<String>,
}

/// `taxchain light`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain light sync --trust genesis.json --dir headers --nodes https://127.0.0.1:7000,https://127.0.0.1:7010\n  taxchain light show                       # up to where, under which validators\n  taxchain light verify --slot 0            # inclusion and current state, against the headers kept here\n  taxchain light compare --nodes https://127.0.0.1:7000,https://127.0.0.1:7010,https://127.0.0.1:7020\n  taxchain light weigh headers/complaint-17-0.bin"
)]
pub(crate) enum Command {
    /// Follow the chain's headers to the newest.
    Sync {
        #[command(flatten)]
        place: Place,
    },
    /// Show up to where the chain was followed.
    Show {
        #[command(flatten)]
        place: Place,
    },
    /// Have a node prove an invoice's inclusion and current state, and check it against the headers.
    Verify {
        #[command(flatten)]
        place: Place,
        /// The invoice.
        #[arg(long)]
        slot: Slot,
        /// How many blocks behind the newest header the proven state may be.
        #[arg(long, default_value_t = MAX_STATE_AGE, value_name = "BLOCKS")]
        max_age: u64,
    },
    /// Ask several nodes for one block, name those that contradict the certified headers, and sign complaints.
    Compare {
        #[command(flatten)]
        place: Place,
    },
    /// Check a complaint: its signature, and how much it proves.
    Weigh {
        #[command(flatten)]
        place: Place,
        /// The complaint: its canonical bytes.
        file: PathBuf,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Sync { place } => {
            let place = place.open(global)?;
            let nodes = place.connect(global).await?;
            let mut light = place.light()?;
            let report = light.sync(&nodes).await?;
            let refused: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
            let answer = standing(&light).field("new", report.to.0 - report.from.0);
            Ok(if refused.is_empty() { answer } else { answer.field("refused", refused) })
        }
        Command::Show { place } => Ok(standing(&place.open(global)?.light()?)),
        Command::Verify { place, slot, max_age } => verify(global, &place.open(global)?, slot, max_age).await,
        Command::Compare { place } => compare(global, &place.open(global)?).await,
        Command::Weigh { place, file } => weigh(&place.open(global)?, &file),
    }
}

/// A [`Place`] with its blanks filled in.
struct Opened {
    genesis: Genesis,
    dir: PathBuf,
    nodes: Vec<String>,
}

impl Place {
    fn open(self, global: &Global) -> Result<Opened, Failure> {
        let home = || Home::open(global.home.as_deref());
        let trust = self.trust.map_or_else(|| home().map(|h| h.genesis_path()), Ok)?;
        let text =
            std::fs::read_to_string(&trust).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", trust.display())))?;
        let genesis = serde_json::from_str(&text)
            .map_err(|e| Failure::new(exit::DATA, format!("{} is no genesis document: {e}", trust.display())))?;
        let dir = self.dir.map_or_else(|| home().map(|h| h.dir().join("light")), Ok)?;
        let nodes = match (self.nodes.is_empty(), &global.node) {
            (false, _) => self.nodes,
            (true, Some(node)) => vec![node.clone()],
            (true, None) => home().map(|h| vec![h.file.node]).unwrap_or_default(),
        };
        Ok(Opened { genesis, dir, nodes })
    }
}

impl Opened {
    fn light(&self) -> Result<LightClient, Failure> {
        Ok(LightClient::open(self.genesis.clone(), Some(&self.dir))?)
    }

    /// The nodes that answer; those that do not are named on stderr.
    async fn connect(&self, global: &Global) -> Result<Vec<NodeClient>, Failure> {
        let options = global.connect_options()?.of_chain(self.genesis.chain_id());
        let mut clients = Vec::new();
        let mut last = Failure::config("name the nodes to ask: --nodes https://…");
        for node in &self.nodes {
            match NodeClient::connect(node, options.clone()).await {
                Ok(client) => clients.push(client),
                Err(error) => {
                    eprintln!("taxchain: {node}: {error}");
                    last = Failure::from(error);
                }
            }
        }
        if clients.is_empty() { Err(last) } else { Ok(clients) }
    }

    /// The key that complaints are signed with: made on first use, its password beside it, readable by its owner only.
    fn observer(&self) -> Result<SigningKey, Failure> {
        let (path, secret) = (self.dir.join("observer.pem"), self.dir.join("password"));
        let bad = |e: &dyn std::fmt::Display| Failure::config(format!("{}: {e}", path.display()));
        if path.exists() {
            let password = SecretString::from(std::fs::read_to_string(&secret)?.trim_end().to_owned());
            return key_file::read(&path, &password, &SoftwareProvider::shared(), KeyUse::Observer)
                .map_err(|e| bad(&e));
        }
        let random: [u8; 16] = crypto::random::array().map_err(|e| bad(&e))?;
        let password = hex::encode(random);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&secret)?;
        std::io::Write::write_all(&mut file, format!("{password}\n").as_bytes())?;
        file.sync_all()?;
        let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Observer).map_err(|e| bad(&e))?;
        key_file::write(&path, &key, &SecretString::from(password)).map_err(|e| bad(&e))?;
        Ok(key)
    }
}

fn standing(light: &LightClient) -> Answer {
    let headers = light.headers();
    let tip = headers.tip();
    let next = headers.validators_at(headers.height().next()).map(|set| set.validators.len());
    let time = i64::try_from(headers.time().0).unwrap_or(i64::MAX);
    Answer::new()
        .field("chain", headers.id().to_string())
        .field("height", headers.height().0)
        .worded("block_time", time, words::time(time))
        .field("block", tip.map(|tip| tip.block_id().to_string()))
        .field("epoch", tip.map_or(0, |tip| tip.epoch))
        .field("consensus", json!(tip.map_or(headers.genesis().consensus, |tip| tip.consensus)))
        .field("protocol", tip.map(|tip| tip.protocol))
        .field("validators", next)
}

async fn verify(global: &Global, place: &Opened, slot: Slot, max_age: u64) -> Result<Answer, Failure> {
    let nodes = place.connect(global).await?;
    let mut light = place.light()?;
    light.sync(&nodes).await?;
    let mut refused = Vec::new();
    for node in &nodes {
        match light.invoice(slot, node, max_age).await {
            Ok(proven) => {
                let told = format!("真票 genuine: proven by {} against certified headers", node.endpoint());
                let answer = Answer::new().worded("verified", true, told);
                let state_height = proven.state_height.0;
                return Ok(super::show::details(answer, slot, &proven.record)
                    .field("proven_at", state_height)
                    .field("height", light.headers().height().0)
                    .detail("node", node.endpoint())
                    .detail("refused", refused));
            }
            Err(error) => refused.push(error.to_string()),
        }
    }
    Err(Failure { code: exit::VERIFICATION, lines: refused, reasons: Vec::new() })
}

async fn compare(global: &Global, place: &Opened) -> Result<Answer, Failure> {
    let nodes = place.connect(global).await?;
    let mut light = place.light()?;
    let report = light.sync(&nodes).await?;
    let comparison = light.compare(&nodes).await?;
    let mut rows: Vec<Vec<Value>> =
        comparison.agreed.iter().map(|node| vec![json!(node), json!("agrees"), json!(""), json!("")]).collect();
    for error in report.refused.iter().chain(&comparison.silent) {
        let node = match error {
            LightError::Node { node, .. } | LightError::Header { node, .. } => node.as_str(),
            _ => "",
        };
        rows.push(vec![json!(node), json!("refused"), json!(error.to_string()), json!("")]);
    }
    rows.extend(complaints(place, &light, &comparison)?);
    let answer = Answer::new()
        .field("height", comparison.height.0)
        .field("agreed", comparison.agreed.len())
        .field("disagreements", comparison.disagreements.len())
        .table(&["node", "says", "why", "complaint"], rows);
    if comparison.disagreements.is_empty() {
        return Ok(answer);
    }
    // Said in full already; the exit code tells scripts.
    answer.print(global.output, global.quiet);
    Err(Failure { code: exit::VERIFICATION, lines: Vec::new(), reasons: Vec::new() })
}

/// Signs and writes a complaint about each node that disagrees: canonical bytes, and JSON beside them for people.
fn complaints(place: &Opened, light: &LightClient, comparison: &Comparison) -> Result<Vec<Vec<Value>>, Failure> {
    let mut rows = Vec::new();
    for (number, about) in comparison.disagreements.iter().enumerate() {
        let complaint = light.complain(about, &place.observer()?, chain_node::clock::wall_ms())?;
        let path = place.dir.join(format!("complaint-{}-{number}.bin", about.height));
        std::fs::write(&path, complaint.to_canonical())?;
        std::fs::write(path.with_extension("json"), format!("{:#}\n", json!(complaint)))?;
        let why = about.contradiction.to_string();
        rows.push(vec![json!(about.node), json!("disagrees"), json!(why), json!(path.display().to_string())]);
    }
    Ok(rows)
}

fn weigh(place: &Opened, file: &Path) -> Result<Answer, Failure> {
    let refused = |e: sdk::light::ComplaintError| Failure::new(exit::VERIFICATION, e.to_string());
    let complaint = sdk::light::SignedComplaint::read(&std::fs::read(file)?).map_err(refused)?;
    let weight = complaint.weigh(place.light()?.headers()).map_err(refused)?;
    let (name, told) = match weight {
        Weight::Word => ("word", "the client's word: the node did not sign its answer"),
        Weight::Proof => ("proof", "proof: two blocks of one height are certified"),
    };
    Ok(Answer::new()
        .worded("weight", name, told)
        .field("node", complaint.complaint.node.as_str())
        .field("height", complaint.complaint.height.0)
        .field("complainant", hex::encode(complaint.complaint.complainant))
        .detail("complaint", json!(complaint)))
}
