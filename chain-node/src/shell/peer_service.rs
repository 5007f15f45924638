//! Links over gRPC: dialled, listened for, and run.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use bytes::Bytes;
use crypto::SigningKey;
use crypto::x509::Certificate;
use futures::{Stream, StreamExt};
use ledger_types::{ChainId, LedgerStatement};
use proto::peer::v1::peer_service_client::PeerServiceClient;
use proto::peer::v1::peer_service_server::{PeerService, PeerServiceServer};
use proto::peer::v1::{LinkFrame, LinkRequest, LinkResponse, Part, link_frame};
use sm_tls::{Security, Transport};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::allowance;
use super::core_thread::Command;
use super::cross_check::{self, CrossCheck};
use super::gossip_thread::Heard;
use super::handshake::{End, Handshake, KnownPeer, LinkRefused};
use super::links::{Links, Outbox};
use super::peer_table::PeerTable;
use super::registered::{Registered, fingerprint_of};
use crate::peer_message::PeerMessage;
use crate::peers::PeerId;

/// Bytes of a part.
const PART: usize = 256 * 1024;
/// Longest message: blocks of an answer, and some.
const MAX_MESSAGE: usize = 48 << 20;
/// Longest urgent message: certificates of all validators.
const MAX_URGENT: usize = 1 << 20;
/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// A node's place among its peers.
#[derive(Clone)]
pub struct PeerSetup {
    /// Its peer key.
    pub key: SigningKey,
    /// Who may connect.
    pub known: Vec<KnownPeer>,
    /// Whom it dials, and at which `host:port`: of two nodes, one.
    pub dial: Vec<(KnownPeer, String)>,
    /// How connections are made.
    pub security: Security,
}

/// What links need of the node.
#[derive(Clone)]
pub(super) struct LinkEnds {
    pub(super) chain: ChainId,
    pub(super) key: SigningKey,
    pub(super) transport: Transport,
    pub(super) known: Arc<Vec<KnownPeer>>,
    pub(super) links: Links,
    pub(super) table: PeerTable,
    pub(super) commands: SyncSender<Command>,
    pub(super) gossip: SyncSender<Heard>,
    /// None before there is anything to compare.
    pub(super) checks: Option<CrossCheck>,
    /// To the thread that serves snapshots.
    pub(super) questions: SyncSender<(PeerId, PeerMessage)>,
    /// None before there is a register.
    pub(super) registered: Option<Registered>,
    pub(super) stopping: watch::Receiver<bool>,
}

/// Done once a link must end, whatever is said on it.
type Over = Pin<Box<dyn Future<Output = ()> + Send>>;
type Frames = Pin<Box<dyn Stream<Item = Result<LinkFrame, Status>> + Send>>;

