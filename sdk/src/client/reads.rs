//! Reads, as domain values.

use ledger_types::{
    Account, AccountId, Adaptive, AnchoredLog, Application, ApplicationId, Area, BlockTime, Canonical, ChainParams,
    Digest, Epoch, Fen, FormId, Governance, Height, InvoiceCode, InvoiceNumber, KeyId, Offence, Office, OutputRecord,
    Owner, PayloadKind, Proposal, ProposalId, Receipt, RedForm, RequestEntry, RuleBook, Slot, TaxId, TaxpayerProfile,
    Transaction, TxId, Usage, ValidatorSet,
};
use proto::convert::{Fate, ReadStamp, field};
use proto::node::v1::*;

use super::NodeClient;
use crate::error::ClientError;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The elements.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last.
    pub next: Option<String>,
}

/// A committed transaction.
#[derive(Clone, Debug)]
pub struct CommittedTx {
    /// The transaction.
    pub tx: Transaction,
    /// Its line in the request log.
    pub entry: RequestEntry,
    /// Its block's time.
    pub time: BlockTime,
    /// Its receipt.
    pub receipt: Receipt,
}

/// The chain's own rules as they hold for the next block, and proposals to change them.
#[derive(Clone, Debug)]
pub struct GovernanceView {
    /// The epoch.
    pub epoch: Epoch,
    /// Its validators.
    pub validators: ValidatorSet,
    /// The parameters.
    pub params: ChainParams,
    /// Who approves, and what is under way.
    pub governance: Governance,
    /// The proposal asked for, or the newest first.
    pub proposals: Vec<Proposal>,
    /// The adaptive policy; none before the first.
    pub adaptive: Option<Adaptive>,
    /// Of so many validators does the node hold a request to change the kind of consensus.
    pub switch_requests: u32,
}

/// One step of a slot.
#[derive(Clone, Debug)]
pub struct HistoryStep {
    /// The block.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
    /// The transaction; none for tasks that fell due.
    pub tx: Option<TxId>,
    /// What it asked.
    pub kind: Option<PayloadKind>,
    /// The record from then on.
    pub record: OutputRecord,
}

/// Calls a read and checks chain and time of its answer.
macro_rules! ask {
    ($client:expr, $method:ident, $request:expr) => {{
        let answer = $client.wire.clone().$method($request).await.map_err(ClientError::from_status)?.into_inner();
        $client.hear(answer.read_context.as_ref())?;
        answer
    }};
}

/// The same, where "not found" is an answer.
macro_rules! ask_optional {
    ($client:expr, $method:ident, $request:expr) => {{
        match $client.wire.clone().$method($request).await {
            Err(status) if status.code() == tonic::Code::NotFound => return Ok(None),
            Err(status) => return Err(ClientError::from_status(status)),
            Ok(answer) => {
                let answer = answer.into_inner();
                $client.hear(answer.read_context.as_ref())?;
                answer
            }
        }
    }};
}

pub(super) use {ask, ask_optional};

pub(super) fn read<W, D: TryFrom<W, Error = proto::convert::ConvertError>>(
    value: Option<W>,
    name: &str,
) -> Result<D, ClientError> {
    field::message(value, name).map_err(ClientError::from_convert)
}

fn next(token: String) -> Option<String> {
    (!token.is_empty()).then_some(token)
}

impl NodeClient {
    /// At which state the node answers now.
    pub async fn stamp(&self) -> Result<ReadStamp, ClientError> {
        let status = self.status().await?;
        self.hear(status.read_context.as_ref())
    }

    /// The output in a slot.
    pub async fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, ClientError> {
        self.output_when(slot, None).await
    }

    /// The output in a slot as it was after a height.
    pub async fn output_at(&self, slot: Slot, height: Height) -> Result<Option<OutputRecord>, ClientError> {
        self.output_when(slot, Some(height)).await
    }

    async fn output_when(&self, slot: Slot, height: Option<Height>) -> Result<Option<OutputRecord>, ClientError> {
        let height = height.map(|h| h.0);
        let request = GetOutputRequest { slot: slot.0, height, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_output, request);
        let (_, record): (Slot, OutputRecord) = read(answer.output, "output")?;
        Ok(Some(record))
    }

    /// An invoice by code and number.
    pub async fn invoice_by_number(
        &self,
        code: InvoiceCode,
        number: InvoiceNumber,
    ) -> Result<Option<(Slot, OutputRecord)>, ClientError> {
        let face = proto::node::v1::InvoiceNumber { code: code.to_string(), number: number.to_string() };
        let request = GetInvoiceRequest {
            invoice: Some(get_invoice_request::Invoice::Face(face)),
            height: None,
            read_options: Some(self.options()),
        };
        let answer = ask_optional!(self, get_invoice, request);
        read(answer.output, "output").map(Some)
    }

