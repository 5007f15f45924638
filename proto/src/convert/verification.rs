//! What a holder of an invoice's face scans or types, and the two forms of its QR code.

use std::fmt;

use ledger_types::{CheckCode, CivilDate, Fen, InvoiceHash, InvoiceNumber, TaxId};

use super::error::{ConvertError, Problem};
use super::field::{Read, at_most, message, parse, parse_optional, required};
use super::invoice_ref::FaceNumber;
use crate::invoice::v1 as wire;

/// Longest text of a QR code, bytes.
const MAX_QR_BYTES: usize = 1_024;

/// Form A: hash, number, amount with tax, in the URL's query.
#[derive(Clone, PartialEq, Eq)]
pub struct QrUrl {
    /// The invoice hash. Secret.
    pub hash: InvoiceHash,
    /// The number.
    pub number: InvoiceNumber,
    /// Amount with tax.
    pub total: Fen,
}

/// Form B: `01,10,code,number,seller tax id,amount without tax,yyyymmdd,hash`.
#[derive(Clone, PartialEq, Eq)]
pub struct QrText {
    /// Code and number.
    pub face: FaceNumber,
    /// The seller.
    pub seller: TaxId,
    /// Amount without tax.
    pub net: Fen,
    /// Invoice date in Asia/Shanghai.
    pub date: CivilDate,
    /// The invoice hash. Secret.
    pub hash: InvoiceHash,
}

/// What is typed when there is no QR code.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckCodeQuery {
    /// Code and number.
    pub face: FaceNumber,
    /// Last five digits of the hash.
    pub check_code: CheckCode,
    /// Amount without tax.
    pub net: Fen,
    /// Invoice date, checked if given.
    pub date: Option<CivilDate>,
    /// The seller, checked if given.
    pub seller: Option<TaxId>,
}

macro_rules! silent_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            /// Whoever knows these can see the invoice: they stay out of logs.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

silent_debug!(QrUrl, QrText, CheckCodeQuery);

impl QrUrl {
    /// The URL for a QR code under a base such as `https://…/verify/scan`.
    pub fn to_url(&self, base: &str) -> String {
        format!("{base}?hash={}&bill_num={}&total_amount={}", self.hash, self.number, self.total.0)
    }

    /// Reads a scanned URL; the base is not looked at, other parameters are refused.
    pub fn parse(url: &str) -> Read<Self> {
        at_most(url.len(), MAX_QR_BYTES, "url")?;
        let should = || ConvertError::invalid("url", "must end in ?hash=…&bill_num=…&total_amount=…");
        let (_, query) = url.split_once('?').ok_or_else(should)?;
        let (mut hash, mut number, mut total) = (None, None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or_else(should)?;
            let place = match name {
                "hash" => &mut hash,
                "bill_num" => &mut number,
                "total_amount" => &mut total,
                _ => return Err(should()),
            };
            if place.replace(value).is_some() {
                return Err(should());
            }
        }
        Self::from_parts(hash.unwrap_or(""), number.unwrap_or(""), fen(total.unwrap_or(""), "total_amount")?)
    }

    fn from_parts(hash: &str, number: &str, total: i64) -> Read<Self> {
        Ok(Self { hash: parse(hash, "hash")?, number: parse(number, "bill_num")?, total: Fen(total) })
    }
}

fn fen(text: &str, field: &str) -> Read<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if let (true, Ok(value)) = (whole, text.parse()) {
        return Ok(value);
    }
    Err(ConvertError::invalid(field, "must be a whole number of fen"))
}

impl fmt::Display for QrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FaceNumber { code, number } = self.face;
        let (seller, date) = (self.seller.as_str(), self.date.compact());
        write!(f, "01,10,{code},{number},{seller},{},{date:08},{}", self.net, self.hash)
    }
}

impl QrText {
    /// Reads a scanned text.
    pub fn parse(text: &str) -> Read<Self> {
        at_most(text.len(), MAX_QR_BYTES, "text")?;
        let parts: Vec<&str> = text.trim_end().split(',').collect();
        let ["01", "10", code, number, seller, net, date, hash] = parts[..] else {
            let should = "must be 01,10,code,number,seller tax id,amount without tax,yyyymmdd,hash";
            return Err(ConvertError::invalid("text", should));
        };
        Ok(Self {
            face: FaceNumber { code: parse(code, "code")?, number: parse(number, "number")? },
            seller: parse(seller, "seller_tax_id")?,
            net: parse(net, "net")?,
            date: compact_date(date, "date")?,
            hash: parse(hash, "hash")?,
        })
    }
}

/// `yyyymmdd` as a day that exists.
fn compact_date(text: &str, field: &str) -> Read<CivilDate> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = text.parse().ok().filter(|_| digits).unwrap_or(0);
    let (year, month, day) = ((number / 10_000) as u16, (number / 100 % 100) as u8, (number % 100) as u8);
    if year > 0 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) {
        Ok(CivilDate { year, month, day })
    } else {
        Err(ConvertError::invalid(field, "must be a day that exists, yyyymmdd"))
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl TryFrom<wire::VerifyByUrlRequest> for QrUrl {
    type Error = ConvertError;

    fn try_from(w: wire::VerifyByUrlRequest) -> Result<Self, ConvertError> {
        match required(w.input, "input")? {
            wire::verify_by_url_request::Input::Url(url) => Self::parse(&url),
            wire::verify_by_url_request::Input::Parts(p) => {
                Self::from_parts(&p.hash, &p.bill_num, p.total_amount).map_err(|e| e.within("parts"))
            }
        }
    }
}

impl TryFrom<wire::VerifyByCsvRequest> for QrText {
    type Error = ConvertError;

    fn try_from(w: wire::VerifyByCsvRequest) -> Result<Self, ConvertError> {
        Self::parse(&w.text)
    }
}

impl TryFrom<wire::VerifyByCheckCodeRequest> for CheckCodeQuery {
    type Error = ConvertError;

    fn try_from(w: wire::VerifyByCheckCodeRequest) -> Result<Self, ConvertError> {
        let date = w.issued_date.map(|text| dashed_date(&text)).transpose()?;
        Ok(Self {
            face: message(w.face, "face")?,
            check_code: parse(&w.check_code, "check_code")?,
            net: Fen(w.net),
            date,
            seller: parse_optional(w.seller_tax_id.as_deref(), "seller_tax_id")?,
        })
    }
}

fn dashed_date(text: &str) -> Read<CivilDate> {
    let shape = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let date = if shape { compact_date(&text.replace('-', ""), "issued_date").ok() } else { None };
    let should = || ConvertError::new("issued_date", Problem::Invalid("must be a day that exists, yyyy-mm-dd".into()));
    date.ok_or_else(should)
}

#[cfg(test)]
#[path = "verification_test.rs"]
mod verification_test;
