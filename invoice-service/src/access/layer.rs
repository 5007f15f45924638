//! Holds the table before every call.

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

/// Who calls, if the call is not public and he may make it.
async fn admit(
    desk: &Desk,
    path: &str,
    headers: HeaderMap,
    connection: Option<sm_tls::Caller>,
) -> Result<Option<Caller>, Failure> {
    let Some(row) = row(path) else {
        return Err(Failure::forbidden("this call is nobody's"));
    };
    if row.access == Access::Public {
        return Ok(None);
    }
    let caller = desk.caller(&MetadataMap::from_headers(headers), connection.as_ref()).await?;
    if !row.access.allows(caller.role) {
        let error = EdgeError::new(EdgeReason::Forbidden).field("authorization");
        return Err(error.detail("is a token whose role does not cover this call").into());
    }
    Ok(Some(caller))
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
            let mut headers = HeaderMap::new();
            if let Some(value) = request.headers().get(AUTHORIZATION) {
                headers.insert(AUTHORIZATION, value.clone());
            }
            let connection = request.extensions().get::<sm_tls::Caller>().cloned();
            match admit(&desk, request.uri().path(), headers, connection).await {
                Ok(caller) => {
                    if let Some(caller) = caller {
                        request.extensions_mut().insert(caller);
                    }
                    inner.call(request).await
                }
                Err(failure) => Ok(Status::from(failure).into_http()),
            }
        })
    }
}
