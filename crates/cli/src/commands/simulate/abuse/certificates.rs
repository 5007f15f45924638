//! S10 and S11: certificates with something wrong, shown at the doors of node, service and peers. Of each the door's log must
//! name the right cause.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crypto::x509::Certificate;
use forge::{Fixture, Forged, Shown, fixtures, shows};
use rustls::ClientConfig;
use sm_tls::Cause;
use sm_tls::config::client;
use tokio::io::AsyncReadExt;

use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// The log is written soon after.
const LOGGED: Duration = Duration::from_secs(2);

/// Makes the chain believe the root of the forged ones, so that nothing else is wrong with each.
pub(super) fn make_believed(roots: &Path) -> Result<(), Failure> {
    let root = Certificate::from_der(&Forged::root().der()).map_err(Failure::general)?;
    let known = std::fs::read_to_string(roots)?;
    Ok(std::fs::write(roots, known + &root.to_pem().map_err(Failure::general)?)?)
}

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let doors: [(&str, SocketAddr); 3] = [
        ("node", raw::socket_of(&ground.banner.nodes[0])?),
        ("service", raw::socket_of(&ground.banner.service)?),
        ("peers", ground.peers_door()?),
    ];
    let wrong: Vec<Fixture> = fixtures().into_iter().filter(|fixture| fixture.shown != Shown::ToCallers).collect();
    let mut thrown = Thrown::new(format!("{} wrong certificates at 3 doors, and a sound one", wrong.len()));
    for (door, address) in doors {
        let sound = calling(ground, &[Forged::node(), Forged::bureau()])?;
        match show(address, &sound).await {
            Ok(()) => thrown.count("a sound one: believed"),
            Err(why) => thrown.wrong(format!("{door}: a sound chain is refused: {why}")),
        }
        for fixture in &wrong {
            let before = ground.log().len();
            if show(address, &calling(ground, &fixture.chain)?).await.is_ok() {
                thrown.wrong(format!("{door}: {} is believed", fixture.what));
                continue;
            }
            match logged(ground, before, &words_of(fixture.cause)).await {
                Ok(()) => thrown.count(fixture.cause),
                Err(said) => {
                    thrown.wrong(format!("{door}: {} is refused, and not for {}: {said}", fixture.what, fixture.cause))
                }
            }
        }
    }
    Ok(thrown)
}

/// Somebody who shows this chain.
fn calling(ground: &Ground, chain: &[Forged]) -> Result<Arc<ClientConfig>, Failure> {
    let trust = ground.chain.trust().read().map_err(Failure::general)?;
    let mut config = client(None, &trust).map_err(Failure::general)?;
    config.client_auth_cert_resolver = Arc::new(shows(chain));
    Ok(Arc::new(config))
}

/// A caller hears that he is refused only after his own handshake.
async fn show(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<(), String> {
    let mut stream = raw::tls(raw::attacker(90), address, config).await?;
    let mut bytes = [0; 4_096];
    loop {
        match tokio::time::timeout(Duration::from_millis(700), stream.read(&mut bytes)).await {
            // It waits for us to speak.
            Err(_) => return Ok(()),
            Ok(Ok(0)) => return Err("closed".to_owned()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(Cause::of_io(&error).to_string()),
        }
    }
}

/// What the log says for a cause: its own words up to where figures begin.
fn words_of(cause: &str) -> String {
    let known = match cause {
        "WrongIssuer" => Cause::WrongIssuer,
        "WrongRole" => Cause::WrongRole,
        "BadSignature" => Cause::BadSignature,
        "NotSm" => Cause::NotSm,
        "Expired" => return "has expired".to_owned(),
        "NotYet" => return "does not hold yet".to_owned(),
        other => return other.to_owned(),
    };
    known.to_string()
}

/// Waits until the log names the cause; else what it said.
async fn logged(ground: &Ground, before: usize, words: &str) -> Result<(), String> {
    let began = std::time::Instant::now();
    loop {
        let log = ground.log();
        let new = log.get(before..).unwrap_or_default();
        let lines: Vec<&str> = new.lines().filter(|line| line.contains("a connection was refused")).collect();
        if lines.iter().any(|line| line.contains(words)) {
            return Ok(());
        }
        if began.elapsed() > LOGGED {
            return Err(lines.last().map_or("nothing is in the log".to_owned(), |line| (*line).to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
