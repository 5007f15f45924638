//! Messages for heights that have not begun here, a bounded number from each validator.

use std::collections::BTreeMap;

use storage::planted::{self, Bug};

use super::wire::Message;

/// How many heights ahead are kept.
pub const MAX_AHEAD: u64 = 10;

/// How many messages of one sender are kept.
pub const MAX_FROM_ONE: usize = 64;

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It waits.
    Yes,
    /// It waits already.
    Twice,
    /// It is too far ahead, or its sender has too many waiting.
    No,
}

/// The waiting messages, by height, in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct FutureMessages {
    by_height: BTreeMap<u64, Vec<(u16, Message)>>,
    from: BTreeMap<u16, usize>,
}

impl FutureMessages {
    /// Keeps a message of the authenticated sender `from`, while `height` is the present one.
    pub(crate) fn keep(&mut self, height: u64, from: u16, message: Message) -> Kept {
        let about = message.height();
        if about > height.saturating_add(MAX_AHEAD) {
            return Kept::No;
        }
        let of_sender = self.from.entry(from).or_default();
        let waiting = self.by_height.entry(about).or_default();
        if waiting.iter().any(|(sender, m)| *sender == from && *m == message) {
            return Kept::Twice;
        }
        if *of_sender >= MAX_FROM_ONE && !planted::is_on(Bug::Unbounded) {
            return Kept::No;
        }
        *of_sender += 1;
        waiting.push((from, message));
        Kept::Yes
    }

    /// How many wait in all.
    pub(crate) fn len(&self) -> usize {
        self.from.values().sum()
    }

    /// What waits for a height.
    pub(crate) fn waiting(&self, height: u64) -> &[(u16, Message)] {
        self.by_height.get(&height).map_or(&[], Vec::as_slice)
    }

    /// Takes what waits for a height, and forgets what is before it.
    pub(crate) fn take(&mut self, height: u64) -> Vec<(u16, Message)> {
        self.forget_before(height);
        let taken = self.by_height.remove(&height).unwrap_or_default();
        self.release(&taken);
        taken
    }

    /// Forgets what is before a height.
    pub(crate) fn forget_before(&mut self, height: u64) {
        let later = self.by_height.split_off(&height);
        for old in std::mem::replace(&mut self.by_height, later).into_values() {
            self.release(&old);
        }
    }

    fn release(&mut self, messages: &[(u16, Message)]) {
        for (from, _) in messages {
            if let Some(count) = self.from.get_mut(from) {
                *count -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::BlockId;

    use super::*;
    use crate::engines::bft::wire::VoteBytes;

    fn vote(height: u64, round: u32) -> Message {
        Message::Vote(VoteBytes { step: 1, height, round, block_id: BlockId::ZERO, voter: 0, signature: [0; 64] })
    }

    #[test]
    fn each_sender_has_its_own_bounded_room() {
        let mut future = FutureMessages::default();
        for round in 0..100 {
            let kept = future.keep(1, 0, vote(2, round));
            assert_eq!(kept, if (round as usize) < MAX_FROM_ONE { Kept::Yes } else { Kept::No });
        }
        assert_eq!(future.keep(1, 0, vote(2, 5)), Kept::Twice);
        assert_eq!(future.keep(1, 1, vote(2, 5)), Kept::Yes);
        assert_eq!(future.keep(1, 1, vote(1 + MAX_AHEAD, 0)), Kept::Yes);
        assert_eq!(future.keep(1, 1, vote(2 + MAX_AHEAD, 0)), Kept::No);
        assert_eq!(future.waiting(2).len(), MAX_FROM_ONE + 1);
        assert_eq!(future.take(2).len(), MAX_FROM_ONE + 1);
        assert_eq!(future.keep(2, 0, vote(3, 0)), Kept::Yes, "room was freed");
        future.forget_before(20);
        assert_eq!(future.waiting(3).len(), 0);
    }
}
