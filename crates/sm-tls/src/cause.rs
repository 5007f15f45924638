//! Why two did not come together, in words that say what to do.

use std::fmt;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use crate::ConnectError;

/// The cause of a failed handshake. What the other side refused is known by its alert alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A certificate of no issuer that is trusted.
    WrongIssuer,
    /// It held until a time that is over, by so many seconds if they are known.
    Expired(Option<u64>),
    /// It does not hold yet, for so many seconds if they are known: or a clock is wrong.
    NotYet(Option<u64>),
    /// It was revoked.
    Revoked,
    /// Nobody knows whether it was: a revocation list is missing, or has ended.
    NoRevocationList,
    /// It is not for this side of a connection.
    WrongRole,
    /// It is for another host.
    WrongHost,
    /// There is none.
    NoCertificate,
    /// The other side does not speak the national algorithms, or its certificate is none of SM2.
    NotSm,
    /// A signature does not fit: that of an issuer of the same name as a trusted one, or the proof of having the key.
    BadSignature,
    /// It took too long.
    TooSlow,
    /// There are too many connections: of all together, of one address, or of one certificate.
    TooMany,
    /// Something else.
    Other(String),
}

impl Cause {
    /// Of an error of a handshake.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(why) => Self::of_certificate(why),
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::PeerIncompatible(
                PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon
                | PeerIncompatible::NoSignatureSchemesInCommon
                | PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::SupportedVersionsExtensionRequired,
            ) => Self::NotSm,
            Error::AlertReceived(alert) => Self::of_alert(*alert),
            other => Self::Other(other.to_string()),
        }
    }

    /// Of an error of a stream.
    #[must_use]
    pub fn of_io(error: &std::io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        inner.map_or_else(|| Self::Other(error.to_string()), Self::of)
    }

    /// The cause in an error or in what lies behind it, if the handshake is to blame.
    #[must_use]
    pub fn in_chain(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(ConnectError::Handshake { cause, .. }) = error.downcast_ref() {
                return Some(cause.clone());
            }
            if let Some(tls) = error.downcast_ref() {
                return Some(Self::of(tls));
            }
            let io = error.downcast_ref::<std::io::Error>();
            if let Some(tls) = io.and_then(|io| io.get_ref()).and_then(|inner| inner.downcast_ref()) {
                return Some(Self::of(tls));
            }
            // HTTP/2 keeps the text only.
            if let Some(alert) = io.and_then(|io| alert_in(&io.to_string())) {
                return Some(Self::of_alert(alert));
            }
            next = error.source();
        }
        None
    }

    fn of_certificate(why: &CertificateError) -> Self {
        match why {
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired(Some(time.as_secs().saturating_sub(not_after.as_secs())))
            }
            CertificateError::NotValidYet => Self::NotYet(None),
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotYet(Some(not_before.as_secs().saturating_sub(time.as_secs())))
            }
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownRevocationStatus
            | CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => Self::NoRevocationList,
            CertificateError::UnknownIssuer => Self::WrongIssuer,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::WrongRole,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongHost,
            CertificateError::BadSignature => Self::BadSignature,
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::NotSm,
            other => Self::Other(Error::InvalidCertificate(other.clone()).to_string()),
        }
    }

    fn of_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::UnknownCA => Self::WrongIssuer,
            AlertDescription::CertificateExpired => Self::Expired(None),
            AlertDescription::CertificateRevoked => Self::Revoked,
            AlertDescription::CertificateRequired => Self::NoCertificate,
            AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => Self::NotSm,
            AlertDescription::DecryptError => Self::BadSignature,
            other => Self::Other(format!("the other side said {other:?}")),
        }
    }

    /// What happened and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::WrongIssuer => "证书不是受信任机构签发的：请核对双方的根证书".to_owned(),
            Self::Expired(by) => format!("证书已过期{}：请续期，或核对时钟", seconds_zh(*by)),
            Self::NotYet(by) => format!("证书尚未生效{}：请核对时钟", seconds_zh(*by)),
            Self::Revoked => "证书已被吊销：请向签发机构申请新证书".to_owned(),
            Self::NoRevocationList => "吊销列表缺失或已过期：请更新吊销列表".to_owned(),
            Self::WrongRole => "证书用途不符：服务端与客户端需各用相应的证书".to_owned(),
            Self::WrongHost => "证书不属于该主机：请核对地址，或换发证书".to_owned(),
            Self::NoCertificate => "未提供证书：请配置证书与私钥".to_owned(),
            Self::NotSm => "对方不支持国密算法（TLS_SM4_GCM_SM3）".to_owned(),
            Self::BadSignature => "签名不符：证书来自同名的其他机构，或对方未持有私钥".to_owned(),
            Self::TooSlow => "握手超时：请检查网络".to_owned(),
            Self::TooMany => "连接过多：请复用已有连接".to_owned(),
            Self::Other(what) => format!("握手失败：{what}"),
        }
    }
}

/// The alert that rustls names in an error's text.
fn alert_in(text: &str) -> Option<AlertDescription> {
    let name = text.strip_prefix("received fatal alert: ")?;
    let known = [
        AlertDescription::UnknownCA,
        AlertDescription::BadCertificate,
        AlertDescription::UnsupportedCertificate,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateRevoked,
        AlertDescription::CertificateUnknown,
        AlertDescription::CertificateRequired,
        AlertDescription::HandshakeFailure,
        AlertDescription::ProtocolVersion,
        AlertDescription::DecryptError,
        AlertDescription::AccessDenied,
    ];
    known.into_iter().find(|alert| format!("{alert:?}") == name)
}

fn seconds_zh(by: Option<u64>) -> String {
    by.map_or_else(String::new, |by| format!("（相差 {by} 秒）"))
}

fn seconds(by: Option<u64>) -> String {
    by.map_or_else(String::new, |by| format!(" (by {by} s)"))
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongIssuer => {
                f.write_str("the certificate is of no trusted issuer: compare the roots of both sides")
            }
            Self::Expired(by) => write!(f, "the certificate has expired{}: renew it, or set the clock", seconds(*by)),
            Self::NotYet(by) => write!(f, "the certificate does not hold yet{}: look at the clock", seconds(*by)),
            Self::Revoked => f.write_str("the certificate was revoked: ask its issuer for a new one"),
            Self::NoRevocationList => f.write_str("a revocation list is missing or has ended: get the newest one"),
            Self::WrongRole => f.write_str("the certificate is not for this side of a connection"),
            Self::WrongHost => f.write_str("the certificate is for another host: look at the address"),
            Self::NoCertificate => f.write_str("no certificate was shown: configure one with its key"),
            Self::NotSm => f.write_str("the other side does not speak the national algorithms (TLS_SM4_GCM_SM3)"),
            Self::BadSignature => f.write_str(
                "a signature does not fit: of another issuer with that name, or by another key than the certificate's",
            ),
            Self::TooSlow => f.write_str("the handshake took too long: look at the network"),
            Self::TooMany => f.write_str("too many connections: use those that there are"),
            Self::Other(what) => write!(f, "the handshake failed: {what}"),
        }
    }
}
