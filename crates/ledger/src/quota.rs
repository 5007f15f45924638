//! A seller's quota and counts: read, rolled to block time, and written back.

use ledger_types::{AccountId, Application, BlockTime, Fen, Month, RegistryKey, TaxpayerProfile, Usage};
use tax_rules::usage::{self, UsageError};

use crate::fault::ExecutionFault;
use crate::findings::Stop;
use crate::overlay::TxOverlay;
use crate::register::Held;

/// What the quota counts of an invoice: its amount without tax, taken from the two amounts that the output keeps, so
/// that a red invoice gives back exactly what its blue one took.
pub(crate) fn counted(total: Fen, tax: Fen) -> Fen {
    Fen(total.0.saturating_sub(tax.0).max(0))
}

/// What an application holds in reserve. Its net is the total less the tax, by a fen at most below zero where the rules'
/// tolerance let that pass.
pub(crate) fn reserved_by(application: &Application) -> Fen {
    application.net.max(Fen::ZERO)
}

/// A seller's approval and its use so far.
pub(crate) struct Quota {
    seller: AccountId,
    pub(crate) profile: Option<Held<TaxpayerProfile>>,
    /// Rolled to block time.
    pub(crate) usage: Usage,
}

impl Quota {
    pub(crate) fn load(state: &TxOverlay<'_, '_>, seller: AccountId, now: BlockTime) -> Result<Self, Stop> {
        let profile = state.get(&RegistryKey::Taxpayer(seller))?;
        let stored = state.get::<Usage>(&RegistryKey::Usage(seller))?.map(|u| *u);
        let usage = usage::roll(stored.unwrap_or_default(), now);
        Ok(Self { seller, profile, usage })
    }

    pub(crate) fn store(&self, state: &mut TxOverlay<'_, '_>) {
        state.put(RegistryKey::Usage(self.seller), self.usage);
    }

    /// For an application.
    pub(crate) fn reserve(&mut self, net: Fen) -> Result<(), Stop> {
        self.set(usage::reserve(self.usage, net))
    }

    /// For an application that is issued.
    pub(crate) fn commit(&mut self, net: Fen, reserved_in: Month) -> Result<(), Stop> {
        self.set(usage::commit_reserved(self.usage, net, reserved_in))
    }

    /// For an application that is withdrawn or lapses.
    pub(crate) fn release(&mut self, net: Fen, reserved_in: Month) -> Result<(), Stop> {
        self.set(usage::release_reserved(self.usage, net, reserved_in))
    }

    /// For an invoice issued in one step.
    pub(crate) fn consume(&mut self, net: Fen) -> Result<(), Stop> {
        self.set(usage::consume(self.usage, net))
    }

    /// For a red invoice.
    pub(crate) fn give_back(&mut self, net: Fen, issued_in: Month) -> Result<(), Stop> {
        self.set(usage::give_back(self.usage, net, issued_in))
    }

    fn set(&mut self, next: Result<Usage, UsageError>) -> Result<(), Stop> {
        let account = self.seller;
        self.usage = next.map_err(|error| ExecutionFault::Quota { account, error })?;
        Ok(())
    }
}
