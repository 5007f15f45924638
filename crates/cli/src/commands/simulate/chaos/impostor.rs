//! Somebody with a validator's peer key who means ill: floods of questions, old votes, garbage, messages without end.

use std::time::{Duration, Instant};

use chain_node::node_file::PeerEntry;
use chain_node::peer_message::{MAX_BLOCKS, PeerMessage};
use chain_node::peers::PeerId;
use chain_node::shell::KnownPeer;
use chain_node::shell::handshake::{End, Handshake};
use chain_node::shell::links::BAN;
use crypto::SigningKey;
use ledger_types::{BlockId, ChainId, Height};
use proto::peer::v1::peer_service_client::PeerServiceClient;
use proto::peer::v1::{LinkFrame, LinkRequest, LinkResponse, Part, link_frame};
use sm::PublicKeyBytes;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::drills::{Ground, wrong};
use crate::failure::Failure;

/// Bytes of a part, the most that is allowed.
const PART: usize = 256 * 1024;
/// A node ends the link of who breaks the rules within this time.
const AT_ONCE: Duration = Duration::from_secs(10);
/// Windows in peace and under a flood, by turns.
const TURNS: u32 = 3;
const WINDOW: Duration = Duration::from_secs(4);
/// A typed refusal comes within this time.
const REFUSAL: Duration = Duration::from_secs(1);

/// Who it says it is, and whom it goes to.
#[derive(Clone)]
pub(in super::super) struct Impostor {
    pub(in super::super) chain: ChainId,
    pub(in super::super) key: SigningKey,
    /// How that node calls others: it has its certificate too.
    pub(in super::super) calls: sdk::Transport,
    pub(in super::super) target: PeerEntry,
}

/// An open link.
pub(in super::super) struct Link {
    out: mpsc::Sender<LinkRequest>,
    pub(in super::super) answers: tonic::Streaming<LinkResponse>,
}

fn part(data: Vec<u8>, last: bool, bulk: bool) -> LinkRequest {
    let part = Part { data, last, bulk };
    LinkRequest { frame: Some(LinkFrame { kind: Some(link_frame::Kind::Part(part)) }) }
}

impl Link {
    pub(in super::super) async fn send(&self, bytes: Vec<u8>, last: bool, bulk: bool) -> bool {
        self.out.send(part(bytes, last, bulk)).await.is_ok()
    }

    /// Reads what comes until the link ends.
    async fn ends(mut self) -> Result<Duration, Failure> {
        let began = Instant::now();
        let read = async { while let Ok(Some(_)) = self.answers.message().await {} };
        timeout(AT_ONCE, read).await.map_err(|_| wrong("a node goes on to hear who breaks the rules"))?;
        Ok(began.elapsed())
    }
}

