//! The door in front of all services: how many calls are at work, and how long each may take.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use proto::{EdgeError, EdgeReason};
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tower::{Layer, Service};
use tracing::Instrument;

const TIMEOUT: &str = "grpc-timeout";

/// Makes the door.
#[derive(Clone)]
pub(crate) struct GateLayer {
    room: Arc<Semaphore>,
    shortest: Duration,
    longest: Duration,
}

/// The door before one service.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    door: GateLayer,
}

impl GateLayer {
    pub(crate) fn new(calls_at_once: usize, (shortest, longest): (Duration, Duration)) -> Self {
        let room = Arc::new(Semaphore::new(calls_at_once.min(Semaphore::MAX_PERMITS)));
        Self { room, shortest, longest: longest.max(shortest) }
    }

    /// The caller's wish, cut to what is allowed: too short would cancel in the middle of a write, too long would hold
    /// its place for hours. No wish, or none that can be read, gets the longest.
    fn deadline(&self, headers: &HeaderMap) -> Duration {
        let asked = headers.get(TIMEOUT).and_then(|v| v.to_str().ok()).and_then(parse_timeout);
        asked.unwrap_or(self.longest).clamp(self.shortest, self.longest)
    }
}

/// Up to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3_600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, door: self.clone() }
    }
}

impl<S, B> Service<Request<B>> for Gate<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Filled in once the request is read: every line of the call's log then names it.
        let span = tracing::info_span!("call", path = request.uri().path(), request = tracing::field::Empty);
        let place = Arc::clone(&self.door.room).try_acquire_owned();
        let deadline = self.door.deadline(request.headers());
        // The deadline is kept here; behind, nobody cuts it a second time.
        request.headers_mut().remove(TIMEOUT);
        // The service that said it was ready is the one to call.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let call = async move {
            let Ok(_place) = place else {
                let full = EdgeError::new(EdgeReason::RateLimited).detail("too many calls at once");
                return Ok(Status::from(full).into_http());
            };
            match tokio::time::timeout(deadline, inner.call(request)).await {
                Ok(answer) => answer,
                Err(_) => Ok(Status::from(EdgeError::new(EdgeReason::Deadline)).into_http()),
            }
        };
        Box::pin(call.instrument(span))
    }
}

#[cfg(test)]
#[path = "gate_test.rs"]
mod gate_test;
