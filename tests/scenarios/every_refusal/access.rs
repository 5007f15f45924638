//! 320 to 324, 425 to 427 and 446: grants, inspections, erasures.

use anyhow::Result;
use ledger_types::{
    AccessRequest, AccountKind, Area, Digest, ErasureRequest, GrantId, GrantRequest, GrantScope, Height, InspectionId,
    InspectionRequest, KeyId, Payload, Role, SectionSet, Slot,
};
use sdk::{Identity, sign_plain};
use tests::AREA;

use super::attempt::Attempt;
use super::offices::Bureau;
use super::world::World;

fn grant(world: &World, slot: Slot) -> Payload {
    let to = world.people.rival.address(&world.chain.client.chain_id());
    let scope = GrantScope::Slots(vec![slot]);
    Payload::GrantAccess(GrantRequest { to, scope, sections: SectionSet::ALL, until_ms: world.now() + 3_600_000 })
}

const NO_GRANT: GrantId = GrantId { height: Height(0), tx: 0 };

pub(super) async fn not_issuer_or_holder(world: &World) -> Result<Attempt> {
    let slot = world.companys().await?;
    world.attempt(&world.people.rival, grant(world, slot))
}

pub(super) async fn not_giver(world: &World) -> Result<Attempt> {
    let slot = world.companys().await?;
    let fate = world.chain.fate(&world.people.company, grant(world, slot)).await?;
    let block = fate.verdict().ok_or_else(|| anyhow::anyhow!("no verdict"))?;
    let grant = GrantId { height: block.height, tx: block.index };
    world.attempt(&world.people.rival, Payload::RevokeAccess { grant })
}

pub(super) async fn grant_unknown(world: &World) -> Result<Attempt> {
    world.attempt(&world.people.company, Payload::RevokeAccess { grant: NO_GRANT })
}

pub(super) async fn too_many_grants(world: &World) -> Result<Attempt> {
    let (_, giver) = world.open(AccountKind::Enterprise, AREA).await?;
    let all = GrantScope::Period { issued: true, held: false, kind: None, from_ms: 0, to_ms: u64::MAX };
    let to = world.people.rival.address(&world.chain.client.chain_id());
    let until_ms = world.now() + 86_400_000;
    let grant = || Payload::GrantAccess(GrantRequest { to, scope: all.clone(), sections: SectionSet::ALL, until_ms });
    for _ in 0..ledger_types::grant::MAX_LIVE_GRANTS {
        world.chain.accept(&giver, grant()).await?;
    }
    world.attempt(&giver, grant())
}

/// A bureau with a security administrator (key 1), an approver (2) and two auditors (3, 4).
async fn staffed(world: &World) -> Result<Bureau> {
    let bureau = Bureau::open(world, 4).await?;
    let roles = [Role::SecurityAdministrator, Role::Approver, Role::Auditor, Role::Auditor];
    for (key, role) in (1u16..).zip(roles) {
        bureau.appoint(world, key, role, key as u8).await?;
    }
    Ok(bureau)
}

fn inspection(world: &World, area: Area) -> Result<Payload> {
    Ok(Payload::OpenInspection(InspectionRequest {
        area,
        tax_ids: vec!["91440300MA5DEK017E".parse()?],
        from_ms: 0,
        to_ms: 1,
        case: Digest([1; 32]),
        until_ms: world.now() + 3_600_000,
        auditors: vec![KeyId(3), KeyId(4)],
    }))
}

fn jointly(world: &World, payload: Payload, signers: &[&Identity]) -> Result<Attempt> {
    Ok(sign_plain(&world.chain.client.new_frame(AREA)?, payload, signers)?.into())
}

fn record(inspection: InspectionId, slot: Slot) -> Payload {
    Payload::RecordAccess(AccessRequest { inspection, slots: vec![slot], purpose: Digest([2; 32]) })
}

const NO_INSPECTION: InspectionId = InspectionId { height: Height(0), tx: 0 };

pub(super) async fn second_auditor_missing(world: &World) -> Result<Attempt> {
    let bureau = staffed(world).await?;
    jointly(world, record(NO_INSPECTION, Slot(0)), &[&bureau.keys[3]])
}

pub(super) async fn inspection_unknown(world: &World) -> Result<Attempt> {
    let bureau = staffed(world).await?;
    jointly(world, record(NO_INSPECTION, Slot(0)), &[&bureau.keys[3], &bureau.keys[4]])
}

pub(super) async fn outside_inspection(world: &World) -> Result<Attempt> {
    let (bureau, slot) = (staffed(world).await?, world.companys().await?);
    let tx = sign_plain(
        &world.chain.client.new_frame(AREA)?,
        inspection(world, AREA)?,
        &[&bureau.keys[1], &bureau.keys[2]],
    )?;
    let fate = world.chain.client.submit_and_wait(&tx).await?;
    tests::outcome(&fate)?;
    let block = fate.verdict().ok_or_else(|| anyhow::anyhow!("no verdict"))?;
    let id = InspectionId { height: block.height, tx: block.index };
    jointly(world, record(id, slot), &[&bureau.keys[3], &bureau.keys[4]])
}

pub(super) async fn bureau_not_staffed(world: &World) -> Result<Attempt> {
    world.attempt(&world.chain.bureau, inspection(world, AREA)?)
}

pub(super) async fn already_erased(world: &World) -> Result<Attempt> {
    let (bureau, slot) = (staffed(world).await?, world.companys().await?);
    let sections = SectionSet(ledger_types::erasure::ERASABLE.0);
    let asked = ErasureRequest { area: AREA, slots: vec![slot], sections, ground: Digest([3; 32]) };
    let order = Payload::OrderErasure(asked);
    let signers = [&bureau.keys[1], &bureau.keys[2]];
    let tx = sign_plain(&world.chain.client.new_frame(AREA)?, order.clone(), &signers)?;
    tests::outcome(&world.chain.client.submit_and_wait(&tx).await?)?;
    jointly(world, order, &signers)
}