impl Impostor {
    pub(in super::super) async fn link(&self) -> Result<Link, String> {
        let key = hex::decode(&self.target.key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or("no key")?;
        let known = [KnownPeer { id: PeerId(self.target.id), key: PublicKeyBytes(key) }];
        let address = format!("{}://{}", self.calls.scheme(), self.target.address);
        let channel = sdk::open_channel(&address, AT_ONCE, &self.calls).await.map_err(|e| e.to_string())?;
        let mut client = PeerServiceClient::new(channel);
        let (out, frames) = mpsc::channel(16);
        let send = async |frame| out.send(LinkRequest { frame: Some(frame) }).await.map_err(|e| e.to_string());
        let hands = Handshake::new(self.chain, &self.key, End::Dialler).map_err(|e| e.to_string())?;
        send(hands.hello()).await?;
        let answers = client.link(ReceiverStream::new(frames)).await.map_err(|e| e.message().to_owned())?;
        let mut answers = answers.into_inner();
        let hello = next(&mut answers).await?;
        let (peer, hello) = hands.meet(hello, &known).map_err(|e| e.to_string())?;
        send(hands.proof(&hello).map_err(|e| e.to_string())?).await?;
        hands.check(next(&mut answers).await?, &peer, &hello).map_err(|e| e.to_string())?;
        Ok(Link { out, answers })
    }

    /// Says what is allowed, as fast as the node takes it, until it is told to stop; how many messages.
    pub(super) async fn flood(self, mut stop: watch::Receiver<bool>) -> u64 {
        let mut sent = 0;
        while !*stop.borrow() {
            let Ok(mut link) = self.link().await else {
                sleep(Duration::from_millis(200)).await;
                continue;
            };
            let read = async { while let Ok(Some(_)) = link.answers.message().await {} };
            let write = async {
                for turn in 0_u64.. {
                    let message = harmless(turn);
                    if link.out.send(part(message.encode(), true, !message.is_urgent())).await.is_err() {
                        return;
                    }
                    sent += 1;
                }
            };
            tokio::select! {
                () = read => {}
                () = write => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        sent
    }

    /// Breaks a rule: the link ends, and the next one is refused by name. How long the two took.
    pub(super) async fn break_rules(&self, endless: bool) -> Result<(Duration, Duration), Failure> {
        let link = self.link().await.map_err(wrong)?;
        if endless {
            while link.send(vec![0; PART], false, false).await {}
        } else {
            link.send(vec![0xee; 1_000], true, false).await;
        }
        let ended = link.ends().await?;
        let began = Instant::now();
        let why = timeout(REFUSAL, self.refusal()).await.map_err(|_| wrong("who broke the rules is heard again"))?;
        match why.contains("broke the rules") {
            true => Ok((ended, began.elapsed())),
            false => Err(wrong(format!("refused for another reason: {why}"))),
        }
    }

    /// Why a node ends a link.
    async fn refusal(&self) -> String {
        let mut link = match self.link().await {
            Ok(link) => link,
            Err(why) => return why,
        };
        loop {
            match link.answers.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return "no reason".to_owned(),
                Err(status) => return status.message().to_owned(),
            }
        }
    }
}

impl Ground<'_> {
    /// Somebody with a dead validator's peer key floods the others by turns, then breaks rules.
    pub(super) async fn slandered(&mut self) -> Result<String, Failure> {
        let victim = self.town.len() - 1;
        self.town.kill(victim)?;
        let impostors = self.town.impostors(victim)?;
        let (mut calm, mut flooded, mut sent) = (0, 0, 0);
        for _ in 0..TURNS {
            calm += self.window().await;
            let (stop, stopping) = watch::channel(false);
            let floods: Vec<_> = impostors.iter().map(|i| tokio::spawn(i.clone().flood(stopping.clone()))).collect();
            flooded += self.window().await;
            stop.send_replace(true);
            for flood in floods {
                sent += flood.await.map_err(Failure::general)?;
            }
        }
        let (mut ended, mut refused) = (Duration::ZERO, Duration::ZERO);
        for (turn, impostor) in impostors.iter().enumerate() {
            let (link, again) = impostor.break_rules(turn % 2 == 0).await?;
            (ended, refused) = (ended.max(link), refused.max(again));
        }
        self.town.start_one(victim).await?;
        let best = self.town.best().await;
        // They do not hear that key for a minute, whoever has it.
        self.town.agree_within(best.next(), 2 * BAN).await?;
        if sent == 0 || flooded * 2 < calm {
            return Err(wrong(format!("{calm} committed in peace, {flooded} under {sent} useless messages")));
        }
        Ok(format!(
            "{calm} committed in peace, {flooded} in as long under {sent} useless messages; garbage and a message without \
             end cost the link within {} ms, and the next one is refused by name within {} ms",
            ended.as_millis(),
            refused.as_millis()
        ))
    }

    async fn window(&self) -> usize {
        let began = Instant::now();
        sleep(WINDOW).await;
        self.load.committed_since(began)
    }
}

/// Questions, votes of an old epoch, made-up transactions, boasts: all of it allowed, and useless.
fn harmless(turn: u64) -> PeerMessage {
    match turn % 4 {
        0 => PeerMessage::WantBlocks { from: Height(1), count: MAX_BLOCKS },
        1 => PeerMessage::Engine { epoch: 0, bytes: turn.to_le_bytes().repeat(20) },
        2 => PeerMessage::Status { height: Height(turn), id: BlockId([7; 33]) },
        _ => PeerMessage::WantBody { height: Height(turn), id: BlockId([9; 33]) },
    }
}

async fn next(answers: &mut tonic::Streaming<LinkResponse>) -> Result<LinkFrame, String> {
    let answer = answers.message().await.map_err(|status| status.message().to_owned())?;
    answer.and_then(|answer| answer.frame).ok_or_else(|| "the link ended".to_owned())
}
