//! OpenContent, LinkClaims: what only some may see, for a signed question.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use ledger_types::{AccountId, Canonical, ClockMode, ContentQuestion, SignedQuestion, Slot};
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::clock::wall_ms;
use crate::queries::contents::{self, ContentsFault};
use crate::queries::links;

/// Most questions remembered; the oldest make room, and are too old soon.
const REMEMBERED: usize = 100_000;

/// The questions answered in the last minutes: each is answered once, so that who overhears one learns nothing by it.
#[derive(Default)]
pub(super) struct SeenQuestions(BTreeSet<(u64, [u8; 16])>);

impl SeenQuestions {
    /// Whether it is new.
    fn note(&mut self, question: &ContentQuestion) -> bool {
        let fresh = self.0.insert((question.time_ms, question.nonce));
        if self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
        fresh
    }
}

impl NodeGateway {
    pub(super) async fn open_contents(&self, request: OpenContentRequest) -> Result<OpenContentResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let signed = self.question(&request.signed_question)?;
        let keys = self.inner.committee_keys.clone();
        let found = self.read(move |reader| contents::open(reader, &*keys, &signed).map_err(not_opened)).await?;
        self.answered(&signed.question)?;
        Ok(OpenContentResponse {
            read_context: Some(self.context()),
            tx_id: found.tx.0.to_vec(),
            item: found.item.into(),
            sections: found.sections.iter().map(Canonical::to_canonical).collect(),
            erased: found.erased.iter().map(Into::into).collect(),
        })
    }

    /// The claims of the wallet that claimed an invoice.
    pub(super) async fn linked_claims(&self, request: LinkClaimsRequest) -> Result<LinkClaimsResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let signed = self.question(&request.signed_question)?;
        let after = match request.page_token.as_str() {
            "" => None,
            token => Some(place(token).ok_or_else(errors::page_token)?),
        };
        let keys = self.inner.committee_keys.clone();
        let found = self.read(move |reader| links::links(reader, &*keys, &signed, after).map_err(not_opened)).await?;
        self.answered(&signed.question)?;
        let claim = |claim: &links::LinkedClaim| LinkedClaim {
            slot: claim.statement.slot.0,
            to: claim.statement.to.0.to_vec(),
            tx_id: claim.tx.0.to_vec(),
            signature: claim.link.signature.to_vec(),
        };
        Ok(LinkClaimsResponse {
            read_context: Some(self.context()),
            wallet: found.wallet.map(|wallet| wallet.to_vec()).unwrap_or_default(),
            claims: found.claims.iter().map(claim).collect(),
            looked_at: u32::try_from(found.looked_at).unwrap_or(u32::MAX),
            next_page_token: found.next.map(|(seller, slot)| format!("{seller}-{slot}")).unwrap_or_default(),
        })
    }

    /// A question in its form and of this time. Who signed it is asked with the state.
    fn question(&self, bytes: &[u8]) -> Result<SignedQuestion, Status> {
        let signed =
            SignedQuestion::from_canonical(bytes).map_err(|_| bad("the canonical bytes of a signed question"))?;
        if signed.question.version != ContentQuestion::VERSION {
            return Err(bad("of a version that this node knows"));
        }
        let tip = self.inner.reader.tip().time.max(self.inner.genesis.time);
        let host = (self.inner.genesis.clock == ClockMode::Wall).then(wall_ms);
        if !contents::is_timely(&signed.question, tip, host) {
            return Err(bad("asked within five minutes of block time"));
        }
        Ok(signed)
    }

    /// Answers a question once.
    fn answered(&self, question: &ContentQuestion) -> Result<(), Status> {
        let fresh = self.inner.questions.lock().unwrap_or_else(PoisonError::into_inner).note(question);
        if fresh { Ok(()) } else { Err(bad("asked for the first time")) }
    }
}

fn bad(should: &str) -> Status {
    errors::invalid("signed_question", should)
}

fn not_opened(fault: ContentsFault) -> Status {
    match fault {
        ContentsFault::NotForReader => errors::not_for_you(),
        ContentsFault::Store(error) => errors::store(error),
        other => errors::internal(&other.to_string()),
    }
}

/// Where a page begins.
fn place(token: &str) -> Option<links::Place> {
    let (seller, slot) = token.split_once('-')?;
    Some((AccountId(seller.parse().ok()?), Slot(slot.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use ledger_types::SignerIdentity;

    use super::*;

    #[test]
    fn a_question_is_answered_once() {
        let mut seen = SeenQuestions::default();
        let question = ContentQuestion {
            version: 1,
            slot: Slot(1),
            reader: SignerIdentity::BareKey([2; 33]),
            time_ms: 7,
            nonce: [1; 16],
        };
        assert!(seen.note(&question));
        assert!(!seen.note(&question));
        assert!(seen.note(&ContentQuestion { nonce: [2; 16], ..question }));
        assert!(seen.note(&ContentQuestion { time_ms: 8, ..question }));
    }
}
