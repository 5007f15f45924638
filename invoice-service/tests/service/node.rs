//! The chain in memory as a node of `taxchain.node.v1`.

use std::net::SocketAddr;
use std::pin::Pin;

use futures::Stream;
use ledger::StateView;
use ledger_types::{
    Account, AccountId, Area, BlockTime, Canonical, Digest, Height, OutputRecord, Owner, RegistryKey, RegistryValue,
    Slot, TaxId, owner,
};
use proto::convert::{AccountQuery, InvoiceId, ReadStamp, field, wire_offices};
use proto::node::v1::node_service_server::{NodeService, NodeServiceServer};
use proto::node::v1::*;
use proto::types::v1 as types;
use proto::{EdgeError, EdgeReason};
use tonic::{Request, Response, Status, Streaming};

use crate::chain::Chain;

type Answer<T> = Result<Response<T>, Status>;
type Changes = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

/// Starts a node on a free port; it lives as long as the runtime.
pub async fn start(chain: Chain) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = NodeServiceServer::new(Node(chain)).max_decoding_message_size(proto::limits::MAX_SUBMIT_BYTES);
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
    address
}

/// The same chain behind a door of its own, with TLS.
pub async fn start_secured(chain: Chain, security: &sm_tls::Security) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = NodeServiceServer::new(Node(chain)).max_decoding_message_size(proto::limits::MAX_SUBMIT_BYTES);
    let incoming = sm_tls::accept(listener, security.for_callers(), sm_tls::Limits::default(), |_, _| {});
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
    address
}

struct Node(Chain);

impl Node {
    fn context(&self) -> Option<types::ReadContext> {
        let state = self.0.state();
        let stamp = ReadStamp {
            chain_id: self.0.genesis.chain_id(),
            height: state.height,
            state_root: Digest::ZERO,
            finalized: true,
            time: state.time,
        };
        Some((&stamp).into())
    }

    fn output(&self, slot: Slot) -> Result<OutputRecord, Status> {
        let found = self.0.state().view.output(slot).unwrap();
        found.ok_or_else(|| EdgeError::not_found("output", slot).into())
    }

    fn value(&self, key: RegistryKey) -> Result<RegistryValue, Status> {
        self.0.registry(&key).ok_or_else(|| EdgeError::not_found("entry", "of the register").into())
    }

    fn page<'a>(
        &self,
        outputs: impl Iterator<Item = (Slot, &'a OutputRecord)>,
        size: i32,
        token: &str,
    ) -> (Vec<types::Output>, String) {
        let after: Option<u64> = token.parse().ok();
        let size = proto::page_size(size).unwrap();
        let mut found: Vec<_> = outputs.filter(|(slot, _)| after.is_none_or(|a| slot.0 > a)).take(size + 1).collect();
        let more = found.len() > size;
        found.truncate(size);
        let next = if more { found.last().unwrap().0.to_string() } else { String::new() };
        (found.into_iter().map(Into::into).collect(), next)
    }
}

macro_rules! register {
    ($self:ident, $key:expr, $variant:ident) => {
        match $self.value($key)? {
            RegistryValue::$variant(value) => value,
            _ => return Err(Status::internal("another kind of entry")),
        }
    };
}

#[tonic::async_trait]
impl NodeService for Node {
    type SubmitStreamStream = Pin<Box<dyn Stream<Item = Result<SubmitStreamResponse, Status>> + Send>>;
    type SubscribeStream = Changes;

    async fn submit(&self, request: Request<SubmitRequest>) -> Answer<SubmitResponse> {
        let fate = self.0.submit(request.into_inner().tx)?;
        let tx_id = fate.tx_id.map(|t| t.0.to_vec()).unwrap_or_default();
        Ok(Response::new(SubmitResponse { tx_id, fate: Some((&fate).into()) }))
    }

    async fn submit_stream(&self, _: Request<Streaming<SubmitStreamRequest>>) -> Answer<Self::SubmitStreamStream> {
        Err(EdgeError::new(EdgeReason::NotOffered).into())
    }

    async fn wait_receipt(&self, _: Request<WaitReceiptRequest>) -> Answer<WaitReceiptResponse> {
        Err(EdgeError::new(EdgeReason::NotOffered).into())
    }