    /// The transaction that carried an invoice's body.
    pub async fn body_tx(&self, slot: Slot) -> Result<Option<TxId>, ClientError> {
        let request = GetInvoiceRequest {
            invoice: Some(get_invoice_request::Invoice::Slot(slot.0)),
            height: None,
            read_options: Some(self.options()),
        };
        let answer = ask_optional!(self, get_invoice, request);
        field::tx_id(&answer.origin_tx_id, "origin_tx_id").map(Some).map_err(ClientError::from_convert)
    }

    /// What an owner holds, by slot.
    pub async fn outputs_of(
        &self,
        owner: &Owner,
        page_size: usize,
        page: Option<String>,
    ) -> Result<Page<(Slot, OutputRecord)>, ClientError> {
        let request = ListOutputsRequest {
            owner: Some(owner.into()),
            page_size: i32::try_from(page_size).unwrap_or(i32::MAX),
            page_token: page.unwrap_or_default(),
            read_options: Some(self.options()),
        };
        let answer = ask!(self, list_outputs, request);
        let items = field::list(answer.outputs, usize::MAX, "outputs").map_err(ClientError::from_convert)?;
        Ok(Page { items, next: next(answer.next_page_token) })
    }

    /// What a seller issued, by slot.
    pub async fn invoices_of(
        &self,
        seller: AccountId,
        page_size: usize,
        page: Option<String>,
    ) -> Result<Page<(Slot, OutputRecord)>, ClientError> {
        let request = ListInvoicesRequest {
            seller: seller.0,
            page_size: i32::try_from(page_size).unwrap_or(i32::MAX),
            page_token: page.unwrap_or_default(),
            read_options: Some(self.options()),
        };
        let answer = ask!(self, list_invoices, request);
        let items = field::list(answer.invoices, usize::MAX, "invoices").map_err(ClientError::from_convert)?;
        Ok(Page { items, next: next(answer.next_page_token) })
    }

