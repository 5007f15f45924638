//! Short secrets at rest: SM4-GCM under a key made from the master secret.

use pbkdf2::pbkdf2_hmac;
use sm3::Sm3;
use zeroize::Zeroizing;

use crate::error::ServiceError;
use crate::master_secret::MasterSecret;
use crate::store::Store;

/// Rounds of PBKDF2 with HMAC-SM3, as in key files.
const ROUNDS: u32 = 65_536;
const NONCE: usize = 12;
const CHECK: &[u8] = b"taxchain invoice service 1";

/// Seals and opens. What it is for is bound in, so that a sealed value cannot stand in for another.
pub(crate) struct Sealer {
    key: Zeroizing<[u8; 16]>,
}

impl Sealer {
    /// The sealer of a store. The first master secret makes it; another one is refused.
    pub(crate) async fn of(store: &Store, secret: &MasterSecret) -> Result<Self, ServiceError> {
        store.put_if_absent("salt", &crypto::random::array::<16>()?).await?;
        let salt = store.get("salt").await?.unwrap_or_default();
        let secret = secret.clone();
        let derive = move || {
            let mut key = Zeroizing::new([0; 16]);
            pbkdf2_hmac::<Sm3>(secret.expose(), &salt, ROUNDS, key.as_mut_slice());
            key
        };
        let key = tokio::task::spawn_blocking(derive).await.map_err(|_| ServiceError::Stopped)?;
        let sealer = Self { key };
        store.put_if_absent("check", &sealer.seal(b"check", CHECK)?).await?;
        let check = store.get("check").await?.unwrap_or_default();
        match sealer.open(b"check", &check) {
            Some(text) if text.as_slice() == CHECK => Ok(sealer),
            _ => Err(ServiceError::WrongMasterSecret),
        }
    }

    /// `nonce | ciphertext | tag`.
    pub(crate) fn seal(&self, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, crypto::random::RandomError> {
        let nonce: [u8; NONCE] = crypto::random::array()?;
        let mut out = nonce.to_vec();
        out.extend(sm::sm4_gcm_seal(&self.key, &nonce, purpose, plain));
        Ok(out)
    }

    /// What was sealed for this purpose; `None` for anything else.
    pub(crate) fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>()?;
        sm::sm4_gcm_open(&self.key, nonce, purpose, ciphertext).ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::tests::fresh;

    fn secret(text: &str) -> MasterSecret {
        MasterSecret::new(text.into()).unwrap()
    }

    #[tokio::test]
    async fn what_is_sealed_opens_for_its_purpose_alone() {
        let (_dir, store) = fresh().await;
        let sealer = Sealer::of(&store, &secret("the right master secret")).await.unwrap();
        let sealed = sealer.seal(b"one", b"token").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"token"));
        assert_eq!(sealer.open(b"one", &sealed).unwrap().as_slice(), b"token");
        assert!(sealer.open(b"two", &sealed).is_none());
        assert!(sealer.open(b"one", &sealed[..20]).is_none());
        assert!(sealer.open(b"one", &sealed[..4]).is_none());
        let again = Sealer::of(&store, &secret("the right master secret")).await.unwrap();
        assert_eq!(again.open(b"one", &sealed).unwrap().as_slice(), b"token");
    }

    #[tokio::test]
    async fn another_master_secret_is_refused_at_the_start() {
        let (_dir, store) = fresh().await;
        Sealer::of(&store, &secret("the right master secret")).await.unwrap();
        let error = Sealer::of(&store, &secret("the wrong master secret")).await.err().unwrap();
        assert!(matches!(error, ServiceError::WrongMasterSecret), "{error}");
    }
}
