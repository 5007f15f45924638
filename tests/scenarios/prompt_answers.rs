use std::time::{Duration, Instant};

use tests::TestChain;

/// With sockets that wait to fill a packet, each answer takes 40 ms, the time after which the caller's system
/// acknowledges the first half: two seconds here.
#[tokio::test(flavor = "multi_thread")]
async fn small_answers_do_not_wait_for_the_callers_acknowledgement() {
    let chain = TestChain::start().await.unwrap();
    let started = Instant::now();
    for _ in 0..50 {
        chain.client.stamp().await.unwrap();
    }
    let took = started.elapsed();
    assert!(took < Duration::from_millis(1_000), "fifty answers took {took:?}");
}