impl LinkEnds {
    /// Proves who one is, learns who the other is, and passes messages on until the link ends.
    async fn run(
        mut self,
        (end, over): (End, Over),
        only: Option<KnownPeer>,
        mut incoming: Frames,
        outgoing: mpsc::Sender<LinkFrame>,
    ) -> Result<(), LinkRefused> {
        let key = self.key.clone();
        let hands = Handshake::new(self.chain, &key, end)?;
        outgoing.send(hands.hello()).await.map_err(|_| LinkRefused::Form)?;
        let known = only.map_or_else(|| self.known.as_ref().clone(), |one| vec![one]);
        let peer = tokio::time::timeout(HANDSHAKE, async {
            let (peer, hello) = hands.meet(next(&mut incoming).await?, &known)?;
            outgoing.send(hands.proof(&hello)?).await.map_err(|_| LinkRefused::Form)?;
            hands.check(next(&mut incoming).await?, &peer, &hello)?;
            Ok::<_, LinkRefused>(peer)
        });
        let peer = peer.await.map_err(|_| LinkRefused::Form)??;
        if self.links.is_banned(peer.id) {
            return Err(LinkRefused::Banned);
        }
        tracing::info!(peer = peer.id.0, "link up");
        let (number, outbox) = self.links.open(peer.id);
        self.tell(Command::PeerUp(peer.id)).await;
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = self.read(&peer, &mut incoming) => {}
            // Ends when the peer has a newer link, or is banned.
            () = write(outbox, outgoing) => {}
            _ = stopping.wait_for(|s| *s) => {}
            () = over => {}
        }
        if self.links.close(peer.id, number) {
            tracing::info!(peer = peer.id.0, "link down");
            self.tell(Command::PeerGone(peer.id)).await;
        }
        Ok(())
    }

    async fn read(&mut self, peer: &KnownPeer, incoming: &mut Frames) {
        let (mut urgent, mut bulk, mut slow) = (Vec::new(), Vec::new(), false);
        while let Some(Ok(frame)) = incoming.next().await {
            let Some(link_frame::Kind::Part(part)) = frame.kind else { return };
            let (message, most) = if part.bulk { (&mut bulk, MAX_MESSAGE) } else { (&mut urgent, MAX_URGENT) };
            if message.len() + part.data.len() > most {
                self.accuse(peer.id, "a message without end".to_owned()).await;
                return;
            }
            message.extend_from_slice(&part.data);
            self.charge(peer.id, allowance::price_of_part(part.data.len()), &mut slow).await;
            if part.last {
                let decoded = PeerMessage::decode(&std::mem::take(message));
                if let Ok(message) = &decoded {
                    self.charge(peer.id, allowance::price_of(message), &mut slow).await;
                }
                match decoded {
                    Ok(PeerMessage::Txs(list)) => self.pass_on(peer.id, list),
                    Ok(PeerMessage::Statement { statement, signature }) => {
                        if !self.compare(peer, &statement, &signature).await {
                            return;
                        }
                    }
                    Ok(question @ (PeerMessage::WantSnapshot | PeerMessage::WantChunk { .. })) => {
                        // Who asks for too much at once is not answered, and asks again.
                        drop(self.questions.try_send((peer.id, question)));
                    }
                    Ok(decoded) => {
                        if let PeerMessage::Status { height, .. } = &decoded {
                            self.table.stands_at(peer.id, *height);
                        }
                        self.tell(Command::Peer(peer.id, decoded)).await;
                    }
                    Err(error) => {
                        self.accuse(peer.id, format!("bytes that are no message: {error}")).await;
                        return;
                    }
                }
            }
        }
    }

    /// Holds a peer's statement against this node's ledger; false if the peer did not sign it.
    async fn compare(&self, peer: &KnownPeer, statement: &LedgerStatement, signature: &[u8; 64]) -> bool {
        let Some(checks) = &self.checks else { return true };
        match checks.hear(peer, statement, signature) {
            Ok(cross_check::Heard::Unsigned) => {
                self.accuse(peer.id, "a statement without its signature".to_owned()).await;
                return false;
            }
            Ok(cross_check::Heard::Later) => {}
            Ok(heard) => {
                let agrees = heard == cross_check::Heard::Same;
                self.table.compared(peer.id, agrees);
                self.tell(Command::Stated(peer.id, statement.height, agrees)).await;
            }
            Err(error) => tracing::warn!(%error, "a statement cannot be compared"),
        }
        true
    }

    /// Makes a peer pay for the work it makes; while it is in debt, it is not read.
    async fn charge(&self, peer: PeerId, price: u64, slow: &mut bool) {
        let wait = self.links.charge(peer, price);
        if wait.is_zero() {
            return;
        }
        if !std::mem::replace(slow, true) {
            tracing::warn!(peer = peer.0, "a peer makes more work than its share: it is read more slowly");
        }
        tokio::time::sleep(wait).await;
    }

    /// Transactions of a peer go to the thread that checks them; what does not fit there comes again.
    fn pass_on(&self, peer: PeerId, list: Vec<Vec<u8>>) {
        // A thread that is gone takes the whole node with it.
        drop(self.gossip.try_send((peer, list)));
    }

    /// A peer broke the rules: its next link is refused from now on, not only once the core thread knows.
    async fn accuse(&self, peer: PeerId, why: String) {
        self.links.refuse(peer);
        self.tell(Command::PeerFault(peer, why)).await;
    }

    /// Hands something to the core thread; a full queue slows this link down, not the others.
    async fn tell(&self, mut command: Command) {
        loop {
            match self.commands.try_send(command) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => return,
                Err(TrySendError::Full(back)) => command = back,
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Keeps a link to a peer, for ever.
    pub(super) async fn dial(self, peer: KnownPeer, address: String) {
        let mut wait = Duration::from_millis(100);
        let mut stopping = self.stopping.clone();
        loop {
            let began = tokio::time::Instant::now();
            match self.clone().dial_once(peer.clone(), &address).await {
                Ok(()) => {}
                Err(why) => tracing::debug!(peer = peer.id.0, why, "no link"),
            }
            if began.elapsed() > Duration::from_secs(10) {
                wait = Duration::from_millis(100);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopping.wait_for(|s| *s) => return,
            }
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    async fn dial_once(self, peer: KnownPeer, address: &str) -> Result<(), String> {
        let url = format!("{}://{address}", self.transport.scheme());
        let endpoint = tonic::transport::Endpoint::from_shared(url).map_err(|e| e.to_string())?;
        let endpoint = endpoint.connect_timeout(Duration::from_secs(2)).tcp_nodelay(true);
        let (channel, shown) = sm_tls::connect_knowing(&endpoint, &self.transport).await.map_err(|e| e.to_string())?;
        let revoked = self.revocation(shown.as_ref()).map_err(|refused| refused.message().to_owned())?;
        let (outgoing, frames) = mpsc::channel(16);
        let requests = ReceiverStream::new(frames).map(|frame| LinkRequest { frame: Some(frame) });
        let mut client = PeerServiceClient::new(channel).max_decoding_message_size(2 * PART);
        let refused = |status: Status| sm_tls::Cause::in_chain(&status).map_or(status.to_string(), |c| c.to_string());
        let answers = client.link(requests).await.map_err(refused)?.into_inner();
        let frames = answers.map(|a| a.map(|r| r.frame.unwrap_or_default()));
        let over = Box::pin(revoked);
        self.run((End::Dialler, over), Some(peer), Box::pin(frames), outgoing).await.map_err(|e| e.to_string())
    }

    /// When the register revokes the certificate of a node that was dialled.
    ///
    /// # Errors
    /// It has done so already.
    fn revocation(&self, shown: Option<&Certificate>) -> Result<impl Future<Output = ()> + Send + 'static, Status> {
        let registered = self.registered.clone();
        if let Some(registered) = &registered {
            registered.identify(shown)?;
        }
        let watched = registered.zip(shown.map(fingerprint_of));
        Ok(async move {
            match watched {
                Some((registered, fingerprint)) => registered.revoked(fingerprint).await,
                None => std::future::pending().await,
            }
        })
    }
}

async fn next(incoming: &mut Frames) -> Result<LinkFrame, LinkRefused> {
    incoming.next().await.and_then(Result::ok).ok_or(LinkRefused::Form)
}

/// Sends messages in parts; urgent ones between the parts of others.
async fn write(mut outbox: Outbox, outgoing: mpsc::Sender<LinkFrame>) {
    let mut rest: Option<Bytes> = None;
    loop {
        let (data, last, bulk) = tokio::select! {
            biased;
            message = outbox.urgent.recv() => match message {
                Some(message) => (message, true, false),
                None => return,
            },
            () = std::future::ready(()), if rest.is_some() => {
                let message = rest.take().unwrap_or_default();
                let (part, more) = message.split_at(message.len().min(PART));
                let part = message.slice_ref(part);
                if !more.is_empty() {
                    rest = Some(message.slice_ref(more));
                }
                outbox.sent(part.len());
                (part, rest.is_none(), true)
            }
            message = outbox.bulk.recv(), if rest.is_none() => match message {
                Some(message) => {
                    rest = Some(message);
                    continue;
                }
                None => return,
            },
        };
        let part = Part { data: data.to_vec(), last, bulk };
        if outgoing.send(LinkFrame { kind: Some(link_frame::Kind::Part(part)) }).await.is_err() {
            return;
        }
    }
}

/// The listening side.
pub(super) struct Listening(LinkEnds);

impl Listening {
    pub(super) fn service(ends: LinkEnds) -> PeerServiceServer<Self> {
        PeerServiceServer::new(Self(ends)).max_decoding_message_size(2 * PART)
    }
}

#[tonic::async_trait]
impl PeerService for Listening {
    type LinkStream = Pin<Box<dyn Stream<Item = Result<LinkResponse, Status>> + Send>>;

    async fn link(&self, request: Request<Streaming<LinkRequest>>) -> Result<Response<Self::LinkStream>, Status> {
        if let Some(registered) = &self.0.registered {
            let caller = request.extensions().get::<sm_tls::Caller>();
            registered.identify(caller.and_then(sm_tls::Caller::certificate))?;
        }
        let frames = request.into_inner().map(|a| a.map(|r| r.frame.unwrap_or_default()));
        let (outgoing, answers) = mpsc::channel(16);
        let (refused, refusal) = mpsc::channel(1);
        let ends = self.0.clone();
        tokio::spawn(async move {
            if let Err(why) =
                ends.run((End::Listener, Box::pin(std::future::pending())), None, Box::pin(frames), outgoing).await
            {
                tracing::warn!(%why, "a link was refused");
                // The other side may be gone already.
                let _ = refused.send(Status::permission_denied(why.to_string())).await;
            }
        });
        let answers = ReceiverStream::new(answers).map(|frame| Ok(LinkResponse { frame: Some(frame) }));
        let refusal = ReceiverStream::new(refusal).map(Err);
        Ok(Response::new(Box::pin(answers.chain(refusal))))
    }
}
