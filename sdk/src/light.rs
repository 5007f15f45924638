//! A light client (轻客户端): keeps headers and certificates only, and believes nobody but the genesis document.
//!
//! It follows the validators as they change, proves an invoice's inclusion and current state against its own headers,
//! compares what several nodes say of one height, and signs a complaint about a node that contradicts what is certified.

mod compare;
mod complaint;
mod error;
mod header_log;

use std::path::Path;

use ledger_types::{BlockAnswer, Committee, Genesis, Height, Slot};
use proofs::header_chain::Check;
use proofs::invoice_proof::ProvenInvoice;
use proofs::{HeaderChain, HeaderEntry, ProofError, invoice_proof};

use crate::client::{CommitteeView, NodeClient};

pub use compare::{Comparison, Contradiction, Disagreement};
pub use complaint::{ComplaintError, SignedComplaint, Weight};
pub use error::LightError;

use header_log::HeaderLog;

/// Headers asked for in one call; also the entries of one frame of the file.
const PAGE: usize = 500;

/// How many blocks behind the newest header a proven state may be and still count as current.
pub const MAX_STATE_AGE: u64 = 20;

/// Headers and certificates of one chain, followed from its genesis document.
pub struct LightClient {
    headers: HeaderChain,
    log: HeaderLog,
    /// Followed, but not stored yet.
    unsaved: Vec<HeaderEntry>,
}

/// What following brought.
#[derive(Debug)]
pub struct SyncReport {
    /// The newest header before.
    pub from: Height,
    /// The newest header now.
    pub to: Height,
    /// Nodes that did not answer, or whose answers were refused.
    pub refused: Vec<LightError>,
}

impl LightClient {
    /// Begins at a genesis document, or goes on with what `folder` holds; without a folder nothing outlives the process.
    ///
    /// # Errors
    /// [`LightError`] if the file is of another chain, damaged, in use or cannot be read.
    pub fn open(genesis: Genesis, folder: Option<&Path>) -> Result<Self, LightError> {
        let mut headers = HeaderChain::new(genesis);
        let chain = headers.id();
        let log = match folder {
            None => HeaderLog::in_memory(),
            // What this client stored it had checked; the checksums say that it is still that.
            Some(folder) => HeaderLog::open(folder, &chain, &mut |path, entry| {
                let pushed = headers.push(entry, Check::Form);
                pushed.map_err(|error| LightError::Stored { path: path.to_owned(), error })
            })?,
        };
        Ok(Self { headers, log, unsaved: Vec::new() })
    }

    /// The headers followed so far.
    pub fn headers(&self) -> &HeaderChain {
        &self.headers
    }

    /// Follows the chain to the newest header of any of the nodes. A node whose answer is refused is named in the report and
    /// left; the others go on.
    ///
    /// # Errors
    /// [`LightError`] if every node failed (the first one's), or the file cannot be written.
    pub async fn sync(&mut self, nodes: &[NodeClient]) -> Result<SyncReport, LightError> {
        let from = self.headers.height();
        let mut refused = Vec::new();
        for node in nodes {
            match self.follow(node).await {
                Err(error @ (LightError::Node { .. } | LightError::Header { .. })) => refused.push(error),
                other => other?,
            }
        }
        if !nodes.is_empty() && refused.len() == nodes.len() {
            return Err(refused.swap_remove(0));
        }
        Ok(SyncReport { from, to: self.headers.height(), refused })
    }

    async fn follow(&mut self, node: &NodeClient) -> Result<(), LightError> {
        loop {
            let asked = node.headers(self.headers.height().next(), PAGE).await;
            let entries = asked.map_err(|source| LightError::Node { node: name(node), source })?;
            if entries.is_empty() {
                return Ok(());
            }
            self.extend(entries, node.endpoint())?;
        }
    }

    /// Goes on with headers that came from `node`, each fully checked; those before a bad one are kept.
    ///
    /// # Errors
    /// [`LightError::Header`] for the first that does not hold, [`LightError::Io`] if the file cannot be written.
    pub fn extend(&mut self, entries: Vec<HeaderEntry>, node: &str) -> Result<(), LightError> {
        let mut refused = None;
        for entry in entries {
            if let Err(error) = self.headers.push(&entry, Check::Full) {
                refused = Some(LightError::Header { node: node.to_owned(), error });
                break;
            }
            self.unsaved.push(entry);
        }
        self.log.append(&self.unsaved)?;
        self.unsaved.clear();
        refused.map_or(Ok(()), Err)
    }

