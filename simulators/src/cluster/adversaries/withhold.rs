//! Keeps its blocks and proposals from some or all.

use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;

use super::{Adversary, Scene, Sent};

/// By turns: no bodies, proposals to one side only, nothing to one node.
pub(super) struct Withhold;

impl Adversary for Withhold {
    fn says(&mut self, scene: &mut Scene<'_>, to: u16, message: &PeerMessage) -> Vec<Sent> {
        let height = scene.height().0;
        let is_proposal = matches!(scene.own(message), Some(Statement::Proposal { .. }));
        let kept_back = match height % 3 {
            0 => matches!(message, PeerMessage::Body(_) | PeerMessage::Blocks(_)),
            1 => is_proposal && (u64::from(to) + height).is_multiple_of(2),
            _ => u64::from(to) == height % u64::from(scene.machines),
        };
        if kept_back { Vec::new() } else { vec![(0, message.clone())] }
    }
}
