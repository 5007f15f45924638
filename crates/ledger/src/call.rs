//! One transaction as its transition sees it.

use ledger_types::output::Origin;
use ledger_types::refusal::{Field, Refusal};
use ledger_types::{
    Account, AccountId, AccountKind, Address, Area, BatchItem, BlockTime, ChainId, ConsensusKind, Digest, Envelope,
    KeyId, KeyPurpose, Office, RejectReason,
};

use crate::admission::OpenedBody;
use crate::findings::Findings;
use crate::register::Held;

/// The transaction, its place, and who stands behind it. Authority was checked.
pub(crate) struct Call<'a> {
    pub(crate) chain: &'a ChainId,
    pub(crate) now: BlockTime,
    /// How its block was agreed: what holds where the chain never changed it.
    pub(crate) consensus: ConsensusKind,
    /// Its place in the chain.
    pub(crate) origin: Origin,
    pub(crate) envelope: &'a Envelope,
    pub(crate) opened: &'a OpenedBody,
    /// The invoices of a batch as they were committed to.
    pub(crate) items: &'a [BatchItem],
    /// The account of the first signer that acts as owner; none if that is a bare key.
    pub(crate) actor: Option<Actor>,
    /// The addresses whose holders signed as owner or co-signer.
    pub(crate) present: Vec<Address>,
    /// The persons who signed for the acting account in an office, rising.
    pub(crate) hands: Vec<Digest>,
}

/// The account that acts.
pub(crate) struct Actor {
    pub(crate) account: Held<Account>,
    /// What its key is for.
    pub(crate) purpose: KeyPurpose,
    /// Which key that is; of the delegate where one acts for the account.
    pub(crate) key: KeyId,
    /// Its office, if it has one in force.
    pub(crate) office: Option<Office>,
}

impl Actor {
    /// An account for which a delegate's key acts: as one of its operators, without an office.
    pub(crate) fn delegated(principal: &Held<Account>, key: KeyId) -> Self {
        Self { account: principal.clone(), key, purpose: KeyPurpose::Operator, office: None }
    }

    /// Requires that it acts with an administrator's key.
    pub(crate) fn require_administrator(&self, found: &mut Findings) {
        found.require(self.purpose == KeyPurpose::Admin, RejectReason::KeyNotAllowed, Field::Signers);
    }
}

impl Call<'_> {
    /// The acting account.
    ///
    /// # Errors
    /// `WRONG_ROLE` if a bare key acts: it cannot do what only accounts can.
    pub(crate) fn actor(&self) -> Result<&Actor, Refusal> {
        self.actor.as_ref().ok_or_else(|| Refusal::new(RejectReason::WrongRole, Field::Signers))
    }

    /// The acting account, which must be of this kind.
    pub(crate) fn actor_of(&self, kind: AccountKind, found: &mut Findings) -> Result<&Account, Refusal> {
        let account = &self.actor()?.account;
        found.require(account.kind == kind, RejectReason::WrongRole, Field::Signers);
        Ok(account)
    }

    /// The id of the acting account.
    pub(crate) fn actor_id(&self) -> Result<AccountId, Refusal> {
        Ok(self.actor()?.account.id)
    }

    /// Requires that a bureau acts and that its authority covers `area`.
    pub(crate) fn bureau_over(&self, area: Area, found: &mut Findings) -> Result<(), Refusal> {
        let bureau = self.actor_of(AccountKind::Bureau, found)?;
        if bureau.kind == AccountKind::Bureau {
            found.require(covers(bureau.area, area), RejectReason::WrongArea, Field::Area);
        }
        Ok(())
    }

    /// Requires that an administrator's key of one of `accounts` acts, or a bureau whose authority covers `area`.
    pub(crate) fn administrator_or_bureau(
        &self,
        accounts: &[AccountId],
        area: Area,
        found: &mut Findings,
    ) -> Result<(), Refusal> {
        let actor = self.actor()?;
        if !accounts.contains(&actor.account.id) {
            return self.bureau_over(area, found);
        }
        actor.require_administrator(found);
        Ok(())
    }

    /// Whether a bureau acts whose authority covers `area`.
    pub(crate) fn is_bureau_over(&self, area: Area) -> bool {
        self.actor
            .as_ref()
            .is_some_and(|actor| actor.account.kind == AccountKind::Bureau && covers(actor.account.area, area))
    }
}

/// Whether the authority of a bureau at `home` reaches `area`: its own, all of its province for `xx00`, and the whole
/// state for 0.
pub fn covers(home: Area, area: Area) -> bool {
    home == area || home.0 == 0 || (home.0.is_multiple_of(100) && home.0 / 100 == area.0 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_is_inherited_downwards_only() {
        for (home, area, expected) in [
            (4403, 4403, true),
            (4403, 4401, false),
            (4400, 4403, true),
            (4400, 4400, true),
            (4403, 4400, false),
            (4400, 3301, false),
            (0, 4403, true),
            (0, 0, true),
            (4400, 0, false),
        ] {
            assert_eq!(covers(Area(home), Area(area)), expected, "{home} over {area}");
        }
    }
}
