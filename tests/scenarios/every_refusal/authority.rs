//! 3xx: the signer may not do this.

use anyhow::Result;
use ledger_types::{
    AccountKind, KeyId, KeyPurpose, KeyRecord, Payload, PayloadKind, RuleBook, Signer, SignerIdentity, SignerRole,
};
use sdk::Identity;
use tests::AREA;

use super::attempt::Attempt;
use super::forge::Forge;
use super::world::{ELSEWHERE, World, admin};

/// A merchant with a second key, edited before it is registered.
async fn second_key(world: &World, edit: impl FnOnce(&mut KeyRecord)) -> Result<Identity> {
    let (first, second) = (world.chain.new_key()?, world.chain.new_key()?);
    let mut record = admin(1, &second);
    edit(&mut record);
    let account = world.open_with(AccountKind::Enterprise, AREA, vec![admin(0, &first), record]).await?;
    world.approve(account, |_| {}).await?;
    Ok(Identity::account(account, KeyId(1), second).sealing_with(world.chain.new_sender_key()?))
}

pub(super) async fn key_revoked(world: &World) -> Result<Attempt> {
    let merchant = second_key(world, |_| {}).await?;
    let SignerIdentity::Account { account, key } = merchant.identity else { anyhow::bail!("no account") };
    let revoke = Payload::UpdateKeys { account, add: Vec::new(), revoke: vec![key] };
    world.chain.accept(&merchant, revoke).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

pub(super) async fn key_not_in_force(world: &World) -> Result<Attempt> {
    let tomorrow = world.now() + 86_400_000;
    let merchant = second_key(world, |key| key.valid_from_ms = tomorrow).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

pub(super) async fn key_not_allowed(world: &World) -> Result<Attempt> {
    let edit = |key: &mut KeyRecord| {
        key.purpose = KeyPurpose::Operator;
        key.kinds = PayloadKind::Book.bit();
    };
    let merchant = second_key(world, edit).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

pub(super) async fn key_limit_reached(world: &World) -> Result<Attempt> {
    let edit = |key: &mut KeyRecord| {
        key.purpose = KeyPurpose::Operator;
        key.kinds = PayloadKind::business_bits();
        key.daily_count = 1;
    };
    let merchant = second_key(world, edit).await?;
    world.meal(&merchant, world.unclaimed()?).await?;
    Ok(world.sign_meal(&merchant, world.unclaimed()?)?.into())
}

pub(super) async fn account_closed(world: &World) -> Result<Attempt> {
    let (account, who) = world.open(AccountKind::Enterprise, AREA).await?;
    world.approve(account, |_| {}).await?;
    world.chain.accept(&world.chain.bureau, Payload::CloseAccount { account }).await?;
    Ok(world.sign_meal(&who, world.unclaimed()?)?.into())
}

pub(super) async fn wrong_role(world: &World) -> Result<Attempt> {
    let book = RuleBook::standard(AREA, 2, world.now() + 60_000);
    world.attempt(&world.people.merchant, Payload::PublishRuleBook(Box::new(book)))
}

/// A bureau beyond its own province.
pub(super) async fn wrong_area(world: &World) -> Result<Attempt> {
    let key = world.chain.new_key()?;
    let open = world.opening(AccountKind::Person, ELSEWHERE, vec![admin(0, &key)])?;
    world.attempt(&world.chain.bureau, open)
}

pub(super) async fn no_delegation(world: &World) -> Result<Attempt> {
    let mut forge = Forge::plain(world, &world.people.company, world.lock(world.companys().await?).await?)?;
    forge.envelope.signers[0].acting_for = Some(world.people.rival_id);
    forge.attempt()
}

/// Signed by somebody who vouches, and by nobody who is bound.
pub(super) async fn owner_missing(world: &World) -> Result<Attempt> {
    let mut forge = Forge::plain(world, &world.people.company, world.lock(world.companys().await?).await?)?;
    let identity = forge.envelope.signers[0].identity;
    forge.envelope.signers = vec![Signer { identity, role: SignerRole::Sponsor, acting_for: None }];
    forge.attempt()
}
