//! What every provider of keys must do. A provider's test is one line:
//! `crypto::conformance::run(&|| Arc::new(MyProvider::new()))`.
//!
//! Taking keys in and letting them out are optional; a provider that does them must do them right.

use std::{fmt, sync::Arc, thread};

use ledger_types::{ChainId, Purpose, framed};
use sm::PublicKey;

use crate::{KeyError, KeyHandle, KeyProvider, KeyUse, SecretScalar, SignRequest, Signs};

/// Makes a fresh provider.
pub type Factory<'a> = dyn Fn() -> Arc<dyn KeyProvider> + 'a;

/// A check: its name and what it does.
pub type Check = (&'static str, fn(&Factory<'_>) -> Result<(), Failure>);

/// All checks, in the order in which they run.
pub const CHECKS: &[Check] = &[
    ("keys are points, and no two are the same", keys_are_points_and_differ),
    ("a key keeps its use and its public key", use_and_public_key_stay),
    ("signatures verify for their message only", signatures_verify),
    ("a key signs for its own use only", other_uses_are_refused),
    ("no nonce is used twice", nonces_are_fresh),
    ("another provider's handle is not known", foreign_handles_are_refused),
    ("several threads may sign at once", threads_may_sign),
    ("a key that is let in is the same key", imported_keys_are_the_same),
    ("a key that is let out is the same key", exported_keys_are_the_same),
    ("two keys agree, for their own use only", keys_agree),
    ("Debug shows no key", debug_hides_keys),
];

/// What a provider did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The check that failed; empty inside a check.
    pub check: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" does not hold: {}", self.check, self.what)
    }
}

impl std::error::Error for Failure {}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        fail(format!("unexpected error: {error}"))
    }
}

/// Runs every check and returns how many there were.
///
/// # Errors
/// The first [`Failure`].
pub fn run(make: &Factory<'_>) -> Result<usize, Failure> {
    for (name, check) in CHECKS {
        check(make).map_err(|failure| Failure { check: name, ..failure })?;
    }
    Ok(CHECKS.len())
}

fn fail(what: impl Into<String>) -> Failure {
    Failure { check: "", what: what.into() }
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(fail(what())) }
}

fn request(signs: Signs, body: &[u8]) -> SignRequest {
    match signs {
        Signs::Chain(purpose) => SignRequest::new(signs, framed(purpose, &ChainId([7; 32]), body)),
        _ => SignRequest::new(signs, body.to_vec()),
    }
}

fn fits(key: &PublicKey, asked: &SignRequest, signature: &sm::Signature) -> bool {
    key.verify_digest(&asked.digest(key), signature)
}

const A_VOTE: Signs = Signs::Chain(Purpose::Vote);

fn public(provider: &dyn KeyProvider, key: &KeyHandle) -> Result<PublicKey, Failure> {
    let bytes = provider.public_key(key)?;
    PublicKey::from_bytes(&bytes).map_err(|error| fail(format!("a public key is no point: {error}")))
}

fn keys_are_points_and_differ(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let mut seen = Vec::new();
    for key_use in KeyUse::ALL.into_iter().chain(KeyUse::ALL) {
        let handle = provider.generate(key_use)?;
        let bytes = public(&*provider, &handle)?.to_bytes();
        ensure(!seen.contains(&bytes), || format!("the key {bytes:?} was made twice"))?;
        seen.push(bytes);
    }
    Ok(())
}

fn use_and_public_key_stay(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    for key_use in KeyUse::ALL {
        let handle = provider.generate(key_use)?;
        let clone = handle.clone();
        let before = provider.public_key(&handle)?;
        provider.generate(key_use)?;
        drop(handle);
        ensure(provider.public_key(&clone)? == before, || format!("the {key_use} key changed"))?;
        let found = provider.key_use(&clone)?;
        ensure(found == key_use, || format!("a key for {key_use} became one for {found}"))?;
    }
    Ok(())
}

fn signatures_verify(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    for key_use in KeyUse::ALL {
        for signs in key_use.signs() {
            let handle = provider.generate(key_use)?;
            let key = public(&*provider, &handle)?;
            for body in [&[][..], b"a body", &[0xa5; 3000]] {
                let asked = request(*signs, body);
                let signature = provider.sign(&handle, &asked)?;
                ensure(fits(&key, &asked, &signature), || format!("bad signature for {signs}"))?;
                let other = request(*signs, b"another body");
                ensure(!fits(&key, &other, &signature), || "it fits another message".into())?;
            }
        }
    }
    Ok(())
}

fn other_uses_are_refused(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    for key_use in KeyUse::ALL {
        let handle = provider.generate(key_use)?;
        for signs in Signs::ALL.into_iter().filter(|signs| !key_use.allows(*signs)) {
            let answer = provider.sign(&handle, &request(signs, b"a body"));
            let expected = Err(KeyError::WrongUse { key_use, signs });
            ensure(answer == expected, || format!("a {key_use} key answered {signs} with {answer:?}"))?;
        }
    }
    Ok(())
}

fn nonces_are_fresh(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let handle = provider.generate(KeyUse::Vote)?;
    let mut seen = Vec::new();
    for _ in 0..20 {
        // One message: its hash does not tell the signatures apart, so only the nonce can.
        let signature = provider.sign(&handle, &request(A_VOTE, b"a body"))?;
        let r = signature[..32].to_vec();
        ensure(!seen.contains(&r), || "two signatures of one message have the same r".into())?;
        seen.push(r);
    }
    Ok(())
}

