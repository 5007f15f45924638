//! Nodes tell each other every few seconds, signed, what their ledger is; two that differ are an alarm.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crypto::{SigningKey, verify_statement};
use ledger_types::{ChainId, Digest, Height, LedgerStatement};
use sm::PublicKey;
use storage::{Reader, StoreError};
use tokio::sync::watch;

use super::handshake::KnownPeer;
use super::links::Links;
use crate::metrics::Metrics;
use crate::peer_message::PeerMessage;
use crate::peers::To;

/// Between two statements.
const EVERY: Duration = Duration::from_secs(3);
/// A statement is of a height so far below the newest: the others have it too.
const BEHIND: u64 = 2;

/// What a statement of a peer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The same ledger.
    Same,
    /// This node has not come so far.
    Later,
    /// Another ledger at the same height.
    Differs,
    /// Not signed by the peer.
    Unsigned,
}

/// This node's side of it.
#[derive(Clone)]
pub(super) struct CrossCheck {
    pub(super) chain: ChainId,
    pub(super) reader: Reader,
    pub(super) metrics: Metrics,
    build: Arc<OnceLock<Digest>>,
}

impl CrossCheck {
    pub(super) fn new(reader: Reader, metrics: Metrics) -> Self {
        Self { chain: reader.chain_id(), reader, metrics, build: Arc::default() }
    }

    /// States this node's ledger to all peers until it stops.
    pub(super) async fn run(self, key: SigningKey, links: Links, mut stopping: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            let (this, key, links) = (self.clone(), key.clone(), links.clone());
            // Reading and signing take a moment: not on a thread that serves calls.
            let said = tokio::task::spawn_blocking(move || match this.statement(&key) {
                Ok(message) => message.into_iter().for_each(|m| links.send(To::All, &m)),
                Err(why) => tracing::warn!(why, "no ledger statement"),
            });
            if said.await.is_err() {
                return;
            }
        }
    }

    /// The next statement; none while the chain is too short.
    fn statement(&self, key: &SigningKey) -> Result<Option<PeerMessage>, String> {
        let height = Height(self.reader.tip().height.0.saturating_sub(BEHIND));
        if height == Height(0) {
            return Ok(None);
        }
        let Some(tip) = self.reader.at(height).map_err(|e| e.to_string())? else { return Ok(None) };
        let build_hash = *self.build.get_or_init(build_hash);
        let statement =
            LedgerStatement { version: 1, height, block_id: tip.block_id, state_root: tip.state_root, build_hash };
        let signature = key.sign_statement(&self.chain, &statement).map_err(|e| e.to_string())?;
        Ok(Some(PeerMessage::Statement { statement, signature }))
    }

    /// Holds a peer's statement against this node's own ledger.
    pub(super) fn hear(
        &self,
        peer: &KnownPeer,
        statement: &LedgerStatement,
        signature: &[u8; 64],
    ) -> Result<Heard, StoreError> {
        let signed = PublicKey::from_sec1(&peer.key.0)
            .is_ok_and(|key| verify_statement(&self.chain, statement.clone(), &key, signature).is_ok());
        if !signed {
            return Ok(Heard::Unsigned);
        }
        let Some(own) = self.reader.at(statement.height)? else { return Ok(Heard::Later) };
        let same = own.block_id == statement.block_id && own.state_root == statement.state_root;
        self.metrics.on_statement(same);
        if same {
            return Ok(Heard::Same);
        }
        tracing::error!(
            peer = peer.id.0, height = statement.height.0, own = %own.block_id, theirs = %statement.block_id,
            own_root = %own.state_root, their_root = %statement.state_root,
            "a peer's ledger differs from this node's: one of them is wrong"
        );
        Ok(Heard::Differs)
    }
}

/// SM3 of the program that runs; zero where it cannot be read.
fn build_hash() -> Digest {
    let program = std::env::current_exe().and_then(std::fs::read);
    program.map_or(Digest::ZERO, |bytes| Digest(sm::sm3(&bytes)))
}
