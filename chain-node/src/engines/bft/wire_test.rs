#![allow(clippy::unwrap_used)]

use super::*;

fn id(byte: u8) -> BlockId {
    BlockId([byte; 33])
}

/// One of each message, in every form.
fn samples() -> Vec<(&'static str, Message)> {
    let vote = |step, block_id| VoteBytes { step, height: 9, round: 2, block_id, voter: 3, signature: [0xaa; 64] };
    let proposal = |locked_round| ProposalBytes {
        height: 9,
        round: 2,
        locked_round,
        block_id: id(1),
        proposer: 1,
        signature: [0xbb; 64],
    };
    let signatures = vec![(0, [0xcc; 64]), (2, [0xdd; 64])];
    let round = |skip| RoundBytes {
        height: 9,
        round: 4,
        skip,
        signatures: vec![(2, BlockId::ZERO, 0, [0xee; 64]), (2, id(1), 3, [0xff; 64])],
    };
    vec![
        ("prevote", Message::Vote(vote(1, id(1)))),
        ("precommit for none", Message::Vote(vote(2, BlockId::ZERO))),
        ("proposal", Message::Proposal(proposal(None))),
        ("proposal again", Message::Proposal(proposal(Some(1)))),
        ("polka", Message::Polka(PolkaBytes { height: 9, round: 1, block_id: id(1), signatures })),
        ("end of round", Message::Round(round(false))),
        ("skip of rounds", Message::Round(round(true))),
    ]
}

#[test]
fn bytes_are_frozen() {
    let made: String = samples().iter().map(|(name, m)| format!("{name}: {}\n", hex(&m.encode()))).collect();
    assert_eq!(made, include_str!("golden/messages.txt"), "messages changed: a new version is needed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn messages_survive_the_wire_and_the_core() {
    for (name, message) in samples() {
        assert_eq!(Message::decode(&message.encode(), 4).unwrap(), message, "{name}");
        let through_core = match message.clone() {
            Message::Vote(m) => Message::Vote((&SignedVote::<Ctx>::try_from(m).unwrap()).into()),
            Message::Proposal(m) => Message::Proposal((&SignedProposal::<Ctx>::from(m)).into()),
            Message::Polka(m) => Message::Polka((&PolkaCertificate::<Ctx>::from(m)).into()),
            Message::Round(m) => Message::Round((&RoundCertificate::<Ctx>::try_from(m).unwrap()).into()),
        };
        assert_eq!(through_core, message, "{name}");
    }
}

#[test]
fn bad_bytes_are_refused_by_name() {
    for (name, message) in samples() {
        let bytes = message.encode();
        for cut in 0..bytes.len() {
            assert!(Message::decode(&bytes[..cut], 4).is_err(), "{name} cut at {cut}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(matches!(Message::decode(&longer, 4), Err(WireError::Bytes(_))), "{name}");
        let other = [&[2], &bytes[1..]].concat();
        assert_eq!(Message::decode(&other, 4), Err(WireError::Version(Some(2))), "{name}");
    }
    assert_eq!(Message::decode(&[], 4), Err(WireError::Version(None)));
    assert_eq!(Message::decode(&vec![1; MAX_BYTES + 1], 4), Err(WireError::TooLong(MAX_BYTES + 1)));
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let vote = |change: fn(&mut VoteBytes)| {
        let mut m = VoteBytes { step: 1, height: 1, round: 0, block_id: id(1), voter: 0, signature: [0; 64] };
        change(&mut m);
        Message::decode(&Message::Vote(m).encode(), 4).map(drop)
    };
    assert_eq!(vote(|_| {}), Ok(()));
    assert_eq!(vote(|m| m.step = 3), Err(WireError::Range("the step")));
    assert_eq!(vote(|m| m.voter = 4), Err(WireError::Range("a validator's place")));
    assert_eq!(vote(|m| m.round = u32::MAX), Err(WireError::Range("the round")));
    let polka = |block_id, voters: &[u16]| {
        let signatures = voters.iter().map(|v| (*v, [0; 64])).collect();
        let m = PolkaBytes { height: 1, round: 0, block_id, signatures };
        Message::decode(&Message::Polka(m).encode(), 4).map(drop)
    };
    assert_eq!(polka(id(1), &[0, 1, 2, 3]), Ok(()));
    assert_eq!(polka(BlockId::ZERO, &[0]), Err(WireError::Range("the block id")));
    assert_eq!(polka(id(1), &[0, 1, 2, 3, 3]), Err(WireError::Range("the votes")));
    assert_eq!(polka(id(1), &[4]), Err(WireError::Range("a validator's place")));
}
