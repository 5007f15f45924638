//! 4xx: the register does not allow it.

use anyhow::Result;
use ledger_types::{AccountId, AccountKind, Digest, Fen, Payload, RuleBook, TaxpayerStatus};
use tests::{AREA, profile};

use super::attempt::Attempt;
use super::world::{NOT_ISSUED_IN, World, admin};

pub(super) async fn account_unknown(world: &World) -> Result<Attempt> {
    world.attempt(&world.chain.bureau, Payload::CloseAccount { account: AccountId(999_999) })
}

pub(super) async fn tax_id_taken(world: &World) -> Result<Attempt> {
    let key = world.chain.new_key()?;
    let open = Payload::OpenAccount {
        kind: AccountKind::Enterprise,
        area: AREA,
        tax_id: Some("91440300MA5DEK017E".parse()?),
        name: "冒名".to_owned(),
        keys: vec![admin(0, &key)],
    };
    world.attempt(&world.chain.bureau, open)
}

pub(super) async fn identity_mismatch(world: &World) -> Result<Attempt> {
    let (kind, name) = (AccountKind::Person, "无名氏".to_owned());
    let keys = vec![admin(0, &world.chain.new_key()?)];
    world.attempt(&world.chain.bureau, Payload::OpenAccount { kind, area: AREA, tax_id: None, name, keys })
}

/// The first key has the number of the second.
pub(super) async fn key_list_invalid(world: &World) -> Result<Attempt> {
    let keys = vec![admin(1, &world.chain.new_key()?)];
    world.attempt(&world.chain.bureau, world.opening(AccountKind::Enterprise, AREA, keys)?)
}

pub(super) async fn area_unknown(world: &World) -> Result<Attempt> {
    let keys = vec![admin(0, &world.chain.new_key()?)];
    world.attempt(&world.chain.bureau, world.opening(AccountKind::Enterprise, NOT_ISSUED_IN, keys)?)
}

fn publish(world: &World, edit: impl FnOnce(&mut RuleBook)) -> Result<Attempt> {
    let mut book = RuleBook::standard(AREA, 2, world.now() + 60_000);
    edit(&mut book);
    world.attempt(&world.chain.bureau, Payload::PublishRuleBook(Box::new(book)))
}

pub(super) async fn rule_book_version(world: &World) -> Result<Attempt> {
    publish(world, |book| book.version = 9)
}

pub(super) async fn rule_book_backdated(world: &World) -> Result<Attempt> {
    publish(world, |book| book.effective_ms = tests::START.0)
}

pub(super) async fn rule_book_invalid(world: &World) -> Result<Attempt> {
    publish(world, |book| book.max_lines = 0)
}

pub(super) async fn profile_invalid(world: &World) -> Result<Attempt> {
    let mut profile = profile();
    profile.kinds[0].max_amount = Fen(-1);
    world.attempt(&world.chain.bureau, Payload::ApproveTaxpayer { account: world.people.rival_id, profile })
}

pub(super) async fn status_final(world: &World) -> Result<Attempt> {
    let (account, _) = world.open(AccountKind::Enterprise, AREA).await?;
    world.approve(account, |_| {}).await?;
    let set = |status| Payload::SetTaxpayerStatus { account, status, reason: 1 };
    world.chain.accept(&world.chain.bureau, set(TaxpayerStatus::Cancelled)).await?;
    world.attempt(&world.chain.bureau, set(TaxpayerStatus::Normal))
}

pub(super) async fn log_not_ahead(world: &World) -> Result<Attempt> {
    let anchor = |entries| Payload::AnchorLog { log: Digest([1; 32]), entries, head: Digest([2; 32]) };
    world.chain.accept(&world.chain.bureau, anchor(9)).await?;
    world.attempt(&world.chain.bureau, anchor(8))
}
