//! S1: what was signed once, again.

use std::time::Duration;

use crypto::{KeyUse, random};
use ledger_types::account::KeyRecord;
use ledger_types::{
    AccountId, AccountKind, Canonical, ChainId, ContentQuestion, KeyId, Payload, RequestId, SignedQuestion,
    SignerIdentity, Slot,
};
use prost::Message;
use proto::convert::{Fate, FateState};
use proto::invoice::v1 as pb;
use proto::node::v1::{OpenContentRequest, SubmitRequest};
use sdk::{Frame, NodeClient, SignedTx};
use simulators::dice::Dice;
use simulators::load::Shape;

use super::super::super::demo::failed;
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// Transactions that are recorded.
const RECORDED: usize = 20;
const SUBMIT: &str = "/taxchain.node.v1.NodeService/Submit";
const OPEN_CONTENT: &str = "/taxchain.node.v1.NodeService/OpenContent";

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let mut thrown = Thrown::new(format!(
        "{RECORDED} transactions at 4 nodes and by 2 calls again; another chain's; late ones; a request's id for another \
         request; questions as transactions and again; a service's request by another"
    ));
    transactions(ground, &mut thrown).await?;
    others(ground, &mut thrown).await?;
    late(ground, &mut thrown).await?;
    questions(ground, &mut thrown).await?;
    requests(ground, &mut thrown).await?;
    Ok(thrown)
}

/// Where a transaction ended up.
pub(super) fn place(fate: &Fate) -> Option<(u64, u16)> {
    match &fate.state {
        FateState::Committed(block) | FateState::Refused(block) => Some((block.height.0, block.index)),
        _ => None,
    }
}

/// The same bytes: the same answer, everywhere and for ever.
async fn transactions(ground: &Ground, thrown: &mut Thrown) -> Result<(), Failure> {
    let first = &ground.clients[0];
    for turn in 0..RECORDED {
        let tx = ground.sellers.sign(first, Shape::Single, &mut Dice::new(turn as u64)).map_err(failed)?;
        let at = place(&first.submit_and_wait(&tx).await?);
        for client in ground.clients.iter().chain(&ground.clients) {
            answered_as(thrown, "again", client.submit_and_wait(&tx).await.map(|fate| place(&fate)), at);
        }
        let (send, mut fates) = first.submit_stream(true, 4).await?;
        // A stream that has ended answers nothing, which shows below.
        drop(send.send(tx.clone()).await);
        let fate = fates.recv().await.unwrap_or(Err(sdk::ClientError::Undecided { tx: tx.id }));
        answered_as(thrown, "by another call", fate.map(|fate| place(&fate)), at);
    }
    Ok(())
}

fn answered_as(
    thrown: &mut Thrown,
    what: &str,
    answer: Result<Option<(u64, u16)>, sdk::ClientError>,
    at: Option<(u64, u16)>,
) {
    match answer {
        Ok(again) if again == at && at.is_some() => thrown.count("the first result"),
        other => thrown.wrong(format!("{what}: {other:?} instead of {at:?}")),
    }
}

/// A payload that the bureau may send at any time.
pub(super) fn newcomer(ground: &Ground) -> Result<Payload, Failure> {
    let key = crypto::SigningKey::generate(ground.chain.provider(), KeyUse::Transaction).map_err(Failure::general)?;
    let keys = vec![KeyRecord::admin(KeyId(0), key.public_key().0)];
    let area = ground.chain.genesis().areas[0];
    Ok(Payload::OpenAccount { kind: AccountKind::Person, area, tax_id: None, name: String::new(), keys })
}

fn sign(ground: &Ground, frame: &Frame, payload: Payload) -> Result<SignedTx, Failure> {
    sdk::sign_plain(frame, payload, &[&ground.bureau]).map_err(Failure::general)
}

async fn submit(ground: &Ground, endpoint: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    let channel = sdk::open_channel(endpoint, Duration::from_secs(15), &ground.transport).await?;
    let request = SubmitRequest { tx: bytes, wait_for_receipt: true, wait_timeout_ms: 8_000, chain_id: Vec::new() };
    Ok(raw::call(&channel, SUBMIT, &[], raw::framed(false, &request.encode_to_vec())).await)
}

/// Of another chain, and under a request id that was used.
async fn others(ground: &Ground, thrown: &mut Thrown) -> Result<(), Failure> {
    let client = &ground.clients[0];
    let area = ground.chain.genesis().areas[0];
    let elsewhere = Frame { chain: ChainId([7; 32]), ..client.new_frame(area)? };
    let tx = sign(ground, &elsewhere, newcomer(ground)?)?;
    thrown.expect("another chain's", submit(ground, &ground.banner.nodes[0], tx.bytes).await?, &["WRONG_CHAIN"]);
    let frame = client.new_frame(area)?;
    let used = sign(ground, &frame, newcomer(ground)?)?;
    client.submit_and_wait(&used).await?;
    let other = sign(ground, &frame, newcomer(ground)?)?;
    for node in &ground.banner.nodes {
        let answer = submit(ground, node, other.bytes.clone()).await?;
        thrown.expect("a used request id for another request", answer, &["REQUEST_ID_CONFLICT"]);
    }
    Ok(())
}

