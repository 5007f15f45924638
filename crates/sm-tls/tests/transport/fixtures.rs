//! Wrong certificates, each with what it is refused for.

use std::sync::Arc;

use crypto::x509::Certificate;
use sm_tls::Cause;
use sm_tls::config::{Trust, client, server};

use super::forge::{CLIENT, Forged, SERVER, shows};
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
    let (node, bureau) = (Forged::node, Forged::bureau);
    let district =
        || Forged { subject: "CN=district,O=forge,C=CN", issuer: bureau().subject, key: 4, signer: 2, ..bureau() };
    let fixtures: Vec<(&str, Vec<Forged>, &str)> = vec![
        ("self-signed", vec![Forged { issuer: node().subject, signer: 3, ..node() }], "WrongIssuer"),
        (
            "another root",
            vec![node(), Forged { issuer: "CN=other,O=forge,C=CN", signer: 9, ..bureau() }],
            "WrongIssuer",
        ),
        ("a root of the same name", vec![node(), Forged { signer: 9, ..bureau() }], "BadSignature"),
        ("no bureau's certificate", vec![node()], "WrongIssuer"),
        ("another host", vec![Forged { hosts: vec!["elsewhere.example"], ..node() }, bureau()], "WrongHost"),
        ("no host", vec![Forged { hosts: vec![], ..node() }, bureau()], "WrongHost"),
        ("a caller's", vec![Forged { purposes: vec![CLIENT], ..node() }, bureau()], "WrongRole"),
        ("a mailer's", vec![Forged { purposes: vec!["1.3.6.1.5.5.7.3.4"], ..node() }, bureau()], "WrongRole"),
        (
            "a bureau that is no authority",
            vec![node(), Forged { ca: Some((false, None)), ..bureau() }],
            "EndEntityUsedAsCa",
        ),
        ("a bureau that does not say so", vec![node(), Forged { ca: None, ..bureau() }], "EndEntityUsedAsCa"),
        ("an authority as a node", vec![Forged { ca: Some((true, None)), ..node() }, bureau()], "CaUsedAsEndEntity"),
        (
            "one authority too many",
            vec![Forged { issuer: district().subject, signer: 4, ..node() }, district(), bureau()],
            "PathLenConstraintViolated",
        ),
        (
            "beyond the bureau's names",
            vec![node(), Forged { permitted: Some("tax.example"), ..bureau() }],
            "NameConstraintViolation",
        ),
        ("a key of another curve", vec![Forged { curve: "1.2.840.10045.3.1.7", ..node() }, bureau()], "NotSm"),
        (
            "signed under the id of handshakes",
            vec![Forged { user_id: sm::TLS_USER_ID, ..node() }, bureau()],
            "BadSignature",
        ),
        ("another algorithm", vec![Forged { algorithm: "1.2.840.10045.4.3.2", ..node() }, bureau()], "NotSm"),
        (
            "two algorithms",
            vec![Forged { inner_algorithm: Some("1.2.840.10045.4.3.2"), ..node() }, bureau()],
            "SignatureAlgorithmMismatch",
        ),
        ("a changed signature", vec![Forged { flip: Some(-1), ..node() }, bureau()], "BadSignature"),
        ("a changed serial number", vec![Forged { flip: Some(16), ..node() }, bureau()], "BadSignature"),
        ("over", vec![Forged { from: -10, until: -1, ..node() }, bureau()], "Expired"),
        ("not yet", vec![Forged { from: 1, until: 9, ..node() }, bureau()], "NotYet"),
        ("a bureau that is over", vec![node(), Forged { from: -10, until: -1, ..bureau() }], "Expired"),
        ("an old version", vec![Forged { version: None, ..node() }, bureau()], "UnsupportedCertVersion"),
        ("an unknown critical extension", vec![Forged { critical: Some("1.2.3.4"), ..node() }, bureau()], "Critical"),
        ("something behind it", vec![Forged { tail: true, ..node() }, bureau()], "BadEncoding"),
    ];
    let mut wrong = Vec::new();
    for (what, chain, wanted) in &fixtures {
        match refused(chain, true) {
            Some(why) if why.contains(wanted) => println!("{what}: {why}"),
            other => wrong.push(format!("{what}: {other:?}, wanted {wanted}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let callers = vec![Forged { purposes: vec![SERVER], ..node() }, bureau()];
    assert_eq!(refused(&callers, false).as_deref(), Some("WrongRole"));
    println!("fixtures: {} of {} refused", fixtures.len() + 1, fixtures.len() + 1);
}
