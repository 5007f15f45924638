//! Revokes a registered certificate (吊销证书), for ever and from this height on. By the same as registering it.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{CertificateRecord, Digest, RegistryKey, RejectReason, Revocation, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    fingerprint: Digest,
    reason: u8,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let entry = RegistryKey::Certificate(fingerprint);
    let unknown =
        || Refusal::new(RejectReason::CertificateUnknown, Field::Certificate).with([Arg::Digest(fingerprint)]);
    let record = *state.get::<CertificateRecord>(&entry)?.ok_or_else(unknown)?;
    let account = known_account(state, record.account)?;
    call.administrator_or_bureau(&[account.id], account.area, &mut found)?;
    if record.revoked.is_some() {
        found.add(unknown());
    }
    found.finish()?;
    let revoked = Some(Revocation { height: call.origin.height, reason });
    state.put(entry, CertificateRecord { revoked, ..record });
    Ok(TxOutcome::Done)
}
