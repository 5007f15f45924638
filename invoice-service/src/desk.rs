//! What every call has at hand: the node, the store, the keys, and who is asking.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger_types::{Account, AccountId, AccountKind, Area, ChainId, Height, PayloadKind, Role};
use proto::convert::{ReadOptions, ReadStamp};
use proto::types::v1 as types;
use proto::{EdgeError, EdgeReason};
use sdk::{Identity, NodeClient};
use tokio::sync::watch;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request};

use crate::api_token::{ApiToken, TokenRole};
use crate::audit_log::{AuditLog, Noted};
use crate::bodies::Bodies;
use crate::certificates::Certificates;
use crate::config::ServiceLimits;
use crate::content::{Asked, ChangeRequest, asked};
use crate::erasures::Erasures;
use crate::failure::Failure;
use crate::offices::Offices;
use crate::rate_limit::RateLimit;
use crate::readers::Readers;
use crate::resend::InFlight;
use crate::store::Store;
use crate::vault::Vault;

/// How long a read waits for a height it was asked for.
const HEIGHT_WAIT: Duration = Duration::from_secs(5);
const HEIGHT_POLL: Duration = Duration::from_millis(20);

/// Shared by all calls.
pub(crate) struct Desk {
    pub(crate) node: NodeClient,
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) audit: AuditLog,
    pub(crate) bodies: Bodies,
    pub(crate) limits: ServiceLimits,
    pub(crate) registrar: Option<AccountId>,
    pub(crate) in_flight: InFlight,
    pub(crate) offers_height: watch::Receiver<Height>,
    /// Held while hosted keys are held against the register, so that what is done is done and recorded once.
    pub(crate) matching: tokio::sync::Mutex<()>,
    certificates: Certificates,
    offices: Offices,
    accounts: RateLimit<AccountId>,
    public: RateLimit<IpAddr>,
}

/// Who calls, as the token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    /// What the token is for; none for all that the account may do.
    pub(crate) role: Option<Role>,
}

/// The parts a desk is made of.
pub(crate) struct DeskParts {
    pub(crate) node: NodeClient,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) audit: AuditLog,
    pub(crate) limits: ServiceLimits,
    pub(crate) registrar: Option<AccountId>,
    /// Reads what no hosted party to an invoice can.
    pub(crate) reader: Option<AccountId>,
    pub(crate) offers_height: watch::Receiver<Height>,
    /// What nobody is shown any more.
    pub(crate) erasures: Arc<Erasures>,
}

impl Desk {
    pub(crate) fn new(parts: DeskParts) -> Self {
        let vault = Arc::new(parts.vault);
        let readers = Readers { vault: Arc::clone(&vault), bureau: parts.reader.or(parts.registrar) };
        Self {
            bodies: Bodies::new(parts.node.clone(), readers, parts.erasures),
            matching: tokio::sync::Mutex::default(),
            certificates: Certificates::default(),
            offices: Offices::default(),
            accounts: RateLimit::new(parts.limits.account_rate),
            public: RateLimit::new(parts.limits.public_rate),
            in_flight: InFlight::default(),
            node: parts.node,
            store: parts.store,
            vault,
            audit: parts.audit,
            limits: parts.limits,
            registrar: parts.registrar,
            offers_height: parts.offers_height,
        }
    }

    /// The chain.
    pub(crate) fn chain(&self) -> ChainId {
        self.node.chain_id()
    }

    /// Who calls, by his token, or without one by the certificate that the chain has registered for an account; within
    /// the rate of the account. A certificate that is revoked on the chain is refused with a token too.
    pub(crate) async fn caller(
        &self,
        metadata: &MetadataMap,
        connection: Option<&sm_tls::Caller>,
    ) -> Result<Caller, Failure> {
        let certificate = connection.and_then(sm_tls::Caller::certificate);
        let height = *self.offers_height.borrow();
        let registered = match certificate {
            Some(certificate) => self.certificates.holder(&self.node, certificate, height).await?,
            None => None,
        };
        let (account, role) = match (bearer(metadata), registered) {
            (Ok(token), _) => {
                let caller = self.store.caller_of_token(&token.hash()).await?;
                let (account, role) = caller.ok_or_else(|| Failure::edge(EdgeReason::Unauthenticated))?;
                self.in_office(account, role, height).await?;
                (account, role.map(|role| role.role))
            }
            (Err(_), Some(account)) if metadata.get("authorization").is_none() => (account, None),
            (Err(failure), _) => return Err(failure),
        };
        self.accounts.take(account, Instant::now()).map_err(Failure::too_many)?;
        Ok(Caller { account, role })
    }

