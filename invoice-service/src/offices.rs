//! Offices behind role tokens (岗位令牌): a token for an office of a bureau is good while the chain has that office.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::{AccountId, AccountKind, Height, KeyId, Office, Role};
use sdk::NodeClient;

use crate::failure::Failure;

/// Most accounts that are remembered at a height.
const MOST: usize = 10_000;

/// The offices of an account; none if it is not staffed.
type OfAccount = Option<Vec<(KeyId, Office)>>;

/// What the node said of accounts' offices at the height that this service follows the chain to: with the next block it is
/// asked again, so that an office that was ended is none from its height on.
#[derive(Default)]
pub(crate) struct Offices(Mutex<Known>);

#[derive(Default)]
struct Known {
    at: Option<Height>,
    offices: BTreeMap<AccountId, Arc<OfAccount>>,
}

impl Offices {
    /// Whether a role is an office of a bureau that somebody has now: the holder of this key, if the token is tied to one. In
    /// a bureau that gave no offices, and for roles of enterprises, which are the service's alone, always.
    ///
    /// # Errors
    /// What the node fails with.
    pub(crate) async fn hold(
        &self,
        node: &NodeClient,
        (account, key): (AccountId, Option<KeyId>),
        role: Role,
        height: Height,
    ) -> Result<bool, Failure> {
        if key.is_none() && !role.fits(AccountKind::Bureau) {
            return Ok(true);
        }
        let offices = match self.known(account, height) {
            Some(offices) => offices,
            None => {
                let offices = Arc::new(node.offices(account).await?);
                self.keep(account, Arc::clone(&offices), height);
                offices
            }
        };
        Ok(has(&offices, key, role, node.now().0))
    }

    fn known(&self, account: AccountId, height: Height) -> Option<Arc<OfAccount>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.offices.get(&account).filter(|_| known.at == Some(height)).cloned()
    }

    fn keep(&self, account: AccountId, offices: Arc<OfAccount>, height: Height) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.at != Some(height) || known.offices.len() >= MOST {
            *known = Known { at: Some(height), offices: BTreeMap::new() };
        }
        known.offices.insert(account, offices);
    }
}

/// A token that is tied to a key is good for what that key's office is, and for nothing where there are no offices.
fn has(offices: &OfAccount, key: Option<KeyId>, role: Role, now_ms: u64) -> bool {
    let Some(offices) = offices else { return key.is_none() };
    offices
        .iter()
        .any(|(of, office)| key.is_none_or(|key| key == *of) && office.role == role && office.is_in_force(now_ms))
}

#[cfg(test)]
mod tests {
    use ledger_types::Digest;

    use super::*;

    #[test]
    fn an_office_is_that_of_the_key_in_force_and_of_this_role() {
        let office = |role, until_ms| Office { role, holder: Digest([1; 32]), until_ms };
        let offices = Some(vec![(KeyId(1), office(Role::RuleMaker, u64::MAX)), (KeyId(2), office(Role::Auditor, 100))]);
        let maker = |key| has(&offices, key, Role::RuleMaker, 100);
        assert!(maker(None) && maker(Some(KeyId(1))) && !maker(Some(KeyId(2))) && !maker(Some(KeyId(3))));
        let auditor = |now| has(&offices, Some(KeyId(2)), Role::Auditor, now);
        assert!(auditor(100) && !auditor(101));
        assert!(!has(&offices, None, Role::Approver, 100), "nobody has it");
        assert!(has(&None, None, Role::Approver, 100), "no offices, no ends");
        assert!(!has(&None, Some(KeyId(1)), Role::RuleMaker, 100), "tied to what is not there");
        assert!(!has(&Some(Vec::new()), None, Role::RuleMaker, 100), "staffed stays staffed");
    }
}
