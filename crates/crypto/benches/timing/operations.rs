//! What is measured. Secrets of both classes are made before and lie alike in memory, so that only their values differ.

use std::hint::black_box;
use std::sync::Arc;

use crypto::vault::{Holder, SealedShare, Vault};
use crypto::{KeyProvider, KeyUse, SigningKey, SoftwareProvider};
use ledger_types::Digest;
use sm::Sm4Gcm;
use sm_accel::sm4::BackEnd;

/// Secrets of each class: more than a cache of the processor holds of one kind is not wanted, fewer would let one stand out.
const SECRETS: usize = 64;

type Prepared<'a> = Box<dyn FnMut() + 'a>;

pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) samples: usize,
    /// The canary.
    pub(crate) must_be_found: bool,
    /// Prepares one round for a class; what it gives back is measured.
    pub(crate) work: Box<dyn FnMut(usize, bool) -> Prepared<'static>>,
}

fn operation(name: &str, samples: usize, work: impl FnMut(usize, bool) -> Prepared<'static> + 'static) -> Operation {
    Operation { name: name.to_owned(), samples, must_be_found: false, work: Box::new(work) }
}

pub(crate) fn all() -> Vec<Operation> {
    let mut all = vec![canary(), compare(), tags(), keys_of_gcm()];
    all.extend(BackEnd::ALL.into_iter().filter(|b| b.is_available()).map(back_end));
    all.extend([signing(), digests(), agreeing()]);
    all
}

fn random<const N: usize>() -> [u8; N] {
    crypto::random::array().unwrap()
}

/// Two classes of one kind of secret: the same one in many places, and many.
fn classes<T: Clone>(fixed: &T, mut random: impl FnMut() -> T) -> [Vec<T>; 2] {
    [vec![fixed.clone(); SECRETS], (0..SECRETS).map(|_| random()).collect()]
}

/// Stops at the first difference: the method must find it.
fn canary() -> Operation {
    let secret = [7; 64];
    let guesses = classes(&secret, random::<64>);
    let mut made = operation("canary: == of 64 bytes, one by one", 200_000, move |round, is_random| {
        let guess = guesses[usize::from(is_random)][round % SECRETS];
        Box::new(move || {
            black_box(black_box(&secret).iter().zip(black_box(&guess)).all(|(a, b)| a == b));
        })
    });
    made.must_be_found = true;
    made
}

fn compare() -> Operation {
    use subtle::ConstantTimeEq;
    let secret = [7; 64];
    let guesses = classes(&secret, random::<64>);
    operation("subtle's comparison of 64 bytes", 500_000, move |round, is_random| {
        let guess = guesses[usize::from(is_random)][round % SECRETS];
        Box::new(move || {
            black_box(black_box(&secret[..]).ct_eq(black_box(&guess[..])));
        })
    })
}

/// Forged tags: one wrong in its last bit only, others wrong from the first on.
fn tags() -> Operation {
    let key = Arc::new(Sm4Gcm::new(&[7; 16]));
    let mut sealed = [9; 64];
    let tag = key.seal_in_place(&[1; 12], b"", &mut sealed);
    let mut near = tag;
    near[15] ^= 1;
    let guesses = classes(&near, random::<16>);
    operation("SM4-GCM refuses a tag: nearly right, or random", 500_000, move |round, is_random| {
        let (key, guess, mut bytes) = (Arc::clone(&key), guesses[usize::from(is_random)][round % SECRETS], sealed);
        Box::new(move || {
            black_box(key.open_in_place(&[1; 12], b"", &mut bytes, black_box(&guess)).is_err());
        })
    })
}

fn keys_of_gcm() -> Operation {
    let keys = classes(&[0; 16], random::<16>);
    operation("SM4-GCM: round keys, and 256 bytes sealed", 300_000, move |round, is_random| {
        let (key, mut bytes) = (keys[usize::from(is_random)][round % SECRETS], [0; 256]);
        Box::new(move || {
            black_box(Sm4Gcm::new(black_box(&key)).seal_in_place(&[1; 12], b"", &mut bytes));
        })
    })
}

fn back_end(back_end: BackEnd) -> Operation {
    let keys =
        classes(&[0; 16], random::<16>).map(|all| all.iter().map(|key| back_end.expand(key)).collect::<Vec<_>>());
    let texts = classes(&[0; 16], random::<16>);
    operation(&format!("SM4 on {back_end:?}: key and 64 blocks"), 500_000, move |round, is_random| {
        let class = usize::from(is_random);
        let (keys, mut blocks) = (keys[class][round % SECRETS], [texts[class][round % SECRETS]; 64]);
        Box::new(move || {
            back_end.encrypt(black_box(&keys), black_box(&mut blocks));
        })
    })
}

/// Keys of one use: one of them many times over, by handle, and many.
fn signers(key_use: KeyUse) -> [Vec<SigningKey>; 2] {
    let provider: Arc<dyn KeyProvider> = SoftwareProvider::shared();
    let new = || SigningKey::generate(&provider, key_use).unwrap();
    classes(&new(), new)
}

fn signing() -> Operation {
    let keys = signers(KeyUse::Release);
    operation("SM2 signs: one key, or many", 40_000, move |round, is_random| {
        let key = keys[usize::from(is_random)][round % SECRETS].clone();
        Box::new(move || {
            black_box(key.sign_release(black_box(&Digest([1; 32]))).unwrap());
        })
    })
}

fn digests() -> Operation {
    let key = signers(KeyUse::Release)[0][0].clone();
    let digests = classes(&[0; 32], random::<32>);
    operation("SM2 signs: one message, or many", 40_000, move |round, is_random| {
        let (key, digest) = (key.clone(), Digest(digests[usize::from(is_random)][round % SECRETS]));
        Box::new(move || {
            black_box(key.sign_release(black_box(&digest)).unwrap());
        })
    })
}

/// A share of a vault is opened: agreement with the holder's key, and what follows.
fn agreeing() -> Operation {
    let keys = signers(KeyUse::ShareHolder);
    let provider = SoftwareProvider::shared();
    let content = SigningKey::generate(&provider, KeyUse::Vote).unwrap();
    let other = SigningKey::generate(&provider, KeyUse::ShareHolder).unwrap();
    let share = |key: &SigningKey| -> SealedShare {
        let holders =
            [(key, "a"), (&other, "b")].map(|(k, name)| Holder { name: name.to_owned(), key: k.public_key() });
        Vault::of_key(&content, &holders, 2).unwrap().1.swap_remove(0)
    };
    let ready = keys.map(|keys| keys.into_iter().map(|key| (share(&key), key)).collect::<Vec<_>>());
    operation("a share is opened (ECDH): one key, or many", 40_000, move |round, is_random| {
        let (share, key) = ready[usize::from(is_random)][round % SECRETS].clone();
        Box::new(move || {
            black_box(share.open(black_box(&key)).is_ok());
        })
    })
}
