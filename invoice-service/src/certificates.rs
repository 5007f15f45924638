//! Callers known by a certificate that the chain has registered for an account (链上证书).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crypto::x509::Certificate;
use ledger_types::{AccountId, CertificateRecord, CertificateUse, Digest, Height};
use proto::{EdgeError, EdgeReason};
use sdk::NodeClient;

use crate::failure::Failure;

/// Most certificates that are remembered at a height.
const MOST: usize = 10_000;

/// What the node said of certificates at the height that this service follows the chain to: with the next block it is
/// asked again, so that a revocation counts from its height on.
#[derive(Default)]
pub(crate) struct Certificates(Mutex<Known>);

#[derive(Default)]
struct Known {
    at: Option<Height>,
    records: BTreeMap<Digest, Option<CertificateRecord>>,
}

impl Certificates {
    /// The account whose client a certificate is.
    ///
    /// # Errors
    /// `CERTIFICATE_REVOKED`, and what the node fails with.
    pub(crate) async fn holder(
        &self,
        node: &NodeClient,
        certificate: &Certificate,
        height: Height,
    ) -> Result<Option<AccountId>, Failure> {
        let fingerprint = Digest(sm::sm3(certificate.as_der()));
        let known = self.known(fingerprint, height);
        let record = match known {
            Some(record) => record,
            None => {
                let record = open_record(node, fingerprint).await?;
                self.keep(fingerprint, record, height);
                record
            }
        };
        let Some(record) = record else { return Ok(None) };
        if let Some(revoked) = record.revoked {
            let error = EdgeError::new(EdgeReason::CertificateRevoked).meta("fingerprint", fingerprint);
            return Err(error.meta("height", revoked.height).into());
        }
        // Whoever registered it may have written down another key: then it says nothing of who calls.
        let is_his = record.claim.public_key == certificate.public_key().to_bytes().0;
        Ok((is_his && record.claim.usage == CertificateUse::Client).then_some(record.account))
    }

    fn known(&self, fingerprint: Digest, height: Height) -> Option<Option<CertificateRecord>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.records.get(&fingerprint).filter(|_| known.at == Some(height)).copied()
    }

    fn keep(&self, fingerprint: Digest, record: Option<CertificateRecord>, height: Height) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.at != Some(height) || known.records.len() >= MOST {
            *known = Known { at: Some(height), records: BTreeMap::new() };
        }
        known.records.insert(fingerprint, record);
    }
}

/// What is registered, unless its account is closed.
async fn open_record(node: &NodeClient, fingerprint: Digest) -> Result<Option<CertificateRecord>, Failure> {
    let Some(record) = node.certificate(fingerprint).await? else { return Ok(None) };
    let open = node.account(record.account).await?.is_some_and(|account| account.open);
    Ok((open || record.revoked.is_some()).then_some(record))
}
