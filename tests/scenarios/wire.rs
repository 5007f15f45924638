//! The generated client beside the SDK's: what any other program would see on the wire.

use anyhow::{Context, Result, ensure};
use ledger_types::Digest;
use proto::ErrorReport;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::node::v1::{GetStatusRequest, SubmitRequest, SubmitResponse};
use tests::TestChain;
use tonic::Status;
use tonic::transport::Channel;

/// A raw client.
pub(crate) type Wire = NodeServiceClient<Channel>;

/// Connects to the chain's node.
pub(crate) async fn connect(chain: &TestChain) -> Result<Wire> {
    let channel =
        sdk::open_channel(&chain.endpoint()?, std::time::Duration::from_secs(20), &chain.chain.transport()?).await?;
    Ok(NodeServiceClient::new(channel))
}

/// Hands bytes in and waits for the verdict.
pub(crate) async fn submit(wire: &Wire, tx: Vec<u8>) -> Result<SubmitResponse, Status> {
    let request = SubmitRequest { tx, wait_for_receipt: true, wait_timeout_ms: 0, chain_id: Vec::new() };
    wire.clone().submit(request).await.map(tonic::Response::into_inner)
}

/// The roots of the state trees: 0 outputs, 1 the request log, 2 the register.
pub(crate) async fn roots(wire: &Wire) -> Result<Vec<Digest>> {
    let status = wire.clone().get_status(GetStatusRequest { read_options: None }).await?.into_inner();
    let read = |bytes: &Vec<u8>| Ok(Digest(bytes.as_slice().try_into().context("a root has 32 bytes")?));
    status.state_roots.iter().map(read).collect()
}

/// What every failed call owes its caller: a stable name and number, and texts in both languages.
pub(crate) fn check_report(report: &ErrorReport) -> Result<()> {
    let number = report.number().context("no number")?;
    let known = proto::Reason::from_number(number).context("an unknown number")?;
    ensure!(known.name() == report.reason_name, "{number} is not {}", report.reason_name);
    let sent = report.metadata.get("number").context("the number is not on the wire")?;
    ensure!(*sent == number.to_string(), "another number on the wire: {sent}");
    let (zh, en) = (report.localized.get("zh-CN"), report.localized.get("en"));
    check_texts(zh.map_or("", String::as_str), en.map_or("", String::as_str))?;
    ensure!(report.metadata.contains_key("next_action"), "nothing to do about it");
    ensure!(report.help.is_some(), "no help");
    Ok(())
}

/// One text in Chinese, one in English.
pub(crate) fn check_texts(zh: &str, en: &str) -> Result<()> {
    let is_chinese = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    ensure!(zh.chars().any(is_chinese), "not Chinese: {zh:?}");
    ensure!(en.chars().any(|c| c.is_ascii_lowercase()), "not English: {en:?}");
    Ok(())
}
