//! A node between a client and a real node, that alters what the real one answers.

use std::pin::Pin;

use futures::Stream;
use ledger_types::{BlockAnswer, Canonical};
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::node::v1::node_service_server::{NodeService, NodeServiceServer};
use proto::node::v1::*;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

type Answer<T> = Result<Response<T>, Status>;
type Many<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What the liar does to answers.
#[derive(Clone)]
pub(super) enum Lie {
    /// Says of a height what it is told to say.
    Block(Box<BlockAnswer>),
    /// Changes the last byte of the state root of every block.
    StateRoot,
    /// Changes a byte of every header.
    HeaderByte,
    /// Hands out this proof, whatever it is asked for.
    Proof(Vec<u8>),
}

struct Liar {
    honest: NodeServiceClient<Channel>,
    lie: Lie,
}

/// Starts a liar in front of a node, and connects to it.
pub(super) async fn start(honest: &str, transport: &sdk::Transport, lie: Lie) -> sdk::NodeClient {
    let channel = sdk::open_channel(honest, std::time::Duration::from_secs(20), transport).await.unwrap();
    let honest = NodeServiceClient::new(channel);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = futures::stream::unfold(listener, |listener| async move {
        let next = listener.accept().await.map(|(stream, _)| stream);
        Some((next, listener))
    });
    let service = NodeServiceServer::new(Liar { honest, lie });
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
    sdk::NodeClient::connect(&format!("http://{address}"), sdk::ConnectOptions::new(sdk::Transport::Plaintext))
        .await
        .unwrap()
}

impl Lie {
    fn alter_block(&self, block: &mut GetBlockResponse) {
        match self {
            Self::Block(said) => {
                block.block_id = said.header.block_id().0.to_vec();
                block.header_canonical = said.header.to_canonical();
                block.certificate = Some((&said.certificate).into());
                block.state_root = said.state_root.0.to_vec();
            }
            Self::StateRoot => block.state_root[31] ^= 1,
            Self::HeaderByte => *block.header_canonical.last_mut().unwrap() ^= 1,
            Self::Proof(_) => {}
        }
    }
}

/// Calls that nobody makes here.
macro_rules! node_of {
    ($($unused:ident($request:ty) -> $answer:ty;)*) => {
        #[tonic::async_trait]
        impl NodeService for Liar {
            type SubmitStreamStream = Many<SubmitStreamResponse>;
            type SubscribeStream = Many<SubscribeResponse>;

            async fn get_genesis(&self, request: Request<GetGenesisRequest>) -> Answer<GetGenesisResponse> {
                self.honest.clone().get_genesis(request).await
            }

            async fn get_status(&self, request: Request<GetStatusRequest>) -> Answer<GetStatusResponse> {
                self.honest.clone().get_status(request).await
            }

            async fn get_committee(&self, request: Request<GetCommitteeRequest>) -> Answer<GetCommitteeResponse> {
                self.honest.clone().get_committee(request).await
            }

            async fn get_block(&self, request: Request<GetBlockRequest>) -> Answer<GetBlockResponse> {
                let mut answer = self.honest.clone().get_block(request).await?;
                self.lie.alter_block(answer.get_mut());
                Ok(answer)
            }

            async fn get_headers(&self, request: Request<GetHeadersRequest>) -> Answer<GetHeadersResponse> {
                let mut answer = self.honest.clone().get_headers(request).await?;
                if matches!(self.lie, Lie::HeaderByte) {
                    answer.get_mut().headers.iter_mut().for_each(|h| *h.header.last_mut().unwrap() ^= 1);
                }
                Ok(answer)
            }

            async fn get_proof(&self, request: Request<GetProofRequest>) -> Answer<GetProofResponse> {
                let mut answer = self.honest.clone().get_proof(request).await?;
                if let Lie::Proof(file) = &self.lie {
                    answer.get_mut().proof = file.clone();
                }
                Ok(answer)
            }

            async fn submit_stream(
                &self,
                _: Request<Streaming<SubmitStreamRequest>>,
            ) -> Answer<Self::SubmitStreamStream> {
                Err(Status::unimplemented("not asked for"))
            }

            async fn subscribe(&self, _: Request<SubscribeRequest>) -> Answer<Self::SubscribeStream> {
                Err(Status::unimplemented("not asked for"))
            }

            $(async fn $unused(&self, _: Request<$request>) -> Answer<$answer> {
                Err(Status::unimplemented("not asked for"))
            })*
        }
    };
}

node_of! {
    submit(SubmitRequest) -> SubmitResponse;
    wait_receipt(WaitReceiptRequest) -> WaitReceiptResponse;
    get_fate(GetFateRequest) -> GetFateResponse;
    get_transaction(GetTransactionRequest) -> GetTransactionResponse;
    get_invoice(GetInvoiceRequest) -> GetInvoiceResponse;
    get_output(GetOutputRequest) -> GetOutputResponse;
    list_outputs(ListOutputsRequest) -> ListOutputsResponse;
    list_invoices(ListInvoicesRequest) -> ListInvoicesResponse;
    get_history(GetHistoryRequest) -> GetHistoryResponse;
    get_account(GetAccountRequest) -> GetAccountResponse;
    get_taxpayer(GetTaxpayerRequest) -> GetTaxpayerResponse;
    get_usage(GetUsageRequest) -> GetUsageResponse;
    get_anchored_log(GetAnchoredLogRequest) -> GetAnchoredLogResponse;
    get_governance(GetGovernanceRequest) -> GetGovernanceResponse;
    list_offences(ListOffencesRequest) -> ListOffencesResponse;
    get_delegations(GetDelegationsRequest) -> GetDelegationsResponse;
    get_recovery(GetRecoveryRequest) -> GetRecoveryResponse;
    get_certificates(GetCertificatesRequest) -> GetCertificatesResponse;
    get_peers(GetPeersRequest) -> GetPeersResponse;
    get_rule_book(GetRuleBookRequest) -> GetRuleBookResponse;
    get_application(GetApplicationRequest) -> GetApplicationResponse;
    get_red_form(GetRedFormRequest) -> GetRedFormResponse;
    open_content(OpenContentRequest) -> OpenContentResponse;
    link_claims(LinkClaimsRequest) -> LinkClaimsResponse;
    list_grants(ListGrantsRequest) -> ListGrantsResponse;
    list_inspections(ListInspectionsRequest) -> ListInspectionsResponse;
    list_erasures(ListErasuresRequest) -> ListErasuresResponse;
    set_clock(SetClockRequest) -> SetClockResponse;
}
