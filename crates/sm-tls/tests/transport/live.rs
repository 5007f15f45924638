//! Files that change under a running server.

use std::path::Path;
use std::time::Duration;

use crypto::KeyUse;
use crypto::x509::{Issuer, Period, Profile, Subject};
use sm_tls::files::TlsFiles;
use sm_tls::{Cause, ConnectError, Holds, Limits, Live, Security, Transport, accept, connect};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint, Server};

use super::calls::ask;
use super::people::{DAY, key, now};

/// A network of one server and one client, all of whose certificates end with their authority's.
struct Town {
    dir: tempfile::TempDir,
    root: crypto::SigningKey,
    own: crypto::SigningKey,
}

impl Town {
    fn new(period: Period) -> Self {
        let town = Self { dir: tempfile::tempdir().unwrap(), root: key(KeyUse::Issuer), own: key(KeyUse::Tls) };
        town.certify(period);
        town
    }

    /// The root and the node's certificate, both anew with the keys that they have.
    fn certify(&self, period: Period) {
        let root = Issuer::root(self.root.clone(), "CN=root,O=state,C=CN", period).unwrap();
        let hosts = vec!["localhost".to_owned()];
        let name = Subject { name: "CN=node,O=bureau,C=CN".to_owned(), hosts, uris: vec![] };
        let own = root.issue(&self.own.public_key(), &name, Profile::Node, period).unwrap();
        std::fs::write(self.dir.path().join("root.pem"), root.certificate().to_pem().unwrap()).unwrap();
        std::fs::write(self.dir.path().join("node.pem"), own.to_pem().unwrap()).unwrap();
    }

    fn live(&self) -> Security {
        let files = TlsFiles {
            chain: "node.pem".into(),
            key: "key".into(),
            roots: "root.pem".into(),
            lists: vec![],
            registered_only: false,
        };
        let key = self.own.clone();
        let open = move |_: &Path| Ok(key.clone());
        Security::Tls(Live::follow(files.resolved(self.dir.path()), open).unwrap())
    }
}

async fn call(port: u16, transport: &Transport) -> Result<Channel, ConnectError> {
    connect(&Endpoint::from_shared(format!("https://localhost:{port}")).unwrap(), transport).await
}

fn ended() -> Period {
    Period { from: now() - 20 * DAY, until: now() - DAY }
}

#[tokio::test]
async fn a_network_whose_certificates_have_all_ended_comes_back_without_a_restart() {
    let town = Town::new(ended());
    let (server, client) = (town.live(), town.live());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let incoming = accept(listener, server.for_peers(), Limits::default(), |_, _| ());
    let health = tonic_health::server::health_reporter().1;
    tokio::spawn(Server::builder().add_service(health).serve_with_incoming(incoming));
    let refused = call(port, &client.calls()).await.unwrap_err();
    let ConnectError::Handshake { cause: Cause::Expired(Some(by)), .. } = refused else { panic!("{refused:?}") };
    assert!((DAY..DAY + 60).contains(&by), "{by}");
    assert_eq!(client.holds().unwrap().borrow().until, ended().until);
    // The authority renews itself and the node, on the same keys; the files are put into place.
    let renewed = Period { from: now() - DAY, until: now() + 300 * DAY };
    town.certify(renewed);
    for side in [&server, &client] {
        let mut holds = side.holds().unwrap();
        let new = |holds: &Holds| holds.until == renewed.until;
        tokio::time::timeout(Duration::from_secs(30), holds.wait_for(new)).await.unwrap().unwrap();
    }
    let channel = call(port, &client.calls()).await.unwrap();
    ask(&channel).await.unwrap();
    // Files that do not fit change nothing.
    std::fs::write(town.dir.path().join("node.pem"), "no certificate").unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    ask(&call(port, &client.calls()).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn clear_calls_stay_on_this_machine() {
    let endpoint = |url: &'static str| Endpoint::from_static(url);
    let clear = connect(&endpoint("http://10.1.2.3:7000"), &Transport::Plaintext).await.unwrap_err();
    assert!(matches!(clear, ConnectError::Clear(_)), "{clear:?}");
    let town = Town::new(Period { from: now() - DAY, until: now() + DAY });
    let tls = town.live().calls();
    let scheme = connect(&endpoint("http://127.0.0.1:1"), &tls).await.unwrap_err();
    assert!(matches!(scheme, ConnectError::Scheme { scheme: "https", .. }), "{scheme:?}");
    let nobody = connect(&endpoint("https://127.0.0.1:1"), &tls).await.unwrap_err();
    assert!(matches!(nobody, ConnectError::Network { .. }), "{nobody:?}");
}