    /// An invoice's inclusion and current state, as any node proves it: asks for a proof, follows the chain to the node's
    /// newest header, and checks the proof against the headers.
    ///
    /// # Errors
    /// [`LightError`], among them [`LightError::Stale`] for a state more than `max_age` blocks behind the newest header.
    pub async fn invoice(&mut self, slot: Slot, node: &NodeClient, max_age: u64) -> Result<ProvenInvoice, LightError> {
        let asked = node.proof(slot, true).await;
        let file = asked
            .map_err(|source| LightError::Node { node: name(node), source })?
            .ok_or_else(|| LightError::NoInvoice { node: name(node), slot })?;
        self.follow(node).await?;
        self.check_proof(slot, &file, node.endpoint(), max_age)
    }

    /// The committee that bodies are sealed for, by the headers followed: each key after the genesis document's is shown to
    /// have come into force in its block. That no later one came, only the node says.
    ///
    /// # Errors
    /// [`LightError`], among them [`LightError::Committee`] if a key is not shown.
    pub async fn committee(&mut self, node: &NodeClient) -> Result<Option<Committee>, LightError> {
        let asked = node.committee_keys(true).await;
        let view = asked.map_err(|source| LightError::Node { node: name(node), source })?;
        self.follow(node).await?;
        self.check_committee(&view, node.endpoint())
    }

    /// Checks what `node` says of the committee's keys against the headers followed so far.
    ///
    /// # Errors
    /// [`LightError::Committee`].
    pub fn check_committee(&self, view: &CommitteeView, node: &str) -> Result<Option<Committee>, LightError> {
        let refused = |why: String| LightError::Committee { node: node.to_owned(), why };
        let mut shown = self.headers.genesis().committee;
        for handover in &view.proofs {
            let next = handover.verify(&self.headers).map_err(|e| refused(e.to_string()))?;
            // A node that began with a snapshot does not keep the first of them.
            if shown.is_none_or(|before| next.epoch <= before.epoch) {
                return Err(refused(format!("epoch {} out of order", next.epoch)));
            }
            shown = Some(next);
        }
        if shown != view.committee {
            return Err(refused("the key that it names was not shown to be in force".to_owned()));
        }
        Ok(shown)
    }

    /// Checks a proof file of `slot` that came from `node` against the headers followed so far.
    ///
    /// # Errors
    /// [`LightError::Proof`], [`LightError::OtherSlot`] or [`LightError::Stale`].
    pub fn check_proof(&self, slot: Slot, file: &[u8], node: &str, max_age: u64) -> Result<ProvenInvoice, LightError> {
        let node = node.to_owned();
        let refused = |error: ProofError| LightError::Proof { node: node.clone(), error };
        let proven = invoice_proof::verify_followed(&self.headers, file).map_err(refused)?;
        let (state, tip) = (proven.state_height, self.headers.height());
        if proven.slot != slot {
            return Err(LightError::OtherSlot { node, asked: slot, found: proven.slot });
        }
        if state.0.saturating_add(max_age) < tip.0 {
            return Err(LightError::Stale { node, state, tip });
        }
        Ok(proven)
    }

    /// What this client holds to be final of a height: its header, and the root in the header after it.
    ///
    /// # Errors
    /// [`LightError`] if the file cannot be read.
    pub fn answer(&self, height: Height) -> Result<Option<BlockAnswer>, LightError> {
        let (Some(entry), Some(state_root)) = (self.log.entry(height)?, self.headers.state_root_after(height)) else {
            return Ok(None);
        };
        Ok(Some(BlockAnswer { header: entry.header, certificate: entry.certificate, state_root }))
    }
}

impl std::fmt::Debug for LightClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LightClient({:?}, {} stored)", self.headers, self.log.height())
    }
}

fn name(node: &NodeClient) -> String {
    node.endpoint().to_owned()
}
