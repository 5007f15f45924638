//! 422 to 424: certificates in the register.

use anyhow::Result;
use ledger_types::{CertificateClaim, CertificateUse, Digest, Payload};

use super::attempt::Attempt;
use super::world::World;

/// The registration of a certificate that holds for an hour.
fn register(world: &World, edit: impl FnOnce(&mut CertificateClaim)) -> Result<Payload> {
    let public_key = world.chain.new_key()?.public_key().0;
    let mut certificate = CertificateClaim {
        fingerprint: Digest(sm::sm3(&public_key)),
        public_key,
        not_before_ms: 0,
        not_after_ms: world.now() + 3_600_000,
        usage: CertificateUse::Client,
    };
    edit(&mut certificate);
    Ok(Payload::RegisterCertificate { account: world.people.rival_id, certificate })
}

pub(super) async fn over(world: &World) -> Result<Attempt> {
    world.attempt(&world.people.rival, register(world, |certificate| certificate.not_after_ms = 1)?)
}

pub(super) async fn known(world: &World) -> Result<Attempt> {
    let once = register(world, |_| {})?;
    world.chain.accept(&world.people.rival, once.clone()).await?;
    world.attempt(&world.people.rival, once)
}

pub(super) async fn unknown(world: &World) -> Result<Attempt> {
    let revoke = Payload::RevokeCertificate { fingerprint: Digest([9; 32]), reason: 1 };
    world.attempt(&world.people.rival, revoke)
}