    async fn get_fate(&self, request: Request<GetFateRequest>) -> Answer<GetFateResponse> {
        let message = request.into_inner();
        let until = message.valid_until_ms.map(|ms| ms as u64);
        let fate = self.0.fate(message.read_subject()?, until);
        Ok(Response::new(GetFateResponse { read_context: self.context(), fate: Some((&fate).into()) }))
    }

    async fn get_transaction(&self, request: Request<GetTransactionRequest>) -> Answer<GetTransactionResponse> {
        let id = field::tx_id(&request.into_inner().tx_id, "tx_id")?;
        let found = self.0.state().txs.get(&id).cloned();
        let found = found.ok_or_else(|| EdgeError::not_found("transaction", id))?;
        Ok(Response::new(GetTransactionResponse {
            read_context: self.context(),
            fate: Some((&found.fate()).into()),
            transaction: Some((&found.tx).into()),
        }))
    }

    async fn get_block(&self, _: Request<GetBlockRequest>) -> Answer<GetBlockResponse> {
        Err(EdgeError::new(EdgeReason::NotOffered).into())
    }

    async fn get_invoice(&self, request: Request<GetInvoiceRequest>) -> Answer<GetInvoiceResponse> {
        let slot = match request.into_inner().read_invoice()? {
            InvoiceId::Slot(slot) => slot,
            InvoiceId::Face(face) => {
                let state = self.0.state();
                let here =
                    |r: &OutputRecord| r.invoice().is_some_and(|i| (i.code, i.number) == (face.code, face.number));
                let found = state.view.outputs().find(|(_, r)| here(r)).map(|(slot, _)| slot);
                found.ok_or_else(|| EdgeError::not_found("invoice", face.number))?
            }
        };
        let record = self.output(slot)?;
        let origin = record.invoice().ok_or_else(|| EdgeError::not_found("invoice", slot))?.origin;
        let state = self.0.state();
        let body = state.txs.values().find(|c| (c.entry.height, c.entry.index) == (origin.height, origin.tx));
        let origin_tx_id = body.map(|c| c.entry.tx.0.to_vec()).unwrap_or_default();
        drop(state);
        let output = Some((slot, &record).into());
        Ok(Response::new(GetInvoiceResponse { read_context: self.context(), output, origin_tx_id }))
    }

    async fn get_output(&self, request: Request<GetOutputRequest>) -> Answer<GetOutputResponse> {
        let slot = Slot(request.into_inner().slot);
        let record = self.output(slot)?;
        Ok(Response::new(GetOutputResponse { read_context: self.context(), output: Some((slot, &record).into()) }))
    }

    async fn list_outputs(&self, request: Request<ListOutputsRequest>) -> Answer<ListOutputsResponse> {
        let message = request.into_inner();
        let owner: Owner = field::message(message.owner, "owner")?;
        let state = self.0.state();
        let mine = state.view.outputs().filter(|(_, r)| r.owner == owner);
        let (outputs, next_page_token) = self.page(mine, message.page_size, &message.page_token);
        drop(state);
        Ok(Response::new(ListOutputsResponse { read_context: self.context(), outputs, next_page_token }))
    }

    async fn list_invoices(&self, request: Request<ListInvoicesRequest>) -> Answer<ListInvoicesResponse> {
        let message = request.into_inner();
        let seller = AccountId(message.seller);
        let state = self.0.state();
        let issued = state.view.outputs().filter(|(_, r)| r.invoice().is_some_and(|i| i.seller == seller));
        let (invoices, next_page_token) = self.page(issued, message.page_size, &message.page_token);
        drop(state);
        Ok(Response::new(ListInvoicesResponse { read_context: self.context(), invoices, next_page_token }))
    }

    async fn get_history(&self, request: Request<GetHistoryRequest>) -> Answer<GetHistoryResponse> {
        let slot = Slot(request.into_inner().slot);
        let state = self.0.state();
        let steps = state.history.get(&slot).cloned().unwrap_or_default();
        let kind = |tx: &ledger_types::TxId| types::PayloadKind::from(state.txs[tx].tx.envelope.payload.kind());
        let steps = steps.iter().map(|step| HistoryStep {
            height: step.height.0,
            time_ms: step.time.0 as i64,
            cause: step.tx.map(|_| 0),
            tx_id: step.tx.map(|t| t.0.to_vec()).unwrap_or_default(),
            kind: step.tx.as_ref().map_or(0, |t| kind(t).into()),
            record: Some((&step.record).into()),
        });
        let steps = steps.collect();
        drop(state);
        let read_context = self.context();
        Ok(Response::new(GetHistoryResponse { read_context, steps, next_page_token: String::new() }))
    }

