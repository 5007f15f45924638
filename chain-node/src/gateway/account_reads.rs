//! GetAccount, GetTaxpayer, GetUsage, GetAnchoredLog, GetRuleBook, GetApplication, GetRedForm: entries of the register.

use ledger_types::owner::account_address;
use ledger_types::{AccountId, ApplicationId, FormId, KeyId, Office, RegistryKey, RegistryValue};
use proto::convert::{AccountQuery, field, wire_offices};
use proto::node::v1::*;
use tonic::Status;

use super::{NodeGateway, errors};

impl NodeGateway {
    /// One entry of the register.
    pub(super) async fn entry(&self, key: RegistryKey, what: &'static str) -> Result<RegistryValue, Status> {
        self.read(move |reader| reader.registry(&key).map_err(errors::store))
            .await?
            .ok_or_else(|| errors::not_found(what))
    }

    pub(super) async fn account(&self, request: GetAccountRequest) -> Result<GetAccountResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let id = match request.read_account().map_err(errors::convert)? {
            AccountQuery::Id(id) => id,
            AccountQuery::TaxId(tax_id) => match self.entry(RegistryKey::AccountOfTaxId(tax_id), "account").await? {
                RegistryValue::AccountOfTaxId(id) => id,
                _ => return Err(mixed_up()),
            },
        };
        let RegistryValue::Account(account) = self.entry(RegistryKey::Account(id), "account").await? else {
            return Err(mixed_up());
        };
        let keys = account.keys.iter().map(|key| key.id).collect();
        let offices = self.offices(id, keys).await?;
        Ok(GetAccountResponse {
            read_context: Some(self.context()),
            account: Some((&account).into()),
            address: account_address(&self.inner.chain, id).0.to_vec(),
            staffed: offices.is_some(),
            offices: wire_offices(&offices.unwrap_or_default()),
        })
    }

    /// The offices of an account's keys; none if it never had one.
    async fn offices(&self, account: AccountId, keys: Vec<KeyId>) -> Result<Option<Vec<(KeyId, Office)>>, Status> {
        self.read(move |reader| {
            if reader.registry(&RegistryKey::Staff(account)).map_err(errors::store)?.is_none() {
                return Ok(None);
            }
            let mut offices = Vec::new();
            for key in keys {
                match reader.registry(&RegistryKey::Office { account, key }).map_err(errors::store)? {
                    Some(RegistryValue::Office(office)) => offices.push((key, office)),
                    None => {}
                    Some(_) => return Err(mixed_up()),
                }
            }
            Ok(Some(offices))
        })
        .await
    }

    pub(super) async fn taxpayer(&self, request: GetTaxpayerRequest) -> Result<GetTaxpayerResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let key = RegistryKey::Taxpayer(AccountId(request.account));
        let RegistryValue::Taxpayer(profile) = self.entry(key, "taxpayer").await? else { return Err(mixed_up()) };
        Ok(GetTaxpayerResponse { read_context: Some(self.context()), profile: Some((&profile).into()) })
    }

    pub(super) async fn usage(&self, request: GetUsageRequest) -> Result<GetUsageResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let key = RegistryKey::Usage(AccountId(request.account));
        // A taxpayer that has used nothing has no entry: that is an answer, not an error.
        let usage = match self.read(move |reader| reader.registry(&key).map_err(errors::store)).await? {
            None => ledger_types::Usage::default(),
            Some(RegistryValue::Usage(usage)) => usage,
            Some(_) => return Err(mixed_up()),
        };
        Ok(GetUsageResponse { read_context: Some(self.context()), usage: Some((&usage).into()) })
    }

    pub(super) async fn anchored_log(&self, request: GetAnchoredLogRequest) -> Result<GetAnchoredLogResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let log = field::digest(&request.log, "log").map_err(errors::convert)?;
        let key = RegistryKey::AnchoredLog { account: AccountId(request.account), log };
        let RegistryValue::AnchoredLog(found) = self.entry(key, "anchored log").await? else { return Err(mixed_up()) };
        Ok(GetAnchoredLogResponse { read_context: Some(self.context()), anchored_log: Some((&found).into()) })
    }

    pub(super) async fn rule_book(&self, request: GetRuleBookRequest) -> Result<GetRuleBookResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let area = field::area(request.area, "area").map_err(errors::convert)?;
        let RegistryValue::RuleBookHead(head) = self.entry(RegistryKey::RuleBookHead(area), "rule book").await? else {
            return Err(mixed_up());
        };
        let version = request.version.unwrap_or(head.active);
        let key = RegistryKey::RuleBook { area, version };
        let RegistryValue::RuleBook(book) = self.entry(key, "rule book").await? else { return Err(mixed_up()) };
        Ok(GetRuleBookResponse {
            read_context: Some(self.context()),
            rule_book: Some((&*book).into()),
            head: Some((&head).into()),
        })
    }

    pub(super) async fn application(&self, request: GetApplicationRequest) -> Result<GetApplicationResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let key = RegistryKey::Application(ApplicationId(request.application));
        let RegistryValue::Application(found) = self.entry(key, "application").await? else { return Err(mixed_up()) };
        Ok(GetApplicationResponse { read_context: Some(self.context()), application: Some((&found).into()) })
    }

    pub(super) async fn red_form(&self, request: GetRedFormRequest) -> Result<GetRedFormResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let key = RegistryKey::RedForm(FormId(request.form));
        let RegistryValue::RedForm(form) = self.entry(key, "red-letter form").await? else { return Err(mixed_up()) };
        Ok(GetRedFormResponse { read_context: Some(self.context()), form: Some((&form).into()) })
    }
}

/// A value of another kind than its key: damage that fsck finds.
pub(super) fn mixed_up() -> Status {
    errors::internal("a register entry has the wrong kind; run fsck")
}
