//! For tax bureaus.

use std::sync::Arc;

use ledger_types::limits::MAX_KEYS;
use ledger_types::{AccountId, AccountKind, Area, KeyId, KeyRecord, Payload, RuleBook, TaxpayerStatus, TxOutcome};
use proto::convert::field;
use proto::invoice::v1 as pb;
use proto::invoice::v1::bureau_service_server::BureauService;
use proto::types::v1 as types;
use tonic::{Request, Response, Status};

use crate::change::Made;
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;

/// `taxchain.invoice.v1.BureauService`.
pub(crate) struct Bureau(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl BureauService for Bureau {
    async fn open_account(&self, request: Request<pb::OpenAccountRequest>) -> Answer<pb::OpenAccountResponse> {
        Ok(Response::new(open_account(&self.0, request).await?))
    }

    async fn close_account(&self, request: Request<pb::CloseAccountRequest>) -> Answer<pb::CloseAccountResponse> {
        let (asked, message) = self.0.ask("CloseAccount", request).await?;
        let account = field::account(message.account, "account").map_err(Failure::from)?;
        let done =
            self.0.change(asked, || self.0.for_account(asked, account, Payload::CloseAccount { account })).await?;
        Ok(Response::new(pb::CloseAccountResponse { operation: Some(done.operation()) }))
    }

    async fn update_keys(&self, request: Request<pb::UpdateKeysRequest>) -> Answer<pb::UpdateKeysResponse> {
        Ok(Response::new(update_keys(&self.0, request).await?))
    }

    async fn approve_taxpayer(
        &self,
        request: Request<pb::ApproveTaxpayerRequest>,
    ) -> Answer<pb::ApproveTaxpayerResponse> {
        let (asked, message) = self.0.ask("ApproveTaxpayer", request).await?;
        let account = field::account(message.account, "account").map_err(Failure::from)?;
        let profile = field::message(message.profile, "profile").map_err(Failure::from)?;
        let payload = Payload::ApproveTaxpayer { account, profile };
        let done = self.0.change(asked, || self.0.for_account(asked, account, payload)).await?;
        Ok(Response::new(pb::ApproveTaxpayerResponse { operation: Some(done.operation()) }))
    }

    async fn publish_rule_book(
        &self,
        request: Request<pb::PublishRuleBookRequest>,
    ) -> Answer<pb::PublishRuleBookResponse> {
        let (asked, message) = self.0.ask("PublishRuleBook", request).await?;
        let book: RuleBook = field::message(message.rule_book, "rule_book").map_err(Failure::from)?;
        let area = book.area;
        let payload = Payload::PublishRuleBook(Box::new(book));
        let done = self.0.change(asked, || async { Ok(self.0.plain(asked, area, payload)) }).await?;
        Ok(Response::new(pb::PublishRuleBookResponse { operation: Some(done.operation()) }))
    }

    async fn set_taxpayer_status(
        &self,
        request: Request<pb::SetTaxpayerStatusRequest>,
    ) -> Answer<pb::SetTaxpayerStatusResponse> {
        let (asked, message) = self.0.ask("SetTaxpayerStatus", request).await?;
        let account = field::account(message.account, "account").map_err(Failure::from)?;
        let status = field::choice::<types::TaxpayerStatus, TaxpayerStatus>(message.status, "status");
        let payload = Payload::SetTaxpayerStatus {
            account,
            status: status.map_err(Failure::from)?,
            reason: field::u16_of(message.reason, "reason").map_err(Failure::from)?,
        };
        let done = self.0.change(asked, || self.0.for_account(asked, account, payload)).await?;
        Ok(Response::new(pb::SetTaxpayerStatusResponse { operation: Some(done.operation()) }))
    }
}

impl Desk {
    /// A change about an account, in that account's area; in the bureau's own if there is no such account, so that
    /// the chain says so.
    async fn for_account(&self, asked: Asked, account: AccountId, payload: Payload) -> Result<Made, Failure> {
        match self.node.account(account).await? {
            Some(account) => Ok(self.plain(asked, account.area, payload)),
            None => self.at_home(asked, payload).await,
        }
    }
}

async fn open_account(
    desk: &Arc<Desk>,
    request: Request<pb::OpenAccountRequest>,
) -> Result<pb::OpenAccountResponse, Failure> {
    let (asked, message) = desk.ask("OpenAccount", request).await?;
    let kind: AccountKind = field::choice::<types::AccountKind, _>(message.kind, "kind")?;
    let area: Area = field::area(message.area, "area")?;
    let tax_id = field::parse_optional(message.tax_id.as_deref(), "tax_id")?;
    let name = field::text(message.name, ledger_types::limits::MAX_NAME_BYTES, "name")?;
    let mut keys: Vec<KeyRecord> = field::list(message.keys, MAX_KEYS, "keys")?;
    if keys.is_empty() {
        keys.push(KeyRecord::admin(KeyId(0), desk.vault.key_for((asked.account, asked.request), None).await?));
    }
    let payload = Payload::OpenAccount { kind, area, tax_id, name, keys };
    let done = desk.change(asked, || async { Ok(desk.plain(asked, area, payload)) }).await?;
    let account = match done.outcome() {
        Some(TxOutcome::AccountOpened(id)) => Some((&desk.account(*id).await?).into()),
        _ => None,
    };
    Ok(pb::OpenAccountResponse { operation: Some(done.operation()), account })
}

async fn update_keys(
    desk: &Arc<Desk>,
    request: Request<pb::UpdateKeysRequest>,
) -> Result<pb::UpdateKeysResponse, Failure> {
    let (asked, message) = desk.ask("UpdateKeys", request).await?;
    let account = field::account(message.account, "account")?;
    let add = field::list(message.add, MAX_KEYS, "add")?;
    let revoke = field::list_with(message.revoke, MAX_KEYS, "revoke", |id| field::key_id(id, ""))?;
    let payload = Payload::UpdateKeys { account, add, revoke };
    let done = desk.change(asked, || desk.for_account(asked, account, payload)).await?;
    let account = match done.outcome() {
        Some(_) => Some((&desk.account(account).await?).into()),
        None => None,
    };
    Ok(pb::UpdateKeysResponse { operation: Some(done.operation()), account })
}
