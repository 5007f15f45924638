//! A node that begins with a snapshot of peers, one of whom lies.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chain_node::node::{Effect, Input};
use chain_node::peer_message::{Offer, PeerMessage};
use chain_node::peers::{PeerId, To};
use chain_node::snapshots::{Fetched, SnapshotRules, SnapshotSync};
use ledger::admission::AuthenticatedTx;
use ledger_types::{AccountKind, Area, ConsensusKind, Digest, Height, KeyId, KeyRecord, Payload};
use proofs::header_chain::Check;
use proofs::snapshot::ChunkName;
use storage::{Incoming, MemoryDisk, Shelf, SnapshotFolder, fsck_on};

use crate::epochs::net::{DATA, Net, options};

/// What a peer says in place of its answer; several messages, or none.
type Lie<'a> = &'a mut dyn FnMut(usize, PeerMessage) -> Vec<PeerMessage>;

/// What a node that began saw on the way.
struct Begun {
    misbehaved: Vec<(usize, String)>,
    chunks: u64,
}

/// Four validators with a chain of 45 blocks and snapshots of heights 20 and 40, and perhaps more machines.
fn chain(machines: usize) -> Result<(Net, AuthenticatedTx)> {
    let mut net = Net::start(ConsensusKind::Bft, 4, machines)?;
    net.snapshots = SnapshotRules { every: 20, keep: 2, sync: true, ahead: 10 };
    for at in 0..machines {
        net.kill(at);
        net.boot(at)?;
    }
    // It is in a block long before the snapshot.
    let early = net.tx(0, account(&net))?;
    net.step(0, Input::Admitted(vec![early.clone()]));
    for height in (5..=45).step_by(5) {
        for at in 0..4 {
            net.load(at)?;
        }
        net.run(60, |net| net.all_at(Height(height)))?;
    }
    Ok((net, early))
}

fn honest(_: usize, message: PeerMessage) -> Vec<PeerMessage> {
    vec![message]
}

fn snapshot_of(net: &Net, at: usize, height: u64) -> SnapshotFolder {
    Shelf::of_chain(Arc::new(net.hosts[at].disk.clone()), Path::new(DATA), &net.genesis.chain_id()).at(Height(height))
}

/// Empties a machine's disk and fills it from the others' snapshots; stops after `most` chunks.
fn fetch(net: &mut Net, at: usize, most: u64, lie: Lie<'_>) -> Result<(Option<SnapshotSync>, Begun)> {
    let incoming = Incoming::open(Arc::new(net.hosts[at].disk.clone()), Path::new(DATA), net.genesis.chain_id())?;
    let mut now = 0;
    let mut sync = SnapshotSync::new(incoming, net.genesis.clone(), net.snapshots.ahead, now)?;
    let mut begun = Begun { misbehaved: Vec::new(), chunks: 0 };
    let mut waiting: Vec<Effect> = Vec::new();
    let others: Vec<usize> = net.nodes().map(|(other, _)| other).filter(|other| *other != at).collect();
    for other in &others {
        waiting.extend(sync.peer_up(PeerId(u32::try_from(*other)?), now));
    }
    while now < 120_000 && sync.counts().0 < most {
        for effect in std::mem::take(&mut waiting) {
            match effect {
                Effect::Send(To::Peer(peer), message) => {
                    let other = peer.0 as usize;
                    for answer in net.ask(other, at, message).into_iter().flat_map(|a| lie(other, a)) {
                        if sync.counts().0 < most {
                            waiting.extend(sync.hear(peer, answer)?);
                        }
                    }
                }
                Effect::Misbehaved(peer, why) => begun.misbehaved.push((peer.0 as usize, why)),
                other => anyhow::bail!("{other:?}"),
            }
        }
        now += 50;
        let (effects, fetched) = sync.tick(now)?;
        waiting.extend(effects);
        begun.chunks = sync.counts().0;
        match fetched {
            Fetched::Whole => return Ok((Some(sync), begun)),
            Fetched::Nothing => return Ok((None, begun)),
            Fetched::NotYet => {}
        }
    }
    ensure!(sync.counts().0 >= most, "not fetched: {:?}", begun.misbehaved);
    Ok((Some(sync), begun))
}

/// Wipes a machine and has it begin with a snapshot.
fn begin_again(net: &mut Net, at: usize, lie: Lie<'_>) -> Result<Begun> {
    net.kill(at);
    net.hosts[at].disk = MemoryDisk::new();
    let (sync, begun) = fetch(net, at, u64::MAX, lie)?;
    let incoming = sync.context("nobody has a snapshot")?.into_incoming();
    let store = incoming.finish(&net.genesis.clone(), Check::Form, options())?;
    ensure!(store.tip().height == Height(40), "it begins at {}", store.tip().height);
    store.close()?;
    Ok(begun)
}