    async fn get_account(&self, request: Request<GetAccountRequest>) -> Answer<GetAccountResponse> {
        let id = match request.into_inner().read_account()? {
            AccountQuery::Id(id) => id,
            AccountQuery::TaxId(tax_id) => self.account_of(tax_id)?,
        };
        let account: Account = register!(self, RegistryKey::Account(id), Account);
        let address = owner::account_address(&self.0.genesis.chain_id(), id).0.to_vec();
        let account = Some((&account).into());
        let read_context = self.context();
        let staffed = self.0.registry(&RegistryKey::Staff(id)).is_some();
        let office =
            |key: u16| match self.0.registry(&RegistryKey::Office { account: id, key: ledger_types::KeyId(key) }) {
                Some(RegistryValue::Office(office)) => Some((ledger_types::KeyId(key), office)),
                _ => None,
            };
        let offices = wire_offices(&(0..8).filter_map(office).collect::<Vec<_>>());
        let answer = GetAccountResponse { read_context, account, address, staffed, offices };
        Ok(Response::new(answer))
    }

    async fn get_taxpayer(&self, request: Request<GetTaxpayerRequest>) -> Answer<GetTaxpayerResponse> {
        let profile = register!(self, RegistryKey::Taxpayer(AccountId(request.into_inner().account)), Taxpayer);
        let profile = Some((&profile).into());
        Ok(Response::new(GetTaxpayerResponse { read_context: self.context(), profile }))
    }

    async fn get_committee(&self, _: Request<GetCommitteeRequest>) -> Answer<GetCommitteeResponse> {
        let rules = ledger::SealingRules::read(&self.0.state().view).map_err(|e| Status::internal(e.0))?;
        Ok(Response::new(GetCommitteeResponse {
            read_context: self.context(),
            committee: rules.committee.as_ref().map(Into::into),
            ..GetCommitteeResponse::default()
        }))
    }

    async fn get_anchored_log(&self, request: Request<GetAnchoredLogRequest>) -> Answer<GetAnchoredLogResponse> {
        let request = request.into_inner();
        let log = Digest(request.log.try_into().map_err(|_| Status::invalid_argument("log"))?);
        match self.0.registry(&RegistryKey::AnchoredLog { account: AccountId(request.account), log }) {
            Some(RegistryValue::AnchoredLog(found)) => Ok(Response::new(GetAnchoredLogResponse {
                read_context: self.context(),
                anchored_log: Some((&found).into()),
            })),
            _ => Err(EdgeError::not_found("anchored log", request.account).into()),
        }
    }

    async fn get_usage(&self, request: Request<GetUsageRequest>) -> Answer<GetUsageResponse> {
        let key = RegistryKey::Usage(AccountId(request.into_inner().account));
        let usage = match self.0.registry(&key) {
            Some(RegistryValue::Usage(usage)) => usage,
            _ => ledger_types::Usage::default(),
        };
        Ok(Response::new(GetUsageResponse { read_context: self.context(), usage: Some((&usage).into()) }))
    }

    async fn get_governance(&self, _: Request<GetGovernanceRequest>) -> Answer<GetGovernanceResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn list_offences(&self, _: Request<ListOffencesRequest>) -> Answer<ListOffencesResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn get_delegations(&self, _: Request<GetDelegationsRequest>) -> Answer<GetDelegationsResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn get_recovery(&self, _: Request<GetRecoveryRequest>) -> Answer<GetRecoveryResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn get_certificates(&self, request: Request<GetCertificatesRequest>) -> Answer<GetCertificatesResponse> {
        let Some(get_certificates_request::Certificates::Fingerprint(wanted)) = request.into_inner().certificates
        else {
            return Err(Status::unimplemented("the service asks for one at a time"));
        };
        let key = RegistryKey::Certificate(ledger_types::Digest(wanted.try_into().unwrap()));
        let certificates = match self.value(key) {
            Ok(RegistryValue::Certificate(record)) => vec![(&*record).into()],
            _ => Vec::new(),
        };
        Ok(Response::new(GetCertificatesResponse { read_context: self.context(), certificates }))
    }

    async fn get_peers(&self, _: Request<GetPeersRequest>) -> Answer<GetPeersResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn get_headers(&self, _: Request<GetHeadersRequest>) -> Answer<GetHeadersResponse> {
        Err(Status::unimplemented("the service does not ask for it"))
    }

