//! A caller without a token, known by the certificate that the chain has registered for his account.

use std::time::Duration;

use crypto::x509::{Certificate, Issuer, Period, Profile, Subject};
use crypto::{KeyUse, SigningKey, SoftwareProvider};
use invoice_service::serve;
use ledger_types::{AccountId, CertificateClaim, CertificateUse, Digest, KeyId, Payload};
use proto::invoice::v1 as pb;
use proto::invoice::v1::merchant_service_client::MerchantServiceClient;
use proto::{EdgeReason, ErrorReport, Reason};
use sdk::{ConnectOptions, Identity, NodeClient};
use sm_tls::config::{Identity as Shown, Trust};
use sm_tls::{Live, Material, Security, Transport};
use tonic::transport::{Channel, Endpoint};

use crate::node;
use crate::world::{AREA, World, config, world};

fn key(key_use: KeyUse) -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap()
}

fn period() -> Period {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Period { from: now - 3_600, until: now + 86_400 }
}

/// Somebody whom the authority certified.
fn certified(root: &Issuer, name: &str) -> (Security, Certificate) {
    let own = key(KeyUse::Tls);
    let subject = Subject { name: format!("CN={name},C=CN"), hosts: vec!["127.0.0.1".to_owned()], uris: vec![] };
    let certificate = root.issue(&own.public_key(), &subject, Profile::Node, period()).unwrap();
    let chain = vec![certificate.clone()];
    let trust = Trust { roots: vec![root.certificate().clone()], revocation_lists: vec![] };
    let material = Material::new(Shown::new(&chain, own).unwrap(), chain, trust).unwrap();
    (Security::Tls(Live::fixed(material)), certificate)
}

async fn channel(url: &str, transport: &Transport) -> Channel {
    sm_tls::connect(&Endpoint::from_shared(url.to_owned()).unwrap(), transport).await.unwrap()
}

/// The quota of the seller, as one without a token asks for it.
async fn quota(w: &World, channel: &Channel, bearer: Option<&str>) -> Result<(), Option<Reason>> {
    let asked = pb::GetQuotaRequest { account: w.seller.account, read_options: None };
    let mut request = tonic::Request::new(asked);
    if let Some(bearer) = bearer {
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    }
    let answer = MerchantServiceClient::new(channel.clone()).get_quota(request).await;
    answer.map(drop).map_err(|status| ErrorReport::from_status(&status).reason)
}

async fn submit(w: &World, payload: Payload) {
    let node = NodeClient::connect(&w.node, ConnectOptions::new(Transport::Plaintext)).await.unwrap();
    let bureau = Identity::account(AccountId(1), KeyId(0), w.bureau_key.clone());
    let tx = sdk::sign_plain(&node.new_frame(AREA).unwrap(), payload, &[&bureau]).unwrap();
    assert!(node.submit_and_wait(&tx).await.unwrap().verdict().unwrap().receipt.is_accepted());
}

fn register(account: u32, certificate: &Certificate, usage: CertificateUse) -> Payload {
    let claim = CertificateClaim {
        fingerprint: Digest(sm::sm3(certificate.as_der())),
        public_key: certificate.public_key().to_bytes().0,
        not_before_ms: 0,
        not_after_ms: u64::MAX,
        usage,
    };
    Payload::RegisterCertificate { account: AccountId(account), certificate: claim }
}

#[tokio::test]
async fn a_registered_certificate_speaks_for_its_account_until_it_is_revoked() {
    let w = world().await;
    let root = Issuer::root(key(KeyUse::Issuer), "CN=root,C=CN", period()).unwrap();
    let (own, _) = certified(&root, "service");
    let (clerk, shown) = certified(&root, "clerk");
    let (machine, of_node) = certified(&root, "node");
    let (door, _) = certified(&root, "door");
    let address = node::start_secured(w.chain.clone(), &door).await;
    let mut secured = config(&format!("https://{address}"), w.dir.path().join("secured"));
    secured.security = own;
    let service = serve(secured, std::future::pending()).await.unwrap();
    let url = service.endpoint();
    let clerk = channel(&url, &clerk.calls()).await;
    let unauthenticated = Err(Some(Reason::Edge(EdgeReason::Unauthenticated)));
    assert_eq!(quota(&w, &clerk, None).await, unauthenticated, "certified, but registered for nobody");

    submit(&w, register(w.seller.account, &shown, CertificateUse::Client)).await;
    submit(&w, register(w.seller.account, &of_node, CertificateUse::Node)).await;
    heard(&w, &clerk, Ok(())).await;
    let machine = channel(&url, &machine.calls()).await;
    assert_eq!(quota(&w, &machine, None).await, unauthenticated, "a node's certificate is no client's");
    let wrong = quota(&w, &clerk, Some("Bearer nonsense")).await;
    assert_eq!(wrong, unauthenticated, "who brings a token is judged by it");
    let foreign = pb::GetQuotaRequest { account: w.company.account, read_options: None };
    let status = MerchantServiceClient::new(clerk.clone()).get_quota(foreign).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::PermissionDenied, "for his own account alone");

    let token = service.admin().create_api_token(AccountId(w.seller.account)).await.unwrap().bearer();
    assert_eq!(quota(&w, &clerk, Some(&token)).await, Ok(()));
    submit(&w, Payload::RevokeCertificate { fingerprint: Digest(sm::sm3(shown.as_der())), reason: 1 }).await;
    let revoked = Err(Some(Reason::Edge(EdgeReason::CertificateRevoked)));
    heard(&w, &clerk, revoked).await;
    assert_eq!(quota(&w, &clerk, Some(&token)).await, revoked, "with a token too");
    assert_eq!(quota(&w, &machine, Some(&token)).await, Ok(()), "others are not touched");
}

/// The service follows the chain: what it answers once it has the block.
async fn heard(w: &World, channel: &Channel, expected: Result<(), Option<Reason>>) {
    for _ in 0..100 {
        if quota(w, channel, None).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(quota(w, channel, None).await, expected);
}
