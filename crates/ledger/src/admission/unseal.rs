//! What a chain says of sealing, and the bodies that it wants opened.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::seal::unseal_body;
use ledger_types::{CannotAgree, Committee, RejectReason, Unsealer};

use super::decode::DecodedTx;
use super::fields;
use super::opened::OpenedBody;
use super::sections;
use crate::governance::SealingRules;
use crate::state_view::{StateFault, StateView};

/// Why transactions cannot be judged here: a fault of the environment, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionFault {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The private key that bodies are sealed for is not here.
    #[error("the committee's private key of epoch {epoch} is missing: without it no body can be judged")]
    MissingKey {
        /// The epoch of the committee's key.
        epoch: u32,
    },
    /// The device that keeps the key failed; its own words.
    #[error("the device that keeps the committee's key failed: {0}")]
    Device(String),
}

/// Opens the bodies of a batch as the state wants them sealed.
pub(super) struct Sealing<'a> {
    state: &'a dyn StateView,
    unsealer: &'a dyn Unsealer,
    /// Read for the first body.
    rules: Option<SealingRules>,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(state: &'a dyn StateView, unsealer: &'a dyn Unsealer) -> Self {
        Self { state, unsealer, rules: None }
    }

    /// The body of a transaction in clear, matched with its commitments.
    pub(super) fn open(&mut self, decoded: &mut DecodedTx) -> Result<Result<OpenedBody, Refusal>, AdmissionFault> {
        let body = &decoded.tx.body;
        // No invoice: nothing, or a content key that is covered already.
        if let Some(OpenedBody::None) = decoded.opened {
            return Ok(Ok(OpenedBody::None));
        }
        let seal = body.seal().map(|seal| seal.epoch);
        let rules = self.rules()?;
        let must_be_sealed = || Refusal::new(RejectReason::MustBeSealed, Field::Sections);
        match (decoded.opened.take(), seal, rules.committee) {
            (Some(opened), _, None) => Ok(Ok(opened)),
            (Some(_), ..) | (None, None, _) => Ok(Err(must_be_sealed())),
            (None, Some(epoch), _) if rules.accepts(epoch) => self.unseal(decoded),
            (None, Some(epoch), _) => Ok(Err(rules.refusal(epoch))),
        }
    }

    fn unseal(&self, decoded: &DecodedTx) -> Result<Result<OpenedBody, Refusal>, AdmissionFault> {
        let cannot_open = || Refusal::new(RejectReason::CannotOpen, Field::Sections);
        let (tx, chain) = (&decoded.tx, &decoded.tx.envelope.chain_id);
        let Some(seal) = tx.body.seal() else { return Ok(Err(cannot_open())) };
        let key = match self.unsealer.agreed(chain, seal) {
            Ok(key) => key,
            Err(CannotAgree::NotAPoint) => return Ok(Err(cannot_open())),
            Err(CannotAgree::MissingKey { epoch }) => return Err(AdmissionFault::MissingKey { epoch }),
            Err(CannotAgree::Device(why)) => return Err(AdmissionFault::Device(why)),
        };
        let body = match unseal_body(tx, &decoded.id, &key) {
            Ok(body) => body,
            Err((item, unopened)) => {
                let refusal = sections::of_kind(RejectReason::CannotOpen, unopened.0);
                return Ok(Err(if tx.batch_items().is_empty() { refusal } else { refusal.at_item(item) }));
            }
        };
        let opened = sections::match_body(chain, &tx.envelope, &body);
        Ok(opened.and_then(|opened| fields::check_opened(&opened).map(|()| opened)))
    }

    fn rules(&mut self) -> Result<&SealingRules, StateFault> {
        let read = match self.rules.take() {
            Some(known) => known,
            None => SealingRules::read(self.state)?,
        };
        Ok(self.rules.insert(read))
    }
}

/// The committee that bodies are sealed for after this state; none on a chain of plain bodies.
///
/// # Errors
/// [`StateFault`] if the state cannot be read.
pub fn committee(state: &dyn StateView) -> Result<Option<Committee>, StateFault> {
    Ok(SealingRules::read(state)?.committee)
}