/// A machine that began is like the others and remembers everything.
fn is_whole(net: &mut Net, at: usize, early: &AuthenticatedTx) -> Result<()> {
    let first = net.load(0)?;
    net.accepted(first)?;
    net.boot(at)?;
    let height = net.height();
    net.run(60, |net| net.all_at(height))?;
    let root = |net: &Net, of: usize| {
        let reader = net.hosts[of].node.as_ref().unwrap().reader();
        reader.at(height).unwrap().unwrap().state_root
    };
    assert_eq!(root(net, at), root(net, 0));
    // A request from before the snapshot is known, and gets its first result.
    let line = |net: &Net, of: usize| {
        let reader = net.hosts[of].node.as_ref().unwrap().reader();
        reader.request(early.scope(), early.envelope().request_id).unwrap()
    };
    assert_eq!(line(net, at), line(net, 0));
    assert!(line(net, at).is_some_and(|line| line.accepted && line.height < Height(40)));
    let now = net.now;
    let node = net.hosts[at].node.as_mut().unwrap();
    assert_eq!(node.reader().first_block(), Height(41));
    let effects = node.step(Input::Admitted(vec![early.clone()]), now)?;
    assert!(matches!(effects.first(), Some(Effect::Known(id)) if *id == early.id()), "{effects:?}");
    Ok(())
}

fn account(net: &Net) -> Payload {
    let keys = vec![KeyRecord::admin(KeyId(0), net.hosts[0].key.public_key().0)];
    Payload::OpenAccount { kind: AccountKind::Node, area: Area(4403), tax_id: None, name: "机构".to_owned(), keys }
}

#[test]
fn a_wiped_validator_begins_with_a_snapshot_and_votes_again() -> Result<()> {
    let (mut net, early) = chain(4)?;
    let begun = begin_again(&mut net, 3, &mut honest)?;
    assert_eq!(begun.misbehaved, []);
    is_whole(&mut net, 3, &early)?;
    // With one of the others gone, nothing is decided without it.
    net.kill(2);
    let target = Height(net.height().0 + 5);
    net.load(0)?;
    net.run(60, |net| net.all_at(target))?;
    net.kill(3);
    let report = fsck_on(Arc::new(net.hosts[3].disk.clone()), Path::new(DATA), &options())?;
    assert_eq!((report.findings.as_slice(), report.base), (&[][..], Some(Height(40))));
    assert!(report.height() >= Some(target));
    net.boot(3)?;
    net.boot(2)?;
    net.check(0);
    Ok(())
}

