use ledger_types::envelope::Signer;
use ledger_types::receipt::{Issued, ReceiptSubject};
use ledger_types::refusal::Level;
use ledger_types::transaction::TxBody;
use ledger_types::*;
use proto::convert::{Fate, FateState, InBlock, ReadStamp};

use super::*;
use crate::seed::Seed;

pub(crate) fn arg(s: &mut Seed) -> Arg {
    match s.below(14) {
        0 => Arg::Count(s.next()),
        1 => Arg::Money(fen(s)),
        2 => Arg::Time(BlockTime(ms(s))),
        3 => Arg::Account(AccountId(s.next() as u32)),
        4 => Arg::Key(KeyId(s.next() as u16)),
        5 => Arg::Slot(slot(s)),
        6 => Arg::Sequence(s.next() as u32),
        7 => Arg::Tx(tx_id(s)),
        8 => Arg::Rate(rate(s)),
        9 => Arg::TaxCode(tax_code(s)),
        10 => Arg::Code(code(s)),
        11 => Arg::Number(number(s)),
        12 => Arg::Digest(digest(s)),
        _ => Arg::Choice(s.next() as u8),
    }
}

pub(crate) fn arg_tag(arg: &Arg) -> u8 {
    arg.to_canonical()[0]
}

pub(crate) fn refusal(s: &mut Seed) -> Refusal {
    Refusal {
        reason: s.pick(RejectReason::ALL),
        level: s.pick(&[Level::Error, Level::Warning]),
        field: Field::from_canonical(&[s.below(56) as u8]).expect("0 to 55"),
        item: s.option(|s| s.next() as u16),
        line: s.option(|s| s.next() as u16),
        args: s.list(4, arg),
    }
}

pub(crate) fn timer_task(s: &mut Seed) -> TimerTask {
    let (slot, sequence) = (slot(s), s.next() as u32);
    match s.below(7) {
        6 => TimerTask::EndCommitteeOverlap { epoch: sequence },
        5 => TimerTask::DueRecovery { account: account_id(s), number: sequence },
        0 => TimerTask::ActivateRuleBook { area: area_id(s), version: sequence },
        1 => TimerTask::LapseApplication(ApplicationId(s.next())),
        2 => TimerTask::LapseOffer { slot, sequence },
        3 => TimerTask::LapseLock { slot, sequence },
        _ => TimerTask::LapseRedForm(FormId(s.next())),
    }
}

fn issued(s: &mut Seed) -> Issued {
    Issued { slot: slot(s), code: code(s), number: number(s) }
}

pub(crate) fn outcome(s: &mut Seed) -> TxOutcome {
    match s.below(10) {
        0 => TxOutcome::Done,
        9 => TxOutcome::Proposed(ProposalId(s.next())),
        1 => TxOutcome::AccountOpened(account_id(s)),
        2 => TxOutcome::Applied(ApplicationId(s.next())),
        3 => TxOutcome::Issued(issued(s)),
        4 => TxOutcome::BatchIssued { first: issued(s), count: s.next() as u16 },
        5 => TxOutcome::PaymentRecorded(slot(s)),
        6 => TxOutcome::Stepped(s.list(4, |s| (slot(s), s.next() as u32))),
        7 => TxOutcome::FormOpened(FormId(s.next())),
        _ => TxOutcome::RedIssued { red: issued(s), blue: slot(s) },
    }
}

pub(crate) fn receipt(s: &mut Seed) -> Receipt {
    Receipt {
        version: s.next() as u16,
        subject: match s.below(3) {
            0 => ReceiptSubject::Tx(tx_id(s)),
            1 => ReceiptSubject::System(timer_task(s)),
            _ => ReceiptSubject::Change(ProposalId(s.next())),
        },
        verdict: if s.flag() { Verdict::Accepted(outcome(s)) } else { Verdict::Refused(s.list(3, refusal)) },
    }
}

pub(crate) fn fate(s: &mut Seed) -> Fate {
    let state = match s.below(4) {
        0 => FateState::Pending,
        1 => FateState::Expired,
        2 => FateState::Unknown,
        _ => {
            let verdict = InBlock {
                height: Height(s.next() >> 1),
                index: s.next() as u16,
                time: BlockTime(ms(s)),
                receipt: receipt(s),
            };
            return Fate::in_block(tx_id(s), request(s), verdict);
        }
    };
    Fate { tx_id: s.option(tx_id), request: s.option(request), state }
}

pub(crate) fn params(s: &mut Seed) -> ChainParams {
    ChainParams {
        max_block_bytes: s.next() as u32,
        max_block_txs: s.next() as u16,
        min_block_interval_ms: s.next() as u32,
        heartbeat_ms: s.next() as u32,
        verify_base_url: text(s),
        sample: s.flag(),
    }
}

pub(crate) fn validators(s: &mut Seed) -> ValidatorSet {
    ValidatorSet { validators: s.list(4, |s| Validator { operator: account_id(s), vote_key: s.bytes() }) }
}

