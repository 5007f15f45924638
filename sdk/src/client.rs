//! The async client of a chain node.

mod committee;
mod contents;
mod grants;
mod headers;
mod links;
mod reads;
mod register;
mod stream;
mod submit;
mod wallet;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger_types::{Area, BlockTime, Canonical, ChainId, ClockMode, Genesis, RequestId};
use proto::convert::ReadStamp;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::node::v1::{GetGenesisRequest, GetStatusRequest, GetStatusResponse, SetClockRequest};
use proto::types::v1 as pb;
use sm_tls::Transport;
use sm_tls::files::TrustFiles;
use tonic::transport::{Channel, Endpoint};

use crate::draft::Frame;
use crate::error::ClientError;

use committee::KnownCommittees;

pub use committee::CommitteeView;
pub use contents::{Contents, ErasedPart};
pub use links::LinkedClaim;
pub use reads::{CommittedTx, GovernanceView, HistoryStep, Page};
pub use stream::BlockChanges;
pub use wallet::{Carried, WALLET_GAP, WalletInvoice};

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The chain that is meant; a node of another one is refused in the first round trip.
    pub chain: Option<ChainId>,
    /// Deadline of every call, ms.
    pub deadline_ms: u64,
    /// How calls are made: TLS to `https://` addresses, or in clear to `http://` ones of this machine.
    pub transport: Transport,
}

impl ConnectOptions {
    /// Any chain, ten seconds for each call.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { chain: None, deadline_ms: 10_000, transport }
    }

    /// TLS with servers that these authorities certified, without a certificate of one's own.
    ///
    /// # Errors
    /// [`ClientError::Trust`].
    pub fn believing(trust: &TrustFiles) -> Result<Self, ClientError> {
        Ok(Self::new(Transport::fixed(trust.client()?)))
    }

    /// The same for one chain.
    #[must_use]
    pub fn of_chain(self, chain: ChainId) -> Self {
        Self { chain: Some(chain), ..self }
    }
}

/// How long a transaction may wait for a block, ms; at most an hour.
const VALID_MS: u64 = 10 * 60_000;

/// A connection to one node. Cheap to clone; every call has a deadline.
#[derive(Clone)]
pub struct NodeClient {
    wire: NodeServiceClient<Channel>,
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: String,
    chain: ChainId,
    genesis: Genesis,
    deadline: Duration,
    /// Block time as last heard, and when.
    heard: Mutex<(BlockTime, Instant)>,
    committees: KnownCommittees,
}

/// A lazy or eager channel to an endpoint, with keep-alive, for this and other services.
pub async fn open_channel(endpoint: &str, deadline: Duration, transport: &Transport) -> Result<Channel, ClientError> {
    let bad = |e: tonic::transport::Error| ClientError::Endpoint { endpoint: endpoint.to_owned(), why: e.to_string() };
    let connect = Endpoint::from_shared(endpoint.to_owned())
        .map_err(bad)?
        .connect_timeout(deadline.min(Duration::from_secs(5)))
        .timeout(deadline)
        .tcp_nodelay(true)
        .initial_stream_window_size(4 * 1024 * 1024)
        .initial_connection_window_size(16 * 1024 * 1024)
        .http2_keep_alive_interval(Duration::from_secs(20));
    sm_tls::connect(&connect, transport).await.map_err(|error| ClientError::from_connect(endpoint, error))
}

