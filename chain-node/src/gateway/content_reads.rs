//! OpenContent: contents in clear, for a signed question.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use ledger_types::{Canonical, ClockMode, ContentQuestion, SignedQuestion};
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::clock::wall_ms;
use crate::queries::contents::{self, ContentsFault};

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
        let bad = |should: &str| errors::invalid("signed_question", should);
        let signed = SignedQuestion::from_canonical(&request.signed_question)
            .map_err(|_| bad("the canonical bytes of a signed question"))?;
        if signed.question.version != ContentQuestion::VERSION {
            return Err(bad("of a version that this node knows"));
        }
        let tip = self.inner.reader.tip().time.max(self.inner.genesis.time);
        let host = (self.inner.genesis.clock == ClockMode::Wall).then(wall_ms);
        if !contents::is_timely(&signed.question, tip, host) {
            return Err(bad("asked within five minutes of block time"));
        }
        let keys = self.inner.committee_keys.clone();
        let found = self
            .read(move |reader| {
                contents::open(reader, &*keys, &signed).map_err(|fault| match fault {
                    ContentsFault::NotForReader => errors::not_for_you(),
                    ContentsFault::Store(error) => errors::store(error),
                    other => errors::internal(&other.to_string()),
                })
            })
            .await?;
        if !self.inner.questions.lock().unwrap_or_else(PoisonError::into_inner).note(&signed.question) {
            return Err(bad("asked for the first time"));
        }
        Ok(OpenContentResponse {
            read_context: Some(self.context()),
            tx_id: found.tx.0.to_vec(),
            item: found.item.into(),
            sections: found.sections.iter().map(Canonical::to_canonical).collect(),
            erased: found.erased.iter().map(Into::into).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::{SignerIdentity, Slot};

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
