//! `taxchain account role`: offices of an account's keys.

use clap::{Args, Subcommand};
use crypto::KeyUse;
use ledger_types::account::KeyRecord;
use ledger_types::{AccountId, BlockTime, Digest, KeyId, KeyPurpose, Office, Payload, Role};
use serde_json::json;

use crate::answer::Answer;
use crate::commands::bureau::{check_new_name, new_key};
use crate::failure::{Failure, exit};
use crate::home::{Home, IdentityEntry};
use crate::session::Session;

/// `taxchain account role`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain account role assign --account bureau --new-key maker --role rule_maker --person 1024\n  taxchain account role assign --account bureau --key 2 --role approver --person 2048 --days 365\n  taxchain account role end --account bureau --key 2\n  taxchain account role list --account bureau\n  taxchain rules publish --file book.json --as maker --co-sign approver   # two persons once a bureau is staffed"
)]
pub(crate) enum Command {
    /// Give a key an office: by an administrator's key of the account, or a registrar of it.
    #[command(
        before_help = "EXAMPLES\n  taxchain account role assign --account bureau --new-key maker --role rule_maker --person 1024\n  taxchain account role assign --account company --key 1 --role finance_clerk --person 77 --days 365"
    )]
    Assign(Assign),
    /// End the office of a key.
    #[command(before_help = "EXAMPLES\n  taxchain account role end --account bureau --key 2 --as security")]
    End {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// Which key.
        #[arg(long)]
        key: KeyId,
    },
    /// The offices of an account.
    #[command(before_help = "EXAMPLES\n  taxchain account role list --account bureau --output json")]
    List {
        /// A name of home.json or an account id.
        #[arg(long)]
        account: String,
    },
}

/// What is assigned.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Assign {
    /// A name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// What the holder may do, e.g. rule_maker, approver, invoicing_operator, viewer.
    #[arg(long)]
    role: Role,
    /// Which key: an operator's.
    #[arg(long, required_unless_present = "new_key", conflicts_with = "new_key")]
    key: Option<KeyId>,
    /// Make an operator's key for the kinds of the role, register it, and keep it in home.json under this name.
    #[arg(long, value_name = "NAME")]
    new_key: Option<String>,
    /// Who holds the key, e.g. a staff number. On the chain stands a commitment made with this folder's registrar secret.
    #[arg(long, required_unless_present = "holder", conflicts_with = "holder")]
    person: Option<String>,
    /// The commitment itself: 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = holder_of_hex)]
    holder: Option<Digest>,
    /// For so many days; without an end if absent.
    #[arg(long, value_name = "DAYS")]
    days: Option<u64>,
}

fn holder_of_hex(text: &str) -> Result<Digest, String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| "it takes 64 hexadecimal digits".to_owned())?;
    Ok(Digest(bytes))
}

/// Runs it.
pub(super) async fn run(session: &Session, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Assign(asked) => assign(session, asked).await,
        Command::End { account, key } => {
            let id = session.home.account(&account)?;
            let who = session.identity(&account)?;
            let (tx, block) = session.act(&who, Payload::EndRole { account: id, key }).await?;
            Ok(Answer::new()
                .field("account", id.0)
                .field("key", key.0)
                .placed(&tx, &block)
                .next(format!("taxchain account role list --account {account}")))
        }
        Command::List { account } => list(session, session.home.account(&account)?).await,
    }
}

async fn assign(session: &Session, asked: Assign) -> Result<Answer, Failure> {
    let account = session.home.account(&asked.account)?;
    let holder = match (asked.holder, &asked.person) {
        (Some(holder), _) => holder,
        (None, Some(person)) => commitment(session, person)?,
        (None, None) => return Err(Failure::new(2, "give --person or --holder")),
    };
    let who = session.identity(&asked.account)?;
    let key = match (asked.key, asked.new_key) {
        (Some(key), _) => key,
        (None, Some(name)) => register(session, &who, account, &name, asked.role).await?,
        (None, None) => return Err(Failure::new(2, "give --key or --new-key")),
    };
    let now = session.client.stamp().await?.time;
    let until_ms = asked.days.map_or(u64::MAX, |days| now.plus_ms(days.saturating_mul(86_400_000)).0);
    let payload = Payload::AssignRole { account, key, role: asked.role, holder, until_ms };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(Answer::new()
        .field("account", account.0)
        .field("key", key.0)
        .field("role", asked.role.name())
        .field("holder", hex::encode(holder.0))
        .placed(&tx, &block)
        .next(format!("taxchain account role list --account {}", asked.account)))
}

/// Registers a new operator's key for the kinds of a role; its file is written first.
async fn register(
    session: &Session,
    who: &sdk::Identity,
    account: AccountId,
    name: &str,
    role: Role,
) -> Result<KeyId, Failure> {
    if session.has_one_request() {
        return Err(Failure::new(2, "--new-key makes two transactions: register the key first, then give --key"));
    }
    check_new_name(session, name)?;
    let held = session.client.account(account).await?;
    let held = held.ok_or_else(|| Failure::not_found(format!("there is no account {account}")))?;
    let id = KeyId(u16::try_from(held.keys.len()).map_err(Failure::general)?);
    let (key, key_file) = new_key(session, name, KeyUse::Transaction)?;
    let record =
        KeyRecord { purpose: KeyPurpose::Operator, kinds: role.kinds(), ..KeyRecord::admin(id, key.public_key().0) };
    session.act(who, Payload::UpdateKeys { account, add: vec![record], revoke: Vec::new() }).await?;
    let mut file = session.home.file.clone();
    let entry = IdentityEntry { account, key_id: id, key_file, seal_key_file: None, role: role.name().to_owned() };
    file.identities.insert(name.to_owned(), entry);
    Home::create(session.home.dir(), file, false)?;
    Ok(id)
}

/// The same person has the same commitment in every office that this folder's registrar gives, and nobody without the
/// secret can try names.
fn commitment(session: &Session, person: &str) -> Result<Digest, Failure> {
    let path = session.home.dir().join("registrar.key");
    let secret = match std::fs::read_to_string(&path) {
        Ok(text) => holder_of_hex(text.trim()).map_err(|why| Failure::config(format!("{}: {why}", path.display())))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => make_secret(&path)?,
        Err(e) => return Err(Failure::config(format!("{}: {e}", path.display()))),
    };
    let chain = session.client.chain_id();
    Ok(Digest(*sm::hmac_sm3(&secret.0, &[b"taxchain office holder 1", &chain.0, person.as_bytes()])))
}

fn make_secret(path: &std::path::Path) -> Result<Digest, Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut secret = [0; 32];
    crypto::random::fill(&mut secret).map_err(|e| Failure::new(exit::IO, e.to_string()))?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", hex::encode(secret))?;
    file.sync_all()?;
    Ok(Digest(secret))
}

async fn list(session: &Session, account: AccountId) -> Result<Answer, Failure> {
    let Some(offices) = session.client.offices(account).await? else {
        return Ok(Answer::new().field("account", account.0).field("staffed", false));
    };
    let now = session.client.stamp().await?.time;
    let row = |(key, office): &(KeyId, Office)| {
        let until = (office.until_ms != u64::MAX).then(|| BlockTime(office.until_ms).to_string());
        vec![
            json!(key.0),
            json!(office.role.name()),
            json!(office.is_in_force(now.0)),
            json!(until),
            json!(hex::encode(office.holder.0)),
        ]
    };
    let rows = offices.iter().map(row).collect();
    Ok(Answer::new().table(&["key", "role", "in force", "until", "holder"], rows))
}
