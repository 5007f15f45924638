//! CPU time of this thread.

use std::time::Duration;

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use rustix::time::{ClockId, clock_gettime};

pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.cast_unsigned(), u32::try_from(now.tv_nsec).unwrap())
}

pub(crate) fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The least of each figure.
pub(crate) fn best_of<const N: usize>(rounds: usize, mut measure: impl FnMut() -> [f64; N]) -> [f64; N] {
    let first = measure();
    (1..rounds).fold(first, |best, _| {
        let next = measure();
        std::array::from_fn(|n| best[n].min(next[n]))
    })
}

/// One plain verification.
pub(crate) fn plain_verify_us() -> f64 {
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Tls).unwrap();
    let content = [&[b' '; 64][..], b"TLS 1.3, server CertificateVerify\0", &[7; 32]].concat();
    let signature = key.sign_handshake(&content).unwrap();
    let public = sm::PublicKey::from_bytes(&key.public_key()).unwrap();
    let digest = public.digest_as(sm::TLS_USER_ID, &content);
    let [best] = best_of(7, || {
        let before = now();
        for _ in 0..100 {
            assert!(std::hint::black_box(public.verify_digest(std::hint::black_box(&digest), &signature)));
        }
        [us(now() - before) / 100.0]
    });
    best
}
