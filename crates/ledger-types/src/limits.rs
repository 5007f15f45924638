//! Every limit of the protocol, with its unit in its name, asserted against the others.

/// Largest transaction, bytes: 2,000 lines fit.
pub const MAX_TX_BYTES: u32 = 2 * 1024 * 1024;
/// Largest block, bytes.
pub const MAX_BLOCK_BYTES: u32 = 8 * 1024 * 1024;
/// Most transactions in a block.
pub const MAX_BLOCK_TXS: u16 = 10_000;
/// Most invoices in a batch.
pub const MAX_BATCH_ITEMS: u16 = 1_000;
/// Most signers of a transaction.
pub const MAX_SIGNERS: usize = 4;
/// Most spends in one transaction (a lock batch).
pub const MAX_SPENDS: usize = 500;
/// Most keys of an account over its life.
pub const MAX_KEYS: usize = 256;
/// Most rate grants, kinds and categories of a profile.
pub const MAX_PROFILE_ENTRIES: usize = 1_024;
/// Longest registered name, bytes.
pub const MAX_NAME_BYTES: usize = 300;
/// Furthest `valid_until` ahead of block time, ms.
pub const MAX_VALID_AHEAD_MS: u64 = 3_600_000;
/// A request id may be this much older than block time, ms.
pub const REQUEST_AGE_MS: u64 = 86_400_000;
/// A request id may be this much younger than block time, ms.
pub const REQUEST_AHEAD_MS: u64 = 300_000;
/// A validator refuses a block whose time is this far ahead of its clock, ms.
pub const MAX_BLOCK_TIME_AHEAD_MS: u64 = 2_000;
/// Most system receipts (timers) in a block; the rest carry over.
pub const MAX_TIMERS_PER_BLOCK: usize = 1_000;
/// Most refusals reported in one receipt.
pub const MAX_REFUSALS: usize = 64;
/// Most arguments of all refusals of one receipt.
pub const MAX_RECEIPT_ARGS: usize = 64;
/// Proofs are made for this many last heights.
pub const PROOF_HEIGHTS: u64 = 1_000;

/// Most validators of a set.
pub const MAX_VALIDATORS: usize = 256;
/// Most accounts that approve changes.
pub const MAX_APPROVERS: usize = 64;
/// Most proposals under way.
pub const MAX_LIVE_PROPOSALS: usize = 64;
/// A change is in force this many heights after its last approval, at the earliest: the header before it names the next
/// validators.
pub const MIN_CHANGE_DELAY: u64 = 2;
/// A change may be proposed for a height this far ahead.
pub const MAX_CHANGE_DELAY: u64 = 10_000_000;
/// Most service providers that an enterprise has delegated to.
pub const MAX_DELEGATES: usize = 32;
/// A delegation ends at most so far ahead, ms: three years.
pub const MAX_DELEGATION_MS: u64 = 3 * 366 * 86_400_000;
/// Most guardians of an account.
pub const MAX_GUARDIANS: usize = 7;
/// Shortest delay of a recovery, ms: an hour.
pub const MIN_RECOVERY_DELAY_MS: u64 = 3_600_000;
/// Longest delay of a recovery, ms: 90 days.
pub const MAX_RECOVERY_DELAY_MS: u64 = 90 * 86_400_000;
/// Most recoveries a year that a policy may allow.
pub const MAX_RECOVERIES_A_YEAR: u8 = 12;
/// A recovery without enough approvals lapses after so long, ms: 30 days.
pub const RECOVERY_LAPSE_MS: u64 = 30 * 86_400_000;
/// Most outside authorities.
pub const MAX_ANCHORS: usize = 16;
/// Longest certificate of an outside authority, DER, bytes.
pub const MAX_ANCHOR_BYTES: usize = 2_048;
/// Longest name of an outside authority, bytes.
pub const MAX_ANCHOR_LABEL_BYTES: usize = 64;
/// Another key of the committee is in force this many heights after all validators are ready for it.
pub const COMMITTEE_NOTICE: u64 = 20;
/// Shortest time for which bodies sealed for the former key are accepted, ms: whatever was signed before stays good.
pub const MIN_COMMITTEE_OVERLAP_MS: u64 = MAX_VALID_AHEAD_MS;
/// Longest such time, ms: 30 days.
pub const MAX_COMMITTEE_OVERLAP_MS: u64 = 30 * 86_400_000;
/// Most former keys that bodies may be sealed for at one time.
pub const MAX_ACCEPTED_COMMITTEES: usize = 8;
/// A Byzantine validator set that tolerates a fault has at least so many members.
pub const MIN_BFT_VALIDATORS: usize = 4;

const _: () = assert!(MAX_TX_BYTES < MAX_BLOCK_BYTES);
const _: () = assert!(MAX_VALID_AHEAD_MS < REQUEST_AGE_MS);
const _: () = assert!(COMMITTEE_NOTICE >= MIN_CHANGE_DELAY);
const _: () = assert!(MAX_BATCH_ITEMS < u16::MAX && MAX_BLOCK_TXS < u16::MAX);
