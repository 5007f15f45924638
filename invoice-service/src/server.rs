//! Starting and stopping.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ledger_types::ChainId;
use proto::invoice::v1::audit_service_server::AuditServiceServer;
use proto::invoice::v1::bureau_service_server::BureauServiceServer;
use proto::invoice::v1::finance_service_server::FinanceServiceServer;
use proto::invoice::v1::key_service_server::KeyServiceServer;
use proto::invoice::v1::merchant_service_server::MerchantServiceServer;
use proto::invoice::v1::operation_service_server::OperationServiceServer;
use proto::invoice::v1::payment_service_server::PaymentServiceServer;
use proto::invoice::v1::verify_service_server::VerifyServiceServer;
use proto::invoice::v1::wallet_service_server::WalletServiceServer;
use proto::limits::{MAX_INVOICE_REQUEST_BYTES, MAX_QUERY_BYTES, MAX_RESPONSE_BYTES, MAX_SUBMITTED_BYTES};
use sdk::{ConnectOptions, NodeClient};
use sm_tls::{Cause, Door};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tonic::service::{Routes, RoutesBuilder};
use tonic::transport::Server;

use crate::access::AccessLayer;
use crate::admin::ServiceAdmin;
use crate::audit::Audit;
use crate::audit_log::{Anchoring, AuditLog};
use crate::bureau::Bureau;
use crate::config::ServiceConfig;
use crate::desk::{Desk, DeskParts};
use crate::erasures::Erasures;
use crate::error::ServiceError;
use crate::finance::Finance;
use crate::follow::Follower;
use crate::gate::GateLayer;
use crate::keys::{self, Keys};
use crate::merchant::Merchant;
use crate::operations::Operations;
use crate::payments::Payments;
use crate::public::Verify;
use crate::resend;
use crate::store::Store;
use crate::vault::Vault;
use crate::wallet::Wallet;

/// Accounts that changed and were not looked at yet: the follower waits beyond.
const CHANGED_ACCOUNTS: usize = 1_024;
/// A connection ends in order after this and is made again: with it everything that its handshake proved.
const CONNECTION_AGE: Duration = Duration::from_secs(3_600);

/// A service at work.
#[derive(Debug)]
pub struct RunningService {
    address: SocketAddr,
    url: String,
    admin: ServiceAdmin,
    stop: watch::Sender<bool>,
    server: JoinHandle<Result<(), ServiceError>>,
}

impl RunningService {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As an endpoint for clients.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.url.clone()
    }

    /// Setting it up from within the process.
    #[must_use]
    pub fn admin(&self) -> &ServiceAdmin {
        &self.admin
    }

    /// Stops taking calls, lets those at work end, and closes the store.
    ///
    /// # Errors
    /// What the server failed with.
    pub async fn stop(self) -> Result<(), ServiceError> {
        self.stop.send_replace(true);
        self.ended().await
    }

    /// Waits until the service was stopped by the `shutdown` it was given.
    ///
    /// # Errors
    /// What the server failed with.
    pub async fn ended(self) -> Result<(), ServiceError> {
        self.server.await.map_err(|_| ServiceError::Stopped)?
    }
}

