//! The invoice service beside a development node.

use std::net::SocketAddr;
use std::path::Path;

use chain_node::devnet::DEV_BUREAU;
use invoice_service::ServiceError;
use ledger_types::KeyId;
use tokio::sync::oneshot;

use crate::commands::dev::Up;
use crate::failure::{Failure, exit};

/// A running service.
pub(in crate::commands) struct Running {
    service: invoice_service::RunningService,
    stop: oneshot::Sender<()>,
}

fn fail(e: impl std::fmt::Display) -> Failure {
    Failure::new(exit::GENERAL, format!("invoice service: {e}"))
}

/// Starts it.
pub(in crate::commands) async fn start(up: &Up, listen: SocketAddr, data: &Path) -> Result<Running, Failure> {
    std::fs::create_dir_all(data)?;
    let secret = invoice_service::MasterSecret::from_file_or_new(&data.join("master-secret")).map_err(fail)?;
    let (node, security) = (up.node.url(), up.chain.security("service").map_err(fail)?);
    let mut config = invoice_service::ServiceConfig::new(listen, security, node, data.to_owned(), secret);
    config.chain = Some(up.chain.genesis().chain_id());
    // It answers the public's verifications: of sealed invoices as the bureau.
    config.reader = Some(DEV_BUREAU);
    // Newcomers open accounts by themselves.
    config.registrar = Some(DEV_BUREAU);
    let (stop, stopped) = oneshot::channel();
    let served = invoice_service::serve(config, async move { drop(stopped.await) }).await;
    let service = served.map_err(|error| match error {
        ServiceError::Listen { .. } => Failure::config(format!("{error}; choose another with --service-listen")),
        other => fail(other),
    })?;
    let bureau = up.people.iter().find(|p| p.account == DEV_BUREAU);
    if let Some(bureau) = bureau {
        service.admin().host_key(bureau.account, KeyId(0), &bureau.identity.key).await.map_err(fail)?;
    }
    Ok(Running { service, stop })
}

impl Running {
    /// What clients call.
    pub(in crate::commands) fn endpoint(&self) -> String {
        self.service.endpoint()
    }

    /// Setting it up from this process.
    pub(in crate::commands) fn admin(&self) -> &invoice_service::ServiceAdmin {
        self.service.admin()
    }

    /// Stops it gracefully.
    pub(in crate::commands) async fn stop(self) -> Result<(), Failure> {
        // It may have ended by itself.
        let _ = self.stop.send(());
        self.service.ended().await.map_err(fail)
    }
}
