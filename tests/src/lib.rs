//! A whole chain in this process for the scenarios: real node, real files, real sockets on loopback.

mod invoices;
mod people;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan, DevNetwork};
use chain_node::{Node, NodeConfig, RunningNode};
use crypto::{KeyUse, SenderKey, SigningKey};
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    Area, BlockTime, ClockMode, KeyId, OutputRecord, Payload, RejectReason, RuleBook, Slot, Spend, Verdict,
};
use sdk::{ConnectOptions, Fate, Identity, NodeClient, SignedTx, sign_plain};

pub use invoices::{IssuedInvoice, draft};
pub use people::{People, profile};

/// 2026-06-15 09:00 in Shenzhen: the middle of a month.
pub const START: BlockTime = BlockTime(1_781_485_200_000);
/// Shenzhen.
pub const AREA: Area = Area(4403);

/// A running chain with its people.
pub struct TestChain {
    /// Keys and genesis.
    pub chain: DevChain,
    /// The node; none while stopped.
    pub node: Option<RunningNode>,
    /// A client of it.
    pub client: NodeClient,
    /// The bureau.
    pub bureau: Identity,
    /// Clients of the other validators' nodes, if there are several.
    pub others: Vec<NodeClient>,
    other_nodes: Vec<RunningNode>,
    network: Option<DevNetwork>,
    dir: tempfile::TempDir,
}

impl TestChain {
    /// Starts a chain with a driven clock and the standard rule book in force.
    pub async fn start() -> Result<Self> {
        Self::start_in(vec![AREA]).await
    }

    /// Starts a chain that issues in these areas, rising; the bureau is that of the first. Only [`AREA`] has a rule book.
    pub async fn start_in(areas: Vec<Area>) -> Result<Self> {
        Box::pin(Self::start_by(DevChainPlan { areas, ..DevChainPlan::default() })).await
    }