fn foreign_handles_are_refused(make: &Factory<'_>) -> Result<(), Failure> {
    let (provider, other) = (make(), make());
    let own = provider.generate(KeyUse::Vote)?;
    let foreign = other.generate(KeyUse::Vote)?;
    ensure(own != foreign, || "two providers gave one handle".into())?;
    let unknown = [
        provider.public_key(&foreign).err(),
        provider.key_use(&foreign).err(),
        provider.sign(&foreign, &request(A_VOTE, b"a body")).err(),
    ];
    ensure(unknown.iter().all(|e| *e == Some(KeyError::UnknownKey)), || format!("answers: {unknown:?}"))?;
    match provider.export(&foreign) {
        Err(KeyError::UnknownKey | KeyError::NotExportable) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(fail("a foreign key was let out")),
    }
}

fn threads_may_sign(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let handle = provider.generate(KeyUse::Transaction)?;
    let key = public(&*provider, &handle)?;
    let sign_some = |thread: u8| -> Result<(), Failure> {
        for round in 0..8 {
            let extra = provider.generate(KeyUse::Peer)?;
            let asked = request(Signs::Chain(Purpose::Transaction), &[thread, round]);
            let signature = provider.sign(&handle, &asked)?;
            ensure(fits(&key, &asked, &signature), || "a bad signature among threads".into())?;
            drop(extra);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || sign_some(thread))).collect();
        threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| Err(fail("a thread panicked"))))
    })
}

/// The private key of the example of GB/T 32918.5, A.2, and its public key.
const KNOWN_SECRET: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const KNOWN_PUBLIC: &str = "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";

/// Reads the digits of a constant of this file.
fn known_secret() -> SecretScalar {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(KNOWN_SECRET.as_bytes().chunks(2)) {
        let digits = str::from_utf8(digits).expect("digits are ASCII");
        *byte = u8::from_str_radix(digits, 16).expect("two hexadecimal digits");
    }
    SecretScalar::from_bytes(&bytes).expect("the standard's key is in range")
}

/// The known key in `provider`, or `None` if it takes no keys in.
fn import_known(provider: &dyn KeyProvider) -> Result<Option<KeyHandle>, Failure> {
    match provider.import(KeyUse::Vote, known_secret()) {
        Err(KeyError::NotImportable) => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn imported_keys_are_the_same(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let Some(handle) = import_known(&*provider)? else { return Ok(()) };
    let key = public(&*provider, &handle)?;
    ensure(format!("{:?}", key.to_bytes()) == KNOWN_PUBLIC, || format!("its public key is {key:?}"))?;
    ensure(provider.key_use(&handle)? == KeyUse::Vote, || "its use changed".into())?;
    let asked = request(A_VOTE, b"a body");
    ensure(fits(&key, &asked, &provider.sign(&handle, &asked)?), || "it signs wrongly".into())
}

fn exported_keys_are_the_same(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let handle = provider.generate(KeyUse::Vote)?;
    match provider.export(&handle) {
        Err(KeyError::NotExportable) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(secret) => {
            let same = secret.public_key().to_bytes() == provider.public_key(&handle)?;
            ensure(same, || "the public key of what was let out differs".into())
        }
    }
}

/// The x coordinate of the known key's multiple of the generator by itself twice over, and what comes of it, are in the
/// tests of the software provider; here two parties must come to one secret, and a third to another.
fn keys_agree(make: &Factory<'_>) -> Result<(), Failure> {
    let (provider, other) = (make(), make());
    let (a, b) = (provider.generate(KeyUse::Encryption)?, other.generate(KeyUse::Encryption)?);
    let (at_a, at_b) = (provider.public_key(&a)?, other.public_key(&b)?);
    let agreed = match provider.agree(&a, &at_b, b"info") {
        Err(KeyError::NoAgreement) => return Ok(()),
        answer => answer?,
    };
    ensure(other.agree(&b, &at_a, b"info")? == agreed, || "the two came to different secrets".into())?;
    ensure(provider.agree(&a, &at_b, b"other")? != agreed, || "the info does not count".into())?;
    let c = provider.generate(KeyUse::Encryption)?;
    ensure(provider.agree(&c, &at_b, b"info")? != agreed, || "a third came to the same secret".into())?;
    for key_use in KeyUse::ALL.into_iter().filter(|key_use| !key_use.agrees()) {
        let answer = provider.agree(&provider.generate(key_use)?, &at_b, b"info");
        let refused = answer == Err(KeyError::NotForAgreement(key_use));
        ensure(refused, || format!("a {key_use} key agreed, or said why not in other words"))?;
    }
    let refused = provider.agree(&a, &sm::PublicKeyBytes([0xff; 33]), b"info") == Err(KeyError::BadPeer);
    ensure(refused, || "it agrees with what is no point".into())?;
    let foreign = provider.agree(&b, &at_a, b"info") == Err(KeyError::UnknownKey);
    ensure(foreign, || "it agrees with a foreign key".into())
}

fn debug_hides_keys(make: &Factory<'_>) -> Result<(), Failure> {
    let provider = make();
    let Some(handle) = import_known(&*provider)? else { return Ok(()) };
    let text = format!("{provider:?} {provider:#?} {handle:?}").to_lowercase();
    let decimal = known_secret().to_bytes()[..4].iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    ensure(!text.contains(&KNOWN_SECRET[..16]) && !text.contains(&decimal), || "it shows the key".into())
}

#[cfg(test)]
#[path = "conformance_test.rs"]
mod conformance_test;
