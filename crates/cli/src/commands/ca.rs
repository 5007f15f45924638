//! `taxchain ca`: certificates for nodes, services and people's tools (数字证书).

mod authority;
mod choices;
mod files;
mod on_chain;
mod register;

use std::path::{Path, PathBuf};

use chain_node::clock::wall_ms;
use clap::{Args, Subcommand};
use crypto::KeyUse;
use crypto::x509::{Certificate, CertificateRequest, Period, Profile, Subject, X509Error, request};
use serde_json::{Value, json};
use sm_tls::Ends;

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::key_files::{self, Password};
use crate::session::Global;
use crate::words;
pub(super) use authority::Authority;
use choices::{For, Why};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// A certificate holds from so many seconds ago, for clocks that are behind.
const BACKDATED: u64 = 300;

/// `taxchain ca`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain ca init ./root --name 'CN=root,O=state tax administration,C=CN'    # password in TAXCHAIN_KEY_PASSWORD\n  taxchain ca init ./bureau --name 'CN=Shenzhen,O=bureau,C=CN' --under ./root\n  taxchain ca request node-1.csr --key node-1.key --name 'CN=node 1,O=bureau,C=CN'\n  taxchain ca issue ./bureau node-1.csr --profile node --host node-1.tax.example --out node-1.pem\n  taxchain ca show node-1.pem\n  taxchain ca list ./bureau\n  taxchain ca renew ./bureau node-1.pem --days 365 --out node-1-new.pem\n  taxchain ca renew-own ./bureau --under ./root\n  taxchain ca revoke ./bureau node-1.pem --reason key-compromise\n  taxchain ca crl ./bureau --out bureau.crl\n  taxchain ca register clerk.pem --account merchant --use client          # on the chain\n  taxchain ca deregister clerk.pem --reason key-compromise\n  taxchain ca list --account merchant"
)]
pub(crate) enum Command {
    /// Make an authority: a root, or one under another authority.
    Init(InitArgs),
    /// Make a key, if it is not there, and a request for its certificate.
    Request(RequestArgs),
    /// Issue a certificate for a request.
    Issue(IssueArgs),
    /// Issue a certificate again, for the same key and names.
    Renew(RenewArgs),
    /// Issue the certificate of an authority itself again, for the same key and name: what it issued holds on.
    RenewOwn(RenewOwnArgs),
    /// Note that a certificate holds no more.
    Revoke(RevokeArgs),
    /// Register a certificate on the chain: by an administrator's key of its account, or a bureau.
    Register(on_chain::RegisterArgs),
    /// Revoke a registered certificate on the chain, from that height on.
    Deregister(on_chain::DeregisterArgs),
    /// Write the list of what was revoked, for tools outside the chain.
    Crl(CrlArgs),
    /// List what an authority issued, what ends soon first; or what an account has registered on the chain.
    List(ListArgs),
    /// Show certificates or a request.
    Show(ShowArgs),
}

/// An authority that is to sign.
#[derive(Args)]
struct Signs {
    /// The folder of the authority.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl Signs {
    fn open(&self) -> Result<Authority, Failure> {
        Authority::open(&self.dir, &self.password.read()?)
    }
}