    /// Starts a chain of this plan with a driven clock and the standard rule book in force.
    pub async fn start_by(plan: DevChainPlan) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let plan = DevChainPlan { clock: ClockMode::Driven, start: Some(START), ..plan };
        let chain = DevChain::open_or_create(dir.path(), &plan)?;
        let (node, client) = Box::pin(serve(&chain, usual_node(&chain)?)).await?;
        let bureau = Identity::account(DEV_BUREAU, KeyId(0), chain.key("bureau", KeyUse::Transaction)?);
        let (others, other_nodes) = (Vec::new(), Vec::new());
        let this = Self { chain, node: Some(node), client, bureau, others, other_nodes, dir, network: None };
        let book = RuleBook::standard(AREA, 1, this.client.now().0 + 1_000);
        this.accept(&this.bureau, Payload::PublishRuleBook(Box::new(book))).await?;
        this.advance(2_000).await?;
        Ok(this)
    }

    /// Starts a chain of four validators on the wall clock, with the standard rule book in force.
    pub async fn start_four() -> Result<Self> {
        Box::pin(Self::start_four_by(DevChainPlan::default())).await
    }

    /// The same by this plan.
    pub async fn start_four_by(plan: DevChainPlan) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let chain = DevChain::open_or_create(dir.path(), &DevChainPlan { validators: 4, ..plan })?;
        let mut network = DevNetwork::open(&chain).await?;
        let (mut nodes, mut clients) = (Vec::new(), Vec::new());
        for place in 0..4 {
            let config = NodeConfig::local(chain.data_dir_of(place), true);
            let node = Box::pin(network.serve(&chain, place, storage::Options::small(), &config)).await?;
            clients.push(connect(&chain, &node).await?);
            nodes.push(node);
        }
        let bureau = Identity::account(DEV_BUREAU, KeyId(0), chain.key("bureau", KeyUse::Transaction)?);
        let (node, client) = (Some(nodes.remove(0)), clients.remove(0));
        let this =
            Self { chain, node, client, bureau, others: clients, other_nodes: nodes, dir, network: Some(network) };
        let from = this.client.now().0 + 3_000;
        let book = RuleBook::standard(AREA, 1, from);
        this.accept(&this.bureau, Payload::PublishRuleBook(Box::new(book))).await?;
        if this.chain.genesis().clock == ClockMode::Driven {
            this.advance(4_000).await?;
        }
        while this.client.stamp().await?.time.0 <= from {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(this)
    }

    /// How many nodes run.
    pub fn nodes(&self) -> usize {
        self.other_nodes.len() + usize::from(self.node.is_some())
    }

    /// Where the chain lives.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// A fresh key.
    pub fn new_key(&self) -> Result<SigningKey> {
        Ok(SigningKey::generate(self.chain.provider(), KeyUse::Transaction)?)
    }

    /// A fresh key to seal with.
    pub fn new_sender_key(&self) -> Result<SenderKey> {
        Ok(SenderKey::new(SigningKey::generate(self.chain.provider(), KeyUse::Encryption)?)?)
    }

    /// Lets block time pass.
    pub async fn advance(&self, ms: u64) -> Result<BlockTime> {
        let now = self.client.stamp().await?.time;
        Ok(self.client.set_clock(now.plus_ms(ms)).await?)
    }

    /// Stops the last of several validators' nodes.
    pub async fn stop_last(&mut self) -> Result<()> {
        self.others.pop();
        self.other_nodes.pop().context("there is one node")?.stop().await?;
        Ok(())
    }

    /// Starts the last of several validators' nodes again.
    pub async fn start_last(&mut self) -> Result<()> {
        let place = u16::try_from(self.other_nodes.len() + 1)?;
        let network = self.network.as_mut().context("there is one node")?;
        let config = NodeConfig::local(self.chain.data_dir_of(place), true);
        let node = Box::pin(network.serve(&self.chain, place, storage::Options::small(), &config)).await?;
        self.others.push(connect(&self.chain, &node).await?);
        self.other_nodes.push(node);
        Ok(())
    }

    /// A metric of a validator's node.
    pub fn metric(&self, place: usize, name: &str) -> Result<f64> {
        let node = if place == 0 { self.node.as_ref() } else { self.other_nodes.get(place - 1) };
        let address = node.and_then(|node| node.metrics_address).context("no metrics")?;
        let text = metrics_page(address)?;
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        Ok(line.and_then(|line| line.rsplit(' ').next()).context("no such metric")?.parse()?)
    }

    /// Stops the node gracefully.
    pub async fn stop(&mut self) -> Result<()> {
        self.node.take().context("the node is stopped already")?.stop().await?;
        Ok(())
    }

    /// Stops all nodes gracefully.
    pub async fn stop_all(&mut self) -> Result<()> {
        self.stop().await?;
        for node in self.other_nodes.drain(..) {
            node.stop().await?;
        }
        Ok(())
    }

    /// Starts the node again after a stop.
    pub async fn start_again(&mut self) -> Result<()> {
        let (node, client) = serve(&self.chain, usual_node(&self.chain)?).await?;
        (self.node, self.client) = (Some(node), client);
        Ok(())
    }

    /// Stops and starts the node again.
    pub async fn restart(&mut self) -> Result<()> {
        self.restart_as(usual_node).await
    }

    /// Stops the node and starts another one on the same folder.
    pub async fn restart_as(&mut self, node: impl FnOnce(&DevChain) -> Result<Node>) -> Result<()> {
        self.stop().await?;
        let (node, client) = serve(&self.chain, node(&self.chain)?).await?;
        (self.node, self.client) = (Some(node), client);
        Ok(())
    }

    /// A second client with a connection of its own.
    pub async fn second_client(&self) -> Result<NodeClient> {
        Ok(NodeClient::connect(&self.endpoint()?, ConnectOptions::new(self.chain.transport()?)).await?)
    }

    /// Where the node listens.
    pub fn endpoint(&self) -> Result<String> {
        let node = self.node.as_ref().context("the node is stopped")?;
        Ok(node.url().to_owned())
    }

    /// Whether the node stopped by itself because of a fault.
    pub async fn has_failed(&self) -> bool {
        match &self.node {
            Some(node) => tokio::time::timeout(Duration::from_millis(1), node.failed()).await.is_ok(),
            None => false,
        }
    }

    /// Signs a payload under a fresh request id.
    pub fn sign(&self, who: &Identity, payload: Payload) -> Result<SignedTx> {
        Ok(sign_plain(&self.client.new_frame(AREA)?, payload, &[who])?)
    }

    /// Submits and waits.
    pub async fn fate(&self, who: &Identity, payload: Payload) -> Result<Fate> {
        Ok(self.client.submit_and_wait(&self.sign(who, payload)?).await?)
    }

    /// Submits, waits, and wants it accepted.
    pub async fn accept(&self, who: &Identity, payload: Payload) -> Result<TxOutcome> {
        outcome(&self.fate(who, payload).await?)
    }

    /// Submits, waits, and wants it refused; returns the reasons in order.
    pub async fn refuse(&self, who: &Identity, payload: Payload) -> Result<Vec<RejectReason>> {
        reasons(&self.fate(who, payload).await?)
    }

    /// The record in a slot.
    pub async fn record(&self, slot: Slot) -> Result<OutputRecord> {
        self.client.output(slot).await?.context("there is nothing in the slot")
    }

    /// A spend of the output as it is now.
    pub async fn spend(&self, slot: Slot) -> Result<Spend> {
        Ok(people::spend_of(slot, &self.record(slot).await?))
    }
}

fn usual_node(chain: &DevChain) -> Result<Node> {
    Ok(chain.node(storage::Options::small())?)
}

async fn serve(chain: &DevChain, node: Node) -> Result<(RunningNode, NodeClient)> {
    let node = chain_node::serve(node, &NodeConfig::local(chain.data_dir(), true), &chain.security("node-0")?).await?;
    let client = connect(chain, &node).await?;
    Ok((node, client))
}

/// The page of metrics of a node.
pub fn metrics_page(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

async fn connect(chain: &DevChain, node: &RunningNode) -> Result<NodeClient> {
    let id = chain.genesis().chain_id();
    let options = ConnectOptions { chain: Some(id), deadline_ms: 20_000, transport: chain.transport()? };
    Ok(NodeClient::connect(node.url(), options).await?)
}

/// The outcome of an accepted transaction.
pub fn outcome(fate: &Fate) -> Result<TxOutcome> {
    match fate.verdict().map(|v| &v.receipt.verdict) {
        Some(Verdict::Accepted(outcome)) => Ok(outcome.clone()),
        other => bail!("wanted it accepted, got {other:?}"),
    }
}

/// The reasons of a refused transaction.
pub fn reasons(fate: &Fate) -> Result<Vec<RejectReason>> {
    match fate.verdict().map(|v| &v.receipt.verdict) {
        Some(Verdict::Refused(refusals)) => Ok(refusals.iter().map(|r| r.reason).collect()),
        other => bail!("wanted it refused, got {other:?}"),
    }
}
