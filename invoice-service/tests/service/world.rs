//! A chain, a service, and the parties of every scenario.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crypto::{CommitteeKeys, KeyUse, SigningKey, SoftwareProvider};
use invoice_service::{MasterSecret, RunningService, ServiceConfig, serve};
use ledger_types::{
    AccountId, AccountKind, Area, BlockTime, ChainParams, ClockMode, Committee, ConsensusKind, Fen, Genesis,
    GenesisAccount, InvoiceKind, KeyId, KeyRecord, KindApproval, Policy, RateGrant, RequestId, RiskLevel, RuleBook,
    TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus, Unsealer, Validator, ValidatorSet, seal::NoKeys,
};
use proto::ErrorReport;
use proto::convert::ChangeHeader;
use proto::invoice::v1 as pb;
use proto::invoice::v1::audit_service_client::AuditServiceClient;
use proto::invoice::v1::bureau_service_client::BureauServiceClient;
use proto::invoice::v1::finance_service_client::FinanceServiceClient;
use proto::invoice::v1::key_service_client::KeyServiceClient;
use proto::invoice::v1::merchant_service_client::MerchantServiceClient;
use proto::invoice::v1::operation_service_client::OperationServiceClient;
use proto::invoice::v1::payment_service_client::PaymentServiceClient;
use proto::invoice::v1::verify_service_client::VerifyServiceClient;
use proto::invoice::v1::wallet_service_client::WalletServiceClient;
use proto::types::v1 as types;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::chain::Chain;
use crate::node;

/// 2026-11-02 10:00 in Shenzhen.
pub const START: BlockTime = BlockTime(1_793_584_800_000);
pub const AREA: Area = Area(4403);
pub const SELLER_TAX_ID: &str = "91350100M000100Y43";
pub const COMPANY_TAX_ID: &str = "9144030071526726XG";
pub const SELLER_NAME: &str = "深圳市味佳餐饮有限公司";
pub const COMPANY_NAME: &str = "深圳市远航科技有限公司";

/// Puts a token into every call.
#[derive(Clone)]
pub struct Bearer(String);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.0.is_empty() {
            request.metadata_mut().insert("authorization", self.0.parse().unwrap());
        }
        Ok(request)
    }
}

type Wire = InterceptedService<Channel, Bearer>;

/// One party with its token and a client for each service.
#[derive(Clone)]
pub struct Party {
    pub account: u32,
    pub merchant: MerchantServiceClient<Wire>,
    pub wallet: WalletServiceClient<Wire>,
    pub finance: FinanceServiceClient<Wire>,
    pub bureau: BureauServiceClient<Wire>,
    pub payment: PaymentServiceClient<Wire>,
    pub audit: AuditServiceClient<Wire>,
    pub operation: OperationServiceClient<Wire>,
    pub verify: VerifyServiceClient<Wire>,
    pub keys: KeyServiceClient<Wire>,
}

pub struct World {
    pub chain: Chain,
    pub node: String,
    pub service: RunningService,
    pub bureau: Party,
    pub seller: Party,
    pub company: Party,
    pub employee: Party,
    pub provider: Party,
    pub dir: tempfile::TempDir,
    pub bureau_key: SigningKey,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A fresh request id around the chain's time.
pub fn request_id() -> RequestId {
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    let mut random = [0; 10];
    random[..8].copy_from_slice(&n.to_be_bytes());
    RequestId::new(START.0, random)
}

impl Party {
    /// A header with a fresh request id.
    pub fn header(&self) -> Option<pb::ChangeHeader> {
        self.header_with(request_id())
    }

    pub fn header_with(&self, request_id: RequestId) -> Option<pb::ChangeHeader> {
        Some(ChangeHeader { request_id, acting_account: AccountId(self.account), chain_id: None }.into())
    }
}

pub async fn party(endpoint: &str, account: u32, token: String) -> Party {
    let channel = Channel::from_shared(endpoint.to_owned()).unwrap().connect().await.unwrap();
    let bearer = Bearer(token);
    macro_rules! client {
        ($name:ident) => {
            $name::with_interceptor(channel.clone(), bearer.clone())
        };
    }
    Party {
        account,
        merchant: client!(MerchantServiceClient),
        wallet: client!(WalletServiceClient),
        finance: client!(FinanceServiceClient),
        bureau: client!(BureauServiceClient),
        payment: client!(PaymentServiceClient),
        audit: client!(AuditServiceClient),
        operation: client!(OperationServiceClient),
        verify: client!(VerifyServiceClient),
        keys: client!(KeyServiceClient),
    }
}

fn genesis(bureau_key: &SigningKey, committee: Option<Committee>) -> Genesis {
    Genesis {
        version: Genesis::version_with(committee.as_ref()),
        committee,
        name: "service-test".into(),
        time: START,
        clock: ClockMode::Driven,
        consensus: ConsensusKind::Solo,
        validators: ValidatorSet {
            validators: vec![Validator { operator: AccountId(1), vote_key: bureau_key.public_key().0 }],
        },
        params: ChainParams::default(),
        areas: vec![AREA],
        accounts: vec![GenesisAccount {
            kind: AccountKind::Bureau,
            area: AREA,
            tax_id: None,
            name: "国家税务总局深圳市税务局".into(),
            keys: vec![KeyRecord::admin(KeyId(0), bureau_key.public_key().0)],
        }],
    }
}

pub fn config(node: &str, data: PathBuf) -> ServiceConfig {
    let secret = MasterSecret::new("the service's master secret".into()).unwrap();
    let mut config =
        ServiceConfig::new("127.0.0.1:0".parse().unwrap(), sm_tls::Security::Plaintext, node, data, secret);
    config.registrar = Some(AccountId(1));
    config.limits.node_deadline = Duration::from_millis(1_500);
    config.limits.resend_every = Duration::from_millis(50);
    config.limits.public_rate = invoice_service::Rate { per_minute: 60_000, burst: 1_000 };
    config
}

pub fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: ledger_types::CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(100_000_000) }],
        monthly_quota: Fen(1_000_000_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![RateGrant {
            code_prefix: 0,
            prefix_digits: 0,
            rate: TaxRate::Percent(600),
            policy: Policy::None,
            valid_from_ms: 0,
            valid_to_ms: u64::MAX,
        }],
        categories: Vec::new(),
    }
}

