//! Wrong certificates, each with what it is refused for.

use std::sync::Arc;

use crypto::x509::Certificate;
use forge::{Forged, Shown, fixtures, shows};
use sm_tls::Cause;
use sm_tls::config::{Trust, client, server};

use super::people::Land;
use super::wire::meet;

/// What a server or client that shows this chain is refused for; none if it is believed.
fn refused(chain: &[Forged], as_server: bool) -> Option<String> {
    let land = Land::new();
    let forge = Trust { roots: vec![Certificate::from_der(&Forged::root().der()).unwrap()], revocation_lists: vec![] };
    let (ours, theirs) = (land.identity(crypto::x509::Profile::Node), Arc::new(shows(chain)));
    let (mut client, mut server) = match as_server {
        true => (client(Some(&ours), &forge).unwrap(), server(&ours, &land.trust()).unwrap()),
        false => (client(Some(&ours), &land.trust()).unwrap(), server(&ours, &forge).unwrap()),
    };
    match as_server {
        true => server.cert_resolver = theirs,
        false => client.client_auth_cert_resolver = theirs,
    }
    let apart = meet(client, server).err()?;
    let said = if as_server { apart.client } else { apart.server };
    Some(format!("{:?}", Cause::of(&said.unwrap())))
}

#[test]
fn a_sound_chain_is_believed() {
    assert_eq!(refused(&[Forged::node(), Forged::bureau()], true), None);
    assert_eq!(refused(&[Forged::node(), Forged::bureau()], false), None);
}

#[test]
fn each_fixture_is_refused_for_what_is_wrong_with_it() {
    let (all, mut wrong, mut tried) = (fixtures(), Vec::new(), 0);
    for fixture in &all {
        for (as_server, leaves_out) in [(true, Shown::ToServers), (false, Shown::ToCallers)] {
            if fixture.shown == leaves_out {
                continue;
            }
            tried += 1;
            match refused(&fixture.chain, as_server) {
                Some(why) if why.contains(fixture.cause) => println!("{}: {why}", fixture.what),
                other => wrong.push(format!("{}: {other:?}, wanted {}", fixture.what, fixture.cause)),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all.len() >= 26 && tried > 40, "{} {tried}", all.len());
    println!("fixtures: {} of {} refused, shown {tried} times", all.len(), all.len());
}
