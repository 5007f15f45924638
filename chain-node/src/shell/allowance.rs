//! How much work a peer may make for this node. Who makes more is read more slowly; others do not notice.

use std::time::{Duration, Instant};

use crate::peer_message::PeerMessage;

/// Work that a peer may make in a second, us: a tenth of one core. An honest validator makes less than a fifth of that at
/// 4,000 transactions a second; one that catches up gets 25 MiB of blocks a second from each peer.
const EARNED_A_SECOND: i64 = 100_000;
/// Work that a peer may make at once, after a rest, us.
const MOST: i64 = 5 * EARNED_A_SECOND;
/// Taking any part off the wire, us.
const PART: u64 = 10;
/// Checking a signature, us.
const SIGNATURE: u64 = 200;
/// Finding an answer, without its bytes, us.
const QUESTION: u64 = 500;

/// What a peer may still cost, us. Debts are paid by waiting.
#[derive(Debug)]
pub(super) struct Allowance {
    left: i64,
    counted: Instant,
}

impl Allowance {
    /// Of a peer that has rested.
    pub(super) fn full(now: Instant) -> Self {
        Self { left: MOST, counted: now }
    }

    /// Pays for work of so many us; how long the peer is not to be heard then.
    pub(super) fn pay(&mut self, price: u64, now: Instant) -> Duration {
        let rested = i64::try_from(now.saturating_duration_since(self.counted).as_micros()).unwrap_or(i64::MAX);
        let earned = rested.saturating_mul(EARNED_A_SECOND) / 1_000_000;
        if earned > 0 {
            self.counted = now;
        }
        self.left = self.left.saturating_add(earned).min(MOST).saturating_sub_unsigned(price);
        let debt = self.left.min(0).unsigned_abs();
        Duration::from_micros(debt.saturating_mul(1_000_000) / EARNED_A_SECOND.unsigned_abs())
    }
}

/// A part came, of so many bytes: copying and decoding them.
pub(super) fn price_of_part(bytes: usize) -> u64 {
    PART + bytes as u64 / 1_024
}

/// A message is to be acted on. What its bytes cost is paid already.
pub(super) fn price_of(message: &PeerMessage) -> u64 {
    match message {
        PeerMessage::Engine { .. } | PeerMessage::Switch(_) | PeerMessage::Statement { .. } => SIGNATURE,
        PeerMessage::WantBody { .. }
        | PeerMessage::WantBlocks { .. }
        | PeerMessage::WantFrames { .. }
        | PeerMessage::WantSnapshot
        | PeerMessage::WantChunk { .. } => QUESTION,
        PeerMessage::Status { .. }
        | PeerMessage::NotKept { .. }
        | PeerMessage::Erased { .. }
        | PeerMessage::Snapshots(_)
        | PeerMessage::NoChunk { .. }
        | PeerMessage::Clock(_) => PART,
        PeerMessage::Body(_) | PeerMessage::Txs(_) => 0,
        PeerMessage::Blocks(_) | PeerMessage::Frames(_) | PeerMessage::Chunk { .. } => 0,
    }
}

/// An answer of so many bytes goes out, paid by who asked: reading, encoding and sending them.
pub(super) fn price_of_answer(bytes: usize) -> u64 {
    bytes as u64 / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_makes_more_work_than_its_share_is_read_at_its_share() {
        let began = Instant::now();
        let mut allowance = Allowance::full(began);
        let (mut now, mut heard) = (began, 0_u64);
        while now < began + Duration::from_secs(10) {
            now += allowance.pay(price_of_part(120) + SIGNATURE, now) + Duration::from_micros(1);
            heard += 1;
        }
        // Ten seconds' worth and what it may make at once.
        let share = (10 * EARNED_A_SECOND + MOST).unsigned_abs() / (PART + SIGNATURE);
        assert!((share * 99 / 100..=share * 101 / 100 + 1).contains(&heard), "{heard} of {share}");
    }

    #[test]
    fn an_honest_pace_never_waits() {
        let began = Instant::now();
        let mut allowance = Allowance::full(began);
        for turn in 0..4_000_u32 {
            // Four hundred votes a second, and a block of 8 MiB at once now and then.
            let now = began + turn * Duration::from_micros(2_500);
            assert_eq!(allowance.pay(price_of_part(200) + SIGNATURE, now), Duration::ZERO, "{turn}");
            if turn % 400 == 0 {
                assert_eq!(allowance.pay(price_of_part(8 << 20), now), Duration::ZERO, "{turn}");
            }
        }
    }

    #[test]
    fn a_great_answer_is_paid_by_who_asked() {
        let began = Instant::now();
        let mut allowance = Allowance::full(began);
        let asked = (0..100).map(|_| allowance.pay(QUESTION + price_of_answer(8 << 20), began)).max();
        assert!(asked >= Some(Duration::from_secs(10)), "{asked:?}");
        assert_eq!(allowance.pay(0, began + Duration::from_secs(60)), Duration::ZERO);
    }
}
