//! gRPC over our TLS, on real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::people::Land;
use crypto::x509::Profile;
use rustls::{ClientConfig, ServerConfig};
use sm_tls::config::{Identity, client, open_server, server};
use sm_tls::{Caller, Cause, ConnectError, Door, Limits, Transport, accept, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;

/// A server that says whether it is well, and notes who asked.
struct Clinic {
    address: SocketAddr,
    config: watch::Sender<Arc<ServerConfig>>,
    /// The subject of each caller.
    callers: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<Cause>>>,
}

impl Clinic {
    async fn open(config: ServerConfig) -> Self {
        Self::within(config, Limits::default()).await
    }

    async fn within(config: ServerConfig, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (config, newest) = watch::channel(Arc::new(config));
        let (callers, refused) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (heard, told) = (callers.clone(), refused.clone());
        let incoming = accept(listener, Door::Tls(newest), limits, move |_, cause: &Cause| {
            told.lock().unwrap().push(cause.clone())
        });
        let note = move |request: Request<()>| {
            let caller = request.extensions().get::<Caller>().ok_or_else(|| Status::unauthenticated("nobody"))?;
            let name = caller.certificate().map_or_else(|| "a stranger".to_owned(), |own| own.subject());
            heard.lock().unwrap().push(name);
            Ok(request)
        };
        let service = HealthService::from_health_reporter(tonic_health::server::health_reporter().0);
        let service = HealthServer::with_interceptor(service, note);
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        Self { address, config, callers, refused }
    }

    async fn call(&self, config: ClientConfig) -> Result<Channel, ConnectError> {
        let endpoint = Endpoint::from_shared(format!("https://localhost:{}", self.address.port())).unwrap();
        connect(&endpoint, &Transport::fixed(config)).await
    }
}

pub(crate) async fn ask(channel: &Channel) -> Result<(), Status> {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(channel.clone()).check(request).await.map(drop)
}

fn config_of(land: &Land, identity: &Identity) -> ClientConfig {
    client(Some(identity), &land.trust()).unwrap()
}

fn clinic_of(land: &Land) -> ServerConfig {
    server(&land.identity(Profile::Node), &land.trust()).unwrap()
}

#[tokio::test]
async fn a_call_says_who_calls() {
    let land = Land::new();
    let clinic = Clinic::open(clinic_of(&land)).await;
    let channel = clinic.call(config_of(&land, &land.identity(Profile::Client))).await.unwrap();
    for _ in 0..3 {
        ask(&channel).await.unwrap();
    }
    assert_eq!(*clinic.callers.lock().unwrap(), vec!["CN=somebody,O=bureau,C=CN"; 3]);
}

#[tokio::test]
async fn an_open_server_hears_strangers_and_refuses_impostors() {
    let land = Land::new();
    let clinic = Clinic::open(open_server(&land.identity(Profile::Node), &land.trust()).unwrap()).await;
    ask(&clinic.call(client(None, &land.trust()).unwrap()).await.unwrap()).await.unwrap();
    ask(&clinic.call(config_of(&land, &land.identity(Profile::Client))).await.unwrap()).await.unwrap();
    assert_eq!(*clinic.callers.lock().unwrap(), ["a stranger", "CN=somebody,O=bureau,C=CN"]);
    let impostor = client(Some(&Land::of("else").identity(Profile::Client)), &land.trust()).unwrap();
    let refused = match clinic.call(impostor).await {
        Ok(channel) => ask(&channel).await.is_err(),
        Err(_) => true,
    };
    assert!(refused && clinic.refused.lock().unwrap().last() == Some(&Cause::WrongIssuer));
}

#[tokio::test]
async fn both_sides_name_the_cause() {
    let land = Land::new();
    let clinic = Clinic::open(clinic_of(&land)).await;
    // The client refuses: known at once.
    let stranger = Land::of("else");
    let refused = clinic.call(client(None, &stranger.trust()).unwrap()).await.unwrap_err();
    assert_eq!(Cause::in_chain(&refused), Some(Cause::WrongIssuer));
    // The server refuses: known by the first call.
    for (config, cause) in [
        (client(None, &land.trust()).unwrap(), Cause::NoCertificate),
        (client(Some(&stranger.identity(Profile::Client)), &land.trust()).unwrap(), Cause::WrongIssuer),
    ] {
        let said = match clinic.call(config).await {
            Ok(channel) => Cause::in_chain(&ask(&channel).await.unwrap_err()),
            Err(error) => Cause::in_chain(&error),
        };
        assert_eq!(said, Some(cause.clone()));
        assert_eq!(clinic.refused.lock().unwrap().last(), Some(&cause));
    }
    assert!(clinic.callers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_dropped_call() {
    let land = Land::new();
    let clinic = Clinic::open(clinic_of(&land)).await;
    let old = clinic.call(config_of(&land, &land.identity(Profile::Client))).await.unwrap();
    ask(&old).await.unwrap();
    let other = Land::of("new");
    clinic.config.send_replace(Arc::new(clinic_of(&other)));
    ask(&old).await.unwrap();
    let new = clinic.call(config_of(&other, &other.identity(Profile::Client))).await.unwrap();
    ask(&new).await.unwrap();
    assert!(clinic.call(config_of(&land, &land.identity(Profile::Client))).await.is_err());
}

#[tokio::test]
async fn who_is_slow_or_speaks_something_else_delays_nobody() {
    let land = Land::new();
    let clinic = Clinic::open(clinic_of(&land)).await;
    let mut silent = Vec::new();
    for _ in 0..1_100 {
        silent.push(TcpStream::connect(clinic.address).await.unwrap());
    }
    let mut plain = TcpStream::connect(clinic.address).await.unwrap();
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // An alert at most: no word of ours in clear.
    plain.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() <= 7, "{answer:?}");
    let channel = clinic.call(config_of(&land, &land.identity(Profile::Client))).await.unwrap();
    ask(&channel).await.unwrap();
    // More than a thousand under way: the oldest are gone.
    let began = Instant::now();
    let mut first = silent.remove(0);
    let gone = tokio::time::timeout(Duration::from_secs(5), first.read(&mut [0; 1])).await;
    assert!(matches!(gone, Ok(Ok(0) | Err(_))), "{gone:?} after {:?}", began.elapsed());
    assert!(clinic.refused.lock().unwrap().iter().filter(|cause| **cause == Cause::TooSlow).count() >= 76);
}

#[tokio::test]
async fn one_certificate_and_one_address_have_only_so_many_connections() {
    let land = Land::new();
    let limits = Limits { total: 9, per_address: 4, per_certificate: 2 };
    let clinic = Clinic::within(open_server(&land.identity(Profile::Node), &land.trust()).unwrap(), limits).await;
    let own = land.identity(Profile::Client);
    let known = async || clinic.call(config_of(&land, &own)).await;
    let (one, two) = (known().await.unwrap(), known().await.unwrap());
    ask(&one).await.unwrap();
    ask(&two).await.unwrap();
    let third = known().await;
    assert!(third.is_err() || ask(&third.unwrap()).await.is_err());
    // Strangers of the same address have the places that are left.
    let strange = async || clinic.call(client(None, &land.trust()).unwrap()).await;
    let (three, four) = (strange().await.unwrap(), strange().await.unwrap());
    ask(&three).await.unwrap();
    ask(&four).await.unwrap();
    assert!(strange().await.is_err());
    assert!(clinic.refused.lock().unwrap().iter().filter(|cause| **cause == Cause::TooMany).count() >= 2);
    drop((one, three));
    for _ in 0..100 {
        if let Ok(again) = known().await
            && ask(&again).await.is_ok()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a place that came free is not given again");
}
