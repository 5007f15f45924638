//! Certificates of connections against the register (链上证书): who shows one that is revoked there is told so by its first
//! call, and connections that are open end with the block that says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crypto::x509::Certificate;
use ledger_types::{
    AccountId, CertificateRecord, CertificateUse, Digest, Height, RegistryKey, RegistryValue, TrustAnchors,
};
use proto::{EdgeError, EdgeReason};
use sm_tls::{Accepted, Caller, Security};
use storage::{Reader, StoreError};
use tokio::sync::watch;
use tonic::{Request, Status};

use crate::gateway::Ends;

/// Who comes with a revoked certificate has so long to be told why.
const PARTING: Duration = Duration::from_secs(3);

/// The account that a caller's certificate is registered for: in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredCaller {
    /// Whose the certificate is.
    pub account: AccountId,
    /// What it is shown for.
    pub usage: CertificateUse,
}

/// The register as doors ask it: always at the newest height.
#[derive(Clone)]
pub(super) struct Registered {
    reader: Reader,
    committed: watch::Receiver<Height>,
    /// Hears only callers with a registered certificate.
    only: bool,
    seen: Arc<Mutex<Seen>>,
}

/// What was asked at one height.
struct Seen {
    height: Height,
    records: BTreeMap<Digest, Option<CertificateRecord>>,
}

impl Registered {
    /// The register of a node, and from now on the outside authorities in it are believed.
    pub(super) fn following(ends: &Ends, security: &Security) -> Self {
        let (reader, committed) = (ends.reader.clone(), ends.committed.clone());
        let seen = Arc::new(Mutex::new(Seen { height: reader.tip().height, records: BTreeMap::new() }));
        let registered = Self { reader, committed, only: security.is_for_registered_only(), seen };
        tokio::spawn(registered.clone().follow_anchors(security.clone(), ends.stopping.clone()));
        registered
    }

    /// What is registered of a certificate.
    fn record(&self, fingerprint: Digest) -> Result<Option<CertificateRecord>, StoreError> {
        let reading = self.reader.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.height != reading.height() {
            *seen = Seen { height: reading.height(), records: BTreeMap::new() };
        }
        if let Some(known) = seen.records.get(&fingerprint) {
            return Ok(*known);
        }
        let found = match reading.registry(&RegistryKey::Certificate(fingerprint))? {
            Some(RegistryValue::Certificate(record)) => Some(*record),
            _ => None,
        };
        seen.records.insert(fingerprint, found);
        Ok(found)
    }

    fn is_revoked(&self, fingerprint: Digest) -> bool {
        match self.record(fingerprint) {
            Ok(record) => record.is_some_and(|record| record.revoked.is_some()),
            Err(error) => {
                tracing::error!(%error, "the register cannot be asked for a certificate: its connection ends");
                true
            }
        }
    }

    /// Refuses a caller whose certificate is revoked; names the account that it is registered for.
    pub(super) fn identify(&self, certificate: Option<&Certificate>) -> Result<Option<RegisteredCaller>, Status> {
        let Some(certificate) = certificate else { return Ok(None) };
        let fingerprint = fingerprint_of(certificate);
        let record = self.record(fingerprint).map_err(|error| {
            tracing::error!(%error, "the register cannot be asked for a certificate");
            EdgeError::new(EdgeReason::Internal).into_status()
        })?;
        let Some(record) = record else { return Ok(None) };
        if let Some(revoked) = record.revoked {
            let error = EdgeError::new(EdgeReason::CertificateRevoked).meta("fingerprint", fingerprint);
            return Err(error.meta("height", revoked.height).into_status());
        }
        // Whoever registered it may have written down another key: then it says nothing of who calls.
        let is_his = record.claim.public_key == certificate.public_key().to_bytes().0;
        Ok(is_his.then_some(RegisteredCaller { account: record.account, usage: record.claim.usage }))
    }

    /// The check before every call of clients.
    pub(super) fn check(&self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        let known = self.identify(caller.as_ref().and_then(Caller::certificate))?;
        if known.is_none() && self.only {
            return Err(EdgeError::new(EdgeReason::CertificateNotRegistered).into_status());
        }
        // Nobody brings his own identity along.
        request.extensions_mut().remove::<RegisteredCaller>();
        if let Some(known) = known {
            request.extensions_mut().insert(known);
        }
        Ok(request)
    }

    /// Ends a connection with the block that revokes its certificate.
    pub(super) fn hold(&self, accepted: Accepted) -> Accepted {
        let Some(fingerprint) = accepted.caller().certificate().map(fingerprint_of) else { return accepted };
        accepted.until(self.clone().revoked(fingerprint))
    }

    /// Waits for the block that revokes a certificate.
    pub(super) async fn revoked(mut self, fingerprint: Digest) {
        if self.is_revoked(fingerprint) {
            tokio::time::sleep(PARTING).await;
            return;
        }
        while self.committed.changed().await.is_ok() {
            if self.is_revoked(fingerprint) {
                tracing::info!(%fingerprint, "a certificate was revoked: its connection ends");
                return;
            }
        }
        // The node stops, and its servers end their connections.
        std::future::pending::<()>().await;
    }

    /// Believes the outside authorities that the register names, and stops when it does no more.
    pub(super) async fn follow_anchors(mut self, security: Security, mut stopping: watch::Receiver<bool>) {
        let mut known = TrustAnchors::default();
        loop {
            match self.reader.registry(&RegistryKey::TrustAnchors) {
                Ok(Some(RegistryValue::TrustAnchors(now))) if now != known => {
                    security.trust_also(believed(&now));
                    known = now;
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the register cannot be asked for outside authorities"),
            }
            tokio::select! {
                more = self.committed.changed() => if more.is_err() { return },
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }
}

/// Those that can be read; the chain does not look into certificates.
fn believed(anchors: &TrustAnchors) -> Vec<Certificate> {
    let read = |anchor: &ledger_types::TrustAnchor| match Certificate::from_der(&anchor.der) {
        Ok(certificate) => Some(certificate),
        Err(error) => {
            tracing::warn!(fingerprint = %anchor.fingerprint, %error, "an outside authority's certificate cannot be used");
            None
        }
    };
    anchors.anchors.iter().filter_map(read).collect()
}

/// What the register knows a certificate by.
pub(super) fn fingerprint_of(certificate: &Certificate) -> Digest {
    Digest(sm::sm3(certificate.as_der()))
}
