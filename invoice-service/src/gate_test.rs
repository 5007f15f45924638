//! The door lets in as many as there is room for, for as long as is allowed.
#![allow(clippy::unwrap_used)]

use tokio::sync::Notify;
use tower::ServiceExt;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn deadlines_are_cut_on_both_sides() {
    let gate = GateLayer::new(1, (50 * MS, 30_000 * MS));
    let of = |text: Option<&str>| {
        let mut headers = HeaderMap::new();
        if let Some(text) = text {
            headers.insert(TIMEOUT, text.parse().unwrap());
        }
        gate.deadline(&headers)
    };
    let cases: [(Option<&str>, u32); 9] = [
        (None, 30_000),
        (Some("1m"), 50),
        (Some("200m"), 200),
        (Some("7S"), 7_000),
        (Some("24H"), 30_000),
        (Some("99999999H"), 30_000),
        (Some("123456789m"), 30_000),
        (Some("m"), 30_000),
        (Some("-5S"), 30_000),
    ];
    for (text, ms) in cases {
        assert_eq!(of(text), ms * MS, "{text:?}");
    }
}

/// A service that answers once it is told to.
fn waiting(
    told: Arc<Notify>,
) -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static {
    tower::service_fn(move |request: Request<()>| {
        let told = Arc::clone(&told);
        async move {
            assert!(request.headers().get(TIMEOUT).is_none(), "nobody behind cuts the deadline again");
            told.notified().await;
            Ok(Response::new(Body::empty()))
        }
    })
}

fn reason(response: &Response<Body>) -> Option<String> {
    let status = Status::from_header_map(response.headers())?;
    Some(proto::ErrorReport::from_status(&status).reason_name)
}

#[tokio::test]
async fn who_finds_no_room_is_told_at_once_and_others_go_on() {
    let told = Arc::new(Notify::new());
    let gate = GateLayer::new(1, (50 * MS, 30_000 * MS)).layer(waiting(Arc::clone(&told)));
    let first = tokio::spawn(gate.clone().oneshot(Request::new(())));
    while gate.door.room.available_permits() == 1 {
        tokio::task::yield_now().await;
    }
    let second = gate.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(reason(&second).as_deref(), Some("RATE_LIMITED"), "too many calls");
    told.notify_one();
    assert_eq!(reason(&first.await.unwrap().unwrap()), None);
    told.notify_one();
    assert_eq!(reason(&gate.oneshot(Request::new(())).await.unwrap()), None, "the place is free again");
}

#[tokio::test]
async fn a_call_past_its_deadline_ends_with_the_reason_for_unknown_outcomes() {
    let gate = GateLayer::new(1, (20 * MS, 30_000 * MS)).layer(waiting(Arc::new(Notify::new())));
    let mut request = Request::new(());
    request.headers_mut().insert(TIMEOUT, "1m".parse().unwrap());
    let started = tokio::time::Instant::now();
    let answer = gate.oneshot(request).await.unwrap();
    assert_eq!(reason(&answer).as_deref(), Some("DEADLINE"));
    assert!(started.elapsed() >= 20 * MS, "not after the millisecond that was asked for");
}
