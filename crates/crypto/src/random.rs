//! Random bytes from the operating system, looked at before they are used.

use std::sync::{Mutex, PoisonError};

use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a window in which its first value may not come too often (adaptive proportion test of GM/T 0105).
const WINDOW: u16 = 512;
/// A good source gives one value so often once in 10^19 windows; it gives it twice on average.
const TOO_OFTEN: u16 = 26;

/// Bytes compared at a time. Two good blocks are equal once in 2^128 draws.
const BLOCK: usize = 16;

static HEALTH: Mutex<Health> = Mutex::new(Health::NEW);

/// No good random bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RandomError {
    /// The operating system gave none.
    #[error("the operating system gives no random bytes: {0}")]
    Unavailable(String),
    /// The bytes repeat: the source is broken. Stays so until the process is started again.
    #[error("the random bytes of the operating system repeat; nothing is signed or made with them")]
    Stuck,
}

/// Fills `out` with random bytes that passed the health check: no block of one byte value only, no block equal
/// to the one before it, no draw that begins like the last one, no window of 512 bytes in which its
/// first value comes 26 times.
///
/// # Errors
/// [`RandomError`]; `out` is zero then.
pub fn fill(out: &mut [u8]) -> Result<(), RandomError> {
    draw(out, &HEALTH, |bytes| getrandom::fill(bytes).map_err(|error| RandomError::Unavailable(error.to_string())))
}

/// Random bytes by value, see [`fill`]; for ids and salts, as the value is not wiped.
///
/// # Errors
/// [`RandomError`].
pub fn array<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut out = [0; N];
    fill(&mut out)?;
    Ok(out)
}

fn draw(
    out: &mut [u8],
    health: &Mutex<Health>,
    source: impl FnOnce(&mut [u8]) -> Result<(), RandomError>,
) -> Result<(), RandomError> {
    out.fill(0);
    if out.is_empty() {
        return Ok(());
    }
    // A short draw is drawn as a whole block, so that the check means something.
    let mut bytes = Zeroizing::new(vec![0; out.len().max(BLOCK)]);
    source(&mut bytes)?;
    health.lock().unwrap_or_else(PoisonError::into_inner).check(&bytes)?;
    out.copy_from_slice(&bytes[..out.len()]);
    Ok(())
}

struct Health {
    /// SM3 of the first block of the last draw: the bytes themselves are secret.
    first: Option<[u8; 32]>,
    /// Bytes of the window so far.
    seen: u16,
    /// Its first value, and how often that came. All that is kept of what was drawn.
    value: u8,
    count: u16,
    failed: bool,
}

impl Health {
    const NEW: Self = Self { first: None, seen: 0, value: 0, count: 0, failed: false };

    /// Whether a value came too often.
    fn is_uneven(&mut self, bytes: &[u8]) -> bool {
        let mut uneven = false;
        for byte in bytes {
            if self.seen == 0 {
                (self.value, self.count) = (*byte, 0);
            }
            self.count += u16::from(*byte == self.value);
            uneven |= self.count >= TOO_OFTEN;
            self.seen = (self.seen + 1) % WINDOW;
        }
        uneven
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), RandomError> {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        let first = sm::sm3(&bytes[..BLOCK]);
        self.failed |= blocks.iter().any(|block| block.iter().all(|byte| *byte == block[0]))
            || blocks.windows(2).any(|pair| pair[0] == pair[1])
            || self.first == Some(first)
            || self.is_uneven(bytes);
        self.first = Some(first);
        if self.failed { Err(RandomError::Stuck) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn health() -> Mutex<Health> {
        Mutex::new(Health::NEW)
    }

    /// A source that hashes numbers from `next` on: every block differs.
    fn counting(mut next: u32) -> impl FnOnce(&mut [u8]) -> Result<(), RandomError> {
        move |out| {
            for four in out.chunks_mut(4) {
                four.copy_from_slice(&sm::sm3(&next.to_be_bytes())[..four.len()]);
                next += 1;
            }
            Ok(())
        }
    }

    #[test]
    fn a_source_that_does_not_repeat_passes() {
        let health = health();
        for (round, len) in [0, 1, 15, 16, 17, 32, 100].into_iter().enumerate() {
            draw(&mut vec![0; len], &health, counting(1000 * round as u32)).unwrap();
        }
    }

    #[test]
    fn stuck_sources_are_noticed_and_stay_refused() {
        for byte in [0, 0xff, 0x5a] {
            let constant = |out: &mut [u8]| {
                out.fill(byte);
                Ok(())
            };
            let mut out = [1; 32];
            assert_eq!(draw(&mut out, &health(), constant), Err(RandomError::Stuck));
            assert_eq!(out, [0; 32], "nothing of a bad draw gets out");
            assert_eq!(draw(&mut [1; 4], &health(), constant), Err(RandomError::Stuck));
        }
        let health = health();
        draw(&mut [0; 32], &health, counting(1)).unwrap();
        assert_eq!(draw(&mut [0; 32], &health, counting(1)), Err(RandomError::Stuck), "the same draw again");
        assert_eq!(draw(&mut [0; 32], &health, counting(7)), Err(RandomError::Stuck), "for good");
    }

    #[test]
    fn a_repeated_block_within_a_draw_is_noticed() {
        let repeating = |out: &mut [u8]| {
            for (index, byte) in out.iter_mut().enumerate() {
                *byte = (index % BLOCK) as u8;
            }
            Ok(())
        };
        assert_eq!(draw(&mut [0; 32], &health(), repeating), Err(RandomError::Stuck));
        draw(&mut [0; 16], &health(), repeating).unwrap();
    }

    /// One byte in ten is the same, the others differ: no block repeats, and yet it is no good source.
    #[test]
    fn a_source_that_favours_a_value_is_noticed() {
        let mut next = 0_u64;
        let mut partly_stuck = |out: &mut [u8], every: u64| {
            for byte in out.iter_mut() {
                next += 1;
                *byte = if next.is_multiple_of(every) { 0x5a } else { sm::sm3(&next.to_be_bytes())[0] };
            }
        };
        let mut fails = |every: u64| {
            let health = health();
            (0..4_000).any(|_| {
                draw(&mut [0; 32], &health, |out| {
                    partly_stuck(out, every);
                    Ok(())
                }) == Err(RandomError::Stuck)
            })
        };
        assert!(fails(10));
        assert!(!fails(u64::MAX));
    }

    /// The system's own source, a million bytes: no false alarm.
    #[test]
    fn a_good_source_is_not_taken_for_a_bad_one() {
        for _ in 0..250 {
            fill(&mut [0; 4096]).unwrap();
        }
    }

    #[test]
    fn a_failing_source_is_reported_and_may_recover() {
        let health = health();
        let failing = |_: &mut [u8]| Err(RandomError::Unavailable("no device".into()));
        assert_eq!(draw(&mut [0; 8], &health, failing), Err(RandomError::Unavailable("no device".into())));
        draw(&mut [0; 8], &health, counting(1)).unwrap();
    }

    #[test]
    fn the_real_source_gives_different_bytes() {
        assert_ne!(array::<32>().unwrap(), array::<32>().unwrap());
        assert_ne!(array::<8>().unwrap(), [0; 8]);
    }
}
