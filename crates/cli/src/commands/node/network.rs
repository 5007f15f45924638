//! What nodes say of themselves and of each other.

use std::collections::BTreeSet;

use ledger_types::Height;
use proto::node::v1::{GetStatusResponse, LedgerAgreement, PeerLink};
use proto::types::v1::ReadContext;
use sdk::NodeClient;
use serde_json::{Value, json};

use super::super::erase;
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// A node that answers.
pub(crate) struct Up {
    /// Its endpoint.
    pub(crate) node: String,
    /// The connection.
    pub(crate) client: NodeClient,
    /// What it says of itself.
    pub(crate) status: GetStatusResponse,
}

impl Up {
    fn at(&self) -> ReadContext {
        self.status.read_context.clone().unwrap_or_default()
    }

    /// Its height.
    pub(crate) fn height(&self) -> u64 {
        self.at().height
    }
}

/// Several nodes, compared at the greatest height that all have.
pub(crate) struct Survey {
    /// Those that answer.
    pub(crate) up: Vec<Up>,
    /// Those that do not, and why.
    pub(crate) down: Vec<(String, String)>,
    /// The height of the comparison; 0 for the chain itself.
    pub(crate) common: u64,
    /// How many different blocks or chains they have there.
    pub(crate) versions: usize,
}

impl Survey {
    /// Asks all of them.
    pub(crate) async fn of(global: &Global, nodes: Vec<String>) -> Result<Self, Failure> {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for node in nodes {
            match ask(global, node.clone()).await {
                Ok(answer) => up.push(answer),
                Err(failure) => down.push((node, failure.to_string())),
            }
        }
        let common = up.iter().map(Up::height).min().unwrap_or(0);
        let mut said = BTreeSet::new();
        for one in &up {
            // Below the first block there is only the chain itself to agree on.
            let block = if common > 0 { one.client.block(Height(common)).await? } else { None };
            said.insert((one.at().chain_id, block.map(|b| (b.block_id, b.state_root))));
        }
        Ok(Self { up, down, common, versions: said.len() })
    }
}

async fn ask(global: &Global, node: String) -> Result<Up, Failure> {
    let client = NodeClient::connect(&node, global.connect_options()?).await?;
    let status = client.status().await?;
    Ok(Up { node, client, status })
}

/// Those named, or the one of home.json.
async fn endpoints(global: &Global, nodes: Vec<String>) -> Result<Vec<String>, Failure> {
    if nodes.is_empty() { Ok(vec![Session::open(global).await?.home.file.node]) } else { Ok(nodes) }
}

/// `taxchain node status`.
pub(super) async fn status(global: &Global, nodes: Vec<String>) -> Result<Answer, Failure> {
    let survey = Survey::of(global, endpoints(global, nodes).await?).await?;
    let row = |one: &Up| {
        let at = one.at();
        vec![
            json!(one.node),
            json!(at.height),
            json!(hex::encode(&one.status.block_id)),
            json!(hex::encode(&at.state_root)),
            json!(one.status.slots),
            json!(one.status.mempool_txs),
        ]
    };
    let mut rows: Vec<Vec<Value>> = survey.up.iter().map(row).collect();
    rows.extend(survey.down.iter().map(|(node, why)| vec![json!(node), json!(why)]));
    let answer = Answer::new()
        .field("nodes", rows.len())
        .field("answering", survey.up.len())
        .field("common_height", survey.common)
        .field("agree", survey.versions <= 1)
        .table(&["node", "height", "block", "state_root", "slots", "waiting"], rows);
    if survey.versions <= 1 && !survey.up.is_empty() {
        return Ok(answer);
    }
    let (code, why) = match survey.versions {
        0 => (exit::UNAVAILABLE, "no node answers".to_owned()),
        _ => (exit::VERIFICATION, format!("the nodes differ in the block of height {}", survey.common)),
    };
    answer.field("why", why).print(global.output, global.quiet);
    Err(Failure { code, lines: Vec::new(), reasons: Vec::new() })
}

/// `taxchain node erasures`: every order as every node has it.
pub(super) async fn erasures(global: &Global, nodes: Vec<String>) -> Result<Answer, Failure> {
    let (mut table, mut pending) = (Vec::new(), 0);
    for node in endpoints(global, nodes).await? {
        let one = ask(global, node).await?;
        for mut row in erase::rows(&one.client).await? {
            pending += usize::from(row.last() != Some(&json!(true)));
            row.insert(0, json!(one.node));
            table.push(row);
        }
    }
    let columns: Vec<&str> = std::iter::once("node").chain(erase::COLUMNS).collect();
    Ok(Answer::new().field("pending", pending).table(&columns, table))
}

/// `taxchain node peers`.
pub(super) async fn peers(global: &Global, nodes: Vec<String>) -> Result<Answer, Failure> {
    let (mut rows, mut linked) = (Vec::new(), 0);
    for node in endpoints(global, nodes).await? {
        let one = ask(global, node).await?;
        for link in one.client.peers().await? {
            linked += usize::from(link.linked);
            rows.push(vec![
                json!(one.node),
                json!(link.peer),
                json!(state(&link)),
                json!(link.height),
                json!(link.height.map(|height| one.height().saturating_sub(height))),
                json!(ledger(&link)),
            ]);
        }
    }
    Ok(Answer::new()
        .field("links", rows.len())
        .field("up", linked)
        .table(&["node", "peer", "link", "height", "behind", "ledger"], rows))
}

fn state(link: &PeerLink) -> &'static str {
    match (link.linked, link.banned) {
        (true, _) => "up",
        (false, true) => "banned",
        (false, false) => "down",
    }
}

fn ledger(link: &PeerLink) -> &'static str {
    match link.ledger() {
        LedgerAgreement::Unspecified => "not compared",
        LedgerAgreement::Same => "same",
        LedgerAgreement::Differs => "DIFFERS",
    }
}

/// `taxchain node evidence`.
pub(super) async fn evidence(global: &Global) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let row = |offence: &ledger_types::Offence| {
        let place = &offence.place;
        vec![
            json!(hex::encode(place.vote_key)),
            json!(offence.operator.0),
            json!(place.epoch),
            json!(place.height.0),
            json!(place.round),
            json!(["proposal", "prevote", "precommit"].get(usize::from(place.step))),
            json!(offence.recorded.0),
            json!(offence.suspension.map(|id| id.0)),
        ]
    };
    let offences = session.client.offences().await?;
    let columns = ["vote_key", "operator", "epoch", "height", "round", "step", "recorded", "suspended_by"];
    Ok(Answer::new().field("offences", offences.len()).table(&columns, offences.iter().map(row).collect()))
}

/// Links of a node that are down, or whose peer has another ledger.
pub(crate) fn broken(links: &[PeerLink]) -> Vec<String> {
    let what = |link: &PeerLink| match (link.linked, link.ledger()) {
        (_, LedgerAgreement::Differs) => Some(format!("the ledger of node {} differs", link.peer)),
        (false, _) => Some(format!("node {} is {}", link.peer, state(link))),
        _ => None,
    };
    links.iter().filter_map(what).collect()
}
