//! How many calls one caller may make: a bucket of tokens for each, refilled with time.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A rate with room for a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls a minute, in the long run.
    pub per_minute: u32,
    /// Calls at once after a pause.
    pub burst: u32,
}

/// Most callers kept in mind. More than that at once, and the ones that paused longest start afresh.
const MOST_CALLERS: usize = 65_536;

/// Buckets by caller.
pub(crate) struct RateLimit<K> {
    rate: Rate,
    buckets: Mutex<BTreeMap<K, Bucket>>,
}

/// Counts in millionths of a call, so that no time between two calls is lost to rounding.
#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at: Instant,
}

const ONE: u64 = 1_000_000;

impl<K: Ord + Clone> RateLimit<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(BTreeMap::new()) }
    }

    /// Takes one call of `caller` at `now`; if there is none, says how long until there is.
    pub(crate) fn take(&self, caller: K, now: Instant) -> Result<(), Duration> {
        let full = u64::from(self.rate.burst.max(1)) * ONE;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_CALLERS && !buckets.contains_key(&caller) {
            self.make_room(&mut buckets, now);
        }
        let bucket = buckets.entry(caller).or_insert(Bucket { left: full, at: now });
        bucket.left = self.refilled(bucket, now);
        bucket.at = now.max(bucket.at);
        if bucket.left >= ONE {
            bucket.left -= ONE;
            return Ok(());
        }
        let micros_a_call = 60_000_000 / u64::from(self.rate.per_minute.max(1));
        Err(Duration::from_micros((ONE - bucket.left) * micros_a_call / ONE + 1))
    }

    fn refilled(&self, bucket: &Bucket, now: Instant) -> u64 {
        let full = u64::from(self.rate.burst.max(1)) * ONE;
        let passed = now.saturating_duration_since(bucket.at).as_micros().min(u128::from(u32::MAX) * 1_000);
        let gained = passed * u128::from(self.rate.per_minute) / 60;
        u64::try_from(gained).unwrap_or(u64::MAX).saturating_add(bucket.left).min(full)
    }

    /// Drops buckets that are full again: they say nothing. If all are in use, drops those not used for longest.
    fn make_room(&self, buckets: &mut BTreeMap<K, Bucket>, now: Instant) {
        let full = u64::from(self.rate.burst.max(1)) * ONE;
        buckets.retain(|_, b| self.refilled(b, now) < full);
        if buckets.len() >= MOST_CALLERS {
            let mut ages: Vec<Instant> = buckets.values().map(|b| b.at).collect();
            let (_, middle, _) = ages.select_nth_unstable(MOST_CALLERS / 2);
            let middle = *middle;
            buckets.retain(|_, b| b.at > middle);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 3 };

    #[test]
    fn a_burst_then_the_rate_then_a_wait_that_is_enough() {
        let limit = RateLimit::new(RATE);
        let start = Instant::now();
        for _ in 0..3 {
            limit.take("a", start).unwrap();
        }
        let wait = limit.take("a", start).unwrap_err();
        assert!(wait > Duration::from_millis(999) && wait <= Duration::from_millis(1_001), "{wait:?}");
        assert!(limit.take("a", start + Duration::from_millis(900)).is_err());
        limit.take("a", start + wait).unwrap();
        assert!(limit.take("a", start + wait).is_err(), "one call came back, not two");
    }

    #[test]
    fn callers_do_not_share() {
        let limit = RateLimit::new(RATE);
        let now = Instant::now();
        for _ in 0..3 {
            limit.take(1, now).unwrap();
        }
        assert!(limit.take(1, now).is_err());
        limit.take(2, now).unwrap();
    }

    #[test]
    fn a_long_pause_gives_the_burst_and_no_more() {
        let limit = RateLimit::new(RATE);
        let start = Instant::now();
        limit.take((), start).unwrap();
        let later = start + Duration::from_secs(86_400 * 365);
        let made = (0..10).filter(|_| limit.take((), later).is_ok()).count();
        assert_eq!(made, 3);
    }

    #[test]
    fn many_callers_do_not_fill_the_memory() {
        let limit = RateLimit::new(RATE);
        let now = Instant::now();
        for caller in 0..2 * MOST_CALLERS {
            limit.take(caller, now + Duration::from_micros(caller as u64)).unwrap();
        }
        assert!(limit.buckets.lock().unwrap().len() <= MOST_CALLERS);
    }
}
