//! What is tried, and what must come of it.

use std::path::Path;
use std::sync::Arc;

use crypto::x509::Profile;
use rustls::HandshakeKind;
use sm_tls::Cause;
use sm_tls::config::{client, server};

use crate::office::Office;
use crate::ours::{self, Seen, Serving};
use crate::theirs::OpenSsl;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Full,
    OfRoot,
    Resumed,
    HelloRetry,
    Revoked,
    Expired,
    WrongRole,
    NoCertificate,
    OtherGroups,
    OursRevoked,
    OursExpired,
    OursWrongRole,
}

/// The file with our root.
const ROOT: &str = "root.pem";

type Outcome = Result<String, String>;

/// Whether a cause is the one that is wanted.
type IsIt = fn(&Cause) -> bool;

fn expect<T: std::fmt::Debug + PartialEq>(what: &str, found: T, wanted: &T) -> Result<(), String> {
    if found == *wanted { Ok(()) } else { Err(format!("{what}: {found:?}")) }
}

impl Case {
    pub(crate) const ALL: [Self; 12] = [
        Self::Full,
        Self::OfRoot,
        Self::Resumed,
        Self::HelloRetry,
        Self::Revoked,
        Self::Expired,
        Self::WrongRole,
        Self::NoCertificate,
        Self::OtherGroups,
        Self::OursRevoked,
        Self::OursExpired,
        Self::OursWrongRole,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full, mutual, two CAs",
            Self::OfRoot => "issued by the root",
            Self::Resumed => "resumed",
            Self::HelloRetry => "HelloRetryRequest",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::WrongRole => "wrong EKU",
            Self::NoCertificate => "no certificate",
            Self::OtherGroups => "no group in common",
            Self::OursRevoked => "ours revoked",
            Self::OursExpired => "ours expired",
            Self::OursWrongRole => "ours of wrong EKU",
        }
    }

    /// What our server must say of their call; none if it must come about.
    fn our_refusal(self) -> Option<IsIt> {
        match self {
            Self::Full | Self::OfRoot | Self::Resumed | Self::HelloRetry => None,
            Self::OursRevoked | Self::OursExpired | Self::OursWrongRole => None,
            Self::Revoked => Some(|cause| *cause == Cause::Revoked),
            Self::Expired => Some(|cause| matches!(cause, Cause::Expired(_))),
            Self::WrongRole => Some(|cause| *cause == Cause::WrongRole),
            Self::NoCertificate => Some(|cause| *cause == Cause::NoCertificate),
            Self::OtherGroups => Some(|cause| *cause == Cause::NotSm),
        }
    }

    /// A certificate of ours that they must refuse: what they say of it, and by which alert we know.
    fn their_refusal(self) -> Option<(&'static str, IsIt)> {
        match self {
            Self::OursRevoked => Some(("certificate revoked", |cause| *cause == Cause::Revoked)),
            Self::OursExpired => Some(("certificate has expired", |cause| matches!(cause, Cause::Expired(_)))),
            Self::OursWrongRole => {
                let said: IsIt = |cause| matches!(cause, Cause::WrongRole | Cause::Other(_));
                Some(("certificate purpose", said))
            }
            _ => None,
        }
    }

    pub(crate) async fn they_call(self, office: &Office, openssl: &OpenSsl) -> Outcome {
        if let Some((words, _)) = self.their_refusal() {
            let (identity, lists) = office.ours(self.wrong(Profile::Client), self == Self::OursExpired, false);
            let serving = Serving::with(server(&identity, &office.trust()).unwrap()).await;
            let believed = self.believed(&lists);
            let more: &[&str] = if self == Self::OursRevoked { &["-crl_check_all"] } else { &[] };
            let more = [&["-groups", "curveSM2"], more].concat();
            let who = Some(&office.theirs);
            let called = tokio::task::block_in_place(|| openssl.call(serving.port, who, &believed, &more));
            let refused = !called.done && called.said.contains(words);
            return if refused { Ok(words.to_owned()) } else { Err(format!("they said: {}", called.said.trim())) };
        }
        let (identity, _) = office.ours(Profile::Node, false, self == Self::OfRoot);
        let serving = Serving::with(server(&identity, &office.trust()).unwrap()).await;
        let who = match self {
            Self::Revoked => Some(&office.theirs_revoked),
            Self::Expired => Some(&office.theirs_over),
            Self::WrongRole => Some(&office.their_server_only),
            Self::OfRoot => Some(&office.theirs_of_root),
            Self::NoCertificate => None,
            _ => Some(&office.theirs),
        };
        let groups: &[&str] = match self {
            // A share of a group that we do not know comes first.
            Self::HelloRetry => &["-groups", "*P-256:curveSM2"],
            Self::OtherGroups => &["-groups", "P-256"],
            _ => &["-groups", "curveSM2"],
        };
        let session = office.path("session.pem").display().to_string();
        let call = |more: &[&str]| {
            let arguments = [groups, more].concat();
            tokio::task::block_in_place(|| openssl.call(serving.port, who, ROOT, &arguments))
        };
        let called = match self {
            Self::Resumed => {
                expect("the first call", call(&["-sess_out", &session]).done, &true)?;
                call(&["-sess_in", &session])
            }
            _ => call(&[]),
        };
        match (self.our_refusal(), serving.last()) {
            (None, Some(Seen::Met(kind))) => {
                expect("the answer", called.done, &true).map_err(|e| format!("{e}: {}", called.said))?;
                expect("the handshake", kind, &self.kind())?;
                Ok(format!("{kind:?}"))
            }
            (Some(is_it), Some(Seen::Refused(cause))) if is_it(&cause) && !called.done => Ok(format!("{cause:?}")),
            (_, seen) => Err(format!("{seen:?}; they said: {}", called.said.trim())),
        }
    }

    /// Whom they believe.
    fn believed(self, with_lists: &Path) -> String {
        if self == Self::OursRevoked { with_lists.display().to_string() } else { ROOT.to_owned() }
    }

    /// What our certificate is for, if it is for the wrong thing.
    fn wrong(self, other: Profile) -> Profile {
        if self == Self::OursWrongRole { other } else { Profile::Node }
    }

    fn kind(self) -> HandshakeKind {
        match self {
            Self::Resumed => HandshakeKind::Resumed,
            Self::HelloRetry => HandshakeKind::FullWithHelloRetryRequest,
            _ => HandshakeKind::Full,
        }
    }

    /// Expired, revoked and of the wrong role is their server's certificate; without one, and without a group, is ours.
    pub(crate) async fn we_call(self, office: &Office, openssl: &OpenSsl) -> Outcome {
        if let Some((words, is_it)) = self.their_refusal() {
            let (identity, lists) = office.ours(self.wrong(Profile::Server), self == Self::OursExpired, false);
            let believed = self.believed(&lists);
            let more: &[&str] = if self == Self::OursRevoked { &["-crl_check_all"] } else { &[] };
            let serving = tokio::task::block_in_place(|| openssl.serve(&office.theirs, &believed, more));
            let config = Arc::new(client(Some(&identity), &office.trust()).unwrap());
            let met = ours::call(config, serving.port).await;
            return match met {
                Err(cause) if is_it(&cause) => Ok(words.to_owned()),
                met => Err(format!("{met:?}; they said: {}", openssl.log(&serving).trim())),
            };
        }
        let who = match self {
            Self::Revoked => &office.theirs_revoked,
            Self::Expired => &office.theirs_over,
            Self::WrongRole => &office.their_client_only,
            Self::OfRoot => &office.theirs_of_root,
            _ => &office.theirs,
        };
        let more: &[&str] = match self {
            Self::OtherGroups => &["-groups", "P-256"],
            _ => &[],
        };
        let serving = tokio::task::block_in_place(|| openssl.serve(who, ROOT, more));
        let (identity, _) = office.ours(Profile::Node, false, self == Self::OfRoot);
        let identity = (self != Self::NoCertificate).then_some(&identity);
        let config = client(identity, &office.trust()).unwrap();
        let config =
            Arc::new(if self == Self::HelloRetry { ours::offers_another_group(config, office) } else { config });
        let mut met = ours::call(config.clone(), serving.port).await;
        if self == Self::Resumed && met.is_ok() {
            met = ours::call(config, serving.port).await;
        }
        let refused: Option<IsIt> = match self {
            // Their server has no words for it but these.
            Self::OtherGroups => Some(|cause| *cause == Cause::NotSm),
            other => other.our_refusal(),
        };
        match (refused, met) {
            (None, Ok(kind)) => {
                expect("the handshake", kind, &self.kind())?;
                Ok(format!("{kind:?}"))
            }
            (Some(is_it), Err(cause)) if is_it(&cause) => Ok(format!("{cause:?}")),
            (_, met) => Err(format!("{met:?}; they said: {}", openssl.log(&serving).trim())),
        }
    }
}
