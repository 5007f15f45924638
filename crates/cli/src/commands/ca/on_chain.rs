//! Certificates in the chain's register: registering, revoking, listing.

use std::path::{Path, PathBuf};

use clap::Args;
use crypto::x509::Certificate;
use ledger_types::{CertificateClaim, CertificateRecord, CertificateUse, Digest, Payload};
use serde_json::{Value, json};

use super::choices::{Shown, Why};
use super::{date, files, refused};
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// Arguments of `ca register`.
#[derive(Args)]
pub(crate) struct RegisterArgs {
    /// The certificate (PEM); of several the first.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose it is: a name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// What it is shown for; a client's identifies the account.
    #[arg(long = "use", value_enum)]
    shown: Shown,
}

/// Arguments of `ca deregister`.
#[derive(Args)]
pub(crate) struct DeregisterArgs {
    /// The certificate: its file, or its fingerprint of 64 hexadecimal digits.
    #[arg(value_name = "FILE|FINGERPRINT")]
    which: String,
    /// Why.
    #[arg(long, value_enum, default_value_t = Why::Unspecified)]
    reason: Why,
}

/// The first certificate of a file.
fn first(path: &Path) -> Result<Certificate, Failure> {
    let chain = Certificate::chain_from_pem(&files::read(path)?).map_err(refused)?;
    let none = || Failure::new(exit::DATA, format!("{}: no certificate in it", path.display()));
    chain.into_iter().next().ok_or_else(none)
}

/// By an administrator's key of the account, or a bureau over its area (`--as`).
pub(super) async fn register(global: &Global, args: RegisterArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let account = session.home.account(&args.account)?;
    let certificate = first(&args.file)?;
    let claim = claim(&certificate, args.shown.into());
    let who = session.identity(&args.account)?;
    let payload = Payload::RegisterCertificate { account, certificate: claim };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(Answer::new()
        .field("account", account.0)
        .field("subject", certificate.subject())
        .field("fingerprint", hex::encode(claim.fingerprint.0))
        .field("use", claim.usage.name())
        .placed(&tx, &block)
        .next(format!("taxchain ca list --account {}", args.account)))
}

fn claim(certificate: &Certificate, usage: CertificateUse) -> CertificateClaim {
    let period = certificate.period();
    CertificateClaim {
        fingerprint: Digest(sm::sm3(certificate.as_der())),
        public_key: certificate.public_key().to_bytes().0,
        not_before_ms: period.from.saturating_mul(1_000),
        not_after_ms: period.until.saturating_mul(1_000).saturating_add(999),
        usage,
    }
}

/// Revokes it on the chain: doors refuse it from that height on.
pub(super) async fn deregister(global: &Global, args: DeregisterArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let mut bytes = [0; 32];
    let fingerprint = match hex::decode_to_slice(&args.which, &mut bytes) {
        Ok(()) => Digest(bytes),
        Err(_) => Digest(sm::sm3(first(Path::new(&args.which))?.as_der())),
    };
    let none = || Failure::not_found(format!("no certificate {} is registered", hex::encode(fingerprint.0)));
    let record = session.client.certificate(fingerprint).await?.ok_or_else(none)?;
    let own = session.home.file.identities.iter().find(|(_, entry)| entry.account == record.account);
    let who = session.identity(own.map_or("bureau", |(name, _)| name))?;
    let payload = Payload::RevokeCertificate { fingerprint, reason: args.reason.number() };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(Answer::new()
        .field("account", record.account.0)
        .field("fingerprint", hex::encode(fingerprint.0))
        .placed(&tx, &block)
        .next(format!("taxchain ca list --account {}", record.account)))
}

/// The certificates of an account, or the outside authorities, as the chain has them.
pub(super) async fn list(global: &Global, account: &str) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let id = session.home.account(account)?;
    let records = session.client.certificates_of(id).await?;
    let rows: Vec<Vec<Value>> = records.iter().map(row).collect();
    let answer = anchors(&session, Answer::new().field("account", id.0).field("certificates", rows.len())).await?;
    Ok(answer.table(&["fingerprint", "use", "until", "registered", "revoked"], rows))
}

fn row(record: &CertificateRecord) -> Vec<Value> {
    vec![
        json!(hex::encode(record.claim.fingerprint.0)),
        json!(record.claim.usage.name()),
        json!(date(record.claim.not_after_ms / 1_000)),
        json!(record.registered.0),
        json!(record.revoked.map(|revoked| revoked.height.0)),
    ]
}

async fn anchors(session: &Session, answer: Answer) -> Result<Answer, Failure> {
    let anchors = session.client.trust_anchors().await?.anchors;
    let names: Vec<String> = anchors.into_iter().map(|anchor| anchor.label).collect();
    Ok(answer.field("outside_authorities", json!(names)))
}
