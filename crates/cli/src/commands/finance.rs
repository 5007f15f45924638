//! `taxchain lock | unlock | book | unbook | reimburse`.

use clap::Args;
use ledger_types::{Payload, Slot};

use super::issue::reference;
use super::transfer::spend_of;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::{Global, Session};

/// Arguments of `lock`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain lock --slot 0\n  taxchain lock --slot 3 --slot 4 --slot 5 --days 14     # all or none"
)]
pub(crate) struct LockArgs {
    /// The invoices; all or none.
    #[arg(long = "slot", required = true)]
    slots: Vec<Slot>,
    /// Days until the lock lapses.
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// A reason code of one's own.
    #[arg(long, default_value_t = 0)]
    reason: u16,
}

/// Arguments of `unlock`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain unlock --slot 0")]
pub(crate) struct UnlockArgs {
    /// The invoices; all or none.
    #[arg(long = "slot", required = true)]
    slots: Vec<Slot>,
}

/// Arguments of `book`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain book --slot 0 --voucher 2026-11-0042")]
pub(crate) struct BookArgs {
    /// The invoice.
    #[arg(long)]
    slot: Slot,
    /// Not deductible before income tax (03 instead of 02).
    #[arg(long)]
    not_deductible: bool,
    /// Voucher number; only its SM3 goes on chain.
    #[arg(long, default_value = "")]
    voucher: String,
}

/// Arguments of `unbook`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain unbook --slot 0")]
pub(crate) struct UnbookArgs {
    /// The invoice.
    #[arg(long)]
    slot: Slot,
}

/// Arguments of `reimburse`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain reimburse --slot 0 --receipt BANK-20261121-7")]
pub(crate) struct ReimburseArgs {
    /// The invoice.
    #[arg(long)]
    slot: Slot,
    /// Number of the bank receipt; only its SM3 goes on chain.
    #[arg(long, default_value = "")]
    receipt: String,
}

async fn act(session: &Session, slots: &[Slot], payload: Payload, next: String) -> Result<Answer, Failure> {
    let company = session.identity("company")?;
    let (tx, block) = session.act(&company, payload).await?;
    Ok(Answer::new().field("slots", slots.iter().map(|s| s.0).collect::<Vec<_>>()).placed(&tx, &block).next(next))
}

/// Locks.
pub(super) async fn lock(global: &Global, args: LockArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let mut spends = Vec::new();
    for slot in &args.slots {
        spends.push(spend_of(&session, *slot).await?);
    }
    let until_ms = session.client.now().0 + args.days * 86_400_000;
    let next = format!("taxchain book --slot {}", args.slots[0]);
    act(&session, &args.slots, Payload::Lock { spends, until_ms, reason: args.reason }, next).await
}

/// Unlocks.
pub(super) async fn unlock(global: &Global, args: UnlockArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let mut spends = Vec::new();
    for slot in &args.slots {
        spends.push(spend_of(&session, *slot).await?);
    }
    let next = format!("taxchain flow --slot {}", args.slots[0]);
    act(&session, &args.slots, Payload::Unlock { spends }, next).await
}

/// Books.
pub(super) async fn book(global: &Global, args: BookArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let spend = spend_of(&session, args.slot).await?;
    let voucher_ref = reference(&session.client.chain_id(), &args.voucher);
    let payload = Payload::Book { spend, deductible: !args.not_deductible, voucher_ref };
    act(&session, &[args.slot], payload, format!("taxchain reimburse --slot {}", args.slot)).await
}

/// Takes a booking back.
pub(super) async fn unbook(global: &Global, args: UnbookArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let spend = spend_of(&session, args.slot).await?;
    act(&session, &[args.slot], Payload::Unbook { spend }, format!("taxchain flow --slot {}", args.slot)).await
}

/// Reimburses.
pub(super) async fn reimburse(global: &Global, args: ReimburseArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let spend = spend_of(&session, args.slot).await?;
    let paid_ref = reference(&session.client.chain_id(), &args.receipt);
    let payload = Payload::Reimburse { spend, paid_ref };
    act(&session, &[args.slot], payload, format!("taxchain flow --slot {}", args.slot)).await
}