    /// Refuses a token for an office that nobody has any more, or that the key it is tied to has not.
    async fn in_office(&self, account: AccountId, role: Option<TokenRole>, height: Height) -> Result<(), Failure> {
        let Some(role) = role else { return Ok(()) };
        if self.offices.hold(&self.node, (account, role.key), role.role, height).await? {
            return Ok(());
        }
        let error = EdgeError::new(EdgeReason::Forbidden).field("authorization");
        Err(error.detail("is a token for an office that has ended").into())
    }

    /// Counts a public call of an address. Calls without an address (in-process) share one bucket.
    pub(crate) fn public_call<T>(&self, request: &Request<T>) -> Result<(), Failure> {
        let from = request.extensions().get::<sm_tls::Caller>();
        let address = from.map_or(IpAddr::from([0, 0, 0, 0]), |caller| caller.address.ip());
        self.public.take(address, Instant::now()).map_err(Failure::too_many)
    }

    /// Opens a request for a change: who asks, whether it may, and what.
    pub(crate) async fn ask<M: ChangeRequest>(&self, method: &str, request: Request<M>) -> Result<(Asked, M), Failure> {
        let (caller, noted) = (admitted(request.extensions())?, request.extensions().get::<Noted>().cloned());
        let mut message = request.into_inner();
        let (asked, header) = asked(&self.chain(), method, &mut message)?;
        if let Some(noted) = noted {
            noted.note(asked.account, asked.request);
        }
        caller.may_act_for(asked.account)?;
        self.check_chain(header.chain_id)?;
        tracing::Span::current().record("request", tracing::field::display(asked.request));
        tracing::debug!(account = %asked.account, "change");
        Ok((asked, message))
    }

    /// Opens a read: who asks, and at which state it is answered.
    pub(crate) async fn read(
        &self,
        extensions: &Extensions,
        acting: u32,
        options: Option<types::ReadOptions>,
    ) -> Result<(Caller, ReadStamp), Failure> {
        let caller = admitted(extensions)?;
        caller.may_act_for(proto::convert::field::account(acting, "acting_account")?)?;
        Ok((caller, self.stamp(options).await?))
    }

    /// The state a read is answered at, or a later one; waits for the height asked for.
    pub(crate) async fn stamp(&self, options: Option<types::ReadOptions>) -> Result<ReadStamp, Failure> {
        let options = ReadOptions::read(options)?;
        self.check_chain(options.chain_id)?;
        let until = Instant::now() + HEIGHT_WAIT;
        loop {
            let stamp = self.node.stamp().await?;
            let Some(wanted) = options.min_height.filter(|h| *h > stamp.height) else { return Ok(stamp) };
            if Instant::now() >= until {
                let error = EdgeError::new(EdgeReason::HeightNotReached).field("read_options.min_height");
                return Err(error.meta("height", stamp.height).meta("wanted", wanted).into());
            }
            tokio::time::sleep(HEIGHT_POLL).await;
        }
    }

    /// Refuses a request that names another chain.
    pub(crate) fn check_chain(&self, named: Option<ChainId>) -> Result<(), Failure> {
        use ledger_types::{Arg, Digest, Field, Refusal, RejectReason};
        let ours = self.chain();
        match named {
            Some(chain) if chain != ours => {
                let refusal = Refusal::new(RejectReason::WrongChain, Field::ChainId);
                Err(Failure::refusal(refusal.with([Arg::Digest(Digest(ours.0))])))
            }
            _ => Ok(()),
        }
    }

