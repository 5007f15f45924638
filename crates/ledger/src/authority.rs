//! Whether the signers may do this here and now: state, so checked at the transaction's place in its block.

use ledger_types::owner::{account_address, key_address};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Account, AccountId, Address, BlockTime, ChainId, Digest, KeyId, KeyPurpose, KeyStatus, PayloadKind, RegistryKey,
    RejectReason, Signer, SignerIdentity, SignerRole,
};

use crate::admission::AuthenticatedTx;
use crate::call::Actor;
use crate::delegations::{self, Claim};
use crate::execution::BlockContext;
use crate::fault::ExecutionFault;
use crate::findings::{Findings, Stop};
use crate::offices::{Seat, four_eyes, hands};
use crate::overlay::TxOverlay;
use crate::register::Held;

/// Who stands behind a transaction.
#[derive(Default)]
pub(crate) struct Authority {
    pub(crate) actor: Option<Actor>,
    pub(crate) present: Vec<Address>,
    /// Signing keys with a limit a day.
    pub(crate) limited: Vec<(AccountId, KeyId)>,
    /// Delegations that were used: of whom, to whom.
    pub(crate) delegated: Vec<(AccountId, AccountId)>,
    /// The persons who signed for the acting account in an office, rising.
    pub(crate) hands: Vec<Digest>,
}

/// Checks every signer.
///
/// # Errors
/// All reasons of class 3xx that apply to any signer, with the signer's place as item. A fault if the registered key
/// is not the one that the signature was checked with.
pub(crate) fn check(
    state: &TxOverlay<'_, '_>,
    ctx: &BlockContext,
    index: u16,
    tx: &AuthenticatedTx,
) -> Result<Authority, Stop> {
    let mut found = Findings::default();
    let mut authority = Authority::default();
    let (mut seats, mut acting) = (Vec::new(), None);
    let kind = tx.envelope().payload.kind();
    let mut owner_seen = false;
    for (i, (signer, checked)) in tx.envelope().signers.iter().zip(tx.keys()).enumerate() {
        let account = match signer.identity {
            SignerIdentity::BareKey(_) => None,
            SignerIdentity::Account { account, key } => {
                let held = state.get::<Account>(&RegistryKey::Account(account))?;
                let held = held.filter(|a| a.key(key).is_some_and(|k| k.public_key == checked.0));
                Some((held.ok_or(ExecutionFault::KeyChanged { index })?, key))
            }
        };
        let seat = match &account {
            Some((account, key)) => Some(Seat::read(state, account, *key, signer.role, ctx.time)?),
            None => None,
        };
        if let (Some((account, _)), Some(seat)) = (&account, &seat) {
            check_key(account, seat, kind, ctx.time, i as u16, &mut found);
        }
        let principal = match signer.acting_for {
            Some(principal) => {
                let (account, now, item) = (account.as_ref(), ctx.time, i as u16);
                delegations::principal(state, &Claim { signer, account, principal, kind, now, item }, &mut found)?
            }
            None => None,
        };
        if signer.role == SignerRole::Owner && !owner_seen {
            owner_seen = true;
            acting = seat.is_some().then_some(seats.len());
            authority.actor = account.as_ref().zip(seat).map(|((account, key), seat)| match &principal {
                Some(principal) => Actor::delegated(principal, *key),
                None => actor(account, *key, seat),
            });
        }
        seats.extend(seat);
        authority.note(&ctx.chain, signer, account.as_ref(), principal.as_deref());
    }
    found.require(owner_seen, RejectReason::OwnerMissing, Field::Signers);
    four_eyes(&seats, acting, kind, &mut found);
    authority.hands = hands(&seats, acting);
    found.finish()?;
    Ok(authority)
}

fn actor(account: &Held<Account>, key: KeyId, seat: Seat) -> Actor {
    // The key is there: it was compared with the one checked at admission.
    let purpose = account.key(key).map_or(KeyPurpose::Operator, |k| k.purpose);
    Actor { account: account.clone(), key, purpose, office: seat.office }
}

/// All that may be wrong with one registered key.
fn check_key(account: &Account, seat: &Seat, kind: PayloadKind, now: BlockTime, item: u16, found: &mut Findings) {
    let key = seat.key;
    let Some(record) = account.key(key) else { return };
    let mut refuse = |holds: bool, reason| {
        if !holds {
            let args = [Arg::Account(account.id), Arg::Key(key)];
            found.add(Refusal::new(reason, Field::Signers).with(args).at_item(item));
        }
    };
    refuse(record.status == KeyStatus::Active, RejectReason::KeyRevoked);
    refuse((record.valid_from_ms..=record.valid_to_ms).contains(&now.0), RejectReason::KeyNotInForce);
    refuse(record.allows(kind), RejectReason::KeyNotAllowed);
    refuse(account.open, RejectReason::AccountClosed);
    refuse(seat.may(kind), RejectReason::RoleNotAllowed);
}

impl Authority {
    fn note(
        &mut self,
        chain: &ChainId,
        signer: &Signer,
        account: Option<&(Held<Account>, KeyId)>,
        principal: Option<&Account>,
    ) {
        if let (Some(principal), Some((delegate, _))) = (principal, account) {
            self.delegated.push((principal.id, delegate.id));
        }
        if signer.role != SignerRole::Sponsor {
            self.present.push(match (principal, signer.identity) {
                (Some(principal), _) => account_address(chain, principal.id),
                (None, SignerIdentity::Account { account, .. }) => account_address(chain, account),
                (None, SignerIdentity::BareKey(key)) => key_address(chain, &key),
            });
        }
        if let Some((account, key)) = account
            && let Some(record) = account.key(*key)
            && (record.daily_count > 0 || record.daily_amount.0 > 0)
        {
            self.limited.push((account.id, *key));
        }
    }
}
