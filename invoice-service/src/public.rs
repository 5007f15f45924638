//! For anybody who holds an invoice's face: verification (查验), within limits, leaking nothing.
//!
//! Whatever does not match gets one answer, after one pause: no such invoice, another amount, another hash.

mod candidates;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger_types::domain::domain_hash_parts;
use ledger_types::{BlockTime, CheckCode, CivilDate, Digest, Fen, InvoiceHash, Purpose, TaxId};
use proto::convert::{CheckCodeQuery, FaceNumber, QrText, QrUrl, ReadStamp};
use proto::invoice::v1 as pb;
use proto::invoice::v1::verify_service_server::VerifyService;
use proto::types::v1::InvoiceState;
use proto::{EdgeError, EdgeReason};
use tonic::{Request, Response, Status};

use crate::bodies::Opened;
use crate::desk::Desk;
use crate::face::net_of;
use crate::failure::Failure;
use crate::view::{Held, masked_buyer};

/// `taxchain.invoice.v1.VerifyService`.
pub(crate) struct Verify(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

/// What a caller says that an invoice is; everything given must fit.
#[derive(Default)]
struct Claimed {
    hash: Option<InvoiceHash>,
    check_code: Option<CheckCode>,
    net: Option<Fen>,
    total: Option<Fen>,
    date: Option<CivilDate>,
    seller: Option<TaxId>,
}

#[tonic::async_trait]
impl VerifyService for Verify {
    async fn verify_by_url(&self, request: Request<pb::VerifyByUrlRequest>) -> Answer<pb::VerifyByUrlResponse> {
        let (read_context, record) = self.0.floored(by_url(&self.0, request)).await?;
        Ok(Response::new(pb::VerifyByUrlResponse { read_context, record }))
    }

    async fn verify_by_csv(&self, request: Request<pb::VerifyByCsvRequest>) -> Answer<pb::VerifyByCsvResponse> {
        let (read_context, record) = self.0.floored(by_csv(&self.0, request)).await?;
        Ok(Response::new(pb::VerifyByCsvResponse { read_context, record }))
    }

    async fn verify_by_check_code(
        &self,
        request: Request<pb::VerifyByCheckCodeRequest>,
    ) -> Answer<pb::VerifyByCheckCodeResponse> {
        let (read_context, record) = self.0.floored(by_check_code(&self.0, request)).await?;
        Ok(Response::new(pb::VerifyByCheckCodeResponse { read_context, record }))
    }
}

type Verified = (Option<proto::types::v1::ReadContext>, Option<pb::BillRecord>);

async fn by_url(desk: &Desk, request: Request<pb::VerifyByUrlRequest>) -> Result<Verified, Failure> {
    desk.public_call(&request)?;
    let QrUrl { hash, number, total } = request.into_inner().try_into()?;
    let stamp = desk.node.stamp().await?;
    let tries = desk.count_qr_try(&hash, &stamp).await?;
    let claimed = Claimed { hash: Some(hash), total: Some(total), ..Claimed::default() };
    // The URL carries no code: every code that the chain can have given is tried.
    for face in desk.faces_of(number, &stamp).await? {
        if let Some(record) = desk.match_face(face, &claimed, tries).await? {
            return Ok(verified(&stamp, record));
        }
    }
    Err(mismatch())
}

async fn by_csv(desk: &Desk, request: Request<pb::VerifyByCsvRequest>) -> Result<Verified, Failure> {
    desk.public_call(&request)?;
    let QrText { face, seller, net, date, hash } = request.into_inner().try_into()?;
    let stamp = desk.node.stamp().await?;
    let tries = desk.count_qr_try(&hash, &stamp).await?;
    let claimed =
        Claimed { hash: Some(hash), net: Some(net), date: Some(date), seller: Some(seller), ..Claimed::default() };
    let record = desk.match_face(face, &claimed, tries).await?;
    record.map(|r| verified(&stamp, r)).ok_or_else(mismatch)
}

async fn by_check_code(desk: &Desk, request: Request<pb::VerifyByCheckCodeRequest>) -> Result<Verified, Failure> {
    desk.public_call(&request)?;
    let CheckCodeQuery { face, check_code, net, date, seller } = request.into_inner().try_into()?;
    let stamp = desk.node.stamp().await?;
    let tries = desk.count_code_try(&face, &stamp).await?;
    let claimed = Claimed { check_code: Some(check_code), net: Some(net), date, seller, ..Claimed::default() };
    let record = desk.match_face(face, &claimed, tries).await?;
    record.map(|r| verified(&stamp, r)).ok_or_else(mismatch)
}

fn verified(stamp: &ReadStamp, record: pb::BillRecord) -> Verified {
    (Some(stamp.into()), Some(record))
}

fn mismatch() -> Failure {
    Failure::edge(EdgeReason::VerifyMismatch)
}

impl Desk {
    /// No answer is quicker than the floor: what was found takes no longer to see than what was not.
    async fn floored<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let until = Instant::now() + self.limits.verify_floor;
        let answer = answer.await;
        tokio::time::sleep_until(until.into()).await;
        answer
    }

    /// Counts a try by hash: nobody guesses 256 bits, so the limit only keeps loops away.
    async fn count_qr_try(&self, hash: &InvoiceHash, stamp: &ReadStamp) -> Result<u32, Failure> {
        let subject = domain_hash_parts(Purpose::Reference, &self.chain(), &[b"qr".as_slice(), &hash.0]);
        self.count_try(subject, self.limits.checks_by_qr_per_day, stamp.time).await
    }

    /// Counts a try by check code, of an invoice that exists or not.
    async fn count_code_try(&self, face: &FaceNumber, stamp: &ReadStamp) -> Result<u32, Failure> {
        let (code, number) = (face.code.value().to_le_bytes(), face.number.value().to_le_bytes());
        let subject = domain_hash_parts(Purpose::Reference, &self.chain(), &[b"code".as_slice(), &code, &number]);
        self.count_try(subject, self.limits.checks_by_code_per_day, stamp.time).await
    }

    async fn count_try(&self, subject: Digest, most: u32, now: BlockTime) -> Result<u32, Failure> {
        let tries = self.store.count_try(now.day_number(), &subject).await?;
        if tries <= most {
            return Ok(tries);
        }
        let error = EdgeError::new(EdgeReason::RateLimited).field("face").detail("was tried too often today");
        Err(error.retry_after(until_midnight(now)).into())
    }

    /// The invoice with this code and number, if everything claimed of it fits.
    async fn match_face(
        &self,
        face: FaceNumber,
        claimed: &Claimed,
        tries: u32,
    ) -> Result<Option<pb::BillRecord>, Failure> {
        let found = self.node.invoice_by_number(face.code, face.number).await?;
        let Some(held) = found.and_then(Held::of) else { return Ok(None) };
        let opened = self.bodies.open(held.slot, &held.invoice).await?;
        let seller = self.account(held.invoice.seller).await?;
        if !claimed.fits(&held, &opened, seller.tax_id.as_ref()) {
            return Ok(None);
        }
        let sample = self.node.genesis().params.sample;
        Ok(Some(bill(&held, &opened, &seller, tries, sample)))
    }
}

