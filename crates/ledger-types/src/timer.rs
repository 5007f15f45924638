//! What falls due at a block time (begin-block).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ApplicationId, Area, FormId, Slot};

/// A task of the due-queue. A task whose subject moved on in the meantime does nothing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TimerTask {
    /// A rule book takes force.
    ActivateRuleBook {
        /// Its area.
        area: Area,
        /// Its version.
        version: u32,
    } = 0,
    /// An application lapses and its quota goes back.
    LapseApplication(ApplicationId) = 1,
    /// A transfer offer lapses: the invoice stays with the giver.
    LapseOffer {
        /// The invoice.
        slot: Slot,
        /// The sequence the offer left.
        sequence: u32,
    } = 2,
    /// A lock lapses.
    LapseLock {
        /// The invoice.
        slot: Slot,
        /// The sequence the lock left.
        sequence: u32,
    } = 3,
    /// A red-letter form was not confirmed in time.
    LapseRedForm(FormId) = 4,
    /// A recovery is carried out, or lapses without enough approvals.
    DueRecovery {
        /// Of which account.
        account: AccountId,
        /// Which proposal.
        number: u32,
    } = 5,
    /// Bodies sealed for a former epoch of the committee's key are accepted no more.
    EndCommitteeOverlap {
        /// The epoch.
        epoch: u32,
    } = 6,
}