    async fn get_rule_book(&self, request: Request<GetRuleBookRequest>) -> Answer<GetRuleBookResponse> {
        let message = request.into_inner();
        let area = Area(message.area as u16);
        let head = register!(self, RegistryKey::RuleBookHead(area), RuleBookHead);
        let version = message.version.unwrap_or(head.active);
        let book = register!(self, RegistryKey::RuleBook { area, version }, RuleBook);
        let (rule_book, head) = (Some((&*book).into()), Some((&head).into()));
        Ok(Response::new(GetRuleBookResponse { read_context: self.context(), rule_book, head }))
    }

    async fn get_application(&self, request: Request<GetApplicationRequest>) -> Answer<GetApplicationResponse> {
        let id = ledger_types::ApplicationId(request.into_inner().application);
        let found = register!(self, RegistryKey::Application(id), Application);
        let application = Some((&found).into());
        Ok(Response::new(GetApplicationResponse { read_context: self.context(), application }))
    }

    async fn get_red_form(&self, request: Request<GetRedFormRequest>) -> Answer<GetRedFormResponse> {
        let id = ledger_types::FormId(request.into_inner().form);
        let form = register!(self, RegistryKey::RedForm(id), RedForm);
        Ok(Response::new(GetRedFormResponse { read_context: self.context(), form: Some((&form).into()) }))
    }

    async fn open_content(&self, _: Request<OpenContentRequest>) -> Answer<OpenContentResponse> {
        Err(Status::unimplemented("the bodies of this chain are plain"))
    }

    async fn link_claims(&self, _: Request<LinkClaimsRequest>) -> Answer<LinkClaimsResponse> {
        Err(Status::unimplemented("the bodies of this chain are plain"))
    }

    async fn list_grants(&self, _: Request<ListGrantsRequest>) -> Answer<ListGrantsResponse> {
        Err(Status::unimplemented("the bodies of this chain are plain"))
    }

    async fn list_erasures(&self, _: Request<ListErasuresRequest>) -> Answer<ListErasuresResponse> {
        Ok(Response::new(ListErasuresResponse { read_context: self.context(), ..Default::default() }))
    }

    async fn list_inspections(&self, _: Request<ListInspectionsRequest>) -> Answer<ListInspectionsResponse> {
        Err(Status::unimplemented("the bodies of this chain are plain"))
    }

    async fn get_proof(&self, _: Request<GetProofRequest>) -> Answer<GetProofResponse> {
        Err(EdgeError::new(EdgeReason::NotProvableYet).into())
    }

    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Answer<Changes> {
        let chain = self.0.clone();
        let start = (request.into_inner().from_height.max(1), chain.height.subscribe(), chain);
        let stream = futures::stream::unfold(start, |(next, mut height, chain)| async move {
            height.wait_for(|h| h.0 >= next).await.ok()?;
            let (at, time, changes) = chain.state().blocks[next as usize - 1].clone();
            let message = SubscribeResponse {
                height: at.0,
                complete_to: at.0,
                time_ms: time.0 as i64,
                changes: changes.to_canonical(),
                ..Default::default()
            };
            Some((Ok(message), (next + 1, height, chain)))
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn get_status(&self, _: Request<GetStatusRequest>) -> Answer<GetStatusResponse> {
        Ok(Response::new(GetStatusResponse { read_context: self.context(), serving: true, ..Default::default() }))
    }

    async fn get_genesis(&self, _: Request<GetGenesisRequest>) -> Answer<GetGenesisResponse> {
        let genesis = &self.0.genesis;
        let (chain_id, canonical) = (genesis.chain_id().0.to_vec(), genesis.to_canonical());
        Ok(Response::new(GetGenesisResponse { chain_id, canonical, genesis: None }))
    }

    async fn set_clock(&self, request: Request<SetClockRequest>) -> Answer<SetClockResponse> {
        self.0.set_time(BlockTime(request.into_inner().time_ms as u64));
        let (time_ms, Height(height)) = {
            let state = self.0.state();
            (state.time.0 as i64, state.height)
        };
        Ok(Response::new(SetClockResponse { time_ms, height }))
    }
}

impl Node {
    fn account_of(&self, tax_id: TaxId) -> Result<AccountId, Status> {
        Ok(register!(self, RegistryKey::AccountOfTaxId(tax_id), AccountOfTaxId))
    }
}
