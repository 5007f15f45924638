//! Holds the table before every call, and records it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use proto::{EdgeError, EdgeReason};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::header::AUTHORIZATION;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::metadata::MetadataMap;
use tower::{Layer, Service};

use super::table::{Access, row};
use crate::audit_log::{Noted, Record};
use crate::desk::{Caller, Desk};
use crate::failure::Failure;

/// Makes the check.
#[derive(Clone)]
pub(crate) struct AccessLayer(Arc<Desk>);

/// The check before one service.
#[derive(Clone)]
pub(crate) struct Checked<S> {
    inner: S,
    desk: Arc<Desk>,
}

impl AccessLayer {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        Self(desk)
    }
}

/// A call that may be made.
struct Admitted {
    /// Who makes it; none if it is not known and need not be.
    caller: Option<Caller>,
    /// What the audit log has of it; none for what is everyone's to read.
    record: Option<Record>,
}

/// Lets a call in if its row does, once it is recorded.
async fn admit(
    desk: &Desk,
    path: &str,
    headers: HeaderMap,
    connection: Option<sm_tls::Caller>,
) -> Result<Admitted, Failure> {
    let Some(row) = row(path) else {
        return Err(Failure::forbidden("this call is nobody's"));
    };
    match row.access {
        Access::Public => return Ok(Admitted { caller: None, record: None }),
        Access::Newcomers => {
            let record = Record::asked(&desk.audit, path, None).await?;
            return Ok(Admitted { caller: None, record: Some(record) });
        }
        Access::Roles(_) => {}
    }
    let caller = desk.caller(&MetadataMap::from_headers(headers), connection.as_ref()).await?;
    if !row.access.allows(caller.role) {
        let error = EdgeError::new(EdgeReason::Forbidden).field("authorization");
        let failure = error.detail("is a token whose role does not cover this call").into();
        Record::denied(&desk.audit, path, caller, &failure).await?;
        return Err(failure);
    }
    let record = Record::asked(&desk.audit, path, Some(caller)).await?;
    Ok(Admitted { caller: Some(caller), record: Some(record) })
}

impl<S> Layer<S> for AccessLayer {
    type Service = Checked<S>;

    fn layer(&self, inner: S) -> Checked<S> {
        Checked { inner, desk: Arc::clone(&self.0) }
    }
}

impl<S, B> Service<Request<B>> for Checked<S>
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
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let desk = Arc::clone(&self.desk);
        Box::pin(async move {
            // Nobody brings his own admission along.
            request.extensions_mut().remove::<Caller>();
            request.extensions_mut().remove::<Noted>();
            let mut headers = HeaderMap::new();
            if let Some(value) = request.headers().get(AUTHORIZATION) {
                headers.insert(AUTHORIZATION, value.clone());
            }
            let connection = request.extensions().get::<sm_tls::Caller>().cloned();
            let admitted = match admit(&desk, request.uri().path(), headers, connection).await {
                Ok(admitted) => admitted,
                Err(failure) => return Ok(Status::from(failure).into_http()),
            };
            if let Some(caller) = admitted.caller {
                request.extensions_mut().insert(caller);
            }
            let Some(record) = admitted.record else { return inner.call(request).await };
            request.extensions_mut().insert(record.noted());
            let response = inner.call(request).await?;
            match record.done(&desk.audit, response.headers()).await {
                Ok(()) => Ok(response),
                Err(failure) => Ok(Status::from(failure).into_http()),
            }
        })
    }
}
