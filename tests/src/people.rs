//! Merchant, company, employee.

use anyhow::{Result, bail};
use ledger_types::account::KeyRecord;
use ledger_types::owner::account_address;
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    AccountId, AccountKind, ClaimState, CreditGrade, Fen, InvoiceKind, KeyId, KindApproval, OutputRecord, Owner,
    OwnerCondition, Payload, Policy, RateGrant, RiskLevel, Slot, Spend, TaxRate, TaxpayerKind, TaxpayerProfile,
    TaxpayerStatus, ZeroKind,
};
use sdk::Identity;

use crate::{AREA, TestChain};

/// The usual people of a scenario.
pub struct People {
    /// Issues.
    pub merchant: Identity,
    /// Its account.
    pub merchant_id: AccountId,
    /// Verifies, locks, books, reimburses.
    pub company: Identity,
    /// Its account.
    pub company_id: AccountId,
    /// Another company.
    pub rival: Identity,
    /// Its account.
    pub rival_id: AccountId,
    /// A person with a wallet of its own: no account.
    pub employee: Identity,
}

/// An approval without narrow limits.
pub fn profile() -> TaxpayerProfile {
    let any = |rate, policy| RateGrant {
        code_prefix: 0,
        prefix_digits: 0,
        rate,
        policy,
        valid_from_ms: 0,
        valid_to_ms: u64::MAX,
    };
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(10_000_000) }],
        monthly_quota: Fen(1_000_000_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![
            any(TaxRate::Percent(600), Policy::None),
            any(TaxRate::Percent(1300), Policy::None),
            any(TaxRate::Zero(ZeroKind::OutOfScope), Policy::OutOfScope),
        ],
        categories: Vec::new(),
    }
}

impl TestChain {
    /// Opens an account with one administrator's key.
    pub async fn open_account(
        &self,
        kind: AccountKind,
        tax_id: Option<&str>,
        name: &str,
    ) -> Result<(AccountId, Identity)> {
        let key = self.new_key()?;
        let open = Payload::OpenAccount {
            kind,
            area: AREA,
            tax_id: tax_id.map(str::parse).transpose()?,
            name: name.to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), key.public_key().0)],
        };
        match self.accept(&self.bureau, open).await? {
            TxOutcome::AccountOpened(id) => {
                Ok((id, Identity::account(id, KeyId(0), key).sealing_with(self.new_sender_key()?)))
            }
            other => bail!("no account but {other:?}"),
        }
    }

    /// Sets the usual people up.
    pub async fn people(&self) -> Result<People> {
        let kind = AccountKind::Enterprise;
        let (merchant_id, merchant) = self.open_account(kind, Some("91440300MA5DEK017E"), "样例餐饮").await?;
        let (company_id, company) = self.open_account(kind, Some("91440300MA5DEK0259"), "样例科技").await?;
        let (rival_id, rival) = self.open_account(kind, Some("91440300MA5DEK0334"), "另一家").await?;
        let approve = Payload::ApproveTaxpayer { account: merchant_id, profile: profile() };
        self.accept(&self.bureau, approve).await?;
        let employee = Identity::bare(self.new_key()?);
        Ok(People { merchant, merchant_id, company, company_id, rival, rival_id, employee })
    }

    /// Hands an invoice that `holder` holds to an account, which accepts.
    pub async fn hand_over(&self, slot: Slot, holder: &Identity, to: AccountId, taker: &Identity) -> Result<()> {
        let address = account_address(&self.client.chain_id(), to);
        let until_ms = self.client.now().0 + 3_600_000;
        let offer = Payload::OfferTransfer { spend: self.spend(slot).await?, to: address, until_ms };
        self.accept(holder, offer).await?;
        self.accept(taker, Payload::AcceptTransfer { spend: self.spend(slot).await? }).await?;
        Ok(())
    }

    /// Locks and books an invoice that the company holds.
    pub async fn lock_and_book(&self, slot: Slot, company: &Identity) -> Result<()> {
        let until_ms = self.client.now().0 + 30 * 86_400_000;
        let lock = Payload::Lock { spends: vec![self.spend(slot).await?], until_ms, reason: 1 };
        self.accept(company, lock).await?;
        let voucher_ref = ledger_types::Digest([7; 32]);
        self.accept(company, Payload::Book { spend: self.spend(slot).await?, deductible: true, voucher_ref }).await?;
        Ok(())
    }
}

/// A spend of a record, with the condition of an offer revealed.
pub(crate) fn spend_of(slot: Slot, record: &OutputRecord) -> Spend {
    let mut spend = Spend::new(slot, record.sequence);
    if let (Owner::Condition(_), Some(invoice)) = (&record.owner, record.invoice())
        && let ClaimState::Offered { from, to, .. } = invoice.claim
    {
        let mut members = vec![from, to];
        members.sort_unstable();
        spend.reveal = Some(OwnerCondition::AnyOf(members));
    }
    spend
}