/// Kept back until its time is over.
async fn late(ground: &Ground, thrown: &mut Thrown) -> Result<(), Failure> {
    let client = &ground.clients[0];
    client.status().await?;
    let frame = client.new_frame(ground.chain.genesis().areas[0])?;
    let frame = Frame { valid_until_ms: client.now().0 + 1_500, ..frame };
    let (kept, sent) = (sign(ground, &frame, newcomer(ground)?)?, client.new_frame(frame.area)?);
    let sent = sign(ground, &Frame { valid_until_ms: client.now().0 + 1_500, ..sent }, newcomer(ground)?)?;
    let at = place(&client.submit_and_wait(&sent).await?);
    tokio::time::sleep(Duration::from_secs(4)).await;
    for node in &ground.banner.nodes {
        thrown.expect("kept until its time was over", submit(ground, node, kept.bytes.clone()).await?, &["EXPIRED"]);
    }
    for client in &ground.clients {
        answered_as(thrown, "after its time", client.submit_and_wait(&sent).await.map(|fate| place(&fate)), at);
    }
    Ok(())
}

/// A signed question for contents.
pub(super) fn question(
    ground: &Ground,
    client: &NodeClient,
    slot: u64,
    (account, name): (u32, &str),
) -> Result<Vec<u8>, Failure> {
    let key = ground.chain.key(name, KeyUse::Transaction).map_err(Failure::general)?;
    let question = ContentQuestion {
        version: ContentQuestion::VERSION,
        slot: Slot(slot),
        reader: SignerIdentity::Account { account: AccountId(account), key: KeyId(0) },
        time_ms: client.now().0,
        nonce: random::array().map_err(Failure::general)?,
    };
    let signature = key.sign_question(&client.chain_id(), &question).map_err(Failure::general)?;
    Ok(SignedQuestion { question, signature }.to_canonical())
}

/// A question is answered once by each node, and is no transaction; a transaction is no question.
async fn questions(ground: &Ground, thrown: &mut Thrown) -> Result<(), Failure> {
    let client = &ground.clients[0];
    let tx = ground.sellers.sign(client, Shape::Single, &mut Dice::new(99)).map_err(failed)?;
    client.submit_and_wait(&tx).await?;
    let slot = client.status().await?.slots - 1;
    let signed = question(ground, client, slot, (1, "bureau"))?;
    let ask = |bytes: Vec<u8>| {
        raw::framed(false, &OpenContentRequest { signed_question: bytes, read_options: None }.encode_to_vec())
    };
    let channel = sdk::open_channel(&ground.banner.nodes[0], Duration::from_secs(15), &ground.transport).await?;
    thrown.expect("a question", raw::call(&channel, OPEN_CONTENT, &[], ask(signed.clone())).await, &["OK"]);
    for _ in 0..3 {
        let answer = raw::call(&channel, OPEN_CONTENT, &[], ask(signed.clone())).await;
        thrown.expect("a question again", answer, &["INVALID_ARGUMENT"]);
    }
    thrown.expect(
        "a transaction as a question",
        raw::call(&channel, OPEN_CONTENT, &[], ask(tx.bytes)).await,
        &["INVALID_ARGUMENT"],
    );
    let answer = submit(ground, &ground.banner.nodes[0], signed).await?;
    let refused = !matches!(answer.as_str(), "OK" | "Internal" | "Unknown" | "SILENCE");
    thrown.expect("a question as a transaction", if refused { "MALFORMED".to_owned() } else { answer }, &["MALFORMED"]);
    Ok(())
}

/// A request at the service, again and by somebody else.
async fn requests(ground: &Ground, thrown: &mut Thrown) -> Result<(), Failure> {
    let channel = sdk::open_channel(&ground.banner.service, Duration::from_secs(15), &ground.transport).await?;
    let mut merchant = pb::merchant_service_client::MerchantServiceClient::new(channel);
    let id = RequestId::new(ground.clients[0].now().0, random::array().map_err(Failure::general)?);
    let account = ground.banner.accounts["merchant"];
    let mut slots = Vec::new();
    for token in ["merchant", "merchant", "company"] {
        let header = pb::ChangeHeader { request_id: id.0.to_vec(), acting_account: account, chain_id: Vec::new() };
        let mut request = tonic::Request::new(pb::IssueRequest {
            header: Some(header),
            invoice: Some(super::deadlines::invoice()),
            terms: None,
        });
        request.metadata_mut().insert("authorization", ground.banner.tokens[token].parse().map_err(Failure::general)?);
        match (token, merchant.issue(request).await) {
            ("merchant", Ok(answer)) => slots.push(answer.into_inner().invoice.map(|invoice| invoice.slot)),
            (_, Err(status)) => thrown.expect(&format!("a request of {token}"), raw::reason(&status), &["FORBIDDEN"]),
            (_, Ok(_)) => thrown.wrong("a request's id and account in the hands of another account"),
        }
    }
    match slots.as_slice() {
        [Some(one), Some(again)] if one == again => thrown.count("the first result"),
        other => thrown.wrong(format!("a request at the service, twice: {other:?}")),
    }
    Ok(())
}
