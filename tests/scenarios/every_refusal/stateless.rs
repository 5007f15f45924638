//! 1xx: the bytes or the signature are wrong. Nothing of this enters a block.

use anyhow::Result;
use ledger_types::limits::MAX_TX_BYTES;
use ledger_types::transaction::TxBody;
use ledger_types::{AccountId, Canonical, ChainId, Payload, Section, Signer, SignerIdentity, SignerRole};
use tests::draft;

use super::attempt::Attempt;
use super::forge::{Forge, Paper};
use super::world::{PRICE, World};

/// Something that the bureau may do, and that changes nothing that another recipe needs.
fn harmless(world: &World) -> Payload {
    Payload::UpdateKeys { account: world.people.rival_id, add: Vec::new(), revoke: vec![ledger_types::KeyId(99)] }
}

fn bureaus(world: &World) -> Result<Forge> {
    Forge::plain(world, &world.chain.bureau, harmless(world))
}

fn invoice(world: &World) -> Result<Forge> {
    let payload = Payload::Issue(world.unclaimed()?);
    Forge::invoice(world, &world.people.merchant, payload, &Paper::of(&draft(PRICE)))
}

pub(super) async fn malformed(world: &World) -> Result<Attempt> {
    let mut bytes = invoice(world)?.transaction()?.to_canonical();
    bytes.pop();
    Ok(Attempt::new(bytes))
}

pub(super) async fn too_large(world: &World) -> Result<Attempt> {
    let mut bytes = invoice(world)?.transaction()?.to_canonical();
    bytes.resize(MAX_TX_BYTES as usize + 1, 0);
    Ok(Attempt::new(bytes))
}

pub(super) async fn unknown_version(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.version += 1;
    forge.attempt()
}

pub(super) async fn wrong_chain(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.chain_id = ChainId([9; 32]);
    forge.attempt()
}

pub(super) async fn signer_count(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.signers.clear();
    forge.keys.clear();
    forge.attempt()
}

pub(super) async fn duplicate_signer(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.signers.push(forge.envelope.signers[0]);
    forge.keys.push(forge.keys[0].clone());
    forge.attempt()
}

pub(super) async fn expired(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.valid_until_ms = world.now() - 1;
    forge.attempt()
}

pub(super) async fn valid_too_long(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.envelope.valid_until_ms = world.now() + 2 * 3_600_000;
    forge.attempt()
}

pub(super) async fn unknown_signer(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    let identity = SignerIdentity::Account { account: AccountId(999_999), key: ledger_types::KeyId(0) };
    forge.envelope.signers[0].identity = identity;
    forge.attempt()
}

/// The curve has no point with this x.
pub(super) async fn bad_key(world: &World) -> Result<Attempt> {
    let mut point = [0xFF; 33];
    point[0] = 2;
    let mut forge = bureaus(world)?;
    let identity = SignerIdentity::BareKey(point);
    forge.envelope.signers = vec![Signer { identity, role: SignerRole::Owner, acting_for: None }];
    forge.attempt()
}

/// Somebody else's signature.
pub(super) async fn bad_signature(world: &World) -> Result<Attempt> {
    let mut forge = bureaus(world)?;
    forge.keys = vec![world.people.rival.key.clone()];
    forge.attempt()
}

pub(super) async fn bad_sections(world: &World) -> Result<Attempt> {
    let mut forge = invoice(world)?;
    forge.sections().pop();
    forge.envelope.sections.pop();
    forge.attempt()
}

pub(super) async fn commitment_mismatch(world: &World) -> Result<Attempt> {
    let mut forge = invoice(world)?;
    if let Some(Section::Plain { bytes, .. }) = forge.sections().first_mut() {
        bytes[10] ^= 1;
    }
    forge.attempt()
}

/// One bit of a tag.
pub(super) async fn cannot_open(world: &World) -> Result<Attempt> {
    let mut tx = invoice(world)?.transaction()?;
    if let TxBody::SealedSections { sections, .. } = &mut tx.body
        && let Some(Section::Sealed { ciphertext, .. }) = sections.last_mut()
        && let Some(last) = ciphertext.last_mut()
    {
        *last ^= 1;
    }
    Ok(Attempt::new(tx.to_canonical()))
}

/// As it would be on a chain of plain bodies.
pub(super) async fn must_be_sealed(world: &World) -> Result<Attempt> {
    let mut forge = invoice(world)?;
    forge.seals = None;
    forge.attempt()
}

/// For a committee to come.
pub(super) async fn wrong_seal_epoch(world: &World) -> Result<Attempt> {
    let mut tx = invoice(world)?.transaction()?;
    if let TxBody::SealedSections { seal, .. } = &mut tx.body {
        seal.epoch += 1;
    }
    Ok(Attempt::new(tx.to_canonical()))
}

pub(super) async fn bad_field(world: &World) -> Result<Attempt> {
    let payload = Payload::Lock { spends: Vec::new(), until_ms: world.now() + 1, reason: 0 };
    world.attempt(&world.people.company, payload)
}