pub(crate) fn consensus(s: &mut Seed) -> ConsensusKind {
    s.pick(&[ConsensusKind::Solo, ConsensusKind::Bft, ConsensusKind::CrashFault, ConsensusKind::Adaptive])
}

pub(crate) fn genesis(s: &mut Seed) -> Genesis {
    Genesis {
        version: s.next() as u16,
        name: text(s),
        time: BlockTime(ms(s)),
        clock: s.pick(&[ClockMode::Wall, ClockMode::Driven]),
        consensus: consensus(s),
        validators: validators(s),
        params: params(s),
        areas: s.list(3, area_id),
        accounts: s.list(2, |s| GenesisAccount {
            kind: account_kind(s),
            area: area_id(s),
            tax_id: s.option(tax_id),
            name: text(s),
            keys: s.list(2, key_record),
        }),
        committee: s.option(committee),
    }
}

pub(crate) fn committee(s: &mut Seed) -> Committee {
    Committee { epoch: s.next() as u32, public_key: s.bytes() }
}

pub(crate) fn header(s: &mut Seed) -> Header {
    Header {
        version: s.next() as u16,
        protocol: s.next() as u32,
        chain_id: ChainId(s.bytes()),
        height: Height(s.next()),
        epoch: s.next(),
        consensus: consensus(s),
        time: BlockTime(ms(s)),
        parent: BlockId(s.bytes()),
        tx_root: digest(s),
        state_root: digest(s),
        receipts_root: digest(s),
        changes_root: digest(s),
        rule_books_root: digest(s),
        validators_hash: digest(s),
        next_validators_hash: digest(s),
        params_hash: digest(s),
        last_certificate_hash: digest(s),
        evidence_root: digest(s),
        proposer: s.next() as u16,
    }
}

pub(crate) fn certificate(s: &mut Seed) -> CommitCertificate {
    CommitCertificate {
        version: s.next() as u16,
        epoch: s.next(),
        kind: consensus(s),
        height: Height(s.next()),
        round: s.next() as u32,
        block_id: BlockId(s.bytes()),
        bitmap: s.list(32, |s| s.next() as u8),
        signatures: s.list(4, |s| s.bytes()),
    }
}

pub(crate) fn request_entry(s: &mut Seed) -> RequestEntry {
    let (scope, id) = request(s);
    let (tx, height, index) = (tx_id(s), Height(s.next()), s.next() as u16);
    RequestEntry { scope, id, tx, height, index, accepted: s.flag() }
}

pub(crate) fn read_stamp(s: &mut Seed) -> ReadStamp {
    ReadStamp {
        chain_id: ChainId(s.bytes()),
        height: Height(s.next()),
        state_root: digest(s),
        finalized: s.flag(),
        time: BlockTime(ms(s)),
    }
}

fn cause(s: &mut Seed) -> u16 {
    if s.flag() { change_set::SYSTEM_CAUSE } else { s.below(65_535) as u16 }
}

fn change(s: &mut Seed) -> Change {
    match s.below(3) {
        0 => Change::Output { cause: cause(s), slot: slot(s), record: output_record(s) },
        1 => {
            let key = registry_key(s);
            let value = s.option(|s| Box::new(value_of(s, key.tag())));
            Change::Registry { cause: cause(s), key, value }
        }
        _ => Change::Request(request_entry(s)),
    }
}

pub(crate) fn change_set(s: &mut Seed) -> ChangeSet {
    ChangeSet { changes: (0..1 + s.below(6)).map(|_| change(s)).collect() }
}

fn signer(s: &mut Seed) -> Signer {
    let identity = if s.flag() {
        SignerIdentity::Account { account: account_id(s), key: KeyId(s.next() as u16) }
    } else {
        SignerIdentity::BareKey(s.bytes())
    };
    let role = s.pick(&[SignerRole::Owner, SignerRole::Sponsor, SignerRole::CoSigner]);
    Signer { identity, role, acting_for: s.option(account_id) }
}

fn section_kind(s: &mut Seed) -> SectionKind {
    SectionKind::from_canonical(&[s.below(8) as u8]).expect("0 to 7")
}

pub(crate) fn transaction(s: &mut Seed) -> Transaction {
    let envelope = Envelope {
        version: Envelope::VERSION,
        chain_id: ChainId(s.bytes()),
        area: area_id(s),
        request_id: RequestId(s.bytes()),
        signers: s.list(4, signer),
        valid_until_ms: ms(s),
        payload: payload(s),
        sections: s.list(4, |s| SectionCommitment { kind: section_kind(s), commitment: digest(s) }),
    };
    let sections =
        s.list(4, |s| Section::Plain { kind: section_kind(s), salt: s.bytes(), bytes: s.list(40, |s| s.next() as u8) });
    let signatures = s.list(4, |s| s.bytes());
    Transaction { envelope, body: TxBody::Sections(sections), signatures }
}
