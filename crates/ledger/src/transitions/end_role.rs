//! Ends the office of a key (撤岗). By the same as giving it. The account stays staffed, also when its last office ends:
//! otherwise who may end offices could give himself back what they took from him.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, KeyId, Office, RegistryKey, RejectReason, Staff, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::assign_role::{check_registrar, vacate};
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    key: KeyId,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?.id;
    let entry = RegistryKey::Office { account, key };
    let office = state.get::<Office>(&entry)?.map(|held| *held);
    check_registrar(call, account, key, &[office], &mut found)?;
    let Some(office) = office else {
        found.add(Refusal::new(RejectReason::OfficeUnknown, Field::Role).with([Arg::Account(account), Arg::Key(key)]));
        return Err(found.refuse());
    };
    found.finish()?;
    vacate(state, account, key, &office)?;
    state.remove(entry);
    let staff = state.get::<Staff>(&RegistryKey::Staff(account))?.map_or(0, |staff| staff.offices);
    state.put(RegistryKey::Staff(account), Staff { offices: staff.saturating_sub(1) });
    Ok(TxOutcome::Done)
}
