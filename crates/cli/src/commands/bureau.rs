//! `taxchain bureau`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::account::KeyRecord;
use ledger_types::receipt::TxOutcome;
use ledger_types::{AccountId, AccountKind, KeyId, Payload, TaxId, TaxpayerProfile, TaxpayerStatus};

use super::issue::unexpected;
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::home::{Home, IdentityEntry};
use crate::session::{Global, Session};

/// Kinds of party that a bureau opens accounts for.
#[derive(Clone, Copy, ValueEnum)]
pub enum Kind {
    /// An enterprise.
    Enterprise,
    /// A service provider.
    ServiceProvider,
    /// A payment provider.
    PaymentProvider,
    /// A person.
    Person,
}

impl From<Kind> for AccountKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Enterprise => Self::Enterprise,
            Kind::ServiceProvider => Self::ServiceProvider,
            Kind::PaymentProvider => Self::PaymentProvider,
            Kind::Person => Self::Person,
        }
    }
}

/// `taxchain bureau`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain bureau open --name cafe --kind enterprise --title 某某餐饮店 --tax-id 91440300MA5DEK0334\n  taxchain bureau approve --account cafe\n  taxchain bureau suspend --account cafe --reason 7\n  taxchain bureau resume --account cafe\n  taxchain bureau close --account cafe --yes"
)]
pub(crate) enum Command {
    /// Open an account with a new key kept in this home folder.
    Open {
        /// Name in home.json.
        #[arg(long)]
        name: String,
        /// What kind of party.
        #[arg(long, value_enum)]
        kind: Kind,
        /// Registered name; empty for persons.
        #[arg(long, default_value = "")]
        title: String,
        /// Tax id, for enterprises.
        #[arg(long)]
        tax_id: Option<TaxId>,
    },
    /// Approve a taxpayer, with the standard development profile or one from a file.
    Approve {
        /// The enterprise: a name of home.json or an account id.
        #[arg(long)]
        account: String,
        /// Profile as JSON; `taxchain account show` prints one.
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
    /// Suspend a taxpayer.
    Suspend {
        /// The enterprise.
        #[arg(long)]
        account: String,
        /// Reason code.
        #[arg(long, default_value_t = 0)]
        reason: u16,
    },
    /// Resume a taxpayer.
    Resume {
        /// The enterprise.
        #[arg(long)]
        account: String,
        /// Reason code.
        #[arg(long, default_value_t = 0)]
        reason: u16,
    },
    /// Close an account for ever.
    Close {
        /// The account.
        #[arg(long)]
        account: String,
        /// Really.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let bureau = session.identity("bureau")?;
    match command {
        Command::Open { name, kind, title, tax_id } => open(&session, &bureau, name, kind.into(), title, tax_id).await,
        Command::Approve { account, profile } => {
            let account = session.home.account(&account)?;
            let profile = match profile {
                None => crate::world::profile(),
                Some(path) => read_profile(&path)?,
            };
            act(&session, &bureau, account, Payload::ApproveTaxpayer { account, profile }).await
        }
        Command::Suspend { account, reason } => {
            let account = session.home.account(&account)?;
            let status = TaxpayerStatus::Suspended;
            act(&session, &bureau, account, Payload::SetTaxpayerStatus { account, status, reason }).await
        }
        Command::Resume { account, reason } => {
            let account = session.home.account(&account)?;
            let status = TaxpayerStatus::Normal;
            act(&session, &bureau, account, Payload::SetTaxpayerStatus { account, status, reason }).await
        }
        Command::Close { yes: false, .. } => Err(Failure::new(2, "closing is for ever: repeat with --yes")),
        Command::Close { account, yes: true } => {
            let account = session.home.account(&account)?;
            act(&session, &bureau, account, Payload::CloseAccount { account }).await
        }
    }
}

async fn act(
    session: &Session,
    bureau: &sdk::Identity,
    account: AccountId,
    payload: Payload,
) -> Result<Answer, Failure> {
    let (tx, block) = session.act(bureau, payload).await?;
    Ok(Answer::new()
        .field("account", account.0)
        .placed(&tx, &block)
        .next(format!("taxchain account show --account {account}")))
}

fn read_profile(path: &std::path::Path) -> Result<TaxpayerProfile, Failure> {
    let text = std::fs::read_to_string(path)?;
    serde_json::from_str(&text).map_err(|e| Failure::new(exit::DATA, format!("{}: {e}", path.display())))
}

async fn open(
    session: &Session,
    bureau: &sdk::Identity,
    name: String,
    kind: AccountKind,
    title: String,
    tax_id: Option<TaxId>,
) -> Result<Answer, Failure> {
    let mut file = session.home.file.clone();
    check_new_name(session, &name)?;
    let (key, key_file) = new_key(session, &name, KeyUse::Transaction)?;
    // Who issues on a chain whose bodies are sealed needs a key for that too.
    let seals = session.client.committee().is_some() && kind == AccountKind::Enterprise;
    let seal_name = chain_node::devnet::sender_key_name(&name);
    let seal_key_file = seals.then(|| new_key(session, &seal_name, KeyUse::Encryption)).transpose()?.map(|made| made.1);
    let keys = vec![KeyRecord::admin(KeyId(0), key.public_key().0)];
    let payload = Payload::OpenAccount { kind, area: session.area(), tax_id, name: title, keys };
    let (tx, block) = session.act(bureau, payload).await?;
    let Some(TxOutcome::AccountOpened(account)) = Session::outcome(&block).cloned() else { return Err(unexpected()) };
    let entry = IdentityEntry { account, key_id: KeyId(0), key_file, seal_key_file, role: format!("{kind:?}") };
    file.identities.insert(name.clone(), entry);
    Home::create(session.home.dir(), file, false)?;
    Ok(Answer::new()
        .field("account", account.0)
        .field("name", name.as_str())
        .placed(&tx, &block)
        .next(format!("taxchain bureau approve --account {name}")))
}

/// A name that home.json does not have yet and that a file can have.
pub(super) fn check_new_name(session: &Session, name: &str) -> Result<(), Failure> {
    if session.home.file.identities.contains_key(name) {
        return Err(Failure::new(exit::CONFLICT, format!("home.json has an identity {name:?} already")));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Failure::new(2, "a name has letters, digits, - and _ only: it becomes a file name"));
    }
    Ok(())
}

/// A key in a file of the home folder: on disk before anything depends on it.
pub(super) fn new_key(session: &Session, name: &str, key_use: KeyUse) -> Result<(SigningKey, PathBuf), Failure> {
    let key = SigningKey::generate(&SoftwareProvider::shared(), key_use).map_err(sdk::ClientError::from)?;
    let file = PathBuf::from("keys").join(format!("{name}.pem"));
    crypto::key_file::write(&session.home.dir().join(&file), &key, &session.home.password()?)
        .map_err(|e| Failure::new(exit::IO, e.to_string()))?;
    Ok((key, file))
}
