//! Cries wolf: asks for another kind of consensus again and again, without any ground.

use chain_node::peer_message::PeerMessage;
use ledger_types::{BlockTime, Height, SwitchBody, SwitchRequest, SwitchWay};

use super::{Adversary, Scene};

/// Needs no memory.
pub(super) struct FalseAlarm;

impl Adversary for FalseAlarm {
    /// Up, down, of this epoch or another, well signed or not: to each of the others something else.
    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        let Some(epoch) = scene.node.map(|node| node.epoch().number) else { return Vec::new() };
        let tip = Height(scene.height().0.saturating_sub(1));
        let mut out = Vec::new();
        for to in scene.others() {
            let since = BlockTime(u64::from(scene.dice.between(0, 1_000)));
            let way = if scene.dice.chance(0.7) { SwitchWay::Raise } else { SwitchWay::Lower { since } };
            let epoch = if scene.dice.chance(0.8) { epoch } else { epoch + 1 };
            let body = SwitchBody { epoch, way, tip, ack: None };
            let Ok(mut signature) = scene.key.sign_switch(&scene.chain, &body) else { continue };
            if scene.dice.chance(0.1) {
                signature[63] ^= 1;
            }
            let vote_key = scene.key.public_key().0;
            let request = SwitchRequest { version: SwitchRequest::VERSION, vote_key, body, signature };
            out.push((to, PeerMessage::Switch(Box::new(request))));
        }
        out
    }
}