/// Arguments of `ca init`.
#[derive(Args)]
pub(crate) struct InitArgs {
    /// A new folder.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Its name, as in RFC 4514.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The folder of the authority above it.
    #[arg(long, value_name = "DIR")]
    under: Option<PathBuf>,
    /// Days for which its certificate holds; twenty years for a root, five for another, if absent.
    #[arg(long)]
    days: Option<u64>,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `ca request`.
#[derive(Args)]
pub(crate) struct RequestArgs {
    /// Where the request goes.
    #[arg(value_name = "FILE")]
    out: PathBuf,
    /// The key; it is made if it is not there.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The name asked for, as in RFC 4514.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    password: Password,
}

/// Arguments of `ca issue`.
#[derive(Args)]
pub(crate) struct IssueArgs {
    #[command(flatten)]
    authority: Signs,
    /// The request.
    #[arg(value_name = "REQUEST")]
    request: PathBuf,
    /// What it is for.
    #[arg(long, value_enum)]
    profile: For,
    /// The name to be given in place of the one asked for.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A host name or address under which its holder is called; several times if there are several.
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Days for which it holds.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Where the certificate goes, with those between it and the root.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `ca renew`.
#[derive(Args)]
pub(crate) struct RenewArgs {
    #[command(flatten)]
    authority: Signs,
    /// The certificate that is to be renewed: its file, or its serial number.
    #[arg(value_name = "FILE|SERIAL")]
    which: String,
    /// Days for which the new one holds.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Where the new one goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `ca renew-own`.
#[derive(Args)]
pub(crate) struct RenewOwnArgs {
    #[command(flatten)]
    authority: Signs,
    /// The folder of the authority above it; a root renews itself.
    #[arg(long, value_name = "DIR")]
    under: Option<PathBuf>,
    /// File with the password of the authority above, if it is another one.
    #[arg(long, value_name = "FILE", requires = "under")]
    under_password_file: Option<PathBuf>,
    /// Days for which the new one holds; twenty years for a root, five for another, if absent.
    #[arg(long)]
    days: Option<u64>,
}

/// Arguments of `ca revoke`.
#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// The folder of the authority.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The certificate: its file, or its serial number.
    #[arg(value_name = "FILE|SERIAL")]
    which: String,
    /// Why.
    #[arg(long, value_enum, default_value_t = Why::Unspecified)]
    reason: Why,
}

/// Arguments of `ca crl`.
#[derive(Args)]
pub(crate) struct CrlArgs {
    #[command(flatten)]
    authority: Signs,
    /// Days for which the list counts.
    #[arg(long, default_value_t = 7)]
    days: u64,
    /// Where it goes (PEM).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `ca list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    /// The folder of the authority.
    #[arg(value_name = "DIR", required_unless_present = "account", conflicts_with = "account")]
    dir: Option<PathBuf>,
    /// What the chain says of this account: a name of home.json or an account id.
    #[arg(long)]
    account: Option<String>,
}

/// Arguments of `ca show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Certificates, or a request.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init(args) => init(&args),
        Command::Request(args) => ask(&args),
        Command::Issue(args) => issue(&args),
        Command::Renew(args) => renew(&args),
        Command::RenewOwn(args) => renew_own(&args),
        Command::Revoke(args) => revoke(&args),
        Command::Crl(args) => crl(&args),
        Command::Register(args) => on_chain::register(global, args).await,
        Command::Deregister(args) => on_chain::deregister(global, args).await,
        Command::List(ListArgs { account: Some(account), .. }) => on_chain::list(global, &account).await,
        Command::List(args) => list(&args.dir.unwrap_or_default()),
        Command::Show(args) => show(&args),
    }
}

/// What X.509 refuses.
fn refused(error: X509Error) -> Failure {
    match error {
        X509Error::Key(error) => Failure::general(error),
        other => Failure::new(exit::DATA, other.to_string()),
    }
}

fn now() -> u64 {
    wall_ms() / 1_000
}

/// From now on, for so many days.
pub(super) fn lasting(days: u64) -> Period {
    let now = now();
    Period { from: now.saturating_sub(BACKDATED), until: now.saturating_add(days.saturating_mul(DAY)) }
}

fn init(args: &InitArgs) -> Result<Answer, Failure> {
    let password = args.password.read()?;
    let made = match &args.under {
        None => Authority::root(&args.dir, &args.name, lasting(args.days.unwrap_or(20 * 365)), &password)?,
        Some(above) => {
            let above = Authority::open(above, &password)?;
            Authority::under(&above, &args.dir, &args.name, lasting(args.days.unwrap_or(5 * 365)), &password)?
        }
    };
    Ok(told(made.certificate())
        .field("trust", args.dir.join("root.pem").display().to_string())
        .next(format!("taxchain ca issue {} REQUEST --profile node --host HOST --out FILE", args.dir.display())))
}

fn ask(args: &RequestArgs) -> Result<Answer, Failure> {
    let password = args.password.read()?;
    let key = files::key_or_new(&args.key, KeyUse::Tls, &password)?;
    files::write_new(&args.out, &request(&key, &args.name).map_err(refused)?)?;
    Ok(Answer::new()
        .field("request", args.out.display().to_string())
        .field("key", hex::encode(key.public_key()))
        .next(format!("taxchain ca issue DIR {} --profile node --host HOST --out FILE", args.out.display())))
}

fn issue(args: &IssueArgs) -> Result<Answer, Failure> {
    let request = CertificateRequest::from_pem(&files::read(&args.request)?).map_err(refused)?;
    let authority = args.authority.open()?;
    let profile = Profile::from(args.profile);
    if args.hosts.is_empty() && args.profile != For::Client {
        return Err(Failure::new(exit::DATA, "--host: who is called needs the name or address of its host"));
    }
    let name = args.name.clone().unwrap_or(request.name);
    let subject = Subject { name, hosts: args.hosts.clone(), uris: Vec::new() };
    let certificate = authority.issue(&request.key.to_bytes(), &subject, profile, lasting(args.days), &args.out)?;
    Ok(told(&certificate).field("file", args.out.display().to_string()))
}