impl NodeClient {
    /// Connects, and checks that the node speaks for the chain that is meant.
    pub async fn connect(endpoint: &str, options: ConnectOptions) -> Result<Self, ClientError> {
        let deadline = Duration::from_millis(options.deadline_ms);
        let channel = open_channel(endpoint, deadline, &options.transport).await?;
        let mut wire = NodeServiceClient::new(channel)
            .max_decoding_message_size(proto::limits::MAX_BLOCK_RESPONSE_BYTES)
            .max_encoding_message_size(proto::limits::MAX_SUBMIT_BYTES);
        let answer = wire.get_genesis(GetGenesisRequest {}).await.map_err(ClientError::from_status)?.into_inner();
        let genesis = Genesis::from_canonical(&answer.canonical)
            .map_err(|e| ClientError::BadAnswer { what: "genesis", why: e.to_string() })?;
        let chain = genesis.chain_id();
        if let Some(expected) = options.chain.filter(|c| *c != chain) {
            return Err(ClientError::WrongChain { expected, found: chain });
        }
        let heard = Mutex::new((genesis.time, Instant::now()));
        let committees = KnownCommittees::new(genesis.committee);
        let shared = Shared { endpoint: endpoint.to_owned(), chain, genesis, deadline, heard, committees };
        let client = Self { wire, shared: Arc::new(shared) };
        client.status().await?;
        if client.committee().is_some() {
            match client.committee_keys(false).await {
                // A node of an older version: its chain is in the first epoch.
                Err(ClientError::Report(report)) if report.code == tonic::Code::Unimplemented => {}
                other => drop(other?),
            }
        }
        Ok(client)
    }

    /// Where the node is.
    pub fn endpoint(&self) -> &str {
        &self.shared.endpoint
    }

    /// The chain.
    pub fn chain_id(&self) -> ChainId {
        self.shared.chain
    }

    /// Its genesis document.
    pub fn genesis(&self) -> &Genesis {
        &self.shared.genesis
    }

    /// Block time by this client's reckoning: as last heard, plus what passed since on a wall-clock chain.
    pub fn now(&self) -> BlockTime {
        let (time, at) = *self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match self.shared.genesis.clock {
            ClockMode::Driven => time,
            ClockMode::Wall => time.plus_ms(u64::try_from(at.elapsed().as_millis()).unwrap_or(0)),
        }
    }

    /// A frame with a fresh request id: one for each business intent.
    pub fn new_frame(&self, area: Area) -> Result<Frame, ClientError> {
        let random = crypto::random::array().map_err(|e| ClientError::Random(e.to_string()))?;
        Ok(self.frame(area, RequestId::new(self.now().0, random)))
    }

    /// A frame with the caller's request id.
    pub fn frame(&self, area: Area, request_id: RequestId) -> Frame {
        Frame {
            chain: self.shared.chain,
            area,
            request_id,
            valid_until_ms: self.now().0 + VALID_MS,
            committee: self.committee(),
        }
    }

    /// How the node is.
    pub async fn status(&self) -> Result<GetStatusResponse, ClientError> {
        let request = GetStatusRequest { read_options: Some(self.options()) };
        let status = self.wire.clone().get_status(request).await.map_err(ClientError::from_status)?.into_inner();
        self.hear(status.read_context.as_ref())?;
        Ok(status)
    }

    /// Sets block time on a chain with a driven clock; returns the time reached.
    pub async fn set_clock(&self, time: BlockTime) -> Result<BlockTime, ClientError> {
        let time_ms = i64::try_from(time.0).unwrap_or(i64::MAX);
        let request = SetClockRequest { time_ms, chain_id: self.shared.chain.0.to_vec() };
        let answer = self.wire.clone().set_clock(request).await.map_err(ClientError::from_status)?.into_inner();
        let reached = BlockTime(u64::try_from(answer.time_ms).unwrap_or(0));
        self.note(reached);
        Ok(reached)
    }

    fn options(&self) -> pb::ReadOptions {
        pb::ReadOptions { chain_id: self.shared.chain.0.to_vec(), min_height: None }
    }

    /// Learns block time from an answer, and checks that it is of this chain.
    fn hear(&self, context: Option<&pb::ReadContext>) -> Result<ReadStamp, ClientError> {
        let context = context.cloned().ok_or_else(|| ClientError::missing("read_context"))?;
        let stamp = ReadStamp::try_from(context).map_err(ClientError::from_convert)?;
        if stamp.chain_id != self.shared.chain {
            return Err(ClientError::WrongChain { expected: self.shared.chain, found: stamp.chain_id });
        }
        self.note(stamp.time);
        Ok(stamp)
    }

    fn note(&self, time: BlockTime) {
        let mut heard = self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if time > heard.0 {
            *heard = (time, Instant::now());
        }
    }
}
