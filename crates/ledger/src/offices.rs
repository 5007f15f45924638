//! What the offices of an account let its keys do: checked with the other questions of authority, before the transition.
//!
//! An account without offices is judged by its keys alone. One that ever gave an office refuses what no office allows:
//! its administrators' keys are left with keys and offices, and an operator's key without an office signs nothing.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Account, AccountId, AccountKind, BlockTime, Digest, KeyId, KeyPurpose, Office, PayloadKind, RegistryKey,
    RejectReason, Role, SignerRole, Staff,
};

use crate::findings::Findings;
use crate::overlay::TxOverlay;
use crate::state_view::StateFault;

/// A signing key of an account, and its office.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) account: AccountId,
    pub(crate) key: KeyId,
    kind: AccountKind,
    purpose: KeyPurpose,
    signs: SignerRole,
    staffed: bool,
    /// Its office, if that has not run out.
    pub(crate) office: Option<Office>,
}

impl Seat {
    /// Looks a key's office up: one question more for each signer of an account, two if it is staffed.
    pub(crate) fn read(
        state: &TxOverlay<'_, '_>,
        account: &Account,
        key: KeyId,
        signs: SignerRole,
        now: BlockTime,
    ) -> Result<Self, StateFault> {
        let staffed = state.get::<Staff>(&RegistryKey::Staff(account.id))?.is_some();
        let office = match staffed {
            true => state.get::<Office>(&RegistryKey::Office { account: account.id, key })?.map(|held| *held),
            false => None,
        };
        let purpose = account.key(key).map_or(KeyPurpose::Operator, |record| record.purpose);
        let office = office.filter(|office| office.is_in_force(now.0));
        Ok(Self { account: account.id, key, kind: account.kind, purpose, signs, staffed, office })
    }

    /// Whether the offices of its account let this key sign a kind of transaction.
    pub(crate) fn may(&self, kind: PayloadKind) -> bool {
        let allowed = match self.purpose {
            KeyPurpose::Admin => PayloadKind::administration_bits(),
            _ => self.office.map_or(0, |office| office.role.kinds()),
        };
        !self.staffed || allowed & kind.bit() != 0
    }

    fn has(&self, role: Role) -> bool {
        self.office.is_some_and(|office| office.role == role)
    }
}

/// What takes two persons of a staffed bureau: the role of who acts, of who signs beside him, and what is said if nobody
/// does or only the same person.
fn pair(kind: PayloadKind) -> Option<(Role, Role, [RejectReason; 2])> {
    let approved = [RejectReason::ApproverMissing, RejectReason::OwnProposal];
    match kind {
        PayloadKind::PublishRuleBook | PayloadKind::ProposeChange => Some((Role::RuleMaker, Role::Approver, approved)),
        PayloadKind::OpenInspection | PayloadKind::OrderErasure => {
            Some((Role::SecurityAdministrator, Role::Approver, approved))
        }
        PayloadKind::RecordAccess | PayloadKind::RecordLinkAccess => {
            Some((Role::Auditor, Role::Auditor, [RejectReason::SecondAuditorMissing; 2]))
        }
        _ => None,
    }
}

/// What a staffed bureau makes takes two persons: a rule maker who acts, and an approver of the same bureau beside him;
/// what it inspects likewise, see [`pair`]. `acting` is the seat of the signer that acts.
pub(crate) fn four_eyes(seats: &[Seat], acting: Option<usize>, kind: PayloadKind, found: &mut Findings) {
    let Some(maker) = acting.and_then(|place| seats.get(place)) else { return };
    let Some((makes, approves, [missing, own])) = pair(kind) else { return };
    if !maker.staffed || maker.kind != AccountKind::Bureau {
        return;
    }
    if maker.may(kind) && !maker.has(makes) {
        let args = [Arg::Account(maker.account), Arg::Key(maker.key)];
        found.add(Refusal::new(RejectReason::RoleNotAllowed, Field::Signers).with(args));
    }
    let beside =
        |seat: &&Seat| seat.account == maker.account && seat.signs == SignerRole::CoSigner && seat.has(approves);
    let holder = |seat: &Seat| seat.office.map(|office| office.holder);
    let mut approvers = seats.iter().filter(beside).peekable();
    if approvers.peek().is_none() {
        found.add(Refusal::new(missing, Field::Signers).with([Arg::Account(maker.account)]));
    } else if approvers.all(|seat| holder(seat) == holder(maker)) {
        found.add(Refusal::new(own, Field::Signers).with([Arg::Account(maker.account)]));
    }
}

/// The persons who signed for the acting account in an office, rising.
pub(crate) fn hands(seats: &[Seat], acting: Option<usize>) -> Vec<Digest> {
    let account = acting.and_then(|place| seats.get(place)).map(|seat| seat.account);
    let signed = seats.iter().filter(|seat| Some(seat.account) == account && seat.signs != SignerRole::Sponsor);
    let mut holders: Vec<Digest> = signed.filter_map(|seat| seat.office).map(|office| office.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    holders
}
