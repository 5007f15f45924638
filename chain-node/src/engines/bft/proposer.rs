//! Who proposes: in turn, without those whom the certificates on chain show to be absent.

use std::collections::BTreeSet;

use ledger_types::CommitCertificate;

/// How many of the newest certificates on chain are looked at.
pub const ABSENCE_WINDOW: usize = 8;

/// The validators that signed none of the given certificates: the newest [`ABSENCE_WINDOW`] that blocks up to the
/// parent carry, all of the present validator set. Never more than the set tolerates, because each certificate has a
/// quorum. Nobody is absent where there are none.
pub fn absent_in<'a>(certificates: impl IntoIterator<Item = &'a CommitCertificate>, validators: u16) -> BTreeSet<u16> {
    let mut absent: Option<BTreeSet<u16>> = None;
    for certificate in certificates {
        let signed = |place: u16| {
            let (byte, bit) = (usize::from(place / 8), place % 8);
            certificate.bitmap.get(byte).is_some_and(|b| b >> bit & 1 == 1)
        };
        absent.get_or_insert_with(|| (0..validators).collect()).retain(|place| !signed(*place));
    }
    absent.unwrap_or_default()
}

/// The proposer's place: the present validators take turns, by height and round; when each of them had its round in
/// vain, all take turns. The same on every node that has the same chain.
pub fn proposer(validators: u16, absent: &BTreeSet<u16>, height: u64, round: u32) -> u16 {
    let present: Vec<u16> = (0..validators).filter(|place| !absent.contains(place)).collect();
    let turn = height.wrapping_add(u64::from(round));
    if present.is_empty() || round as usize >= present.len() {
        return u16::try_from(turn % u64::from(validators.max(1))).expect("less than a number of sixteen bits");
    }
    present[usize::try_from(turn % present.len() as u64).expect("less than a length")]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ledger_types::{BlockId, ConsensusKind, Height};

    use super::*;

    fn certificate(bitmap: u8) -> CommitCertificate {
        CommitCertificate {
            version: 1,
            epoch: 0,
            kind: ConsensusKind::Bft,
            height: Height(1),
            round: 0,
            block_id: BlockId::ZERO,
            bitmap: vec![bitmap],
            signatures: Vec::new(),
        }
    }

    #[test]
    fn absent_is_who_signed_none_of_them() {
        assert_eq!(absent_in([], 4), BTreeSet::new());
        assert_eq!(absent_in(&[certificate(0b0111)], 4), BTreeSet::from([3]));
        assert_eq!(absent_in(&[certificate(0b0111), certificate(0b1110)], 4), BTreeSet::new());
        assert_eq!(absent_in(&[certificate(0b0111), certificate(0b0111)], 4), BTreeSet::from([3]));
    }

    #[test]
    fn the_absent_are_skipped_until_all_others_had_their_turn() {
        let absent = BTreeSet::from([2]);
        let turns: Vec<u16> = (0..6).map(|round| proposer(4, &absent, 8, round)).collect();
        assert_eq!(turns, [3, 0, 1, 3, 0, 1]);
        let by_height: Vec<u16> = (0..6).map(|height| proposer(4, &absent, height, 0)).collect();
        assert_eq!(by_height, [0, 1, 3, 0, 1, 3]);
        assert_eq!(proposer(4, &absent, 8, 6), 2);
    }

    #[test]
    fn everybody_proposes_where_nobody_is_absent() {
        let turns: BTreeSet<u16> = (0..7).map(|height| proposer(7, &BTreeSet::new(), height, 0)).collect();
        assert_eq!(turns.len(), 7);
        assert_eq!(proposer(1, &BTreeSet::from([0]), 9, 5), 0);
    }
}
