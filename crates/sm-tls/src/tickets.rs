//! Tickets with which a client comes back without a whole handshake: sealed with SM4-GCM, so that a server keeps nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crypto::random;
use rustls::server::ProducesTickets;
use rustls::{Error, TicketRotator};
use sm::{Sm4Gcm, TAG_LEN};

/// Seconds for which a key makes tickets; they are taken for twice as long.
const LIFETIME: u32 = 6 * 3_600;
const NONCE_LEN: usize = 12;
/// A key makes no more tickets than random nonces bear.
const MOST: u64 = 1 << 32;

/// Tickets under keys that change by themselves.
///
/// # Errors
/// [`Error::FailedToGetRandomBytes`].
pub fn tickets() -> Result<Arc<dyn ProducesTickets>, Error> {
    Ok(Arc::new(TicketRotator::new(LIFETIME, || Ok(Box::new(Ticketer::new()?)))?))
}

/// Tickets under one key.
struct Ticketer {
    key: Sm4Gcm,
    made: AtomicU64,
}

impl Ticketer {
    fn new() -> Result<Self, rustls::crypto::GetRandomFailed> {
        let mut key = zeroize::Zeroizing::new([0; 16]);
        random::fill(key.as_mut_slice()).map_err(|_| rustls::crypto::GetRandomFailed)?;
        Ok(Self { key: Sm4Gcm::new(&key), made: AtomicU64::new(0) })
    }
}

impl ProducesTickets for Ticketer {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        LIFETIME
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if self.made.fetch_add(1, Ordering::Relaxed) >= MOST {
            return None;
        }
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce).ok()?;
        let mut ticket = Vec::with_capacity(NONCE_LEN + plain.len() + TAG_LEN);
        ticket.extend_from_slice(&nonce);
        ticket.extend_from_slice(plain);
        let tag = self.key.seal_in_place(&nonce, &[], &mut ticket[NONCE_LEN..]);
        ticket.extend_from_slice(&tag);
        Some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = ticket.split_first_chunk::<NONCE_LEN>()?;
        let (sealed, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let mut plain = sealed.to_vec();
        self.key.open_in_place(nonce, &[], &mut plain, tag).ok()?;
        Some(plain)
    }
}

impl std::fmt::Debug for Ticketer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticketer(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_for_its_maker_and_unchanged_only() {
        let (a, b) = (Ticketer::new().unwrap(), Ticketer::new().unwrap());
        let ticket = a.encrypt(b"a session").unwrap();
        assert_eq!(a.decrypt(&ticket).unwrap(), b"a session");
        assert_ne!(a.encrypt(b"a session").unwrap(), ticket, "with a new nonce each");
        assert!(b.decrypt(&ticket).is_none());
        for at in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[at] ^= 1;
            assert!(a.decrypt(&changed).is_none(), "byte {at}");
            assert!(a.decrypt(&ticket[..at]).is_none(), "cut at {at}");
        }
    }
}
