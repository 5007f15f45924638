//! S9: deadlines of nothing, of a millisecond in the middle of a change, of a day.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use prost::Message;
use proto::convert::Subject;
use proto::invoice::v1 as pb;
use proto::node::v1::{SubmitRequest, WaitReceiptRequest, wait_receipt_request};
use proto::types::v1 as types;
use simulators::dice::Dice;
use simulators::load::Shape;

use super::super::super::demo::failed;
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use super::replays::place;
use crate::failure::Failure;

/// Changes with each deadline.
const EACH: usize = 25;
const DEADLINES: [(&str, &str); 5] =
    [("0n", "nothing"), ("1n", "1 ns"), ("1m", "1 ms"), ("5m", "5 ms"), ("24H", "a day")];
/// Whoever asks for a day is answered within this time.
const ANSWERED: Duration = Duration::from_secs(33);

/// What may be said of a deadline that is over.
const OVER: [&str; 3] = ["OK", "DEADLINE", raw::CUT];

/// A small invoice that the rules allow.
pub(super) fn invoice() -> pb::InvoiceInput {
    let buyer = types::BuyerTitle {
        kind: types::TitleKind::Individual.into(),
        name: "个人".to_owned(),
        tax_id: None,
        address_and_bank: String::new(),
    };
    let line = pb::LineInput {
        nature: types::LineNature::Normal.into(),
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".to_owned(),
        amount: 19_800,
        rate: Some((&ledger_types::TaxRate::Percent(600)).into()),
        policy: types::Policy::None.into(),
        ..pb::LineInput::default()
    };
    pb::InvoiceInput {
        kind: types::InvoiceKind::BlockchainOrdinary.into(),
        entry: types::EntryMode::Gross.into(),
        buyer: Some(buyer),
        lines: vec![line],
        ..pb::InvoiceInput::default()
    }
}

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let client = &ground.clients[0];
    let channel = sdk::open_channel(&ground.banner.nodes[0], Duration::from_secs(60), &ground.transport).await?;
    let mut thrown = Thrown::new(format!(
        "{} changes whose callers wait for nothing, for a millisecond, for a day",
        EACH * DEADLINES.len()
    ));
    let waits = tokio::spawn(a_day(channel.clone(), ground.banner.service.clone(), ground.transport.clone()));
    let mut sent = Vec::new();
    for (value, what) in DEADLINES {
        for turn in 0..EACH {
            let tx = ground.sellers.sign(client, Shape::Single, &mut Dice::new(turn as u64)).map_err(failed)?;
            let request = SubmitRequest {
                tx: tx.bytes.clone(),
                wait_for_receipt: true,
                wait_timeout_ms: u32::MAX,
                chain_id: Vec::new(),
            };
            let body = raw::framed(false, &request.encode_to_vec());
            let answer =
                raw::call(&channel, "/taxchain.node.v1.NodeService/Submit", &[("grpc-timeout", value)], body).await;
            // Who cuts the line himself hears nothing: that is his.
            thrown.expect(&format!("a change that waits for {what}"), answer, &OVER);
            sent.push(tx);
        }
    }
    // What a node has taken, it has taken; what it has not, its caller sends again. Once, in the end, either way.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (mut by_itself, mut places) = (0, BTreeSet::new());
    for tx in &sent {
        by_itself += usize::from(place(&client.fate(Subject::Tx(tx.id), None).await?).is_some());
        let at = place(&client.submit_and_wait(tx).await?);
        for other in &ground.clients {
            let there = place(&other.submit_and_wait(tx).await?);
            if there != at || at.is_none() {
                thrown.wrong(format!("{} is at {at:?} and at {there:?}", tx.id));
            }
        }
        places.extend(at);
    }
    if places.len() != sent.len() {
        thrown.wrong(format!("{} changes have {} places", sent.len(), places.len()));
    }
    let day = waits.await.map_err(Failure::general)??;
    for (answer, took) in day {
        if took > ANSWERED {
            thrown.wrong(format!("who waits for a day is answered after {:.0} s", took.as_secs_f64()));
        }
        thrown.count(format!("a day: {answer}"));
    }
    thrown.note = format!("{by_itself} of {} completed though nobody waited, all of them once in the end", sent.len());
    Ok(thrown)
}

/// Waits for what never comes, for a day.
async fn a_day(
    node: tonic::transport::Channel,
    service: String,
    transport: sdk::Transport,
) -> Result<Vec<(String, Duration)>, Failure> {
    let service = sdk::open_channel(&service, Duration::from_secs(60), &transport).await?;
    let nobody = wait_receipt_request::Subject::TxId([vec![2], vec![9; 32]].concat());
    let request = WaitReceiptRequest { subject: Some(nobody), timeout_ms: u32::MAX, read_options: None };
    let body = raw::framed(false, &request.encode_to_vec());
    let mut answers = Vec::new();
    let began = Instant::now();
    let calls = [
        raw::call_for(
            Duration::from_secs(50),
            &node,
            "/taxchain.node.v1.NodeService/WaitReceipt",
            &[("grpc-timeout", "24H")],
            body.clone(),
        ),
        raw::call_for(Duration::from_secs(50), &node, "/taxchain.node.v1.NodeService/WaitReceipt", &[], body),
        raw::call_for(
            Duration::from_secs(50),
            &service,
            "/grpc.health.v1.Health/Check",
            &[("grpc-timeout", "24H")],
            raw::framed(false, &[]),
        ),
    ];
    for answer in futures::future::join_all(calls).await {
        answers.push((answer, began.elapsed()));
    }
    Ok(answers)
}