/// Starts the service: it answers calls when this returns. It stops when `shutdown` is done or by
/// [`RunningService::stop`].
///
/// # Errors
/// The node does not answer or is of another chain; the store cannot be opened or is another chain's; the master secret
/// does not open it; the address is taken.
pub async fn serve(
    config: ServiceConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<RunningService, ServiceError> {
    let deadline_ms = u64::try_from(config.limits.node_deadline.as_millis()).unwrap_or(u64::MAX);
    let options = ConnectOptions { chain: config.chain, deadline_ms, transport: config.security.calls() };
    let node = NodeClient::connect(&config.node, options).await?;
    let store = Store::open(&config.data, &config.master_secret).await?;
    store.bind_chain(&node.chain_id()).await?;
    let vault = Vault::new(store.clone()).sealing(node.committee().is_some());
    let audit = open_audit_log(&store, node.chain_id(), config.audit_sinks).await?;
    let erasures = Arc::<Erasures>::default();
    let (changed, accounts) = mpsc::channel(CHANGED_ACCOUNTS);
    let (follower, offers_height) = Follower::new(node.clone(), store.clone(), Arc::clone(&erasures), changed).await?;
    let fault = |source| ServiceError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let (limits, registrar, reader) = (config.limits, config.registrar, config.reader);
    let parts = DeskParts { node, store, vault, audit, limits, registrar, reader, offers_height, erasures };
    let desk = Arc::new(Desk::new(parts));

    let anchoring =
        config.anchor.or(registrar).or(reader).map(|account| Anchoring { account, every: limits.anchor_every });
    match anchoring {
        Some(anchoring) => anchoring.check(&desk).await?,
        None => tracing::warn!("the audit log is not anchored on the chain: no account is named for it"),
    }

    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    if let Some(anchoring) = anchoring {
        tasks.spawn(anchoring.run(Arc::clone(&desk), stopping.clone()));
    }
    tasks.spawn(follower.run(stopping.clone()));
    tasks.spawn(resend::run(Arc::clone(&desk), stopping.clone()));
    tasks.spawn(keys::run(Arc::clone(&desk), accounts, stopping.clone()));
    let stopper = stop.clone();
    tasks.spawn(async move {
        let mut stopping = stopper.subscribe();
        tokio::select! {
            () = shutdown => { stopper.send_replace(true); }
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    });
    let admin = ServiceAdmin::new(Arc::clone(&desk));
    if let Some(holds) = config.security.holds() {
        tokio::spawn(sm_tls::warn_before_end(holds));
    }
    let url = config.security.calls().url(address);
    let server = tokio::spawn(run(desk, (listener, config.security.for_callers()), stopping, tasks));
    Ok(RunningService { address, url, admin, stop, server })
}

/// The log of this store, on all its sinks.
async fn open_audit_log(store: &Store, chain: ChainId, sinks: Vec<PathBuf>) -> Result<AuditLog, ServiceError> {
    let id = store.audit_log_id_or_new().await?;
    let open = move || AuditLog::open(chain, id, sinks);
    // It is read and checked: not on a thread that answers calls.
    Ok(tokio::task::spawn_blocking(open).await.map_err(|_| ServiceError::Stopped)??)
}

/// Serves until told to stop, then ends everything in order: no new calls, those at work, the tasks, the store.
async fn run(
    desk: Arc<Desk>,
    (listener, door): (TcpListener, Door),
    mut stopping: watch::Receiver<bool>,
    mut tasks: JoinSet<()>,
) -> Result<(), ServiceError> {
    let limits = desk.limits;
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let mut routes = RoutesBuilder::from(routes(&desk)?);
    routes.add_service(health_service);
    let until_stop = {
        let mut stopping = stopping.clone();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
            health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        }
    };
    // Anybody can make many of them: none is worth a warning.
    let refused = |address, cause: &Cause| tracing::info!(%address, %cause, "a connection was refused");
    let incoming = sm_tls::accept(listener, door, limits.connections, refused);
    let server = Server::builder()
        .concurrency_limit_per_connection(limits.calls_per_connection)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .max_connection_age(CONNECTION_AGE)
        .layer(GateLayer::new(limits.calls_at_once, limits.deadline))
        .layer(AccessLayer::new(Arc::clone(&desk)))
        .add_routes(routes.routes())
        .serve_with_incoming_shutdown(incoming, until_stop);
    let drained = async {
        let _ = stopping.wait_for(|stop| *stop).await;
        tokio::time::sleep(limits.drain).await;
    };
    // Streams that clients keep open do not hold up a stop for ever.
    let result = tokio::select! {
        result = server => result.map_err(ServiceError::from),
        () = drained => Ok(()),
    };
    if tokio::time::timeout(limits.drain, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        tasks.shutdown().await;
    }
    desk.store.close().await;
    result
}

/// Every service, each with its limits of size.
fn routes(desk: &Arc<Desk>) -> Result<Routes, ServiceError> {
    macro_rules! add {
        ($routes:ident, $($server:ident($service:expr, $most:expr)),* $(,)?) => {$(
            $routes.add_service(
                $server::new($service).max_decoding_message_size($most).max_encoding_message_size(MAX_RESPONSE_BYTES),
            );
        )*};
    }
    let mut routes = RoutesBuilder::default();
    add!(
        routes,
        MerchantServiceServer(Merchant(Arc::clone(desk)), MAX_INVOICE_REQUEST_BYTES),
        WalletServiceServer(Wallet(Arc::clone(desk)), MAX_QUERY_BYTES),
        FinanceServiceServer(Finance(Arc::clone(desk)), MAX_QUERY_BYTES),
        BureauServiceServer(Bureau(Arc::clone(desk)), MAX_INVOICE_REQUEST_BYTES),
        PaymentServiceServer(Payments(Arc::clone(desk)), MAX_QUERY_BYTES),
        OperationServiceServer(Operations(Arc::clone(desk)), MAX_QUERY_BYTES),
        AuditServiceServer(Audit(Arc::clone(desk)), MAX_QUERY_BYTES),
        VerifyServiceServer(Verify(Arc::clone(desk)), MAX_QUERY_BYTES),
        KeyServiceServer(Keys(Arc::clone(desk)), MAX_SUBMITTED_BYTES),
    );
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|_| ServiceError::Stopped)?;
    routes.add_service(reflection);
    Ok(routes.routes())
}
