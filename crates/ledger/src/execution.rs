//! Room 6: executes a block. Pure: reads state through a view and block time from the context.

use std::collections::BTreeMap;

use ledger_types::change_set::Cause;
use ledger_types::limits::MAX_BLOCK_TXS;
use ledger_types::output::Origin;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::{
    BlockTime, ChainId, ChangeSet, ConsensusKind, Height, Receipt, RequestEntry, RequestId, RequestScope, TxId,
    TxOutcome, Verdict,
};

use crate::admission::{AuthenticatedTx, check_time};
use crate::call::Call;
use crate::fault::ExecutionFault;
use crate::findings::{Stop, for_receipt};
use crate::overlay::{BlockOverlay, TxOverlay, Writes};
use crate::state_view::StateView;
use crate::{authority, delegations, governance, invariants, key_limits, timers, transitions};

/// What execution knows of the block besides its transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// The chain.
    pub chain: ChainId,
    /// The block's height.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
    /// How it was agreed, as its header says.
    pub consensus: ConsensusKind,
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// Receipts: of begin-block tasks that did something first, then one for each transaction in order.
    pub receipts: Vec<Receipt>,
    /// Everything that changed.
    pub changes: ChangeSet,
}

/// Executes a block over the state of its parent: changes of the chain's rules and due tasks first, then the transactions in order. A refused
/// transaction changes nothing but the request log.
///
/// # Errors
/// [`ExecutionFault`] if the state cannot be read, if the block is invalid (a transaction of another chain, out of its
/// time, or with a used request id), or if an invariant breaks. Nothing of the block may then be committed.
pub fn execute_block(
    state: &dyn StateView,
    ctx: &BlockContext,
    txs: &[AuthenticatedTx],
) -> Result<BlockOutcome, ExecutionFault> {
    if txs.len() > usize::from(MAX_BLOCK_TXS) {
        return Err(ExecutionFault::TooManyTransactions { found: txs.len(), limit: MAX_BLOCK_TXS });
    }
    check_block(state, ctx, txs)?;
    let mut block = BlockOverlay::new(state);
    let mut receipts = governance::begin_block(&mut block, ctx)?;
    receipts.extend(timers::begin_block(&mut block, ctx)?);
    for (index, tx) in txs.iter().enumerate() {
        receipts.push(execute_tx(&mut block, ctx, index as u16, tx)?);
    }
    let changes = block.into_changes()?;
    invariants::check_block(state, &changes)?;
    Ok(BlockOutcome { receipts, changes })
}

/// What makes a block invalid, whoever proposed it.
fn check_block(state: &dyn StateView, ctx: &BlockContext, txs: &[AuthenticatedTx]) -> Result<(), ExecutionFault> {
    let mut seen: BTreeMap<(RequestScope, RequestId), TxId> = BTreeMap::new();
    for (index, tx) in txs.iter().enumerate() {
        let index = index as u16;
        if tx.envelope().chain_id != ctx.chain {
            return Err(ExecutionFault::WrongChain { index });
        }
        check_time(tx, ctx.time).map_err(|r| ExecutionFault::OutOfTime { index, reason: r.reason })?;
        let request = tx.envelope().request_id;
        let first = match seen.insert((tx.scope(), request), tx.id()) {
            Some(first) => Some(first),
            None => state.request(tx.scope(), request)?.map(|entry| entry.tx),
        };
        if let Some(first) = first {
            return Err(ExecutionFault::RequestUsed { index, first });
        }
    }
    Ok(())
}

fn execute_tx(
    block: &mut BlockOverlay<'_>,
    ctx: &BlockContext,
    index: u16,
    tx: &AuthenticatedTx,
) -> Result<Receipt, ExecutionFault> {
    let verdict = match attempt(block, ctx, index, tx) {
        Ok((outcome, writes)) => {
            block.absorb(index, writes);
            Verdict::Accepted(outcome)
        }
        Err(Stop::Refused(refusals)) => Verdict::Refused(for_receipt(refusals)),
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    block.log_request(RequestEntry {
        scope: tx.scope(),
        id: tx.envelope().request_id,
        tx: tx.id(),
        height: ctx.height,
        index,
        accepted: matches!(verdict, Verdict::Accepted(_)),
    });
    Ok(Receipt { version: Receipt::VERSION, subject: ReceiptSubject::Tx(tx.id()), verdict })
}

/// Authority, transition, limits, invariants: on a layer of its own.
fn attempt(
    block: &BlockOverlay<'_>,
    ctx: &BlockContext,
    index: u16,
    tx: &AuthenticatedTx,
) -> Result<(TxOutcome, Writes), Stop> {
    let mut state = TxOverlay::new(block);
    let authority = authority::check(&state, ctx, index, tx)?;
    let call = Call {
        chain: &ctx.chain,
        now: ctx.time,
        consensus: ctx.consensus,
        origin: Origin { height: ctx.height, tx: index, item: 0 },
        envelope: tx.envelope(),
        opened: tx.opened(),
        items: tx.tx().batch_items(),
        actor: authority.actor,
        present: authority.present,
        hands: authority.hands,
    };
    let outcome = transitions::run(&mut state, &call)?;
    key_limits::charge(&mut state, ctx.time, &authority.limited)?;
    delegations::charge(&mut state, ctx.time, &authority.delegated)?;
    check_invariants(index, state.writes())?;
    Ok((outcome, state.into_writes()))
}

/// Holds the invariants after a transaction or a task.
pub(crate) fn check_invariants(cause: Cause, writes: &Writes) -> Result<(), ExecutionFault> {
    invariants::check_writes(writes).map_err(|breach| ExecutionFault::Invariant { cause, breach })
}
