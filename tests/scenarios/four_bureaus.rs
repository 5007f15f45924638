//! Four bureaus, each with a node, on one machine.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan, DevNetwork};
use chain_node::shell::handshake::{End, Handshake};
use chain_node::{NodeConfig, RunningNode};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{ChainId, Height, KeyId, Payload, RuleBook};
use proto::peer::v1::peer_service_client::PeerServiceClient;
use proto::peer::v1::{LinkFrame, LinkRequest, Part, link_frame};
use sdk::{ConnectOptions, FateState, Identity, NodeClient, sign_plain};
use storage::Options;
use tests::{AREA, metrics_page};

struct Bureaus {
    chain: DevChain,
    network: DevNetwork,
    nodes: Vec<RunningNode>,
    clients: Vec<NodeClient>,
    dir: tempfile::TempDir,
}

async fn bureaus() -> Bureaus {
    let dir = tempfile::tempdir().unwrap();
    let plan = DevChainPlan { validators: 4, ..DevChainPlan::default() };
    let chain = DevChain::open_or_create(dir.path(), &plan).unwrap();
    let mut network = DevNetwork::open(&chain).await.unwrap();
    let (mut nodes, mut clients) = (Vec::new(), Vec::new());
    for place in 0..4 {
        let node = network
            .serve(&chain, place, Options::small(), &NodeConfig::local(chain.data_dir_of(place), true))
            .await
            .unwrap();
        let options = ConnectOptions::new(chain.transport().unwrap());
        clients.push(NodeClient::connect(node.url(), options).await.unwrap());
        nodes.push(node);
    }
    let this = Bureaus { chain, network, nodes, clients, dir };
    this.all_reach(Height(1)).await;
    this
}

impl Bureaus {
    async fn all_reach(&self, height: Height) {
        for client in &self.clients {
            reach(client, height).await;
        }
    }

    /// A transaction that every node gets at once, and only one of them executes first.
    async fn publish_rules(&self) -> Height {
        let bureau = Identity::account(DEV_BUREAU, KeyId(0), self.chain.key("bureau", KeyUse::Transaction).unwrap());
        let book = RuleBook::standard(AREA, 1, chain_node::clock::wall_ms() + 60_000);
        let frame = self.clients[0].new_frame(AREA).unwrap();
        let tx = sign_plain(&frame, Payload::PublishRuleBook(Box::new(book)), &[&bureau]).unwrap();
        let fates = futures::future::join_all(self.clients.iter().map(|c| c.submit_and_wait(&tx))).await;
        let mut states: Vec<_> = fates.into_iter().map(|f| f.unwrap().state).collect();
        states.dedup();
        match states.as_slice() {
            [FateState::Committed(block)] => block.height,
            other => panic!("one fate on every node: {other:?}"),
        }
    }

    fn metric(&self, place: usize, name: &str) -> f64 {
        let text = metrics_page(self.nodes[place].metrics_address.unwrap()).unwrap();
        let line = text.lines().find(|l| l.split([' ', '{']).next() == Some(name));
        line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
    }
}

