//! Wrong certificates, each with what it is refused for.

use crate::forged::{CLIENT, Forged, SERVER};

/// To whom a wrong chain is shown: some mistakes are only one's there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By a server to its caller.
    ToCallers,
    /// By a caller to a server.
    ToServers,
    /// By either.
    ToBoth,
}

/// A wrong chain.
pub struct Fixture {
    /// What is wrong.
    pub what: &'static str,
    /// The chain, its holder's own certificate first.
    pub chain: Vec<Forged>,
    /// A word of the cause for which it is refused.
    pub cause: &'static str,
    /// Where it is wrong.
    pub shown: Shown,
}

/// All of them.
#[must_use]
pub fn fixtures() -> Vec<Fixture> {
    let mut all = issuers();
    all.extend(contents());
    all
}

fn both(what: &'static str, chain: Vec<Forged>, cause: &'static str) -> Fixture {
    Fixture { what, chain, cause, shown: Shown::ToBoth }
}

fn server(what: &'static str, own: Forged, cause: &'static str) -> Fixture {
    Fixture { what, chain: vec![own, Forged::bureau()], cause, shown: Shown::ToCallers }
}

/// Wrong issuers.
fn issuers() -> Vec<Fixture> {
    let (node, bureau) = (Forged::node, Forged::bureau);
    let district =
        || Forged { subject: "CN=district,O=forge,C=CN", issuer: bureau().subject, key: 4, signer: 2, ..bureau() };
    let other_root = Forged { issuer: "CN=other,O=forge,C=CN", signer: 9, ..bureau() };
    let many = vec![Forged { issuer: district().subject, signer: 4, ..node() }, district(), bureau()];
    let no_authority = |ca| vec![node(), Forged { ca, ..bureau() }];
    vec![
        both("self-signed", vec![Forged { issuer: node().subject, signer: 3, ..node() }], "WrongIssuer"),
        both("another root", vec![node(), other_root], "WrongIssuer"),
        both("a root of the same name", vec![node(), Forged { signer: 9, ..bureau() }], "BadSignature"),
        both("no bureau's certificate", vec![node()], "WrongIssuer"),
        both("a bureau that is no authority", no_authority(Some((false, None))), "EndEntityUsedAsCa"),
        both("a bureau that does not say so", no_authority(None), "EndEntityUsedAsCa"),
        both("one authority too many", many, "PathLenConstraintViolated"),
        both(
            "beyond the bureau's names",
            vec![node(), Forged { permitted: Some("tax.example"), ..bureau() }],
            "NameConstraintViolation",
        ),
        both("a bureau that is over", vec![node(), Forged { from: -10, until: -1, ..bureau() }], "Expired"),
    ]
}

/// Wrong certificates of sound issuers.
fn contents() -> Vec<Fixture> {
    let node = Forged::node;
    let own = |what, own, cause| both(what, vec![own, Forged::bureau()], cause);
    let p256 = "1.2.840.10045.4.3.2";
    let callers = Fixture {
        shown: Shown::ToServers,
        ..server("a server's", Forged { purposes: vec![SERVER], ..node() }, "WrongRole")
    };
    vec![
        server("another host", Forged { hosts: vec!["elsewhere.example"], ..node() }, "WrongHost"),
        server("no host", Forged { hosts: vec![], ..node() }, "WrongHost"),
        server("a caller's", Forged { purposes: vec![CLIENT], ..node() }, "WrongRole"),
        callers,
        own("a mailer's", Forged { purposes: vec!["1.3.6.1.5.5.7.3.4"], ..node() }, "WrongRole"),
        own("an authority as a node", Forged { ca: Some((true, None)), ..node() }, "CaUsedAsEndEntity"),
        own("a key of another curve", Forged { curve: "1.2.840.10045.3.1.7", ..node() }, "NotSm"),
        own("signed under the id of handshakes", Forged { user_id: sm::TLS_USER_ID, ..node() }, "BadSignature"),
        own("another algorithm", Forged { algorithm: p256, ..node() }, "NotSm"),
        own("two algorithms", Forged { inner_algorithm: Some(p256), ..node() }, "SignatureAlgorithmMismatch"),
        own("a changed signature", Forged { flip: Some(-1), ..node() }, "BadSignature"),
        own("a changed serial number", Forged { flip: Some(16), ..node() }, "BadSignature"),
        own("over", Forged { from: -10, until: -1, ..node() }, "Expired"),
        own("not yet", Forged { from: 1, until: 9, ..node() }, "NotYet"),
        own("an old version", Forged { version: None, ..node() }, "UnsupportedCertVersion"),
        own("an unknown critical extension", Forged { critical: Some("1.2.3.4"), ..node() }, "Critical"),
        own("something behind it", Forged { tail: true, ..node() }, "BadEncoding"),
    ]
}