/// Time left of the day in Asia/Shanghai.
fn until_midnight(now: BlockTime) -> Duration {
    const DAY_MS: u64 = 86_400_000;
    const OFFSET_MS: u64 = 8 * 3_600_000;
    Duration::from_millis(DAY_MS - now.0.saturating_add(OFFSET_MS) % DAY_MS)
}

impl Claimed {
    /// Every value is compared, whatever the others say.
    fn fits(&self, held: &Held, opened: &Opened, seller: Option<&TaxId>) -> bool {
        let issued = BlockTime(held.invoice.issued_ms).civil_date();
        let net = net_of(held.output.amount, held.invoice.tax);
        let hash = self.hash.is_none_or(|h| same_bytes(&h.0, &opened.hash.0));
        let code = self.check_code.is_none_or(|c| c == opened.hash.check_code());
        let net = self.net.is_none_or(|n| n == net);
        let total = self.total.is_none_or(|t| t == held.output.amount);
        let date = self.date.is_none_or(|d| d == issued);
        let seller = self.seller.as_ref().is_none_or(|s| Some(s) == seller);
        // A hash or a check code must be among what is claimed.
        (self.hash.is_some() | self.check_code.is_some()) & hash & code & net & total & date & seller
    }
}

/// Compares without stopping at the first difference.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

fn bill(
    held: &Held,
    opened: &Opened,
    seller: &ledger_types::Account,
    checks_today: u32,
    sample: bool,
) -> pb::BillRecord {
    let state = InvoiceState::from(&held.invoice);
    pb::BillRecord {
        face: Some(held.face().into()),
        net: net_of(held.output.amount, held.invoice.tax).0,
        tax: held.invoice.tax.0,
        total: held.output.amount.0,
        issued_ms: proto::convert::field::wire_ms(held.invoice.issued_ms),
        issued_date: BlockTime(held.invoice.issued_ms).civil_date().to_string(),
        seller_name: seller.name.clone(),
        seller_tax_id: seller.tax_id.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default(),
        buyer_name: masked_buyer(&opened.body),
        status: state.face,
        reimbursement: state.reimbursement,
        checks_today,
        sample,
    }
}

#[cfg(test)]
#[path = "public_test.rs"]
mod public_test;