async fn reach(client: &NodeClient, height: Height) {
    let until = Instant::now() + Duration::from_secs(60);
    while client.stamp().await.unwrap().height < height {
        assert!(Instant::now() < until, "a node does not reach height {height}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_has_one_fate_on_all_and_their_statements_agree() {
    let bureaus = bureaus().await;
    let height = bureaus.publish_rules().await;
    bureaus.all_reach(height.next()).await;
    let mut blocks = Vec::new();
    for client in &bureaus.clients {
        let block = client.block(height).await.unwrap().unwrap();
        blocks.push((block.block_id, block.state_root));
    }
    blocks.dedup();
    assert_eq!(blocks.len(), 1);
    // The block after the last change carries its root; statements follow two blocks later.
    let until = Instant::now() + Duration::from_secs(60);
    while (0..4).any(|place| bureaus.metric(place, "taxchain_statements_total") < 3.0) {
        assert!(Instant::now() < until, "nobody states its ledger");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for place in 0..4 {
        assert_eq!(bureaus.metric(place, "taxchain_divergences_total"), 0.0);
        assert_eq!(bureaus.metric(place, "taxchain_peers"), 3.0);
        assert_eq!(bureaus.metric(place, "taxchain_evidence_total"), 0.0);
        assert_eq!(bureaus.metric(place, "taxchain_peer_faults_total"), 0.0);
        // Checked by whoever got it first: as a client's, as a peer's, or in a block.
        assert!(bureaus.metric(place, "taxchain_signatures_checked_total") >= 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_files_rot_stops_and_the_others_go_on() {
    let mut bureaus = bureaus().await;
    let height = bureaus.publish_rules().await;
    bureaus.all_reach(height.next()).await;
    // In the middle of the first block, under the node's feet.
    let chain = bureaus.chain.genesis().chain_id().to_string();
    let segments = bureaus.chain.data_dir_of(3).join("chains").join(chain).join("segments");
    let first = std::fs::read_dir(&segments).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).read(true).open(&first).unwrap();
    flip(&mut file, 200);
    tokio::time::timeout(Duration::from_secs(90), bureaus.nodes[3].failed()).await.expect("the damage is not found");
    assert_eq!(bureaus.metric(3, "taxchain_damage"), 1.0);
    drop(bureaus.nodes.pop());
    let before = bureaus.clients[0].stamp().await.unwrap().height;
    reach(&bureaus.clients[0], Height(before.0 + 2)).await;
    // It does not start on such files either, and says where they are wrong.
    let again = bureaus
        .network
        .serve(&bureaus.chain, 3, Options::small(), &NodeConfig::local(bureaus.chain.data_dir_of(3), true))
        .await;
    let why = again.err().expect("it starts on damaged files").to_string();
    assert!(why.contains(first.to_str().unwrap()), "{why}");
    assert!(bureaus.dir.path().is_dir());
}

fn flip(file: &mut std::fs::File, at: u64) {
    use std::os::unix::fs::FileExt;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

/// Says these frames to a node, and returns why it ended the link, and after how long.
async fn refused(calls: &sm_tls::Transport, address: SocketAddr, frames: Vec<LinkFrame>) -> (String, Duration) {
    let channel = sdk::open_channel(&calls.url(address), Duration::from_secs(20), calls).await.unwrap();
    let mut client = PeerServiceClient::new(channel);
    let began = Instant::now();
    let requests = frames.into_iter().map(|frame| LinkRequest { frame: Some(frame) });
    let requests = futures::StreamExt::chain(futures::stream::iter(requests), futures::stream::pending());
    let mut answers = client.link(requests).await.unwrap().into_inner();
    loop {
        match answers.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return (String::new(), began.elapsed()),
            Err(status) => return (status.message().to_owned(), began.elapsed()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_garbage_are_refused_by_name_within_a_second() {
    let bureaus = bureaus().await;
    let chain = bureaus.chain.genesis().chain_id();
    let address = bureaus.network.address(0);
    // Somebody with a certificate: without one there is no connection to say anything on.
    let calls = bureaus.chain.security("stranger").unwrap().calls();
    let stranger = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Peer).unwrap();
    let hello = |chain: ChainId, key: &SigningKey| Handshake::new(chain, key, End::Dialler).unwrap().hello();
    let known = bureaus.chain.key("peer-1", KeyUse::Peer).unwrap();
    let garbage =
        LinkFrame { kind: Some(link_frame::Kind::Part(Part { data: vec![7; 1_000], last: true, bulk: false })) };
    // Somebody who knows a bureau's public key but does not hold it: the proof is of another key.
    let other = Handshake::new(chain, &stranger, End::Dialler).unwrap();
    let theirs = match Handshake::new(chain, &known, End::Listener).unwrap().hello().kind {
        Some(link_frame::Kind::Hello(hello)) => hello,
        _ => unreachable!(),
    };
    let false_proof = other.proof(&theirs).unwrap();
    for (frames, why) in [
        (vec![hello(ChainId([9; 32]), &known)], "the peer is of another chain"),
        (vec![hello(chain, &stranger)], "the peer's key is not in this node's configuration"),
        (vec![garbage], "the link does not begin with a hello and a proof"),
        (vec![hello(chain, &known), false_proof], "the peer does not hold its key"),
    ] {
        let (said, after) = refused(&calls, address, frames).await;
        assert_eq!(said, why);
        assert!(after < Duration::from_secs(5), "{after:?}");
    }
    // Nobody was disturbed.
    let height = bureaus.publish_rules().await;
    bureaus.all_reach(height).await;
}
