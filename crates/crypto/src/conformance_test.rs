//! The suite must notice each thing that a provider can do wrong.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use sm::{PublicKeyBytes, Signature};

use super::*;
use crate::SoftwareProvider;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    SameKeyAlways,
    KeyIsNoPoint,
    UseForgotten,
    PublicKeyChanges,
    SignsOtherMessage,
    IgnoresUse,
    SameSignatureAgain,
    AnswersForOthers,
    ImportsOtherKey,
    ExportsOtherKey,
    AgreesWithItself,
    AgreesForAnyUse,
    InfoForgotten,
    DebugShowsKey,
    FailsUnderLoad,
}

/// A good provider with one fault.
struct Faulty {
    inner: SoftwareProvider,
    fault: Fault,
    first: Mutex<Option<KeyHandle>>,
    signed: Mutex<Option<(Vec<u8>, Signature)>>,
    busy: Mutex<()>,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        let inner = SoftwareProvider::new();
        Self { inner, fault, first: Mutex::default(), signed: Mutex::default(), busy: Mutex::default() }
    }

    fn first(&self, made: KeyHandle) -> KeyHandle {
        self.first.lock().unwrap().get_or_insert(made).clone()
    }
}

type Agreed = zeroize::Zeroizing<[u8; 32]>;

impl KeyProvider for Faulty {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        let made = self.inner.generate(key_use)?;
        let first = self.first(made.clone());
        Ok(if self.fault == Fault::SameKeyAlways { first } else { made })
    }

    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError> {
        match self.fault {
            Fault::KeyIsNoPoint => Ok(PublicKeyBytes([2; 33])),
            Fault::PublicKeyChanges => self.inner.public_key(&self.inner.generate(KeyUse::Vote)?),
            _ => self.inner.public_key(key),
        }
    }

    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        let found = self.inner.key_use(key)?;
        Ok(if self.fault == Fault::UseForgotten { KeyUse::Transaction } else { found })
    }

    fn sign(&self, key: &KeyHandle, asked: &SignRequest) -> Result<Signature, KeyError> {
        let mut signed = self.signed.lock().unwrap();
        match self.fault {
            Fault::FailsUnderLoad => {
                drop(signed);
                let _free = self.busy.try_lock().map_err(|_| KeyError::Device("busy".into()))?;
                thread::sleep(std::time::Duration::from_millis(1));
                self.inner.sign(key, asked)
            }
            Fault::SignsOtherMessage => self.inner.sign(key, &request(asked.signs(), b"other")),
            Fault::IgnoresUse => {
                let handle = match self.inner.sign(key, asked) {
                    Err(KeyError::WrongUse { .. }) => self.inner.import(allowing(asked), self.inner.export(key)?)?,
                    other => return other,
                };
                self.inner.sign(&handle, asked)
            }
            Fault::SameSignatureAgain => match &*signed {
                Some((message, signature)) if *message == asked.message() => Ok(*signature),
                _ => {
                    let signature = self.inner.sign(key, asked)?;
                    *signed = Some((asked.message().to_vec(), signature));
                    Ok(signature)
                }
            },
            Fault::AnswersForOthers => match self.inner.sign(key, asked) {
                Err(KeyError::UnknownKey) => self.inner.sign(&self.first(key.clone()), asked),
                other => other,
            },
            _ => self.inner.sign(key, asked),
        }
    }

    fn agree(&self, key: &KeyHandle, other: &PublicKeyBytes, info: &[u8]) -> Result<Agreed, KeyError> {
        match self.fault {
            Fault::AgreesWithItself => self.inner.agree(key, &self.inner.public_key(key)?, info),
            Fault::AgreesForAnyUse => {
                let key = self.inner.import(KeyUse::Encryption, self.inner.export(key)?)?;
                self.inner.agree(&key, other, info)
            }
            Fault::InfoForgotten => self.inner.agree(key, other, b""),
            _ => self.inner.agree(key, other, info),
        }
    }

    fn import(&self, key_use: KeyUse, secret: SecretScalar) -> Result<KeyHandle, KeyError> {
        match self.fault {
            Fault::ImportsOtherKey => self.inner.generate(key_use),
            _ => self.inner.import(key_use, secret),
        }
    }

    fn export(&self, key: &KeyHandle) -> Result<SecretScalar, KeyError> {
        match self.fault {
            Fault::ExportsOtherKey => self.inner.export(key).and_then(|_| Ok(SecretScalar::random()?)),
            _ => self.inner.export(key),
        }
    }
}

fn allowing(asked: &SignRequest) -> KeyUse {
    KeyUse::ALL.into_iter().find(|key_use| key_use.allows(asked.signs())).unwrap()
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::DebugShowsKey => write!(f, "{:?}", *known_secret().to_bytes()),
            _ => self.inner.fmt(f),
        }
    }
}

fn verdict(fault: Fault) -> Result<usize, &'static str> {
    run(&|| Arc::new(Faulty::new(fault))).map_err(|failure| failure.check)
}

#[test]
fn each_fault_is_noticed_by_its_check() {
    assert_eq!(verdict(Fault::None), Ok(CHECKS.len()));
    let table = [
        (Fault::SameKeyAlways, 0),
        (Fault::KeyIsNoPoint, 0),
        (Fault::PublicKeyChanges, 1),
        (Fault::UseForgotten, 1),
        (Fault::SignsOtherMessage, 2),
        (Fault::IgnoresUse, 3),
        (Fault::SameSignatureAgain, 4),
        (Fault::AnswersForOthers, 5),
        (Fault::FailsUnderLoad, 6),
        (Fault::ImportsOtherKey, 7),
        (Fault::ExportsOtherKey, 8),
        (Fault::AgreesWithItself, 9),
        (Fault::AgreesForAnyUse, 9),
        (Fault::InfoForgotten, 9),
        (Fault::DebugShowsKey, 10),
    ];
    for (fault, check) in table {
        assert_eq!(verdict(fault), Err(CHECKS[check].0), "{fault:?}");
    }
}

/// A provider that neither takes keys in nor lets them out, as a cipher card.
#[derive(Debug)]
struct Closed(SoftwareProvider);

impl KeyProvider for Closed {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        self.0.generate(key_use)
    }
    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError> {
        self.0.public_key(key)
    }
    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        self.0.key_use(key)
    }
    fn sign(&self, key: &KeyHandle, asked: &SignRequest) -> Result<Signature, KeyError> {
        self.0.sign(key, asked)
    }
}

#[test]
fn a_provider_may_keep_its_keys_to_itself() {
    run(&|| Arc::new(Closed(SoftwareProvider::new()))).unwrap();
}
