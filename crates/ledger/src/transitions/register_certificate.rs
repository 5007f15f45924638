//! Registers a certificate of connections (登记证书). By an administrator's key of the account, or a bureau over its area. A
//! certificate is registered once for ever.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, CertificateClaim, CertificateRecord, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::transitions::close_account::known_account;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    account: AccountId,
    claim: &CertificateClaim,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let account = known_account(state, account)?;
    call.administrator_or_bureau(&[account.id], account.area, &mut found)?;
    found.require(account.open, RejectReason::AccountClosed, Field::Account);
    found.require(call.now.0 <= claim.not_after_ms, RejectReason::CertificateOver, Field::Certificate);
    let entry = RegistryKey::Certificate(claim.fingerprint);
    if state.get::<CertificateRecord>(&entry)?.is_some() {
        let known = Refusal::new(RejectReason::CertificateKnown, Field::Certificate);
        found.add(known.with([Arg::Digest(claim.fingerprint)]));
    }
    found.finish()?;
    let record =
        CertificateRecord { account: account.id, claim: *claim, registered: call.origin.height, revoked: None };
    state.put(entry, record);
    Ok(TxOutcome::Done)
}