    /// The hosted key of an account that signs what is of this kind.
    pub(crate) async fn signer(&self, account: AccountId, kind: PayloadKind) -> Result<Identity, Failure> {
        let held = self.vault.signer(account, kind).await?;
        held.ok_or_else(|| EdgeError::new(EdgeReason::KeyNotHeld).meta("account", account).into())
    }

    /// An account that must be there.
    pub(crate) async fn account(&self, id: AccountId) -> Result<Account, Failure> {
        self.node.account(id).await?.ok_or_else(|| Failure::not_found("account", id))
    }

    /// Whether an account is a bureau with authority over an area.
    pub(crate) fn governs(account: &Account, area: Area) -> bool {
        let covers = match account.area.0 {
            0 => true,
            above if above % 100 == 0 => above / 100 == area.0 / 100,
            same => same == area.0,
        };
        account.kind == AccountKind::Bureau && account.open && covers
    }
}

impl Caller {
    /// A caller acts for its own account alone.
    pub(crate) fn may_act_for(self, account: AccountId) -> Result<(), Failure> {
        if self.account == account {
            return Ok(());
        }
        let error = EdgeError::new(EdgeReason::Forbidden).field("acting_account");
        Err(error.detail("is not the account that the token belongs to").into())
    }
}

/// The caller that the table let through; nobody else gets here.
pub(crate) fn admitted(extensions: &Extensions) -> Result<Caller, Failure> {
    extensions.get::<Caller>().copied().ok_or_else(|| Failure::edge(EdgeReason::Unauthenticated))
}

/// The token in `authorization: Bearer …`.
pub(crate) fn bearer(metadata: &MetadataMap) -> Result<ApiToken, Failure> {
    let unauthenticated = || EdgeError::new(EdgeReason::Unauthenticated).field("authorization");
    let value = metadata.get("authorization").ok_or_else(|| unauthenticated().detail("is missing"))?;
    let text = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
    let text = text.ok_or_else(|| unauthenticated().detail("must be `Bearer` and an API token"))?;
    Ok(text.parse().map_err(|_| unauthenticated().detail("must be `Bearer` and an API token of 64 hex digits"))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bureau(area: u16) -> Account {
        Account {
            id: AccountId(1),
            kind: AccountKind::Bureau,
            area: Area(area),
            tax_id: None,
            name: "bureau".into(),
            open: true,
            keys: Vec::new(),
        }
    }

    #[test]
    fn authority_goes_down_from_state_to_province_to_city() {
        for (bureau_area, area, yes) in
            [(4403, 4403, true), (4403, 4401, false), (4400, 4403, true), (4400, 5300, false), (0, 5300, true)]
        {
            assert_eq!(Desk::governs(&bureau(bureau_area), Area(area)), yes, "{bureau_area} over {area}");
        }
        assert!(!Desk::governs(&Account { open: false, ..bureau(0) }, Area(4403)));
        assert!(!Desk::governs(&Account { kind: AccountKind::Enterprise, ..bureau(4403) }, Area(4403)));
    }

    #[test]
    fn a_token_acts_for_its_own_account_alone() {
        let caller = Caller { account: AccountId(3), role: None };
        caller.may_act_for(AccountId(3)).unwrap();
        let status = tonic::Status::from(caller.may_act_for(AccountId(4)).unwrap_err());
        assert_eq!(status.code(), tonic::Code::PermissionDenied);
        assert_eq!(proto::ErrorReport::from_status(&status).reason_name, "FORBIDDEN");
    }

    #[test]
    fn only_a_whole_bearer_token_is_read() {
        let token = ApiToken::generate().unwrap();
        let read = |value: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("authorization", value.parse().unwrap());
            bearer(&metadata)
        };
        assert!(read(&token.bearer()).unwrap() == token);
        for bad in ["", "Bearer", "Bearer 12", &token.to_string(), &format!("Basic {token}")] {
            let status = tonic::Status::from(read(bad).unwrap_err());
            assert_eq!(status.code(), tonic::Code::Unauthenticated, "{bad}");
            assert!(!status.message().contains(&token.to_string()));
        }
        assert!(bearer(&MetadataMap::new()).is_err());
    }
}
