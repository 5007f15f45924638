//! `taxchain verify`.

use clap::Args as ClapArgs;
use ledger_types::{Fen, InvoiceCode, InvoiceNumber, Slot};
use proto::invoice::v1::verify_service_client::VerifyServiceClient;
use proto::invoice::v1::{
    BillRecord, FaceNumber, VerifyByCheckCodeRequest, VerifyByCsvRequest, VerifyByUrlRequest, verify_by_url_request,
};
use proto::types::v1::{FaceStatus, ReimbursementStatus};
use sdk::ClientError;

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};
use crate::words;

/// Arguments of `verify`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain verify --slot 0\n  taxchain verify --qr 'http://127.0.0.1:7001/verify/scan?hash=…&bill_num=00000001&total_amount=19800'\n  taxchain verify --code 144032609110 --number 00000001 --check-code a1b2c --net 186.79"
)]
pub(crate) struct Args {
    /// By slot: asks the node for a proof and checks it here, trusting the genesis document only.
    #[arg(long, conflicts_with_all = ["qr", "code"], required_unless_present_any = ["qr", "code"])]
    slot: Option<Slot>,
    /// The text of a QR code, either form: asks the invoice service.
    #[arg(long, conflicts_with = "code")]
    qr: Option<String>,
    /// Invoice code, 12 digits.
    #[arg(long, requires_all = ["number", "check_code", "net"])]
    code: Option<InvoiceCode>,
    /// Invoice number, 8 digits.
    #[arg(long)]
    number: Option<InvoiceNumber>,
    /// Check code: the last five hex digits of the invoice hash.
    #[arg(long)]
    check_code: Option<String>,
    /// Amount without tax, yuan.
    #[arg(long)]
    net: Option<Fen>,
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    if let Some(slot) = args.slot {
        return by_proof(&session, slot).await;
    }
    let channel =
        sdk::open_channel(&session.home.file.service, std::time::Duration::from_secs(10), &global.transport()?).await?;
    let mut service = VerifyServiceClient::new(channel);
    let record = match (args.qr, args.code, args.number) {
        (Some(text), _, _) if text.starts_with("01,") => {
            service.verify_by_csv(VerifyByCsvRequest { text }).await.map_err(ClientError::from)?.into_inner().record
        }
        (Some(url), _, _) => {
            let request = VerifyByUrlRequest { input: Some(verify_by_url_request::Input::Url(url)) };
            service.verify_by_url(request).await.map_err(ClientError::from)?.into_inner().record
        }
        (None, Some(code), Some(number)) => {
            let request = VerifyByCheckCodeRequest {
                face: Some(FaceNumber { code: code.to_string(), number: number.to_string() }),
                check_code: args.check_code.unwrap_or_default(),
                net: args.net.unwrap_or_default().0,
                issued_date: None,
                seller_tax_id: None,
            };
            service.verify_by_check_code(request).await.map_err(ClientError::from)?.into_inner().record
        }
        _ => return Err(Failure::new(2, "give --slot, --qr, or --code with --number, --check-code and --net")),
    };
    let record = record.ok_or_else(|| Failure::new(exit::DATA, "the service answered without a record"))?;
    Ok(bill(&record))
}

/// Fetches a proof and verifies it: nobody is trusted but the genesis document.
async fn by_proof(session: &Session, slot: Slot) -> Result<Answer, Failure> {
    let proof = session.client.proof(slot, true).await?;
    let proof = proof.ok_or_else(|| Failure::not_found(format!("there is no invoice in slot {slot}")))?;
    let text = std::fs::read_to_string(session.home.genesis_path())?;
    let genesis = serde_json::from_str(&text).map_err(|e| Failure::config(format!("genesis.json: {e}")))?;
    let proven = proofs::invoice_proof::verify(&genesis, &proof)
        .map_err(|e| Failure::new(exit::VERIFICATION, format!("the node's proof does not hold: {e}")))?;
    let record = session.output(slot).await?;
    let told = format!("真票 genuine: {} bytes of proof hold against genesis.json", proof.len());
    Ok(super::show::details(Answer::new().worded("verified", true, told), slot, &record)
        .detail("proof_bytes", proof.len())
        .detail("proven_code", proven.invoice.code.to_string())
        .detail("proven_number", proven.invoice.number.to_string())
        .next(format!("taxchain flow --slot {slot}")))
}

fn bill(record: &BillRecord) -> Answer {
    let face = record.face.clone().unwrap_or_default();
    let status = FaceStatus::try_from(record.status).unwrap_or_default();
    let reimbursement = ReimbursementStatus::try_from(record.reimbursement).unwrap_or_default();
    Answer::new()
        .worded("verified", true, "真票 genuine")
        .field("code", face.code)
        .field("number", face.number)
        .field("net", Fen(record.net).to_string())
        .field("tax", Fen(record.tax).to_string())
        .field("total", Fen(record.total).to_string())
        .field("issued", words::time(record.issued_ms))
        .field("seller", record.seller_name.as_str())
        .field("seller_tax_id", record.seller_tax_id.as_str())
        .field("status", status.as_str_name())
        .field("reimbursement", reimbursement.as_str_name())
        .field("checks_today", record.checks_today)
        .field("sample", record.sample)
}
