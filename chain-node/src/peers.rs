//! Other nodes of the chain, as the node's step function knows them.

/// A peer: a member by its number, which is its own for ever (validator `n` of the genesis document is `n`, later ones
/// get the next), or an observer by the number of its connection. Places in the validator set are found by voting keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u32);

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Every member: validators, and those that may become one.
    Validators,
    /// Everybody connected.
    All,
    /// One.
    Peer(PeerId),
}

impl From<u32> for PeerId {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl PeerId {
    /// The first number of an observer.
    pub const FIRST_OBSERVER: u32 = 1 << 16;

    /// A member.
    pub fn validator(place: u16) -> Self {
        Self(u32::from(place))
    }

    /// Its number among the members; none for an observer.
    pub fn place(self) -> Option<u16> {
        u16::try_from(self.0).ok()
    }
}
