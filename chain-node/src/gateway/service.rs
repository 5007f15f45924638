//! The service's table of contents: each call leads to its file.

use proto::node::v1::node_service_server::NodeService;
use proto::node::v1::*;
use tonic::{Request, Response, Status, Streaming};

use super::{NodeGateway, submit_stream, subscribe};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl NodeService for NodeGateway {
    type SubmitStreamStream = submit_stream::Answers;
    type SubscribeStream = subscribe::Changes;

    async fn submit(&self, request: Request<SubmitRequest>) -> Answer<SubmitResponse> {
        self.measured("Submit", self.submit_one(request.into_inner())).await
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<SubmitStreamRequest>>,
    ) -> Answer<Self::SubmitStreamStream> {
        self.measured("SubmitStream", self.submit_many(request.into_inner())).await
    }

    async fn wait_receipt(&self, request: Request<WaitReceiptRequest>) -> Answer<WaitReceiptResponse> {
        self.measured("WaitReceipt", self.wait_for_receipt(request.into_inner())).await
    }

    async fn get_fate(&self, request: Request<GetFateRequest>) -> Answer<GetFateResponse> {
        self.measured("GetFate", self.fate(request.into_inner())).await
    }

    async fn get_transaction(&self, request: Request<GetTransactionRequest>) -> Answer<GetTransactionResponse> {
        self.measured("GetTransaction", self.transaction(request.into_inner())).await
    }

    async fn get_block(&self, request: Request<GetBlockRequest>) -> Answer<GetBlockResponse> {
        self.measured("GetBlock", self.block(request.into_inner())).await
    }

    async fn get_headers(&self, request: Request<GetHeadersRequest>) -> Answer<GetHeadersResponse> {
        self.measured("GetHeaders", self.headers(request.into_inner())).await
    }

    async fn get_invoice(&self, request: Request<GetInvoiceRequest>) -> Answer<GetInvoiceResponse> {
        self.measured("GetInvoice", self.invoice(request.into_inner())).await
    }

    async fn get_output(&self, request: Request<GetOutputRequest>) -> Answer<GetOutputResponse> {
        self.measured("GetOutput", self.output(request.into_inner())).await
    }

    async fn list_outputs(&self, request: Request<ListOutputsRequest>) -> Answer<ListOutputsResponse> {
        self.measured("ListOutputs", self.outputs(request.into_inner())).await
    }

    async fn list_invoices(&self, request: Request<ListInvoicesRequest>) -> Answer<ListInvoicesResponse> {
        self.measured("ListInvoices", self.invoices(request.into_inner())).await
    }

    async fn get_history(&self, request: Request<GetHistoryRequest>) -> Answer<GetHistoryResponse> {
        self.measured("GetHistory", self.history(request.into_inner())).await
    }

    async fn get_account(&self, request: Request<GetAccountRequest>) -> Answer<GetAccountResponse> {
        self.measured("GetAccount", self.account(request.into_inner())).await
    }

    async fn get_taxpayer(&self, request: Request<GetTaxpayerRequest>) -> Answer<GetTaxpayerResponse> {
        self.measured("GetTaxpayer", self.taxpayer(request.into_inner())).await
    }

    async fn get_anchored_log(&self, request: Request<GetAnchoredLogRequest>) -> Answer<GetAnchoredLogResponse> {
        self.measured("GetAnchoredLog", self.anchored_log(request.into_inner())).await
    }

    async fn get_committee(&self, request: Request<GetCommitteeRequest>) -> Answer<GetCommitteeResponse> {
        self.measured("GetCommittee", self.committee(request.into_inner())).await
    }

    async fn get_usage(&self, request: Request<GetUsageRequest>) -> Answer<GetUsageResponse> {
        self.measured("GetUsage", self.usage(request.into_inner())).await
    }

    async fn list_offences(&self, request: Request<ListOffencesRequest>) -> Answer<ListOffencesResponse> {
        self.measured("ListOffences", self.offences(request.into_inner())).await
    }

    async fn get_peers(&self, _: Request<GetPeersRequest>) -> Answer<GetPeersResponse> {
        self.measured("GetPeers", async { Ok(self.peers()) }).await
    }

    async fn get_governance(&self, request: Request<GetGovernanceRequest>) -> Answer<GetGovernanceResponse> {
        self.measured("GetGovernance", self.governance(request.into_inner())).await
    }

    async fn get_delegations(&self, request: Request<GetDelegationsRequest>) -> Answer<GetDelegationsResponse> {
        self.measured("GetDelegations", self.delegations(request.into_inner())).await
    }

    async fn get_recovery(&self, request: Request<GetRecoveryRequest>) -> Answer<GetRecoveryResponse> {
        self.measured("GetRecovery", self.recovery(request.into_inner())).await
    }

    async fn get_certificates(&self, request: Request<GetCertificatesRequest>) -> Answer<GetCertificatesResponse> {
        self.measured("GetCertificates", self.certificates(request.into_inner())).await
    }

    async fn get_rule_book(&self, request: Request<GetRuleBookRequest>) -> Answer<GetRuleBookResponse> {
        self.measured("GetRuleBook", self.rule_book(request.into_inner())).await
    }

    async fn get_application(&self, request: Request<GetApplicationRequest>) -> Answer<GetApplicationResponse> {
        self.measured("GetApplication", self.application(request.into_inner())).await
    }

    async fn get_red_form(&self, request: Request<GetRedFormRequest>) -> Answer<GetRedFormResponse> {
        self.measured("GetRedForm", self.red_form(request.into_inner())).await
    }

    async fn get_proof(&self, request: Request<GetProofRequest>) -> Answer<GetProofResponse> {
        self.measured("GetProof", self.proof(request.into_inner())).await
    }

    async fn open_content(&self, request: Request<OpenContentRequest>) -> Answer<OpenContentResponse> {
        self.measured("OpenContent", self.open_contents(request.into_inner())).await
    }

    async fn link_claims(&self, request: Request<LinkClaimsRequest>) -> Answer<LinkClaimsResponse> {
        self.measured("LinkClaims", self.linked_claims(request.into_inner())).await
    }

    async fn list_grants(&self, request: Request<ListGrantsRequest>) -> Answer<ListGrantsResponse> {
        self.measured("ListGrants", self.grants(request.into_inner())).await
    }

    async fn list_erasures(&self, request: Request<ListErasuresRequest>) -> Answer<ListErasuresResponse> {
        self.measured("ListErasures", self.erasures(request.into_inner())).await
    }

    async fn list_inspections(&self, request: Request<ListInspectionsRequest>) -> Answer<ListInspectionsResponse> {
        self.measured("ListInspections", self.inspections(request.into_inner())).await
    }

    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Answer<Self::SubscribeStream> {
        self.measured("Subscribe", self.follow(request.into_inner())).await
    }

    async fn get_status(&self, request: Request<GetStatusRequest>) -> Answer<GetStatusResponse> {
        self.measured("GetStatus", self.status(request.into_inner())).await
    }

    async fn get_genesis(&self, _: Request<GetGenesisRequest>) -> Answer<GetGenesisResponse> {
        self.measured("GetGenesis", self.genesis()).await
    }

    async fn set_clock(&self, request: Request<SetClockRequest>) -> Answer<SetClockResponse> {
        self.measured("SetClock", self.drive_clock(request.into_inner())).await
    }
}
