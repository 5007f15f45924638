//! How many connections there may be: of everybody together, of one address, of one certificate.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::x509::Certificate;

use crate::Cause;

/// Bounds of connections at once; more are refused by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of everybody.
    pub total: usize,
    /// Of one address.
    pub per_address: usize,
    /// Of the holder of one certificate.
    pub per_certificate: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 8_192, per_address: 2_048, per_certificate: 512 }
    }
}

/// Who holds places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Everybody,
    Address(IpAddr),
    Certificate(Vec<u8>),
}

/// The places of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    limits: Limits,
    taken: Arc<Mutex<BTreeMap<Holder, usize>>>,
}

/// Places that a connection holds; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Room,
    holders: Vec<Holder>,
}

impl Room {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, taken: Arc::default() }
    }

    /// A place for a connection, before its handshake.
    pub(crate) fn enter(&self, address: IpAddr) -> Result<Place, Cause> {
        let mut place = Place { room: self.clone(), holders: Vec::new() };
        place.take(Holder::Everybody, self.limits.total)?;
        // Of a network of its own, an address of version 6 has 64 bits to choose from.
        place.take(Holder::Address(network_of(address)), self.limits.per_address)?;
        Ok(place)
    }
}

impl Place {
    /// One more for the certificate that was shown.
    pub(crate) fn of_certificate(&mut self, shown: Option<&Certificate>) -> Result<(), Cause> {
        match shown {
            Some(own) => self.take(Holder::Certificate(own.as_der().to_vec()), self.room.limits.per_certificate),
            None => Ok(()),
        }
    }

    fn take(&mut self, holder: Holder, most: usize) -> Result<(), Cause> {
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(holder.clone()).or_default();
        if *count >= most {
            return Err(Cause::TooMany);
        }
        *count += 1;
        self.holders.push(holder);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in self.holders.drain(..) {
            if let Some(count) = taken.get_mut(&holder) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(&holder);
                }
            }
        }
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) >> 64 << 64).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_all_and_for_each_and_come_free_again() {
        let room = Room::new(Limits { total: 4, per_address: 3, per_certificate: 9 });
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut held: Vec<_> = (0..3).map(|_| room.enter(one).unwrap()).collect();
        assert_eq!(room.enter(one).unwrap_err(), Cause::TooMany);
        let last = room.enter(other).unwrap();
        assert_eq!(room.enter([10, 0, 0, 3].into()).unwrap_err(), Cause::TooMany);
        held.pop();
        held.push(room.enter(one).unwrap());
        drop((held, last));
        assert!(room.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn one_network_of_version_6_is_one_address() {
        let room = Room::new(Limits { total: 9, per_address: 1, per_certificate: 9 });
        let _held = room.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(room.enter("2001:db8::2".parse().unwrap()).is_err());
        room.enter("2001:db8:0:1::1".parse().unwrap()).unwrap();
        // A version 4 address in version 6 clothes is that address.
        let _v4 = room.enter("::ffff:10.0.0.1".parse().unwrap()).unwrap();
        assert!(room.enter([10, 0, 0, 1].into()).is_err());
    }
}
