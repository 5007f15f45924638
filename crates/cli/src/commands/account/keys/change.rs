//! `taxchain account keys`.

use clap::Args;
use invoice_service::ApiToken;
use ledger_types::{Account, KeyPurpose, KeyRecord, KeyStatus};
use proto::convert::ChangeHeader;
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::invoice::v1::key_service_client::KeyServiceClient;
use sdk::{ClientError, Ground, OwnKeys};
use tonic::transport::Channel;

use super::{Mode, channel, kept, make, name_of, remember, token_of, with};
use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};

/// Arguments of `account keys`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain account keys --account cafe --mode own          # new keys here, the service's end and are forgotten\n  taxchain account keys --account 12 --name cafe --mode part-hosted   # from hosted: an administrator's key here\n  taxchain account keys --account cafe --mode hosted       # the service keeps all again"
)]
pub(crate) struct Keep {
    /// A name of home.json or an account id.
    #[arg(long)]
    account: String,
    /// Who is to keep the keys.
    #[arg(long, value_enum)]
    mode: Mode,
    /// Name in home.json of keys that are made here; that of the account if absent.
    #[arg(long)]
    name: Option<String>,
}

/// Moves an account to another mode: by the service's administrator's key if it has one, else by the one here.
pub(in crate::commands::account) async fn run(
    session: &Session,
    global: &Global,
    args: Keep,
) -> Result<Answer, Failure> {
    let id = session.home.account(&args.account)?;
    let token = token_of(session, id)?.ok_or_else(|| {
        Failure::not_found(format!("no token of account {id} here: put one into tokens/{id} of the home folder"))
    })?;
    let account = session.client.account(id).await?;
    let account = account.ok_or_else(|| Failure::not_found(format!("there is no account {id}")))?;
    let mut service = KeyServiceClient::new(channel(session, global).await?);
    let said = kept(&mut service, &token, id).await?;
    let plan = Plan::of(session, &account, &said, args.mode);
    let name = args.name.unwrap_or(args.account);
    let (own, entries) = make(session, &plan.free_name(session, &name), &plan.missing, account.keys.len())?;
    let request = pb::ChangeKeysRequest {
        header: Some(
            ChangeHeader {
                request_id: session.frame()?.request_id,
                acting_account: id,
                chain_id: Some(session.client.chain_id()),
            }
            .into(),
        ),
        mode: args.mode.wire().into(),
        own_keys: own.iter().map(Into::into).collect(),
        revoke: plan.revoke.clone(),
    };
    if !plan.service_administers {
        sign_here(session, &token, &account, request.clone(), channel(session, global).await?).await?;
    }
    let answer = service.change_keys(with(&token, request)?).await.map_err(ClientError::from)?.into_inner();
    remember(session, id, entries, &plan.revoke)?;
    Ok(Answer::new()
        .field("account", id.0)
        .field("keys_mode", name_of(answer.mode))
        .field("keys_made_here", own.len())
        .field("keys_revoked", plan.revoke.len())
        .next(format!("taxchain account show --account {id}")))
}

/// What has to happen.
struct Plan {
    /// Keys to make here.
    missing: Vec<(Option<u64>, &'static str)>,
    /// Keys to revoke: the service's that it is no longer to have, or one's own.
    revoke: Vec<u32>,
    /// The service has an administrator's key.
    service_administers: bool,
}

impl Plan {
    fn of(session: &Session, account: &Account, said: &pb::GetKeysResponse, mode: Mode) -> Self {
        let hosted = |key: &KeyRecord| {
            let same = |kept: &pb::KeptKey| kept.key.as_ref().is_some_and(|k| k.public_key == key.public_key);
            said.keys.iter().any(|kept| kept.hosted && same(kept))
        };
        let here = |key: &KeyRecord| {
            let mut entries = session.home.file.identities.values();
            entries.any(|entry| (entry.account, entry.key_id) == (account.id, key.id))
        };
        let active: Vec<&KeyRecord> = account.keys.iter().filter(|key| key.status == KeyStatus::Active).collect();
        let kinds = |key: &KeyRecord| (key.purpose == KeyPurpose::Operator).then_some(key.kinds);
        let mut missing = mode.own(account.kind);
        missing.retain(|(wanted, _)| !active.iter().any(|key| !hosted(key) && here(key) && kinds(key) == *wanted));
        let goes = |key: &KeyRecord| match (mode, hosted(key)) {
            (Mode::Own, hosted) => hosted,
            (Mode::PartHosted, true) => key.purpose == KeyPurpose::Admin,
            (Mode::PartHosted, false) => key.purpose != KeyPurpose::Admin && here(key),
            (Mode::Hosted, hosted) => !hosted && here(key),
        };
        let revoke = active.iter().filter(|key| goes(key)).map(|key| key.id.0.into()).collect();
        let service_administers = active.iter().any(|key| key.purpose == KeyPurpose::Admin && hosted(key));
        Self { missing, revoke, service_administers }
    }

    /// A name under which the keys to make are not there yet.
    fn free_name(&self, session: &Session, name: &str) -> String {
        let name = if name.bytes().all(|b| b.is_ascii_digit()) { format!("account-{name}") } else { name.to_owned() };
        let taken = |name: &str| {
            self.missing.iter().any(|(_, end)| session.home.file.identities.contains_key(&format!("{name}{end}")))
        };
        let numbered = (2..).map(|n| format!("{name}-{n}"));
        std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
    }
}

/// Has the change prepared, checks it, and signs it with the administrator's key here.
async fn sign_here(
    session: &Session,
    token: &ApiToken,
    account: &Account,
    request: pb::ChangeKeysRequest,
    channel: Channel,
) -> Result<(), Failure> {
    let administers = |entry: &crate::home::IdentityEntry| {
        let record = account.key(entry.key_id);
        entry.account == account.id
            && record.is_some_and(|key| key.purpose == KeyPurpose::Admin && key.status == KeyStatus::Active)
    };
    let name = session.home.file.identities.iter().find(|(_, entry)| administers(entry)).map(|(name, _)| name.clone());
    let name = name.ok_or_else(|| {
        Failure::not_found(format!(
            "neither the service nor home.json has an administrator's key of account {}",
            account.id
        ))
    })?;
    let ground = Ground {
        chain: session.client.chain_id(),
        committee: session.client.committee(),
        area: account.area,
        book: None,
    };
    let own = OwnKeys::new(channel, &token.bearer(), ground, session.home.identity(&name)?)?;
    own.act(Change::ChangeKeys(request), &[]).await?;
    Ok(())
}
