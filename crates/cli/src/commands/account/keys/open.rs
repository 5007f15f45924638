//! `taxchain account open`.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use clap::Args;
use invoice_service::ApiToken;
use ledger_types::{AccountId, AccountKind, KeyRecord, RequestId, TaxId};
use proto::invoice::v1 as pb;
use proto::invoice::v1::merchant_service_client::MerchantServiceClient;
use proto::types::v1 as types;
use sdk::ClientError;

use super::{Mode, channel, make, name_of, read_token, remember, token_file, with};
use crate::answer::Answer;
use crate::commands::bureau::Kind;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// Arguments of `account open`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain account open --name cafe --keys part-hosted --kind enterprise --title 某某餐饮店 --tax-id 91440300MA5DEK0334\n  taxchain account open --name cafe --keys own --kind enterprise --title 某某餐饮店 --tax-id 91440300MA5DEK0334\n  taxchain account show --account cafe      # who keeps which key"
)]
pub(crate) struct Open {
    /// Name in home.json of the keys kept here.
    #[arg(long)]
    name: String,
    /// Who keeps the keys.
    #[arg(long, value_enum)]
    keys: Mode,
    /// What kind of party.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Registered name; empty for persons.
    #[arg(long, default_value = "")]
    title: String,
    /// Tax id, for enterprises.
    #[arg(long)]
    tax_id: Option<TaxId>,
}

/// Registers an account at the invoice service. Keys and token are on disk before anything is asked for, and what stands
/// on the chain afterwards is held against them: the bureau signs this, not the newcomer.
pub(in crate::commands::account) async fn run(
    session: &Session,
    global: &Global,
    args: Open,
) -> Result<Answer, Failure> {
    let kind: AccountKind = args.kind.into();
    let (own, entries) = make(session, &args.name, &args.keys.own(kind), 0)?;
    let waiting = session.home.dir().join("tokens");
    std::fs::create_dir_all(&waiting)?;
    let waiting = waiting.join(format!("{}.new", args.name));
    let token = match waiting.exists() {
        // That of a try before: the service knows it by the request id.
        true => read_token(&waiting)?,
        false => new_token(&waiting)?,
    };
    let request_id: RequestId = session.frame()?.request_id;
    let request = pb::OnboardRequest {
        request_id: request_id.0.to_vec(),
        area: session.area().0.into(),
        kind: types::AccountKind::from(kind).into(),
        tax_id: args.tax_id.as_ref().map(|id| id.as_str().to_owned()),
        name: args.title.clone(),
        chain_id: session.client.chain_id().0.to_vec(),
        keys_mode: args.keys.wire().into(),
        own_keys: own.iter().map(Into::into).collect(),
        ..pb::OnboardRequest::default()
    };
    let mut service = MerchantServiceClient::new(channel(session, global).await?);
    let answer = service.onboard(with(&token, request)?).await.map_err(ClientError::from)?.into_inner();
    let pending = || Failure::new(exit::DEADLINE, format!("not in a block yet; again with --request-id {request_id}"));
    let account = AccountId(answer.account.ok_or_else(pending)?);
    as_asked(session, account, &own).await?;
    std::fs::rename(&waiting, token_file(session, account))?;
    remember(session, account, entries, &[])?;
    Ok(Answer::new()
        .field("account", account.0)
        .field("keys_mode", name_of(args.keys.wire().into()))
        .field("token_file", token_file(session, account).display().to_string())
        .next(format!("taxchain account show --account {}", account.0)))
}

fn new_token(path: &std::path::Path) -> Result<ApiToken, Failure> {
    let token = ApiToken::generate().map_err(|e| Failure::new(exit::IO, e.to_string()))?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    Ok(token)
}

/// The chain has the keys that are kept here, and no other administrator's.
async fn as_asked(session: &Session, account: AccountId, own: &[KeyRecord]) -> Result<(), Failure> {
    let found = session.client.account(account).await?;
    let keys = found.map(|account| account.keys).unwrap_or_default();
    let administers = |key: &KeyRecord| key.purpose == ledger_types::KeyPurpose::Admin;
    let ours = own.iter().all(|key| keys.contains(key));
    let others = keys.iter().any(|key| administers(key) && !own.contains(key));
    if ours && (own.is_empty() || !others) {
        return Ok(());
    }
    let text = format!("the service registered other keys of account {account} than were asked for: do not use it");
    Err(Failure::new(exit::DATA, text))
}
