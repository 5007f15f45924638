//! The committee's keys: which one bodies are sealed for, and sealing again once another is in force.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger_types::seal::reseal_body;
use ledger_types::{AcceptedEpochs, Canonical, Committee, NextCommittee, PastCommittee, Transaction};
use proofs::Handover;
use proto::node::v1::{GetCommitteeRequest, GetCommitteeResponse};

use super::NodeClient;
use super::reads::read;
use crate::draft::SignedTx;
use crate::error::ClientError;

/// While it sends, a client asks this often whether another key is in force: the overlap is an hour at least.
const EVERY: Duration = Duration::from_secs(60);

/// The committee's keys as a node has them, unchecked.
#[derive(Clone, Debug, Default)]
pub struct CommitteeView {
    /// In force; none on a chain of plain bodies.
    pub committee: Option<Committee>,
    /// Named, and not in force yet.
    pub next: Option<NextCommittee>,
    /// Those that were, rising.
    pub past: Vec<PastCommittee>,
    /// Former epochs that bodies may still be sealed for.
    pub accepted: Vec<u32>,
    /// Epochs of which the node has the private key.
    pub held: Vec<u32>,
    /// That later keys came into force, for who follows headers.
    pub proofs: Vec<Handover>,
}

/// The keys that a client knows.
pub(super) struct KnownCommittees(Mutex<Known>);

struct Known {
    /// In force, as last heard.
    now: Option<Committee>,
    /// By epoch.
    all: BTreeMap<u32, Committee>,
    heard: Instant,
}

impl KnownCommittees {
    /// The one of the genesis document.
    pub(super) fn new(first: Option<Committee>) -> Self {
        let all = first.into_iter().map(|committee| (committee.epoch, committee)).collect();
        Self(Mutex::new(Known { now: first, all, heard: Instant::now() }))
    }

    fn get<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl NodeClient {
    /// The committee that bodies are sealed for, as last heard of the node; at first as the genesis document says. None on a
    /// chain of plain bodies. Who believes no node follows headers: [`crate::LightClient::committee`].
    pub fn committee(&self) -> Option<Committee> {
        self.shared.committees.get(|known| known.now)
    }

    /// The committee of an epoch, if this client has heard of it.
    pub fn committee_of(&self, epoch: u32) -> Option<Committee> {
        self.shared.committees.get(|known| known.all.get(&epoch).copied())
    }

    /// Asks which keys the committee has, and seals for the one in force from now on.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer.
    pub async fn committee_keys(&self, with_proofs: bool) -> Result<CommitteeView, ClientError> {
        let request = GetCommitteeRequest { read_options: Some(self.options()), with_proofs };
        let answer = self.wire.clone().get_committee(request).await.map_err(ClientError::from_status)?.into_inner();
        self.hear(answer.read_context.as_ref())?;
        let view = view(answer)?;
        // A chain seals all bodies or none, for ever.
        if view.committee.is_some() != self.shared.genesis.committee.is_some() {
            return Err(ClientError::BadAnswer {
                what: "committee",
                why: "not as the genesis document says".to_owned(),
            });
        }
        self.shared.committees.get(|known| {
            known.now = view.committee;
            known.all.extend(view.past.iter().map(|past| past.committee).chain(view.committee).map(|c| (c.epoch, c)));
            known.heard = Instant::now();
        });
        Ok(view)
    }

    /// Asks again if it is long ago. Not hearing is no reason not to send: the node says if the key is over.
    pub(super) async fn hear_committee(&self) {
        let due = self.shared.committees.get(|known| known.now.is_some() && known.heard.elapsed() >= EVERY);
        if due && let Err(error) = self.committee_keys(false).await {
            // Not again with each transaction.
            self.shared.committees.get(|known| known.heard = Instant::now());
            tracing::debug!(%error, "the committee's keys were not heard");
        }
    }

    /// The same transaction, sealed for the key in force: its id, its request id and its signatures stay, since they are
    /// over commitments. None if it is sealed for that one already, or not with a key that `tx` brings along.
    ///
    /// # Errors
    /// [`ClientError`] if the node does not answer, or the body does not open.
    pub async fn sealed_again(&self, tx: &SignedTx) -> Result<Option<SignedTx>, ClientError> {
        let bad = |why: String| ClientError::BadAnswer { what: "transaction", why };
        let decoded = Transaction::from_canonical(&tx.bytes).map_err(|e| bad(e.to_string()))?;
        let (Some(seal), Some(own)) = (decoded.body.seal(), &tx.seals) else { return Ok(None) };
        self.committee_keys(false).await?;
        let (from, to) = (self.committee_of(seal.epoch), self.committee());
        let (Some(from), Some(to)) = (from, to.filter(|to| to.epoch != seal.epoch)) else { return Ok(None) };
        if seal.sender != own.public_key().0 {
            return Ok(None);
        }
        let chain = self.chain_id();
        let keys = (own.agreed(&chain, &from)?, own.agreed(&chain, &to)?);
        let body = reseal_body(&decoded, (&keys.0, &keys.1), (to.epoch, own.public_key().0))
            .map_err(|(item, unopened)| bad(format!("item {item}: section {:?} does not open", unopened.0)))?;
        tracing::info!(tx = %tx.id, from = from.epoch, to = to.epoch, "sealed again for another key of the committee");
        Ok(Some(SignedTx { bytes: Transaction { body, ..decoded }.to_canonical(), ..tx.clone() }))
    }
}

fn view(answer: GetCommitteeResponse) -> Result<CommitteeView, ClientError> {
    let accepted: AcceptedEpochs = match answer.accepted {
        Some(accepted) => read(Some(accepted), "accepted")?,
        None => AcceptedEpochs::default(),
    };
    let proofs = answer.proofs.iter().map(|bytes| Handover::from_canonical(bytes)).collect::<Result<_, _>>();
    Ok(CommitteeView {
        committee: answer.committee.map(|committee| read(Some(committee), "committee")).transpose()?,
        next: answer.next.map(|next| read(Some(next), "next")).transpose()?,
        past: answer.past.into_iter().map(|past| read(Some(past), "past")).collect::<Result<_, _>>()?,
        accepted: accepted.epochs,
        held: answer.held,
        proofs: proofs.map_err(|e| ClientError::BadAnswer { what: "proofs", why: e.to_string() })?,
    })
}
