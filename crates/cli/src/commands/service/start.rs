//! `taxchain service start`.

use std::io::Write;

use chain_node::telemetry::{self, LogFormat};
use clap::Args;
use serde_json::json;
use tokio::sync::oneshot;

use super::Which;
use super::file::ServiceFile;
use crate::answer::Output;
use crate::commands::dev::StopSignals;
use crate::failure::{Failure, exit};
use crate::session::Global;

/// Arguments of `service start`.
#[derive(Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    which: Which,
    /// Log as JSON lines.
    #[arg(long)]
    log_json: bool,
    /// Send traces to this OTLP endpoint.
    #[arg(long, env = "TAXCHAIN_OTLP", value_name = "URL")]
    otlp: Option<String>,
}

pub(super) async fn run(global: &Global, args: StartArgs) -> Result<(), Failure> {
    let config = ServiceFile::read(&args.which.config)?.config()?;
    let format = if args.log_json { LogFormat::Json } else { LogFormat::Text };
    let telemetry = telemetry::start("taxchain-service", format, args.otlp.as_deref());
    let telemetry = telemetry.map_err(|e| Failure::config(e.to_string()))?;
    // Before it serves: whoever reads the banner may stop it at once.
    let mut signals = StopSignals::listen()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = invoice_service::serve(config, async move { drop(stopped.await) });
    let service = tokio::select! {
        () = signals.received() => return Ok(()),
        served = served => served.map_err(|e| Failure::new(exit::GENERAL, format!("invoice service: {e}")))?,
    };
    say(global, &service.endpoint())?;
    let ended = {
        let ended = service.ended();
        tokio::pin!(ended);
        tokio::select! {
            () = signals.received() => {
                // It may have ended by itself.
                let _ = stop.send(());
                ended.await
            }
            ended = &mut ended => ended,
        }
    };
    telemetry.shutdown();
    ended.map_err(Failure::general)
}

fn say(global: &Global, endpoint: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match global.output {
        Output::Json => writeln!(out, "{}", json!({ "ready": true, "service": endpoint, "pid": std::process::id() }))?,
        Output::Table => {
            writeln!(out, "taxchain service is ready · 开票服务已就绪")?;
            writeln!(out, "  service   {endpoint}   gRPC taxchain.invoice.v1, health, reflection")?;
        }
    }
    Ok(out.flush()?)
}
