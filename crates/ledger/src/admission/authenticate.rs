//! Signatures: the signers' keys are looked up and all signatures of a batch checked in one call. What is sealed is opened
//! after that, so that nobody without a key makes others agree on one.

use std::collections::BTreeMap;

use ledger_types::envelope::transaction_message;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Account, AccountId, RegistryKey, RegistryValue, RejectReason, SignerIdentity, TxId, Unsealer};
use sm::{CachedSigner, PublicKeyBytes, SignerCache, VerifyItem, verify_batch};

use super::authenticated::AuthenticatedTx;
use super::decode::DecodedTx;
use super::unseal::{AdmissionFault, Sealing};
use crate::state_view::{StateFault, StateView};

/// What became of one transaction of a batch.
pub type Answer = Result<AuthenticatedTx, (TxId, Refusal)>;

/// Checks the signatures of a batch and opens sealed bodies. Answers stand in the order of the batch.
///
/// A registered key is found whatever its status: the bytes behind (account, key id) never change, so this verdict
/// is the same on every validator at every later height. The other checks are execution's.
///
/// # Errors
/// [`AdmissionFault`] if an account cannot be read, or the committee's private key is missing: that says nothing of the
/// transactions. Each one's own refusal (`UNKNOWN_SIGNER`, `BAD_KEY`, `BAD_SIGNATURE`, `MUST_BE_SEALED`,
/// `WRONG_SEAL_EPOCH`, `CANNOT_OPEN`, `COMMITMENT_MISMATCH` and what `decode` finds in a body) stands in its place.
pub fn authenticate(
    batch: Vec<DecodedTx>,
    state: &dyn StateView,
    cache: &mut SignerCache,
    unsealer: &dyn Unsealer,
) -> Result<Vec<Answer>, AdmissionFault> {
    let verdicts = check_signatures(&batch, state, cache)?;
    let mut sealing = Sealing::new(state, unsealer);
    let answers = batch.into_iter().zip(verdicts).map(|(mut tx, verdict)| {
        let id = tx.id;
        let keys = match verdict {
            Ok(keys) => keys,
            Err(refused) => return Ok(Err(refused)),
        };
        let opened = sealing.open(&mut tx)?;
        Ok(opened.map(|opened| AuthenticatedTx::new(tx, opened, keys)).map_err(|refusal| (id, refusal)))
    });
    answers.collect()
}

/// The keys that signed a transaction, or why it is refused.
pub type Signed = Result<Vec<PublicKeyBytes>, (TxId, Refusal)>;

/// Checks the signatures of a batch and opens nothing. Answers stand in the order of the batch.
///
/// # Errors
/// [`StateFault`] if an account cannot be read. Each one's own refusal (`UNKNOWN_SIGNER`, `BAD_KEY`, `BAD_SIGNATURE`) stands in
/// its place.
pub fn check_signatures(
    batch: &[DecodedTx],
    state: &dyn StateView,
    cache: &mut SignerCache,
) -> Result<Vec<Signed>, StateFault> {
    let mut accounts = Accounts { state, seen: BTreeMap::new() };
    let mut found = Vec::with_capacity(batch.len());
    for tx in batch {
        found.push(signers_of(tx, &mut accounts, cache)?);
    }
    let mut items = Vec::new();
    for (tx, signers) in batch.iter().zip(&found) {
        let Ok(signers) = signers else { continue };
        let message = transaction_message(&tx.envelope().chain_id, &tx.id);
        for (signer, signature) in signers.iter().zip(&tx.tx.signatures) {
            let digest = signer.public_key().digest(&message);
            items.push(VerifyItem { key: signer.as_verify_key(), digest, signature: *signature });
        }
    }
    let mut verdicts = verify_batch(&items).into_iter();
    drop(items);
    let signed = batch.iter().zip(found).map(|(tx, signers)| {
        let signers = signers.map_err(|refusal| (tx.id, refusal))?;
        let verdicts: Vec<bool> = verdicts.by_ref().take(signers.len()).collect();
        match verdicts.iter().position(|valid| !valid) {
            Some(i) => Err((tx.id, Refusal::new(RejectReason::BadSignature, Field::Signatures).at_item(i as u16))),
            None => Ok(signers.iter().map(|s| s.public_key().to_bytes()).collect()),
        }
    });
    Ok(signed.collect())
}

/// Accounts read in this batch, so that a merchant's thousand invoices read its account once.
struct Accounts<'a> {
    state: &'a dyn StateView,
    seen: BTreeMap<AccountId, Option<Account>>,
}

impl Accounts<'_> {
    fn get(&mut self, id: AccountId) -> Result<Option<&Account>, StateFault> {
        if !self.seen.contains_key(&id) {
            let account = match self.state.registry(&RegistryKey::Account(id))? {
                None => None,
                Some(RegistryValue::Account(account)) => Some(account),
                Some(_) => return Err(StateFault(format!("the entry of account {id} is no account"))),
            };
            self.seen.insert(id, account);
        }
        Ok(self.seen.get(&id).and_then(Option::as_ref))
    }
}

type Found = Result<Vec<CachedSigner>, Refusal>;

fn signers_of(tx: &DecodedTx, accounts: &mut Accounts<'_>, cache: &mut SignerCache) -> Result<Found, StateFault> {
    let mut signers = Vec::with_capacity(tx.envelope().signers.len());
    for (i, signer) in tx.envelope().signers.iter().enumerate() {
        let refusal = |reason| Refusal::new(reason, Field::Signers).at_item(i as u16);
        let bytes = match signer.identity {
            SignerIdentity::BareKey(bytes) => bytes,
            SignerIdentity::Account { account, key } => match accounts.get(account)?.and_then(|a| a.key(key)) {
                Some(record) => record.public_key,
                None => {
                    let args = [Arg::Account(account), Arg::Key(key)];
                    return Ok(Err(refusal(RejectReason::UnknownSigner).with(args)));
                }
            },
        };
        match cache.get(&PublicKeyBytes(bytes)) {
            Ok(signer) => signers.push(signer),
            Err(_) => return Ok(Err(refusal(RejectReason::BadKey))),
        }
    }
    Ok(Ok(signers))
}
