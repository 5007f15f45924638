//! Content keys that claims and offers carry: opaque, bounded, committed to, and nowhere else.

use ledger_types::key_wrap::MAX_WRAP_BYTES;
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::*;

use crate::scenario::Step;
use crate::world::{Draft, World, genesis};

/// A section in clear.
type Plain = (SectionKind, Vec<u8>);

fn with_sections(world: &World, mut draft: Draft, sections: &[Plain]) -> Draft {
    let salt = [3; 16];
    draft.sections = sections.iter().map(|(kind, bytes)| commit_section(&world.chain, *kind, &salt, bytes)).collect();
    let plain = |(kind, bytes): &Plain| Section::Plain { kind: *kind, salt, bytes: bytes.clone() };
    draft.body = TxBody::Sections(sections.iter().map(plain).collect());
    draft
}

fn step(world: &World, text: &str) -> Draft {
    Step::parse(text).draft(world).unwrap()
}

fn furnished() -> World {
    let mut world = World::new();
    let draft = step(&world, "issue");
    world.must(draft);
    world
}

fn refused(world: &mut World, draft: &Draft) -> RejectReason {
    world.submit(draft).unwrap_err().reason
}

#[test]
fn a_claim_and_an_offer_carry_one_and_do_what_they_did_without() {
    let mut world = furnished();
    let wrap = (SectionKind::Access, KeyWrap::Own { covered: [7; 16] }.to_canonical());
    let draft = with_sections(&world, step(&world, "claim"), std::slice::from_ref(&wrap));
    world.must(draft);
    let draft = with_sections(&world, step(&world, "offer to=corp"), &[wrap]);
    world.must(draft);
    let draft = step(&world, "accept");
    world.must(draft);
    // What it says is not looked at: garbage of the right size is the holder's own loss.
    let mut world = furnished();
    let draft = with_sections(&world, step(&world, "claim"), &[(SectionKind::Access, vec![0xff; MAX_WRAP_BYTES])]);
    world.must(draft);
}

#[test]
fn one_that_is_too_long_of_another_kind_or_not_as_committed_to_does_not_come_in() {
    let mut world = furnished();
    let access = |len: usize| (SectionKind::Access, vec![1; len]);
    use RejectReason::{BadField, BadSections, CommitmentMismatch};
    let cases: [(&[Plain], RejectReason); 6] = [
        (&[access(0)], BadField),
        (&[access(MAX_WRAP_BYTES + 1)], BadField),
        (&[(SectionKind::Contacts, vec![1; 16])], BadSections),
        (&[access(16), access(16)], BadSections),
        (&[(SectionKind::Attachments, vec![1]), access(16)], BadSections),
        (&[(SectionKind::Facts, vec![1; 16])], BadSections),
    ];
    for (sections, reason) in cases {
        let draft = with_sections(&world, step(&world, "claim"), sections);
        assert_eq!(refused(&mut world, &draft), reason, "{:?}", draft.sections);
    }
    let good = with_sections(&world, step(&world, "claim"), &[access(16)]);
    let changed = Section::Plain { kind: SectionKind::Access, salt: [3; 16], bytes: vec![2; 16] };
    let draft = Draft { body: TxBody::Sections(vec![changed]), ..good.clone() };
    assert_eq!(refused(&mut world, &draft), CommitmentMismatch);
    let missing = Draft { body: TxBody::Sections(vec![]), ..good.clone() };
    assert_eq!(refused(&mut world, &missing), BadSections, "committed to and not there");
    let unbidden = Draft { sections: vec![], ..good.clone() };
    assert_eq!(refused(&mut world, &unbidden), BadSections, "there and not committed to");
    let other = vec![SectionCommitment { kind: SectionKind::Contacts, ..good.sections[0] }];
    assert_eq!(refused(&mut world, &Draft { sections: other, ..good }), BadSections);
}

#[test]
fn a_claim_carries_a_tag_for_the_bureau_too_and_an_offer_does_not() {
    let access = || (SectionKind::Access, vec![1; 17]);
    let link = |len: usize| (SectionKind::Link, vec![2; len]);
    for sections in [vec![link(154)], vec![access(), link(154)]] {
        let mut world = furnished();
        let draft = with_sections(&world, step(&world, "claim"), &sections);
        world.must(draft);
        let draft = with_sections(&world, step(&world, "offer to=corp"), &sections);
        assert_eq!(refused(&mut world, &draft), RejectReason::BadSections);
    }
    let mut world = furnished();
    use RejectReason::{BadField, BadSections};
    let cases = [
        (vec![link(0)], BadField),
        (vec![access(), link(MAX_WRAP_BYTES + 1)], BadField),
        (vec![link(1), access()], BadSections),
        (vec![link(1), link(1)], BadSections),
    ];
    for (sections, reason) in cases {
        let draft = with_sections(&world, step(&world, "claim"), &sections);
        assert_eq!(refused(&mut world, &draft), reason, "{:?}", draft.sections);
    }
}

#[test]
fn other_kinds_of_transaction_carry_none() {
    let mut world = furnished();
    let wrap = [(SectionKind::Access, vec![1; 16])];
    let draft = with_sections(&world, step(&world, "pay"), &wrap);
    assert_eq!(refused(&mut world, &draft), RejectReason::BadSections);
    // Nor does an invoice's own body.
    let mut draft = step(&world, "issue");
    let salt = [3; 16];
    draft.sections.push(commit_section(&world.chain, SectionKind::Access, &salt, &[1; 16]));
    let TxBody::Sections(sections) = &mut draft.body else { panic!("no sections") };
    sections.push(Section::Plain { kind: SectionKind::Access, salt, bytes: vec![1; 16] });
    assert_eq!(refused(&mut world, &draft), RejectReason::BadSections);
}

#[test]
fn a_chain_of_sealed_bodies_takes_it_as_it_is() {
    let sealed = Genesis {
        version: 2,
        committee: Some(Committee { epoch: 1, public_key: crate::world::Key::of("committee").bytes() }),
        ..genesis()
    };
    let mut world = World::furnished(sealed);
    // No such invoice there: it gets as far as execution, and admission had nothing against it.
    let claim = Payload::Claim { spend: Spend::new(Slot(0), 0), to: world.address("ann") };
    let draft = with_sections(&world, Draft::new("t1", claim), &[(SectionKind::Access, vec![1; 16])]);
    let receipt = world.submit(&draft).unwrap();
    assert_eq!(receipt.refusals()[0].reason, RejectReason::OutputUnknown);
}
