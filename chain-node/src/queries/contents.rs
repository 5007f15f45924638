//! The contents of an invoice in clear, for who may see them.

use ledger_types::account::KeyStatus;
use ledger_types::seal::open_item;
use ledger_types::{
    BlockTime, CannotAgree, ChainId, ContentQuestion, ErasedBy, ErasedSections, FaceState, InvoiceRecord, KeyPurpose,
    RegistryKey, RegistryValue, Section, SectionSet, SignedQuestion, SignerIdentity, Slot, TxId, Unsealer,
    owner::{account_address, key_address},
};
use storage::{Reader, Reading, StoreError};

use super::entitlement::{Asker, sight};

/// The sections of one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The transaction that carried them.
    pub tx: TxId,
    /// The place of the invoice in it.
    pub item: u16,
    /// In clear, in order of kind.
    pub sections: Vec<Section>,
    /// What was deleted by order of it, and by which order.
    pub erased: Vec<ErasedBy>,
}

/// No contents.
#[derive(Debug, thiserror::Error)]
pub enum ContentsFault {
    /// Not there, or not for this reader. Nobody is told which.
    #[error("not there, or not for this reader")]
    NotForReader,
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The key is not here.
    #[error(transparent)]
    Key(#[from] CannotAgree),
    /// What the chain accepted does not open: this node's key or disk is damaged.
    #[error("the body of an accepted invoice does not open")]
    Damaged,
}

/// Whether a question's time is near the chain's or the answering host's.
#[must_use]
pub fn is_timely(question: &ContentQuestion, tip: BlockTime, host_ms: Option<u64>) -> bool {
    let near = |now: u64| now.abs_diff(question.time_ms) <= ContentQuestion::MAX_SKEW_MS;
    near(tip.0) || host_ms.is_some_and(near)
}

/// Answers a timely question at the newest state: one height for all that is asked of it.
///
/// # Errors
/// [`ContentsFault`].
pub fn open(reader: &Reader, keys: &dyn Unsealer, signed: &SignedQuestion) -> Result<Contents, ContentsFault> {
    let (chain, state) = (reader.chain_id(), reader.now());
    let verified = |key: &sm::PublicKey| crypto::verify_question(&chain, signed.question, key, &signed.signature);
    let found = who_asks(&state, &chain, &signed.question, |key| verified(key).is_ok())?;
    let asker = found.ok_or(ContentsFault::NotForReader)?;
    let slot = signed.question.slot;
    let record = state.output(slot)?.ok_or(ContentsFault::NotForReader)?;
    let invoice = *record.invoice().ok_or(ContentsFault::NotForReader)?;
    let sight = sight(&state, &chain, &asker, slot, &record, &invoice)?.ok_or(ContentsFault::NotForReader)?;
    tracing::info!(slot = slot.0, account = asker.id().map(|id| id.0), entitlement = ?sight.entitlement, "opens contents");
    // A red invoice turns the blue one's body: that is to be asked for.
    if matches!(invoice.face, FaceState::Red { .. }) {
        return Err(ContentsFault::NotForReader);
    }
    let mut contents = contents(&state, keys, &chain, &invoice)?;
    contents.sections.retain(|section| sight.sections.has(section.kind()));
    take_erased(&mut contents, &erased(&state, slot)?, sight.sections)?;
    Ok(contents)
}

/// What was ordered to be erased of an invoice.
///
/// # Errors
/// The store failed.
pub fn erased(state: &Reading, slot: Slot) -> Result<ErasedSections, StoreError> {
    match state.registry(&RegistryKey::Erased(slot))? {
        Some(RegistryValue::Erased(erased)) => Ok(erased),
        _ => Ok(ErasedSections::default()),
    }
}

/// From the order on nothing of it is shown, also where it is still on the disk. What is gone without one is damage.
fn take_erased(contents: &mut Contents, erased: &ErasedSections, seen: SectionSet) -> Result<(), ContentsFault> {
    let ordered = erased.sections();
    contents.sections.retain(|section| !ordered.has(section.kind()));
    if contents.sections.iter().any(Section::is_erased) {
        return Err(ContentsFault::Damaged);
    }
    let shown = |by: &ErasedBy| ErasedBy { sections: SectionSet(by.sections.0 & seen.0), ..*by };
    contents.erased = erased.orders.iter().map(shown).filter(|by| by.sections.0 != 0).collect();
    Ok(())
}

fn contents(
    reader: &Reading,
    keys: &dyn Unsealer,
    chain: &ChainId,
    invoice: &InvoiceRecord,
) -> Result<Contents, ContentsFault> {
    let origin = invoice.origin;
    let frame = reader.frame(origin.height)?.ok_or(ContentsFault::Damaged)?;
    let tx = frame.block.txs.get(usize::from(origin.tx)).ok_or(ContentsFault::Damaged)?;
    let id = tx.envelope.tx_id();
    let sections = match tx.body.seal() {
        None => tx.sections_of(origin.item).to_vec(),
        Some(seal) => {
            let key = keys.agreed(chain, seal)?.content_key(chain, &id, origin.item);
            open_item(tx, origin.item, &key).map_err(|_| ContentsFault::Damaged)?
        }
    };
    Ok(Contents { tx: id, item: origin.item, sections, erased: Vec::new() })
}

/// Who signed the question, if that may sign for whom it says. `signed` checks the signature.
pub(super) fn who_asks(
    reader: &Reading,
    chain: &ChainId,
    question: &ContentQuestion,
    signed: impl Fn(&sm::PublicKey) -> bool,
) -> Result<Option<Asker>, StoreError> {
    let (key, asker) = match question.reader {
        SignerIdentity::BareKey(key) => (key, Asker::Key(key_address(chain, &key))),
        SignerIdentity::Account { account, key } => {
            let Some(RegistryValue::Account(account)) = reader.registry(&RegistryKey::Account(account))? else {
                return Ok(None);
            };
            let now = reader.tip().time.0;
            let record = account.key(key).filter(|record| {
                account.open
                    && record.status == KeyStatus::Active
                    && matches!(record.purpose, KeyPurpose::Admin | KeyPurpose::Operator)
                    && (record.valid_from_ms..=record.valid_to_ms).contains(&now)
            });
            let Some(record) = record else { return Ok(None) };
            let address = account_address(chain, account.id);
            (record.public_key, Asker::Account(Box::new(account), key, address))
        }
    };
    let Ok(key) = sm::PublicKey::from_bytes(&sm::PublicKeyBytes(key)) else { return Ok(None) };
    Ok(signed(&key).then_some(asker))
}