fn renew(args: &RenewArgs) -> Result<Answer, Failure> {
    let authority = args.authority.open()?;
    let certificate = authority.renew(&serial(&args.which)?, lasting(args.days), &args.out)?;
    Ok(told(&certificate).field("file", args.out.display().to_string()))
}

fn renew_own(args: &RenewOwnArgs) -> Result<Answer, Failure> {
    let mut authority = args.authority.open()?;
    match &args.under {
        None => authority.renew_itself(lasting(args.days.unwrap_or(20 * 365)))?,
        Some(dir) => {
            let password = match &args.under_password_file {
                Some(file) => key_files::password(Some(file), "--under-password-file")?,
                None => args.authority.password.read()?,
            };
            authority.renew_under(&Authority::open(dir, &password)?, lasting(args.days.unwrap_or(5 * 365)))?;
        }
    }
    let files = format!("{}/chain.pem and root.pem", args.authority.dir.display());
    Ok(told(authority.certificate())
        .field("files", files)
        .next("give root.pem to everybody who believes this authority, and renew what it issued (taxchain ca renew)"))
}

fn revoke(args: &RevokeArgs) -> Result<Answer, Failure> {
    let serial = serial(&args.which)?;
    Authority::revoke(&args.dir, &serial, args.reason.into(), now())?;
    Ok(Answer::new().field("revoked", serial).next(format!("taxchain ca crl {} --out FILE", args.dir.display())))
}

fn crl(args: &CrlArgs) -> Result<Answer, Failure> {
    let authority = args.authority.open()?;
    let (number, revoked) = authority.revocation_list(lasting(args.days), &args.out)?;
    Ok(Answer::new()
        .field("list", args.out.display().to_string())
        .field("number", number)
        .field("revoked", revoked)
        .field("until", date(lasting(args.days).until)))
}

fn list(dir: &Path) -> Result<Answer, Failure> {
    let mut lines = register::read(dir)?.into_issued();
    lines.sort_by_key(|line| line.until);
    let row = |line: &register::Issued| {
        let state = match &line.revoked {
            Some((since, reason)) => format!("revoked {} ({reason})", date(*since)),
            None => state(line.until),
        };
        vec![json!(line.serial), json!(line.subject), json!(line.profile), json!(date(line.until)), json!(state)]
    };
    let rows: Vec<Vec<Value>> = lines.iter().map(row).collect();
    let columns = ["serial", "subject", "profile", "until", "state"];
    Ok(Answer::new().field("certificates", rows.len()).table(&columns, rows))
}

fn show(args: &ShowArgs) -> Result<Answer, Failure> {
    let text = files::read(&args.file)?;
    if let Ok(request) = CertificateRequest::from_pem(&text) {
        let key = hex::encode(request.key.to_bytes());
        return Ok(Answer::new().field("request", request.name).field("key", key).field("signature", "fits its key"));
    }
    let chain = Certificate::chain_from_pem(&text).map_err(refused)?;
    let row = |one: &Certificate| {
        vec![
            json!(one.subject()),
            json!(one.issuer()),
            json!(hex::encode(one.serial())),
            json!(one.names().join(" ")),
            json!(date(one.period().until)),
            json!(state(one.period().until)),
        ]
    };
    let columns = ["subject", "issuer", "serial", "names", "until", "state"];
    Ok(Answer::new().field("certificates", chain.len()).table(&columns, chain.iter().map(row).collect()))
}

fn told(certificate: &Certificate) -> Answer {
    let period = certificate.period();
    Answer::new()
        .field("subject", certificate.subject())
        .field("issuer", certificate.issuer())
        .field("serial", hex::encode(certificate.serial()))
        .field("names", certificate.names().join(" "))
        .field("until", date(period.until))
}

fn date(seconds: u64) -> String {
    words::time(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
}

/// How near the end is.
fn state(until: u64) -> String {
    match Ends::of(until, now()) {
        Ends::Over => "EXPIRED".to_owned(),
        Ends::Within(7) => "ends within 7 days: renew it now".to_owned(),
        Ends::Within(days) => format!("ends within {days} days"),
        Ends::Later => "holds".to_owned(),
    }
}

/// The serial number of a certificate that is named by its file or by that number.
fn serial(which: &str) -> Result<String, Failure> {
    let path = Path::new(which);
    if path.is_file() {
        let chain = Certificate::chain_from_pem(&files::read(path)?).map_err(refused)?;
        return Ok(hex::encode(chain[0].serial()));
    }
    let is_serial = !which.is_empty() && which.bytes().all(|b| b.is_ascii_hexdigit());
    let none = || Failure::not_found(format!("{which:?} is neither a file nor a serial number"));
    is_serial.then(|| which.to_lowercase()).ok_or_else(none)
}
