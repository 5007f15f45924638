//! What a chain says of sealing, and the bodies that it wants opened.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::seal::unseal_body;
use ledger_types::{CannotAgree, Committee, RegistryKey, RegistryValue, RejectReason, Unsealer};

use super::decode::DecodedTx;
use super::fields;
use super::opened::OpenedBody;
use super::sections;
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
    committee: Option<Option<Committee>>,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(state: &'a dyn StateView, unsealer: &'a dyn Unsealer) -> Self {
        Self { state, unsealer, committee: None }
    }

    /// The body of a transaction in clear, matched with its commitments.
    pub(super) fn open(&mut self, decoded: &mut DecodedTx) -> Result<Result<OpenedBody, Refusal>, AdmissionFault> {
        let body = &decoded.tx.body;
        // No invoice: nothing, or a content key that is covered already.
        if let Some(OpenedBody::None) = decoded.opened {
            return Ok(Ok(OpenedBody::None));
        }
        let committee = self.committee()?;
        let refusal = |reason| Refusal::new(reason, Field::Sections);
        match (decoded.opened.take(), body.seal(), committee) {
            (Some(opened), _, None) => Ok(Ok(opened)),
            (Some(_), ..) | (None, None, _) => Ok(Err(refusal(RejectReason::MustBeSealed))),
            (None, Some(seal), Some(committee)) if seal.epoch == committee.epoch => self.unseal(decoded),
            (None, Some(seal), committee) => {
                let epochs = [seal.epoch, committee.map_or(0, |committee| committee.epoch)];
                let args = epochs.map(|epoch| Arg::Count(u64::from(epoch)));
                Ok(Err(refusal(RejectReason::WrongSealEpoch).with(args)))
            }
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

    fn committee(&mut self) -> Result<Option<Committee>, StateFault> {
        if let Some(known) = self.committee {
            return Ok(known);
        }
        let found = committee(self.state)?;
        self.committee = Some(found);
        Ok(found)
    }
}

/// The committee that bodies are sealed for after this state; none on a chain of plain bodies.
///
/// # Errors
/// [`StateFault`] if the state cannot be read.
pub fn committee(state: &dyn StateView) -> Result<Option<Committee>, StateFault> {
    match state.registry(&RegistryKey::Committee)? {
        None => Ok(None),
        Some(RegistryValue::Committee(committee)) => Ok(Some(committee)),
        Some(_) => Err(StateFault("the entry of the committee is none".to_owned())),
    }
}
