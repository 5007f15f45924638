//! The guard against signing two things at one place.

use storage::planted::{self, Bug};

/// Where a signed statement stands in the only order in which a correct validator signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) height: u64,
    pub(crate) round: u32,
    /// [`Position::PROPOSAL`], or the step of a vote.
    pub(crate) step: u8,
}

impl Position {
    /// Proposals come before the votes of their round.
    pub(crate) const PROPOSAL: u8 = 0;
}

/// The last position that was signed. Nothing at or before it is ever signed again: what was said there is read from
/// the records, or is not said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    last: Option<Position>,
}

impl Guard {
    /// Whether a statement at `position` may be signed.
    pub(crate) fn allows(&self, position: Position) -> bool {
        self.last.is_none_or(|last| position > last) || planted::is_on(Bug::SignAnew)
    }

    /// A statement at `position` was signed, now or as records show.
    pub(crate) fn advance(&mut self, position: Position) {
        self.last = self.last.max(Some(position));
    }

    /// Whether something was signed above `height`, so that records of later signing are missing here.
    pub(crate) fn is_beyond(&self, height: u64) -> bool {
        self.last.is_some_and(|last| last.height > height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(height: u64, round: u32, step: u8) -> Position {
        Position { height, round, step }
    }

    #[test]
    fn only_what_comes_later_is_signed() {
        let mut guard = Guard::default();
        assert!(guard.allows(at(0, 0, 0)));
        guard.advance(at(5, 1, 1));
        guard.advance(at(3, 9, 2));
        for (height, round, step, allowed) in
            [(5, 1, 1, false), (5, 1, 0, false), (5, 0, 2, false), (4, 9, 2, false), (5, 1, 2, true), (5, 2, 0, true)]
        {
            assert_eq!(guard.allows(at(height, round, step)), allowed, "{height}/{round}/{step}");
        }
        assert!(guard.is_beyond(4));
        assert!(!guard.is_beyond(5));
    }
}
