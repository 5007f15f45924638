//! A root, a bureau under it, and whom they certify.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crypto::x509::{Certificate, Issuer, Period, Profile, Subject};
use crypto::{KeyProvider, KeyUse, SigningKey, SoftwareProvider};
use forge::AnyId;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sm_tls::config::{Identity, Trust, client, server};
use sm2::elliptic_curve::sec1::ToSec1Point;

use super::wire::{Pair, meet};

pub(crate) const DAY: u64 = 86_400;

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn key(key_use: KeyUse) -> SigningKey {
    let provider: Arc<dyn KeyProvider> = SoftwareProvider::shared();
    SigningKey::generate(&provider, key_use).unwrap()
}

pub(crate) struct Land {
    pub(crate) root: Issuer,
    pub(crate) bureau: Issuer,
}

impl Land {
    pub(crate) fn year() -> Period {
        // The same for everybody, also when a second passes meanwhile.
        let today = now() / DAY * DAY;
        Period { from: today - 20 * DAY, until: today + 300 * DAY }
    }

    pub(crate) fn new() -> Self {
        Self::of("state")
    }

    pub(crate) fn of(state: &str) -> Self {
        let root = Issuer::root(key(KeyUse::Issuer), &format!("CN=root,O={state},C=CN"), Self::year()).unwrap();
        let own = key(KeyUse::Issuer);
        let name = Subject { name: format!("CN=bureau,O={state},C=CN"), hosts: vec![], uris: vec![] };
        let certificate = root.issue(&own.public_key(), &name, Profile::Intermediate, Self::year()).unwrap();
        Self { root, bureau: Issuer::new(own, certificate).unwrap() }
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust { roots: vec![self.root.certificate().clone()], revocation_lists: vec![] }
    }

    fn certify(&self, profile: Profile, period: Period, host: &str) -> (SigningKey, Certificate) {
        let own = key(KeyUse::Tls);
        let name = Subject { name: "CN=somebody,O=bureau,C=CN".to_owned(), hosts: vec![host.to_owned()], uris: vec![] };
        let certificate = self.bureau.issue(&own.public_key(), &name, profile, period).unwrap();
        (own, certificate)
    }

    pub(crate) fn identity_of(&self, profile: Profile, period: Period, host: &str) -> (Identity, Certificate) {
        let (own, certificate) = self.certify(profile, period, host);
        let chain = [certificate.clone(), self.bureau.certificate().clone()];
        (Identity::new(&chain, own).unwrap(), certificate)
    }

    pub(crate) fn identity(&self, profile: Profile) -> Identity {
        self.identity_of(profile, Self::year(), "localhost").0
    }

    /// Somebody who does not send his bureau's certificate along.
    pub(crate) fn without_bureau(&self) -> Identity {
        let (own, certificate) = self.certify(Profile::Client, Self::year(), "localhost");
        Identity::new(&[certificate], own).unwrap()
    }

    /// A client whose key signs handshakes under any user id.
    pub(crate) fn signs_under(&self, user_id: &'static str) -> SingleCertAndKey {
        let own = sm2::dsa::SigningKey::from_slice(user_id, &[7; 32]).unwrap();
        let mut public = sm::PublicKeyBytes([0; sm::PUBLIC_KEY_LEN]);
        public.0.copy_from_slice(own.verifying_key().as_affine().to_sec1_point(true).as_bytes());
        let name = Subject { name: "CN=somebody,O=bureau,C=CN".to_owned(), hosts: vec![], uris: vec![] };
        let certificate = self.bureau.issue(&public, &name, Profile::Client, Self::year()).unwrap();
        let chain = [&certificate, self.bureau.certificate()].map(|one| one.as_der().to_vec().into());
        SingleCertAndKey::from(CertifiedKey::new(chain.to_vec(), Arc::new(AnyId(own))))
    }

    pub(crate) fn pair(&self) -> Pair {
        let server = server(&self.identity(Profile::Node), &self.trust()).unwrap();
        meet(client(Some(&self.identity(Profile::Client)), &self.trust()).unwrap(), server).unwrap()
    }
}
