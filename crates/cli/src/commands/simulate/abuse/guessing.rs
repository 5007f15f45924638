//! S13: guessed numbers. What is not there and what is not theirs get one answer, in about the same time.

use std::time::{Duration, Instant};

use prost::Message;
use proto::invoice::v1 as pb;
use proto::node::v1::{GetFateRequest, ListInvoicesRequest, OpenContentRequest};
use tonic::transport::Channel;

use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use super::replays::question;
use crate::failure::Failure;

/// Pairs of guesses.
const PAIRS: usize = 300;

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let mut thrown = Thrown::default();
    let client = &ground.clients[0];
    let node = sdk::open_channel(&ground.banner.nodes[0], Duration::from_secs(15), &ground.transport).await?;
    let service = sdk::open_channel(&ground.banner.service, Duration::from_secs(15), &ground.transport).await?;
    let slots = client.status().await?.slots;
    let me = (ground.banner.accounts["merchant"], "merchant");
    let (mut theirs, mut nowhere) = (Vec::new(), Vec::new());
    for turn in 0..PAIRS as u64 {
        // Settling made the first slots; those behind are invoices of other sellers.
        for (slot, times) in [(slots - 1 - turn % (slots / 2), &mut theirs), (slots + 1_000_000 + turn, &mut nowhere)] {
            let signed_question = question(ground, client, slot, me)?;
            let body = raw::framed(false, &OpenContentRequest { signed_question, read_options: None }.encode_to_vec());
            let began = Instant::now();
            let answer = raw::call(&node, "/taxchain.node.v1.NodeService/OpenContent", &[], body).await;
            times.push(began.elapsed().as_secs_f64() * 1e6);
            thrown.expect("contents", answer, &["FORBIDDEN"]);
        }
    }
    at_the_service(ground, &service, &mut thrown).await?;
    page_tokens(&node, &mut thrown).await;
    thrown.what = format!("{PAIRS} pairs of guessed slots, guessed requests and payments of others, page tokens");
    thrown.note = format!(
        "contents: not theirs {:.0} us, not there {:.0} us (medians), Welch's t of the medians of tens {:.1}",
        median(&theirs),
        median(&nowhere),
        welch(&medians(&theirs), &medians(&nowhere))
    );
    Ok(thrown)
}

/// Changes and payments of another account, and of nobody.
async fn at_the_service(ground: &Ground, service: &Channel, thrown: &mut Thrown) -> Result<(), Failure> {
    let bearer = [("authorization", ground.banner.tokens["merchant"].as_str())];
    let (own, other) = (ground.banner.accounts["merchant"], ground.banner.accounts["company"]);
    for account in [other, 1, 999_999] {
        let request = pb::GetOperationRequest { acting_account: account, request_id: vec![7; 16], read_options: None };
        let body = raw::framed(false, &request.encode_to_vec());
        let answer = raw::call(service, "/taxchain.invoice.v1.OperationService/GetOperation", &bearer, body).await;
        thrown.expect("a change of another account", answer, &["FORBIDDEN"]);
        let request = pb::GetQuotaRequest { account, read_options: None };
        let body = raw::framed(false, &request.encode_to_vec());
        let answer = raw::call(service, "/taxchain.invoice.v1.MerchantService/GetQuota", &bearer, body).await;
        thrown.expect("a quota of another account", answer, &["FORBIDDEN"]);
    }
    for slot in [0, 1, 2, 1_000_000_007] {
        let request = pb::GetPaymentRequest { acting_account: own, slot, read_options: None };
        let body = raw::framed(false, &request.encode_to_vec());
        let answer = raw::call(service, "/taxchain.invoice.v1.PaymentService/GetPayment", &bearer, body).await;
        thrown.expect("a payment of another account", answer, &["NOT_FOUND"]);
    }
    Ok(())
}

/// Tokens of lists that nobody gave out.
async fn page_tokens(node: &Channel, thrown: &mut Thrown) {
    for token in ["0", "AAAA", &"f".repeat(64), &"=".repeat(512)] {
        let request = ListInvoicesRequest { page_token: token.to_owned(), ..ListInvoicesRequest::default() };
        let body = raw::framed(false, &request.encode_to_vec());
        let answer = raw::call(node, "/taxchain.node.v1.NodeService/ListInvoices", &[], body).await;
        thrown.expect("a made-up page token", answer, &["PAGE_TOKEN", "INVALID_ARGUMENT"]);
    }
    let answer = raw::call(
        node,
        "/taxchain.node.v1.NodeService/GetFate",
        &[],
        raw::framed(false, &GetFateRequest::default().encode_to_vec()),
    )
    .await;
    thrown.expect("the fate of nothing", answer, &["INVALID_ARGUMENT"]);
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// Of each ten: what the machine did meanwhile counts less.
fn medians(times: &[f64]) -> Vec<f64> {
    times.chunks(10).map(median).collect()
}

/// Welch's t.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let of = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
    };
    let ((mean_a, error_a), (mean_b, error_b)) = (of(a), of(b));
    (mean_a - mean_b) / (error_a + error_b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_tells_two_classes_apart_and_not_one_from_itself() {
        let a: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        let b: Vec<f64> = a.iter().map(|v| v + 5.0).collect();
        assert!(welch(&a, &b) < -4.5 && welch(&a, &a).abs() < 0.1);
        assert_eq!(medians(&a), vec![5.0; 10]);
    }
}
