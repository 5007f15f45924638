//! S2: a peer's old words again: votes, bodies, blocks, statements, to the node that said them and to others.

use std::time::Duration;

use chain_node::node_file::NodeFile;
use chain_node::peer_message::{MAX_BLOCKS, PeerMessage};
use crypto::KeyUse;
use ledger_types::Height;
use proto::peer::v1::link_frame;
use rustix::process::{Pid, Signal, kill_process};

use super::super::chaos::impostor::Impostor;
use super::ground::Ground;
use super::line::Thrown;
use crate::failure::Failure;

/// Whose place is taken: the last validator's.
const VICTIM: u16 = 3;
/// How long is listened.
const LISTEN: Duration = Duration::from_secs(4);
/// What was heard is old after this.
const OLD: Duration = Duration::from_secs(4);
/// Most messages that are said again to each.
const MOST: usize = 2_000;

/// The validator whose key is in wrong hands is silent.
pub(super) fn prepare(ground: &Ground) -> Result<(), Failure> {
    signal(ground, Signal::STOP)
}

fn signal(ground: &Ground, signal: Signal) -> Result<(), Failure> {
    let pid = i32::try_from(ground.banner.pids[usize::from(VICTIM)]).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Failure::config("the validator's process has no number"))?;
    kill_process(pid, signal).map_err(Failure::general)
}

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let thrown = again(ground).await;
    // Whatever came of it, the validator goes on.
    signal(ground, Signal::CONT)?;
    let mut thrown = thrown?;
    let best = ground.clients[0].stamp().await?.height.0;
    let mut reached = 0;
    for _ in 0..600 {
        reached = ground.clients[usize::from(VICTIM)].stamp().await.map_or(0, |stamp| stamp.height.0);
        if reached >= best {
            return Ok(thrown);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    thrown
        .wrong(format!("the validator whose place was taken is at height {reached} and not at {best} a minute later"));
    Ok(thrown)
}

async fn again(ground: &Ground) -> Result<Thrown, Failure> {
    let evidence = ground.metric("taxchain_evidence_total").await?;
    let impostors = impostors(ground)?;
    let height = ground.clients[0].stamp().await?.height.0;
    let mut heard = Vec::new();
    for impostor in &impostors {
        heard.extend(listen(impostor, height).await?);
    }
    let kinds = |wanted: fn(&PeerMessage) -> bool| heard.iter().filter(|m| wanted(m)).count();
    let votes = kinds(|m| matches!(m, PeerMessage::Engine { .. }));
    let (bodies, blocks) =
        (kinds(|m| matches!(m, PeerMessage::Body(_))), kinds(|m| matches!(m, PeerMessage::Blocks(_))));
    let statements = kinds(|m| matches!(m, PeerMessage::Statement { .. }));
    tokio::time::sleep(OLD).await;
    let mut thrown = Thrown::new(format!(
        "{votes} recorded votes and proposals, {bodies} bodies, {blocks} answers with blocks, {statements} statements, \
         to {} nodes under a validator's peer key",
        impostors.len()
    ));
    if votes == 0 || blocks == 0 {
        thrown.wrong("nothing was recorded that could be said again");
    }
    for impostor in &impostors {
        let link = impostor.link().await.map_err(Failure::general)?;
        let mut taken = 0;
        // A statement is its sender's own, and signed so: under another's name it is a lie, not a replay.
        for message in heard.iter().filter(|m| !matches!(m, PeerMessage::Statement { .. })).take(MOST) {
            if !link.send(message.encode(), true, !message.is_urgent()).await {
                break;
            }
            taken += 1;
        }
        thrown.count_many("heard and put aside", taken);
        drop(link);
    }
    let before = ground.clients[0].stamp().await?.height.0;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = ground.clients[0].stamp().await?.height.0;
    if after <= before {
        thrown.wrong(format!("the chain stands at height {after}"));
    }
    let now = ground.metric("taxchain_evidence_total").await?;
    if now > evidence || ground.logs().contains("a validator contradicted itself") {
        thrown.wrong("a node signed, or was taken to have signed, twice");
    }
    thrown.note = format!("heights {height} to {after}, no contradiction of any validator");
    Ok(thrown)
}

/// The last validator's key in wrong hands, for each of the others.
fn impostors(ground: &Ground) -> Result<Vec<Impostor>, Failure> {
    let file = NodeFile::read(&ground.dir.join(format!("node-{VICTIM}.toml"))).map_err(Failure::general)?;
    let key = ground.chain.key(&format!("peer-{VICTIM}"), KeyUse::Peer).map_err(Failure::general)?;
    let calls = ground.chain.security(&format!("node-{VICTIM}")).map_err(Failure::general)?.calls();
    let targets = file.peers.into_iter().flat_map(|peers| peers.known);
    let chain = ground.chain.genesis().chain_id();
    Ok(targets.map(|target| Impostor { chain, key: key.clone(), calls: calls.clone(), target }).collect())
}

/// What a node says to its peer, and the old blocks that it has.
async fn listen(impostor: &Impostor, height: u64) -> Result<Vec<PeerMessage>, Failure> {
    let mut link = impostor.link().await.map_err(Failure::general)?;
    let from = Height(height.saturating_sub(u64::from(MAX_BLOCKS)).max(1));
    let ask = PeerMessage::WantBlocks { from, count: MAX_BLOCKS };
    link.send(ask.encode(), true, false).await;
    let (mut urgent, mut bulk, mut heard) = (Vec::new(), Vec::new(), Vec::new());
    let read = async {
        while let Ok(Some(answer)) = link.answers.message().await {
            let Some(link_frame::Kind::Part(part)) = answer.frame.and_then(|frame| frame.kind) else { continue };
            let message: &mut Vec<u8> = if part.bulk { &mut bulk } else { &mut urgent };
            message.extend(part.data);
            if part.last {
                heard.extend(PeerMessage::decode(&std::mem::take(message)).ok());
            }
        }
    };
    // A node goes on for ever; what it said until now is enough.
    drop(tokio::time::timeout(LISTEN, read).await);
    Ok(heard)
}
