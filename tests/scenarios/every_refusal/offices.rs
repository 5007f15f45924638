//! 310 to 313 and 412 to 414: offices. Each recipe has a bureau of its own, so that the shared one stays unstaffed.

use anyhow::Result;
use ledger_types::{
    AccountId, AccountKind, Digest, KeyId, KeyPurpose, KeyRecord, Payload, PayloadKind, Role, RuleBook, TaxpayerStatus,
};
use sdk::{Identity, sign_plain};
use tests::AREA;

use super::attempt::Attempt;
use super::world::{World, admin};

/// A bureau with an administrator and operators' keys.
pub(super) struct Bureau {
    account: AccountId,
    /// By key id; 0 is the administrator's.
    pub(super) keys: Vec<Identity>,
}

impl Bureau {
    pub(super) async fn open(world: &World, operators: u16) -> Result<Self> {
        let keys = (0..=operators).map(|_| world.chain.new_key()).collect::<Result<Vec<_>>>()?;
        let kinds = PayloadKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit());
        let record = |(id, key): (u16, &crypto::SigningKey)| match id {
            0 => admin(0, key),
            id => KeyRecord { purpose: KeyPurpose::Operator, kinds, ..admin(id, key) },
        };
        let records = (0..).zip(&keys).map(record).collect();
        let account = world.open_with(AccountKind::Bureau, AREA, records).await?;
        let keys = (0..).zip(keys).map(|(id, key)| Identity::account(account, KeyId(id), key)).collect();
        Ok(Self { account, keys })
    }

    fn assign(&self, key: u16, role: Role, person: u8) -> Payload {
        let (account, holder) = (self.account, Digest([person; 32]));
        Payload::AssignRole { account, key: KeyId(key), role, holder, until_ms: u64::MAX }
    }

    pub(super) async fn appoint(&self, world: &World, key: u16, role: Role, person: u8) -> Result<()> {
        world.chain.accept(&self.keys[0], self.assign(key, role, person)).await?;
        Ok(())
    }

    /// The next rule book, signed by these keys: the first acts, the others beside it.
    fn publish(&self, world: &World, by: &[usize]) -> Result<Attempt> {
        let book = RuleBook::standard(AREA, 2, world.now() + 60_000);
        let signers: Vec<&Identity> = by.iter().map(|key| &self.keys[*key]).collect();
        let frame = world.chain.client.new_frame(AREA)?;
        Ok(sign_plain(&frame, Payload::PublishRuleBook(Box::new(book)), &signers)?.into())
    }
}

pub(super) async fn role_not_allowed(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 1).await?;
    bureau.appoint(world, 1, Role::Auditor, 1).await?;
    let account = world.people.rival_id;
    let suspend = Payload::SetTaxpayerStatus { account, status: TaxpayerStatus::Suspended, reason: 1 };
    world.attempt(&bureau.keys[1], suspend)
}

pub(super) async fn approver_missing(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 1).await?;
    bureau.appoint(world, 1, Role::RuleMaker, 1).await?;
    bureau.publish(world, &[1])
}

pub(super) async fn own_proposal(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 2).await?;
    bureau.appoint(world, 1, Role::RuleMaker, 1).await?;
    bureau.appoint(world, 2, Role::Approver, 1).await?;
    bureau.publish(world, &[1, 2])
}

pub(super) async fn own_office(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 2).await?;
    bureau.appoint(world, 1, Role::SecurityAdministrator, 1).await?;
    world.attempt(&bureau.keys[1], bureau.assign(2, Role::Approver, 1))
}

pub(super) async fn role_conflict(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 2).await?;
    bureau.appoint(world, 1, Role::Auditor, 1).await?;
    world.attempt(&bureau.keys[0], bureau.assign(2, Role::SystemAdministrator, 1))
}

pub(super) async fn office_invalid(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 1).await?;
    world.attempt(&bureau.keys[0], bureau.assign(1, Role::InvoicingOperator, 1))
}

pub(super) async fn office_unknown(world: &World) -> Result<Attempt> {
    let bureau = Bureau::open(world, 1).await?;
    world.attempt(&bureau.keys[0], Payload::EndRole { account: bureau.account, key: KeyId(1) })
}
