//! S4 and S5: small messages that want much memory, and large ones.

use std::time::Duration;

use super::corpus::{packed_zeros, within};
use super::descriptors::calls;
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// Bytes of a message of empty elements.
const AMPLIFIED: usize = 1 << 20;
/// Memory that a request may take, in times of its own bytes.
const TIMES: u64 = 64;
/// Thrown at once, so that the chain's own needs of memory do not blur the figure.
const TOGETHER: u64 = 4;
/// What is too large may be refused so.
const TOO_LARGE: [&str; 3] = ["OutOfRange", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"];

/// S4.
pub(super) async fn amplified(ground: &Ground) -> Result<Thrown, Failure> {
    let deadline = Duration::from_secs(15);
    let node = sdk::open_channel(&ground.banner.nodes[0], deadline, &ground.transport).await?;
    let service = sdk::open_channel(&ground.banner.service, deadline, &ground.transport).await?;
    let bearer = [("authorization", ground.banner.tokens["merchant"].as_str())];
    let (mut worst, mut lists) = ((0, String::new()), 0);
    let mut thrown = Thrown::default();
    for call in calls()? {
        let channel = if call.of_node { &node } else { &service };
        for way in &call.lists {
            lists += 1;
            let (last, outer) = way.split_last().map_or((1, &[][..]), |(last, outer)| (*last, outer));
            let element = within(&[last], Vec::new());
            let elements = element.repeat(AMPLIFIED / element.len());
            let body = raw::framed(false, &within(outer, elements));
            let before = ground.take_peak();
            let calls = (0..TOGETHER).map(|_| raw::call(channel, &call.path, &bearer, body.clone()));
            for answer in futures::future::join_all(calls).await {
                thrown.expect(&format!("{} {way:?}", call.path), answer, &TOO_LARGE);
            }
            let grown = ground.take_peak().saturating_sub(before) / TOGETHER;
            if grown > worst.0 {
                worst = (grown, format!("{} {way:?}", call.path));
            }
            if grown > TIMES * body.len() as u64 {
                let times = grown / body.len() as u64;
                thrown.wrong(format!("{} {way:?}: {} MiB, {times} times what came", call.path, grown >> 20));
            }
        }
    }
    thrown.what = format!("{lists} lists of requests, each 1 MiB of empty elements, {TOGETHER} at once");
    thrown.note = format!("at most {} MiB of memory for one, by {}", worst.0 >> 20, worst.1);
    Ok(thrown)
}

/// S5.
pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let deadline = Duration::from_secs(15);
    let calls = calls()?;
    let mut thrown = Thrown::new(format!(
        "at {} calls a message of 5 MiB, one that says it has 4 GiB, a gzip of 64 MiB; headers of 64 kB; 10,000 metadata keys",
        calls.len()
    ));
    let bearer = ("authorization", ground.banner.tokens["merchant"].as_str());
    let bomb = raw::framed(true, &packed_zeros(64));
    for (of_node, endpoint) in [(true, &ground.banner.nodes[0]), (false, &ground.banner.service)] {
        let channel = sdk::open_channel(endpoint, deadline, &ground.transport).await?;
        for call in calls.iter().filter(|call| call.of_node == of_node) {
            let stream = call.path.ends_with("/SubmitStream");
            let large = raw::framed(false, &within(&[15], vec![0; 5 << 20]));
            let answer = raw::call(&channel, &call.path, &[bearer], large).await;
            let may: &[&str] = if stream { &["OK", "END", "OutOfRange"] } else { &TOO_LARGE };
            thrown.expect(&format!("{}: 5 MiB", call.path), answer, may);
            let answer = raw::call(&channel, &call.path, &[bearer], vec![0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]).await;
            thrown.expect(&format!("{}: 4 GiB announced", call.path), answer, may);
            let answer = raw::call(&channel, &call.path, &[bearer, ("grpc-encoding", "gzip")], bomb.clone()).await;
            let may: &[&str] = if stream { &["OK", "END", "Unimplemented"] } else { &["Unimplemented"] };
            thrown.expect(&format!("{}: packed", call.path), answer, may);
        }
        let path = if of_node {
            "/taxchain.node.v1.NodeService/GetStatus"
        } else {
            "/taxchain.invoice.v1.MerchantService/GetQuota"
        };
        headers(&mut thrown, endpoint, path, ground).await?;
    }
    Ok(thrown)
}

/// Headers that are too large: the stream ends, or the connection.
async fn headers(thrown: &mut Thrown, endpoint: &str, path: &str, ground: &Ground) -> Result<(), Failure> {
    let long = "x".repeat(64 * 1_024);
    let names: Vec<String> = (0..10_000).map(|i| format!("x-many-{i}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    for (what, headers) in [("a header of 64 kB", vec![("x-long", long.as_str())]), ("10,000 metadata keys", many)] {
        // A connection of its own: it may end.
        let channel = sdk::open_channel(endpoint, Duration::from_secs(15), &ground.transport).await?;
        let answer = raw::call(&channel, path, &headers, raw::framed(false, &[])).await;
        let refused = answer.starts_with("broken") || answer == "HTTP 431" || TOO_LARGE.contains(&answer.as_str());
        if !refused {
            thrown.wrong(format!("{what}: {answer}"));
        }
        thrown.count(if answer.starts_with("broken") { "connection or stream reset".to_owned() } else { answer });
    }
    Ok(())
}