/// The whole cast: rules in force, a seller approved, a company, an employee and a payment provider.
pub async fn world() -> World {
    world_on(None).await
}

/// The same on a chain whose bodies are sealed.
pub async fn sealed_world() -> World {
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).unwrap();
    world_on(Some(key)).await
}

async fn world_on(committee_key: Option<SigningKey>) -> World {
    let bureau_key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
    let committee = committee_key.as_ref().map(|key| Committee { epoch: 1, public_key: key.public_key().0 });
    let keys: Arc<dyn Unsealer> = match committee_key {
        Some(key) => Arc::new(CommitteeKeys::new([(1, key)].into()).unwrap()),
        None => Arc::new(NoKeys),
    };
    let chain = Chain::new(genesis(&bureau_key, committee), keys);
    let node = format!("http://{}", node::start(chain.clone()).await);
    let dir = tempfile::tempdir().unwrap();
    let service = serve(config(&node, dir.path().join("service")), std::future::pending()).await.unwrap();
    let admin = service.admin().clone();
    admin.host_key(AccountId(1), KeyId(0), &bureau_key).await.unwrap();
    let token = admin.create_api_token(AccountId(1)).await.unwrap();
    let endpoint = service.endpoint();
    let mut bureau = party(&endpoint, 1, token.bearer()).await;
    let book = pb::PublishRuleBookRequest {
        header: bureau.header(),
        rule_book: Some((&RuleBook::standard(AREA, 1, START.0 + 1)).into()),
    };
    bureau.bureau.publish_rule_book(book).await.unwrap();
    let mut open = Vec::new();
    for (kind, tax_id, name) in [
        (types::AccountKind::Enterprise, Some(SELLER_TAX_ID), SELLER_NAME),
        (types::AccountKind::Enterprise, Some(COMPANY_TAX_ID), COMPANY_NAME),
        (types::AccountKind::Person, None, ""),
        (types::AccountKind::PaymentProvider, None, "财付通"),
    ] {
        let request = pb::OpenAccountRequest {
            header: bureau.header(),
            kind: kind.into(),
            area: AREA.0.into(),
            tax_id: tax_id.map(str::to_owned),
            name: name.into(),
            keys: Vec::new(),
        };
        let account = bureau.bureau.open_account(request).await.unwrap().into_inner().account.unwrap();
        let token = admin.create_api_token(AccountId(account.id)).await.unwrap();
        open.push(party(&endpoint, account.id, token.bearer()).await);
    }
    let [seller, company, employee, provider] = <[Party; 4]>::try_from(open).ok().unwrap();
    let approval = pb::ApproveTaxpayerRequest {
        header: bureau.header(),
        account: seller.account,
        profile: Some((&profile()).into()),
    };
    bureau.bureau.approve_taxpayer(approval).await.unwrap();
    World { chain, node, service, bureau, seller, company, employee, provider, dir, bureau_key }
}

/// An invoice of `gross` fen to the company.
pub fn invoice(gross: i64) -> Option<pb::InvoiceInput> {
    Some(pb::InvoiceInput {
        kind: types::InvoiceKind::BlockchainOrdinary.into(),
        entry: types::EntryMode::Gross.into(),
        buyer: Some(types::BuyerTitle {
            kind: types::TitleKind::Organisation.into(),
            name: COMPANY_NAME.into(),
            tax_id: Some(COMPANY_TAX_ID.into()),
            address_and_bank: String::new(),
        }),
        lines: vec![pb::LineInput {
            nature: types::LineNature::Normal.into(),
            name: "*餐饮服务*餐费".into(),
            tax_code: "3070401000000000000".into(),
            amount: gross,
            rate: Some((&TaxRate::Percent(600)).into()),
            policy: types::Policy::None.into(),
            ..Default::default()
        }],
        ..Default::default()
    })
}

impl World {
    /// An invoice of `gross` fen, waiting to be claimed.
    pub async fn issue(&mut self, gross: i64) -> pb::IssuedInvoice {
        let request = pb::IssueRequest { header: self.seller.header(), invoice: invoice(gross), terms: None };
        self.seller.merchant.issue(request).await.unwrap().into_inner().invoice.unwrap()
    }

    /// An invoice that the company holds.
    pub async fn issue_to_company(&mut self, gross: i64) -> pb::IssuedInvoice {
        let recipient = pb::Recipient { recipient: Some(pb::recipient::Recipient::Account(self.company.account)) };
        let terms = Some(pb::IssueTerms { recipient: Some(recipient), ..Default::default() });
        let request = pb::IssueRequest { header: self.seller.header(), invoice: invoice(gross), terms };
        self.seller.merchant.issue(request).await.unwrap().into_inner().invoice.unwrap()
    }
}

/// An invoice by slot, as it is now.
pub fn by_slot(slot: u64) -> Option<pb::InvoiceRef> {
    Some(pb::InvoiceRef { invoice: Some(pb::invoice_ref::Invoice::Slot(slot)), sequence: None })
}

/// What a failed call says.
pub fn report<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReport {
    ErrorReport::from_status(&answer.unwrap_err())
}