    /// Every step of a slot, oldest first.
    pub async fn history(&self, slot: Slot) -> Result<Vec<HistoryStep>, ClientError> {
        let mut steps = Vec::new();
        let mut page_token = String::new();
        loop {
            let request =
                GetHistoryRequest { slot: slot.0, page_size: 500, page_token, read_options: Some(self.options()) };
            let answer = ask!(self, get_history, request);
            for step in answer.steps {
                steps.push(history_step(step)?);
            }
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(steps);
            }
        }
    }

    /// A committed transaction.
    pub async fn transaction(&self, id: &TxId) -> Result<Option<CommittedTx>, ClientError> {
        let request = GetTransactionRequest { tx_id: id.0.to_vec(), read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_transaction, request);
        let fate: Fate = read(answer.fate, "fate")?;
        let found = answer.transaction.ok_or_else(|| ClientError::missing("transaction"))?;
        let tx = Transaction::from_canonical(&found.canonical)
            .map_err(|e| ClientError::BadAnswer { what: "transaction", why: e.to_string() })?;
        let verdict = fate.verdict().ok_or_else(|| ClientError::missing("fate.receipt"))?.clone();
        let (scope, request_id) = fate.request.ok_or_else(|| ClientError::missing("fate.request"))?;
        let entry = RequestEntry {
            scope,
            id: request_id,
            tx: *id,
            height: verdict.height,
            index: verdict.index,
            accepted: verdict.receipt.is_accepted(),
        };
        Ok(Some(CommittedTx { tx, entry, time: verdict.time, receipt: verdict.receipt }))
    }

    /// A block's transactions and receipts, begin-block receipts first.
    pub async fn block(&self, height: Height) -> Result<Option<GetBlockResponse>, ClientError> {
        let request = GetBlockRequest {
            height: height.0,
            read_options: Some(self.options()),
            include_transactions: true,
            include_receipts: true,
            include_changes: false,
        };
        Ok(Some(ask_optional!(self, get_block, request)))
    }

    /// An account.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, ClientError> {
        let account = Some(get_account_request::Account::Id(id.0));
        let answer =
            ask_optional!(self, get_account, GetAccountRequest { account, read_options: Some(self.options()) });
        read(answer.account, "account").map(Some)
    }

    /// The offices of an account's keys, by rising key; none if it is not staffed.
    pub async fn offices(&self, id: AccountId) -> Result<Option<Vec<(KeyId, Office)>>, ClientError> {
        let account = Some(get_account_request::Account::Id(id.0));
        let answer =
            ask_optional!(self, get_account, GetAccountRequest { account, read_options: Some(self.options()) });
        let offices = proto::convert::offices(answer.offices).map_err(ClientError::from_convert)?;
        Ok(answer.staffed.then_some(offices))
    }

    /// The account of a tax id.
    pub async fn account_by_tax_id(&self, tax_id: &TaxId) -> Result<Option<Account>, ClientError> {
        let account = Some(get_account_request::Account::TaxId(tax_id.to_string()));
        let answer =
            ask_optional!(self, get_account, GetAccountRequest { account, read_options: Some(self.options()) });
        read(answer.account, "account").map(Some)
    }

    /// What is approved for a taxpayer.
    pub async fn taxpayer(&self, account: AccountId) -> Result<Option<TaxpayerProfile>, ClientError> {
        let request = GetTaxpayerRequest { account: account.0, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_taxpayer, request);
        read(answer.profile, "profile").map(Some)
    }

    /// What a taxpayer has used.
    pub async fn usage(&self, account: AccountId) -> Result<Usage, ClientError> {
        let request = GetUsageRequest { account: account.0, read_options: Some(self.options()) };
        let answer = ask!(self, get_usage, request);
        read(answer.usage, "usage")
    }

    /// How far a log of an account's had come; none if it was never anchored.
    pub async fn anchored_log(&self, account: AccountId, log: Digest) -> Result<Option<AnchoredLog>, ClientError> {
        let request =
            GetAnchoredLogRequest { account: account.0, log: log.0.to_vec(), read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_anchored_log, request);
        read(answer.anchored_log, "anchored_log").map(Some)
    }

    /// A rule book by version, or the one in force.
    pub async fn rule_book(&self, area: Area, version: Option<u32>) -> Result<Option<RuleBook>, ClientError> {
        let request = GetRuleBookRequest { area: u32::from(area.0), version, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_rule_book, request);
        read(answer.rule_book, "rule_book").map(Some)
    }

    /// The chain's own rules, and the newest proposals to change them or the one asked for.
    pub async fn governance(&self, proposal: Option<ProposalId>) -> Result<Option<GovernanceView>, ClientError> {
        let request = GetGovernanceRequest { proposal: proposal.map(|id| id.0), read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_governance, request);
        let proposals = answer.proposals.into_iter().map(|p| read(Some(p), "proposals"));
        Ok(Some(GovernanceView {
            epoch: read(answer.epoch, "epoch")?,
            validators: read(answer.validators, "validators")?,
            params: read(answer.params, "params")?,
            governance: read(answer.governance, "governance")?,
            proposals: proposals.collect::<Result<_, _>>()?,
            adaptive: answer.adaptive.map(|adaptive| read(Some(adaptive), "adaptive")).transpose()?,
            switch_requests: answer.switch_requests,
        }))
    }

    /// Contradictions of validators that stand in the register, by the height that recorded them.
    pub async fn offences(&self) -> Result<Vec<Offence>, ClientError> {
        let answer = ask!(self, list_offences, ListOffencesRequest { read_options: Some(self.options()) });
        answer.offences.into_iter().map(|offence| read(Some(offence), "offences")).collect()
    }

    /// The nodes that this one knows, and how its links with them are.
    pub async fn peers(&self) -> Result<Vec<PeerLink>, ClientError> {
        Ok(ask!(self, get_peers, GetPeersRequest {}).peers)
    }

    /// An application that waits to be issued.
    pub async fn application(&self, id: ApplicationId) -> Result<Option<Application>, ClientError> {
        let request = GetApplicationRequest { application: id.0, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_application, request);
        read(answer.application, "application").map(Some)
    }

    /// A red-letter form.
    pub async fn red_form(&self, id: FormId) -> Result<Option<RedForm>, ClientError> {
        let request = GetRedFormRequest { form: id.0, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_red_form, request);
        read(answer.form, "form").map(Some)
    }

    /// A proof file of an invoice.
    pub async fn proof(&self, slot: Slot, open_sections: bool) -> Result<Option<Vec<u8>>, ClientError> {
        let request = GetProofRequest { slot: slot.0, open_sections, read_options: Some(self.options()) };
        let answer = ask_optional!(self, get_proof, request);
        Ok(Some(answer.proof))
    }

    /// What is left of a taxpayer's quota this month: granted less reserved and consumed, by the client's block time.
    pub async fn quota_left(&self, account: AccountId) -> Result<Option<Fen>, ClientError> {
        let Some(profile) = self.taxpayer(account).await? else { return Ok(None) };
        let usage = self.usage(account).await?;
        if usage.month != self.now().month() {
            return Ok(Some(profile.monthly_quota));
        }
        let used = usage.reserved.checked_add(usage.consumed);
        Ok(used.and_then(|u| profile.monthly_quota.checked_sub(u)))
    }
}

fn history_step(step: proto::node::v1::HistoryStep) -> Result<HistoryStep, ClientError> {
    let tx = if step.tx_id.is_empty() {
        None
    } else {
        Some(field::tx_id(&step.tx_id, "tx_id").map_err(ClientError::from_convert)?)
    };
    let kind = match tx {
        None => None,
        Some(_) => Some(
            field::choice::<proto::types::v1::PayloadKind, PayloadKind>(step.kind, "kind")
                .map_err(ClientError::from_convert)?,
        ),
    };
    Ok(HistoryStep {
        height: Height(step.height),
        time: BlockTime(u64::try_from(step.time_ms).unwrap_or(0)),
        tx,
        kind,
        record: read(step.record, "record")?,
    })
}
