//! When something that was never seen can no longer come.

use ledger_types::BlockTime;
use proto::convert::Subject;

/// Whether something unseen can no longer come: its own limit is past, or its request id is too old for the window.
pub fn can_no_longer_come(block_time: BlockTime, subject: &Subject, valid_until_ms: Option<u64>) -> bool {
    if valid_until_ms.is_some_and(|until| block_time.0 > until) {
        return true;
    }
    match subject {
        Subject::Request(_, id) => id.time_ms().saturating_add(ledger_types::limits::REQUEST_AGE_MS) < block_time.0,
        Subject::Tx(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_types::{RequestId, RequestScope, TxId};

    #[test]
    fn an_unseen_request_expires_with_its_limit_or_its_window() {
        let id = RequestId::new(1_000, [0; 10]);
        let request = Subject::Request(RequestScope(1), id);
        let window = ledger_types::limits::REQUEST_AGE_MS;
        assert!(!can_no_longer_come(BlockTime(5_000), &request, Some(5_000)));
        assert!(can_no_longer_come(BlockTime(5_001), &request, Some(5_000)));
        assert!(!can_no_longer_come(BlockTime(1_000 + window), &request, None));
        assert!(can_no_longer_come(BlockTime(1_001 + window), &request, None));
        assert!(!can_no_longer_come(BlockTime(u64::MAX), &Subject::Tx(TxId::ZERO), None));
    }
}
