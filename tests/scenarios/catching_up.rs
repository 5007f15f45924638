//! A node that is behind takes blocks from peers and executes them: what a peer spoilt of a certified block is the peer's fault, and
//! stops nobody.

use chain_node::node::{Effect, Input};
use chain_node::peer_message::{CertifiedBlock, PeerMessage};
use chain_node::peers::PeerId;
use ledger_types::{Block, Canonical, CommitCertificate, ConsensusKind, Height};

use crate::epochs::net::Net;

/// The machine that is behind.
const LAST: usize = 4;

type Certified = (Block, CommitCertificate);

fn blocks_from(net: &mut Net, first: Height) -> Vec<Certified> {
    let answers = net.ask(0, LAST, PeerMessage::WantBlocks { from: first, count: 8 });
    let Some(PeerMessage::Blocks(blocks)) = answers.into_iter().next() else { panic!("no blocks") };
    let read = |one: &CertifiedBlock| {
        (Block::from_canonical(&one.block).unwrap(), CommitCertificate::from_canonical(&one.certificate).unwrap())
    };
    blocks.iter().map(read).collect()
}

/// Hands blocks to the one who is behind: why the peer is found a liar, and how far that brought it.
fn told(net: &mut Net, blocks: &[Certified]) -> (Option<String>, Height) {
    let now = net.now;
    let wire = |(block, certificate): &Certified| CertifiedBlock {
        block: block.to_canonical(),
        certificate: certificate.to_canonical(),
    };
    let message = PeerMessage::Blocks(blocks.iter().map(wire).collect());
    let node = net.hosts[LAST].node.as_mut().unwrap();
    let effects = node.step(Input::Peer(PeerId(0), message), now).unwrap();
    let why = effects.into_iter().find_map(|effect| match effect {
        Effect::Misbehaved(_, why) => Some(why),
        _ => None,
    });
    (why, net.hosts[LAST].node.as_ref().unwrap().height())
}

/// A lie about the first of several blocks, and what is said of it.
type Lie = (&'static str, fn(&mut Certified));

const LIES: &[Lie] = &[
    ("BAD_SIGNATURE", |(block, _)| block.txs[0].signatures[0][3] ^= 1),
    ("another transaction root", |(block, _)| block.txs.clear()),
    ("another transaction root", |(block, _)| block.txs.push(block.txs[0].clone())),
    ("certificate of its parent", |(block, _)| {
        block.last_certificate.as_mut().unwrap().signatures.iter_mut().for_each(|s| s[9] ^= 1);
    }),
    ("certificate of its parent", |(block, _)| block.last_certificate = None),
    ("signature", |(_, certificate)| certificate.signatures.iter_mut().for_each(|s| s[9] ^= 1)),
    ("", |(_, certificate)| certificate.signatures.truncate(1)),
];

#[test]
fn a_peer_that_spoils_a_certified_block_is_put_off_and_stops_nobody() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 5).unwrap();
    let id = net.load(0).unwrap();
    net.accepted(id).unwrap();
    let height = net.height();
    net.run(60, |net| net.hosts[LAST].node.as_ref().is_some_and(|node| node.height() >= height)).unwrap();
    net.cut.insert(LAST);
    for _ in 0..4 {
        let id = net.load(0).unwrap();
        net.accepted(id).unwrap();
    }
    let height = net.hosts[LAST].node.as_ref().unwrap().height();
    let honest = blocks_from(&mut net, height.next());
    let start = honest.iter().position(|(block, _)| !block.txs.is_empty()).unwrap();
    let (why, reached) = told(&mut net, &honest[..start]);
    assert_eq!((why, reached), (None, Height(height.0 + start as u64)));
    let honest = &honest[start..];
    for (what, lie) in LIES {
        let mut blocks = honest.to_vec();
        lie(&mut blocks[0]);
        assert!(blocks != honest, "{what}");
        let (why, after) = told(&mut net, &blocks);
        let why = why.unwrap_or_else(|| panic!("{what}: taken, up to {after}"));
        assert!(why.contains(what), "{what}: {why}");
        assert_eq!(after, reached, "{what}");
    }
    let (why, after) = told(&mut net, honest);
    assert_eq!((why, after), (None, Height(reached.0 + honest.len() as u64)));
    let root = |at: usize| net.hosts[at].node.as_ref().unwrap().reader().at(after).unwrap().unwrap().state_root;
    assert_eq!(root(LAST), root(0));
}
