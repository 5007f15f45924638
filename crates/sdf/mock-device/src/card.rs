//! What the device holds and does.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sm2::dsa::SigningKey;
use sm2::dsa::signature::hazmat::RandomizedPrehashSigner;
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::elliptic_curve::sec1::ToSec1Point;

/// The PIN of all keys.
pub const PIN: &[u8] = b"mock-pin-2468";

const BASE: u32 = 0x0100_0000;
pub(crate) const COMMUNICATION: u32 = BASE + 0x03;
pub(crate) const OPEN_SESSION: u32 = BASE + 0x06;
pub(crate) const NO_ACCESS: u32 = BASE + 0x07;
pub(crate) const NO_KEY: u32 = BASE + 0x08;
pub(crate) const PIN_REFUSED: u32 = BASE + 0x18;
pub(crate) const ARGUMENTS: u32 = BASE + 0x1d;

const SESSIONS: usize = 8;
const PIN_TRIES: u32 = 3;
const LAST_KEY: u32 = 400;
const MISSING_KEY: u32 = 13;

/// What the device can be told to do wrong, some times over. The numbers are those that `MOCK_Trouble` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Trouble {
    /// It has no session free.
    Busy = 0,
    /// A signing call ends the session.
    SessionLost = 1,
    /// It signs something else.
    WrongSignature = 2,
    /// Signing takes half a second.
    Slow = 3,
    /// It gives a public key that is no point.
    BadKey = 4,
    /// It restarts: all handles that were given out are worth nothing.
    Restart = 5,
    /// It cannot be reached at all.
    Gone = 6,
}

/// What the device has counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sessions: usize,
    pub(crate) most_sessions: usize,
    pub(crate) opened: usize,
    pub(crate) pins_shown: usize,
    pub(crate) signatures: usize,
    pub(crate) devices: usize,
}

#[derive(Default)]
pub(crate) struct Card {
    next: usize,
    devices: BTreeSet<usize>,
    /// Sessions, and the keys that each may use.
    sessions: BTreeMap<usize, BTreeSet<u32>>,
    wrong_pins: u32,
    trouble: BTreeMap<u32, u32>,
    pub(crate) counts: Counts,
}

static CARD: Mutex<Option<Card>> = Mutex::new(None);

/// Works with the device.
pub(crate) fn with<T>(work: impl FnOnce(&mut Card) -> T) -> T {
    let mut slot: MutexGuard<'_, Option<Card>> = CARD.lock().unwrap_or_else(PoisonError::into_inner);
    work(slot.get_or_insert_with(Card::default))
}

impl Card {
    pub(crate) fn plan(&mut self, trouble: u32, times: u32) {
        self.trouble.insert(trouble, times);
    }

    /// Whether it is to misbehave now; counts down.
    fn troubled(&mut self, trouble: Trouble) -> bool {
        match self.trouble.get_mut(&(trouble as u32)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    pub(crate) fn open_device(&mut self) -> Result<usize, u32> {
        if self.troubled(Trouble::Gone) {
            return Err(COMMUNICATION);
        }
        let number = self.number();
        self.devices.insert(number);
        self.counts.devices += 1;
        Ok(number)
    }

    pub(crate) fn close_device(&mut self, device: usize) {
        self.devices.remove(&device);
    }

    pub(crate) fn open_session(&mut self, device: usize) -> Result<usize, u32> {
        if self.troubled(Trouble::Busy) || self.sessions.len() >= SESSIONS {
            return Err(OPEN_SESSION);
        }
        if !self.devices.contains(&device) {
            return Err(COMMUNICATION);
        }
        let number = self.number();
        self.sessions.insert(number, BTreeSet::new());
        self.counts.opened += 1;
        self.counts.sessions = self.sessions.len();
        self.counts.most_sessions = self.counts.most_sessions.max(self.sessions.len());
        Ok(number)
    }

    pub(crate) fn close_session(&mut self, session: usize) {
        self.sessions.remove(&session);
        self.counts.sessions = self.sessions.len();
    }

    pub(crate) fn get_access(&mut self, session: usize, index: u32, pin: &[u8]) -> Result<(), u32> {
        self.counts.pins_shown += 1;
        if pin != PIN || self.wrong_pins >= PIN_TRIES {
            self.wrong_pins += 1;
            return Err(PIN_REFUSED);
        }
        self.sessions.get_mut(&session).ok_or(COMMUNICATION)?.insert(index);
        Ok(())
    }

    pub(crate) fn release_access(&mut self, session: usize, index: u32) {
        if let Some(rights) = self.sessions.get_mut(&session) {
            rights.remove(&index);
        }
    }

    /// x || y.
    pub(crate) fn public_key(&mut self, session: usize, index: u32) -> Result<[u8; 64], u32> {
        self.sessions.get(&session).ok_or(COMMUNICATION)?;
        let key = key(index).ok_or(NO_KEY)?;
        let mut out = [0; 64];
        out.copy_from_slice(&key.verifying_key().to_sec1_point(false).as_bytes()[1..]);
        if self.troubled(Trouble::BadKey) {
            out[63] ^= 1;
        }
        Ok(out)
    }

    /// What a signing call is to do, decided at once; the work itself is done without holding the device.
    pub(crate) fn begin_signing(&mut self, session: usize, index: u32) -> Result<Signing, u32> {
        if self.troubled(Trouble::Restart) {
            self.devices.clear();
            self.sessions.clear();
            self.counts.sessions = 0;
        }
        if self.troubled(Trouble::SessionLost) {
            self.close_session(session);
        }
        let rights = self.sessions.get(&session).ok_or(COMMUNICATION)?;
        if !rights.contains(&index) {
            return Err(NO_ACCESS);
        }
        self.counts.signatures += 1;
        let wait = if self.troubled(Trouble::Slow) { Duration::from_millis(500) } else { Duration::ZERO };
        Ok(Signing { key: key(index).ok_or(NO_KEY)?, wait, wrong: self.troubled(Trouble::WrongSignature) })
    }
}

/// A signature in the making.
pub(crate) struct Signing {
    key: SigningKey,
    wait: Duration,
    wrong: bool,
}

impl Signing {
    pub(crate) fn finish(self, digest: &[u8]) -> Result<[u8; 64], u32> {
        std::thread::sleep(self.wait);
        let mut digest: [u8; 32] = digest.try_into().map_err(|_| ARGUMENTS)?;
        digest[0] ^= u8::from(self.wrong);
        let signature = self.key.sign_prehash_with_rng(&mut System, &digest).map_err(|_| BASE + 0x0d)?;
        Ok(signature.to_bytes().into())
    }
}

fn key(index: u32) -> Option<SigningKey> {
    if index == 0 || index > LAST_KEY || index == MISSING_KEY {
        return None;
    }
    let secret = sm::sm3_parts(&[b"key of the mock device", &index.to_be_bytes()]);
    SigningKey::from_slice(sm::USER_ID, &secret).ok()
}

/// Random numbers of the system.
struct System;

impl TryRng for System {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(out).expect("the system has random numbers");
        Ok(())
    }
}

impl TryCryptoRng for System {}