#[test]
fn one_liar_among_three_is_named_and_the_others_suffice() -> Result<()> {
    let (mut net, early) = chain(4)?;
    let older = snapshot_of(&net, 1, 20);
    let newer = snapshot_of(&net, 1, 40);
    let older_id = older.manifest()?.id();
    let chunk = |snapshot, chunk, bytes| PeerMessage::Chunk { snapshot, chunk, bytes };
    // Who is first asked for what the lie is about is the liar.
    let liar: Cell<Option<usize>> = Cell::new(None);
    let lies_here = |from: usize| liar.replace(Some(liar.get().unwrap_or(from))).unwrap_or(from) == from;
    let lies: [(&str, Lie<'_>); 6] = [
        ("does not lead to its root", &mut |from, message| match message {
            PeerMessage::Chunk { snapshot, chunk: name @ ChunkName::Register(_), .. } if lies_here(from) => {
                vec![chunk(snapshot, name, older.bytes(name).unwrap().unwrap())]
            }
            other => vec![other],
        }),
        ("the manifest of another snapshot", &mut |from, message| match message {
            PeerMessage::Chunk { snapshot, chunk: name @ ChunkName::Manifest, .. } if lies_here(from) => {
                vec![chunk(snapshot, name, older.bytes(name).unwrap().unwrap())]
            }
            other => vec![other],
        }),
        ("it offered height 40, and its snapshot is of 20", &mut |from, message| match message {
            // Two of three say so.
            PeerMessage::Snapshots(_) if from != 0 => {
                vec![PeerMessage::Snapshots(vec![Offer { height: Height(40), snapshot: older_id }])]
            }
            PeerMessage::Chunk { snapshot, chunk: name @ ChunkName::Headers(_), .. } if snapshot == older_id => {
                vec![chunk(snapshot, name, newer.bytes(name).unwrap().unwrap())]
            }
            other => vec![other],
        }),
        ("it is too large", &mut |from, message| match message {
            PeerMessage::Chunk { snapshot, chunk: name, mut bytes } if lies_here(from) => {
                bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
                vec![chunk(snapshot, name, bytes)]
            }
            other => vec![other],
        }),
        ("which nobody asked for", &mut |from, message| match message {
            PeerMessage::Chunk { snapshot, .. } if lies_here(from) => {
                (0..3).map(|n| chunk(snapshot, ChunkName::Slots(900 + n), vec![0; 100])).collect()
            }
            other => vec![other],
        }),
        ("is not certified", &mut |from, message| match message {
            PeerMessage::Chunk { snapshot, chunk: name @ ChunkName::Headers(_), bytes } if lies_here(from) => {
                vec![chunk(snapshot, name, forged(&bytes))]
            }
            other => vec![other],
        }),
    ];
    for (name, lie) in lies {
        liar.set(None);
        let begun = begin_again(&mut net, 3, lie)?;
        assert!(!begun.misbehaved.is_empty(), "{name}: nobody was named");
        for (peer, why) in &begun.misbehaved {
            let lied = liar.get().map_or(*peer != 0, |liar| liar == *peer);
            assert!(why.contains(name) && lied, "{name}: {peer} {why}");
        }
    }
    is_whole(&mut net, 3, &early)
}

/// A page of headers of which one certificate has another signature.
fn forged(bytes: &[u8]) -> Vec<u8> {
    use proofs::snapshot::Chunk;
    let Ok(Chunk::Headers(mut entries)) = storage::decode_chunk(ChunkName::Headers(0), bytes) else {
        return Vec::new();
    };
    entries[30].certificate.signatures[0][1] ^= 1;
    let disk = Arc::new(MemoryDisk::new());
    let incoming = Incoming::open(disk, Path::new("/forge"), ledger_types::ChainId([1; 32])).unwrap();
    incoming.folder().put_chunk(ChunkName::Headers(0), &Chunk::Headers(entries)).unwrap();
    incoming.folder().bytes(ChunkName::Headers(0)).unwrap().unwrap()
}

#[test]
fn an_interrupted_fetch_goes_on_where_it_was_and_silence_is_no_end() -> Result<()> {
    let (mut net, early) = chain(4)?;
    net.kill(3);
    net.hosts[3].disk = MemoryDisk::new();
    let (_, all) = fetch(&mut net, 3, u64::MAX, &mut honest)?;
    net.hosts[3].disk = MemoryDisk::new();
    let most = all.chunks - 1;
    let (part, _) = fetch(&mut net, 3, most, &mut honest)?;
    drop(part);
    // One peer is silent, another has lost its files; the third has what is missing.
    let (sync, rest) = fetch(&mut net, 3, u64::MAX, &mut |from, message| match message {
        PeerMessage::Chunk { .. } if from == 0 => Vec::new(),
        PeerMessage::Chunk { snapshot, chunk, .. } if from == 1 => vec![PeerMessage::NoChunk { snapshot, chunk }],
        other => vec![other],
    })?;
    assert_eq!((rest.chunks, rest.misbehaved), (1, vec![]), "of {}", all.chunks);
    let store = sync.context("whole")?.into_incoming().finish(&net.genesis.clone(), Check::Full, options())?;
    store.close()?;
    is_whole(&mut net, 3, &early)
}

#[test]
fn without_a_snapshot_that_is_worth_it_blocks_will_do() -> Result<()> {
    let (mut net, _) = chain(4)?;
    net.kill(3);
    net.hosts[3].disk = MemoryDisk::new();
    net.snapshots.ahead = 41;
    assert!(fetch(&mut net, 3, u64::MAX, &mut honest)?.0.is_none());
    Ok(())
}

#[test]
fn an_observer_begins_with_a_snapshot_follows_and_never_votes() -> Result<()> {
    let (mut net, early) = chain(5)?;
    begin_again(&mut net, 4, &mut honest)?;
    is_whole(&mut net, 4, &early)?;
    let observer = net.hosts[4].node.as_ref().unwrap();
    assert_eq!((observer.place(), observer.stopped()), (None, None));
    // What it began with it does not have as blocks: who asks is sent to another.
    let said = net.ask(4, 3, PeerMessage::WantBlocks { from: Height(3), count: 5 });
    assert!(said.contains(&PeerMessage::NotKept { first: Height(41) }), "{said:?}");
    // Three validators are enough and two are not: it makes up for none.
    net.kill(0);
    let target = Height(net.height().0 + 4);
    net.load(1)?;
    net.run(60, |net| net.all_at(target))?;
    net.kill(1);
    let stands = net.height();
    assert!(net.run(20, |net| net.height() > stands.next()).is_err());
    net.kill(4);
    net.boot(4)?;
    net.boot(0)?;
    net.boot(1)?;
    net.run(60, |net| net.all_at(Height(stands.0 + 4)))?;
    let digest = |at: usize| {
        let node = net.hosts[at].node.as_ref().unwrap();
        node.reader().at(stands).unwrap().map_or(Digest::ZERO, |tip| tip.state_root)
    };
    assert_eq!(digest(4), digest(0));
    Ok(())
}
