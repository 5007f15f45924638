//! Who one is on a connection: a key in a provider.

use crypto::{KeyUse, SigningKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::{Signer, SigningKey as TlsSigningKey};
use rustls::{Error, OtherError, SignatureAlgorithm, SignatureScheme};

use crate::{SM2SIG_SM3, code_points};

/// A key that proves who one is in handshakes; it stays where it is.
#[derive(Clone, Debug)]
pub struct TlsKey {
    key: SigningKey,
    public: Vec<u8>,
}

impl TlsKey {
    /// Of a key for connections.
    ///
    /// # Errors
    /// [`Error::General`] for a key of another use.
    pub fn new(key: SigningKey) -> Result<Self, Error> {
        if key.key_use() != KeyUse::Tls {
            return Err(Error::General(format!("a key for {} cannot prove who one is in TLS", key.key_use())));
        }
        let public = crypto::x509::public_key_info(&key.public_key()).map_err(|e| Error::General(e.to_string()))?;
        Ok(Self { key, public })
    }
}

impl TlsSigningKey for TlsKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SM2SIG_SM3).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.public.as_slice()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        code_points::SM2
    }
}

impl Signer for TlsKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.key.sign_handshake(message);
        let signature = signature.map_err(|error| Error::Other(OtherError(std::sync::Arc::new(error))))?;
        Ok(crypto::x509::to_der(&signature))
    }

    fn scheme(&self) -> SignatureScheme {
        SM2SIG_SM3
    }
}
