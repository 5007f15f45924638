//! Certificates of connections against the register: who they are, and that a revocation counts from its height on.

use std::time::Duration;

use chain_node::NodeConfig;
use crypto::x509::{Certificate, Issuer, Period, Profile, Subject};
use crypto::{KeyUse, SigningKey};
use futures::StreamExt;
use ledger_types::{
    CertificateClaim, CertificateUse, Digest, GovernanceChange, Height, Payload, TrustAnchor, TrustAnchors,
};
use proto::EdgeReason;
use sdk::{ConnectOptions, NodeClient};
use sm_tls::files::TlsFiles;
use sm_tls::{Cause, Live, Security, Transport};
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
    let over = tokio::time::timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = changes.next().await {} });
    over.await.expect("the connection did not end with the block");
    // Whoever comes again has a connection, and is told why he is not heard.
    let refused = NodeClient::connect(&endpoint, options(&chain, "clerk")).await.err().expect("it was heard");
    assert_eq!(reason(&refused), Some(EdgeReason::CertificateRevoked), "{refused:?}");
    assert!(other.stamp().await.is_ok(), "others are not touched");
    assert!(chain.second_client().await.unwrap().stamp().await.is_ok(), "nor strangers");
}

/// The chain's node anew, with other files of who it is and whom it believes.
async fn serve_again(chain: &mut TestChain, registered_only: bool) {
    chain.stop().await.unwrap();
    let files = TlsFiles { registered_only, ..chain.chain.tls("node-0").unwrap() };
    let key = chain.chain.key("tls-node-0", KeyUse::Tls).unwrap();
    let security = Security::Tls(Live::follow(files, move |_| Ok(key.clone())).unwrap());
    let node = chain.chain.node(storage::Options::small()).unwrap();
    let config = NodeConfig::local(chain.chain.data_dir(), true);
    chain.node = Some(Box::pin(chain_node::serve(node, &config, &security)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_for_registered_callers_hears_nobody_else() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let certificate = claim(&chain, "clerk");
    let register = Payload::RegisterCertificate { account: people.merchant_id, certificate };
    chain.accept(&people.merchant, register).await.unwrap();
    serve_again(&mut chain, true).await;
    let endpoint = chain.endpoint().unwrap();
    let clerk = NodeClient::connect(&endpoint, options(&chain, "clerk")).await.unwrap();
    assert!(clerk.stamp().await.is_ok());
    for stranger in [options(&chain, "other"), ConnectOptions::new(chain.chain.transport().unwrap())] {
        let refused = NodeClient::connect(&endpoint, stranger).await.err().expect("it was heard");
        assert_eq!(reason(&refused), Some(EdgeReason::CertificateNotRegistered), "{refused:?}");
    }
}

/// A caller whom an authority outside the chain's own certified, and that authority.
fn outsider(chain: &TestChain) -> (ConnectOptions, Certificate) {
    let key = |key_use| SigningKey::generate(chain.chain.provider(), key_use).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let period = Period { from: now - 3_600, until: now + 86_400 };
    let root = Issuer::root(key(KeyUse::Issuer), "CN=outside,C=CN", period).unwrap();
    let own = key(KeyUse::Tls);
    let subject = Subject { name: "CN=clerk,O=outside,C=CN".to_owned(), hosts: vec![], uris: vec![] };
    let certificate = root.issue(&own.public_key(), &subject, Profile::Client, period).unwrap();
    let identity = sm_tls::config::Identity::new(&[certificate], own).unwrap();
    let trust = chain.chain.trust().read().unwrap();
    let transport = Transport::fixed(sm_tls::config::client(Some(&identity), &trust).unwrap());
    (ConnectOptions::new(transport), root.certificate().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outside_authority_is_believed_from_the_height_on_that_the_chain_says_so() {
    let chain = TestChain::start().await.unwrap();
    let endpoint = chain.endpoint().unwrap();
    let (outside, authority) = outsider(&chain);
    let refused = NodeClient::connect(&endpoint, outside.clone()).await.err().expect("a stranger's authority");
    assert!(matches!(&refused, sdk::ClientError::Handshake { cause: Cause::WrongIssuer, .. }), "{refused:?}");
    for (list, believed) in [(vec![authority], true), (vec![], false)] {
        let one = |certificate: &Certificate| TrustAnchor {
            fingerprint: Digest(sm::sm3(certificate.as_der())),
            der: certificate.as_der().to_vec(),
            label: "outside".to_owned(),
        };
        let change = GovernanceChange::TrustAnchors(TrustAnchors { anchors: list.iter().map(one).collect() });
        let effective = Height(chain.client.stamp().await.unwrap().height.0 + 4);
        chain.accept(&chain.bureau, Payload::ProposeChange { change, effective }).await.unwrap();
        let before = NodeClient::connect(&endpoint, outside.clone()).await.is_ok();
        assert_eq!(before, !believed, "not before its height");
        while chain.client.stamp().await.unwrap().height < effective {
            let nothing = Payload::CloseAccount { account: ledger_types::AccountId(999) };
            chain.refuse(&chain.bureau, nothing).await.unwrap();
        }
        // The new configuration takes a moment: key files are opened slowly on purpose.
        let mut now = !believed;
        for _ in 0..100 {
            now = NodeClient::connect(&endpoint, outside.clone()).await.is_ok();
            if now == believed {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(now, believed);
    }
    assert!(chain.second_client().await.unwrap().stamp().await.is_ok(), "the chain's own authority stays");
}

/// How many links a node has up.
async fn linked(node: &NodeClient) -> usize {
    node.peers().await.unwrap().iter().filter(|link| link.linked).count()
}

async fn until_linked(node: &NodeClient, count: usize) {
    for _ in 0..200 {
        if linked(node).await == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(linked(node).await, count);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_end_their_links_with_one_whose_certificate_is_revoked() {
    let chain = TestChain::start_four().await.unwrap();
    let certificate = CertificateClaim { usage: CertificateUse::Node, ..claim(&chain, "node-1") };
    let account = ledger_types::AccountId(1);
    chain.accept(&chain.bureau, Payload::RegisterCertificate { account, certificate }).await.unwrap();
    until_linked(&chain.client, 3).await;
    let revoke = Payload::RevokeCertificate { fingerprint: certificate.fingerprint, reason: 1 };
    chain.accept(&chain.bureau, revoke).await.unwrap();
    until_linked(&chain.client, 2).await;
    until_linked(&chain.others[0], 0).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((linked(&chain.client).await, linked(&chain.others[0]).await), (2, 0), "nor does it come back");
    let again = Payload::RevokeCertificate { fingerprint: certificate.fingerprint, reason: 1 };
    let refused = chain.refuse(&chain.bureau, again).await.unwrap();
    assert_eq!(refused, [ledger_types::RejectReason::CertificateUnknown], "the other three go on");
}
