//! What is in a vault: always 256 bytes, whatever it is. The format is frozen: see `docs/formats.md`.
//!
//! kind (1 key, 2 password) || length of the name of the key's use || that name || length || bytes || zeros.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sm3::Sm3;
use zeroize::Zeroizing;

use super::{Vault, VaultError, format};
use crate::{KeyUse, SecretScalar, wipe::wiping};

/// Keeps this use of HMAC-SM3 apart from every other.
const LABEL: &[u8] = b"taxchain key of a vault 1";
const LEN: usize = 256;
/// Bytes of it sealed.
pub(super) const SEALED_LEN: usize = LEN + sm::TAG_LEN;
const LONGEST_PASSWORD: usize = 200;
const KEY: u8 = 1;
const PASSWORD: u8 = 2;

pub(super) enum Content {
    Key(KeyUse, SecretScalar),
    Password(SecretString),
}

impl Content {
    pub(super) fn password(password: &SecretString) -> Result<Self, VaultError> {
        match password.expose_secret().len() {
            1..=LONGEST_PASSWORD => Ok(Self::Password(password.clone())),
            _ => Err(VaultError::PasswordLength),
        }
    }

    pub(super) fn seal(&self, root: &SecretScalar, vault: &Vault) -> Vec<u8> {
        let plaintext = self.encode();
        let public = format::public_part(vault);
        wiping(|| sm::sm4_gcm_seal(&derive(root, vault), &vault.nonce, &public, plaintext.as_slice()))
    }

    pub(super) fn open(root: &SecretScalar, vault: &Vault) -> Option<Self> {
        let public = format::public_part(vault);
        let opened = wiping(|| sm::sm4_gcm_open(&derive(root, vault), &vault.nonce, &public, &vault.ciphertext).ok());
        Self::decode(&Zeroizing::new(opened?))
    }

    fn encode(&self) -> Zeroizing<[u8; LEN]> {
        let mut out = Zeroizing::new([0; LEN]);
        let key;
        let (kind, name, bytes) = match self {
            Self::Key(key_use, secret) => {
                key = secret.to_bytes();
                (KEY, key_use.name(), key.as_slice())
            }
            Self::Password(password) => (PASSWORD, "", password.expose_secret().as_bytes()),
        };
        let short = |len: usize| u8::try_from(len).expect("names and contents are shorter than 256 bytes");
        let mut rest = out.as_mut_slice();
        for part in [&[kind][..], &[short(name.len())], name.as_bytes(), &[short(bytes.len())], bytes] {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(part.len());
            head.copy_from_slice(part);
            rest = tail;
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (name, rest) = counted(rest)?;
        let (value, padding) = counted(rest)?;
        if bytes.len() != LEN || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        match *kind {
            KEY => {
                let key_use = KeyUse::named(str::from_utf8(name).ok()?)?;
                Some(Self::Key(key_use, SecretScalar::from_bytes(value.try_into().ok()?)?))
            }
            PASSWORD if name.is_empty() => Self::password(&SecretString::from(str::from_utf8(value).ok()?)).ok(),
            _ => None,
        }
    }
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first()?;
    rest.split_at_checked((*len).into())
}

/// The key of SM4: the first half of HMAC-SM3(scalar, label || number of the vault).
fn derive(root: &SecretScalar, vault: &Vault) -> Zeroizing<[u8; 16]> {
    let mut mac = Hmac::<Sm3>::new_from_slice(root.to_bytes().as_slice()).expect("HMAC takes a key of any length");
    mac.update(LABEL);
    mac.update(&vault.id);
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&bytes[..16]);
    key
}

const _: () = assert!(3 + 32 + LONGEST_PASSWORD < LEN);
