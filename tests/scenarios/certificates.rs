//! Certificates of connections against the register: who they are, and that a revocation counts from its height on.

use std::time::Duration;

use crypto::x509::Certificate;
use futures::StreamExt;
use ledger_types::{CertificateClaim, CertificateUse, Digest, Payload};
use proto::EdgeReason;
use sdk::{ConnectOptions, NodeClient};
use tests::TestChain;

/// A caller with a certificate of the chain's own authority.
fn options(chain: &TestChain, name: &str) -> ConnectOptions {
    ConnectOptions { deadline_ms: 5_000, ..ConnectOptions::new(chain.chain.security(name).unwrap().calls()) }
}

fn claim(chain: &TestChain, name: &str) -> CertificateClaim {
    let text = std::fs::read_to_string(chain.chain.tls(name).unwrap().chain).unwrap();
    let certificate = Certificate::chain_from_pem(&text).unwrap().swap_remove(0);
    CertificateClaim {
        fingerprint: Digest(sm::sm3(certificate.as_der())),
        public_key: certificate.public_key().to_bytes().0,
        not_before_ms: 0,
        not_after_ms: u64::MAX,
        usage: CertificateUse::Client,
    }
}

fn reason(error: &sdk::ClientError) -> Option<EdgeReason> {
    match error {
        sdk::ClientError::Report(report) => match report.reason {
            Some(proto::Reason::Edge(reason)) => Some(reason),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_told_so_and_its_open_connections_end_with_the_block() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let endpoint = chain.endpoint().unwrap();
    let clerk = NodeClient::connect(&endpoint, options(&chain, "clerk")).await.unwrap();
    let other = NodeClient::connect(&endpoint, options(&chain, "other")).await.unwrap();
    let own = claim(&chain, "clerk");
    let register = Payload::RegisterCertificate { account: people.merchant_id, certificate: own };
    chain.accept(&people.merchant, register).await.unwrap();
    assert!(clerk.stamp().await.is_ok() && other.stamp().await.is_ok());
    let mut changes = clerk.subscribe(ledger_types::Height(1), false).await.unwrap();
    assert!(changes.next().await.unwrap().is_ok());

    let revoke = Payload::RevokeCertificate { fingerprint: own.fingerprint, reason: 1 };
    chain.accept(&people.merchant, revoke).await.unwrap();
    // What is open ends: the stream breaks, though nobody asked for anything.
    let over = tokio::time::timeout(Duration::from_secs(2), async {
        while let Some(Ok(_)) = changes.next().await {}
    });
    over.await.expect("the connection did not end with the block");
    // Whoever comes again has a connection, and is told why he is not heard.
    let refused = NodeClient::connect(&endpoint, options(&chain, "clerk")).await.err().expect("it was heard");
    assert_eq!(reason(&refused), Some(EdgeReason::CertificateRevoked), "{refused:?}");
    assert!(other.stamp().await.is_ok(), "others are not touched");
    assert!(chain.second_client().await.unwrap().stamp().await.is_ok(), "nor strangers");
}
