//! Quota and counts.

use ledger_types::{AccountId, Fen};
use proto::convert::field;
use proto::invoice::v1 as pb;
use tonic::Request;

use crate::desk::{Caller, Desk, admitted};
use crate::failure::Failure;

impl Desk {
    pub(crate) async fn quota(&self, request: Request<pb::GetQuotaRequest>) -> Result<pb::GetQuotaResponse, Failure> {
        let (_, extensions, message) = request.into_parts();
        let caller = admitted(&extensions)?;
        let account = field::account(message.account, "account")?;
        self.may_see_taxpayer(caller, account).await?;
        let stamp = self.stamp(message.read_options).await?;
        let profile = self.node.taxpayer(account).await?;
        let profile = profile.ok_or_else(|| Failure::not_found("taxpayer", account))?;
        let usage = tax_rules::usage::roll(self.node.usage(account).await?, stamp.time);
        let used = i128::from(usage.reserved.0) + i128::from(usage.consumed.0);
        let available = Fen::from_sum(i128::from(profile.monthly_quota.0) - used).unwrap_or(Fen::ZERO);
        Ok(pb::GetQuotaResponse {
            read_context: Some((&stamp).into()),
            month: usage.month.0,
            quota: profile.monthly_quota.0,
            reserved: usage.reserved.0,
            consumed: usage.consumed.0,
            // A quota cut below what is used leaves nothing, not less.
            available: available.max(Fen::ZERO).0,
            today: usage.day_count,
            daily_count: profile.daily_count,
            profile: Some((&profile).into()),
        })
    }

    /// A taxpayer's affairs are for itself and for a bureau over its area.
    pub(crate) async fn may_see_taxpayer(&self, caller: Caller, account: AccountId) -> Result<(), Failure> {
        if caller.account == account {
            return Ok(());
        }
        let (asking, taxpayer) = (self.account(caller.account).await?, self.node.account(account).await?);
        match taxpayer {
            Some(taxpayer) if Self::governs(&asking, taxpayer.area) => Ok(()),
            _ => Err(Failure::forbidden("the account is not yours and not in your area")),
        }
    }
}
