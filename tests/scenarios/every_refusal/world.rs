//! The chain that the recipes share, and what they do on it time and again.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, bail};
use crypto::{OrderToken, SigningKey};
use ledger_types::account::KeyRecord;
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    AccountId, AccountKind, Area, Digest, KeyId, OwnerCondition, Payload, Slot, TaxId, TaxpayerProfile,
};
use sdk::{Identity, SignedTx};
use tests::{AREA, People, TestChain, draft, outcome, profile};

use super::attempt::Attempt;
use super::forge::{Forge, Paper};
use crate::wire::{self, Wire};

/// The province: its bureau stands over [`AREA`], and it has numbers of its own but no rule book.
pub(super) const PROVINCE: Area = Area(4400);
/// Under the province, but not issued in on this chain.
pub(super) const NOT_ISSUED_IN: Area = Area(4405);
/// Under another province.
pub(super) const ELSEWHERE: Area = Area(3301);
/// The price of everything, fen.
pub(super) const PRICE: i64 = 10_600;

/// The shared chain.
pub(super) struct World {
    pub(super) chain: TestChain,
    pub(super) wire: Wire,
    pub(super) people: People,
    taxpayers: AtomicU32,
}

impl World {
    pub(super) async fn start() -> Result<Self> {
        let chain = TestChain::start_in(vec![PROVINCE, AREA]).await?;
        let people = chain.people().await?;
        let wire = wire::connect(&chain).await?;
        Ok(Self { chain, wire, people, taxpayers: AtomicU32::new(0) })
    }

    pub(super) fn now(&self) -> u64 {
        self.chain.client.now().0
    }

    /// A tax id that nobody has yet: seventeen digits have no check digit.
    pub(super) fn new_tax_id(&self) -> Result<TaxId> {
        let n = self.taxpayers.fetch_add(1, Ordering::Relaxed);
        Ok(format!("44030{n:012}").parse()?)
    }

    /// A transaction without a body, to be refused.
    pub(super) fn attempt(&self, who: &Identity, payload: Payload) -> Result<Attempt> {
        Ok(self.chain.sign(who, payload)?.into())
    }

    /// The opening of an account with these keys.
    pub(super) fn opening(&self, kind: AccountKind, area: Area, keys: Vec<KeyRecord>) -> Result<Payload> {
        let (tax_id, name) = match kind {
            AccountKind::Enterprise => (Some(self.new_tax_id()?), "样例企业".to_owned()),
            AccountKind::Person => (None, String::new()),
            _ => (None, "样例机构".to_owned()),
        };
        Ok(Payload::OpenAccount { kind, area, tax_id, name, keys })
    }

    /// Opens an account with an administrator's key.
    pub(super) async fn open(&self, kind: AccountKind, area: Area) -> Result<(AccountId, Identity)> {
        let key = self.chain.new_key()?;
        let id = self.open_with(kind, area, vec![admin(0, &key)]).await?;
        Ok((id, Identity::account(id, KeyId(0), key).sealing_with(self.chain.new_sender_key()?)))
    }

    /// Opens an account with these keys.
    pub(super) async fn open_with(&self, kind: AccountKind, area: Area, keys: Vec<KeyRecord>) -> Result<AccountId> {
        match self.chain.accept(&self.chain.bureau, self.opening(kind, area, keys)?).await? {
            TxOutcome::AccountOpened(id) => Ok(id),
            other => bail!("no account but {other:?}"),
        }
    }

    /// A merchant whose approval is the usual one, edited.
    pub(super) async fn merchant(&self, edit: impl FnOnce(&mut TaxpayerProfile)) -> Result<Identity> {
        let (account, merchant) = self.open(AccountKind::Enterprise, AREA).await?;
        self.approve(account, edit).await?;
        Ok(merchant)
    }

    /// Approves a taxpayer with the usual profile, edited.
    pub(super) async fn approve(&self, account: AccountId, edit: impl FnOnce(&mut TaxpayerProfile)) -> Result<()> {
        let mut profile = profile();
        edit(&mut profile);
        self.chain.accept(&self.chain.bureau, Payload::ApproveTaxpayer { account, profile }).await?;
        Ok(())
    }

    /// The request for an invoice that waits for its token.
    pub(super) fn unclaimed(&self) -> Result<InvoiceRequest> {
        let owner = OwnerCondition::TokenKey(OrderToken::generate()?.address(&self.chain.client.chain_id()));
        Ok(InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() })
    }

    /// The request for an invoice that somebody holds at once.
    pub(super) fn held_by(&self, holder: &Identity) -> InvoiceRequest {
        let owner = OwnerCondition::Address(holder.address(&self.chain.client.chain_id()));
        InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() }
    }

    /// Signs the issue of a meal at [`PRICE`].
    pub(super) fn sign_meal(&self, merchant: &Identity, request: InvoiceRequest) -> Result<SignedTx> {
        Forge::invoice(self, merchant, Payload::Issue(request), &Paper::of(&draft(PRICE)))?.sign()
    }

    /// Issues a meal at [`PRICE`].
    pub(super) async fn meal(&self, merchant: &Identity, request: InvoiceRequest) -> Result<Slot> {
        let tx = self.sign_meal(merchant, request)?;
        match outcome(&self.chain.client.submit_and_wait(&tx).await?)? {
            TxOutcome::Issued(issued) => Ok(issued.slot),
            other => bail!("no invoice but {other:?}"),
        }
    }

    /// An invoice that the company holds.
    pub(super) async fn companys(&self) -> Result<Slot> {
        self.meal(&self.people.merchant, self.held_by(&self.people.company)).await
    }

    /// An invoice that the company holds and locked.
    pub(super) async fn locked(&self) -> Result<Slot> {
        let slot = self.companys().await?;
        self.chain.accept(&self.people.company, self.lock(slot).await?).await?;
        Ok(slot)
    }

    /// An invoice that the company holds, locked and booked.
    pub(super) async fn booked(&self) -> Result<Slot> {
        let slot = self.companys().await?;
        self.chain.lock_and_book(slot, &self.people.company).await?;
        Ok(slot)
    }

    /// The lock of an invoice as it is now, for an hour.
    pub(super) async fn lock(&self, slot: Slot) -> Result<Payload> {
        let spends = vec![self.chain.spend(slot).await?];
        Ok(Payload::Lock { spends, until_ms: self.now() + 3_600_000, reason: 1 })
    }

    /// The offer of an invoice as it is now to the rival, for an hour.
    pub(super) async fn offer(&self, slot: Slot) -> Result<Payload> {
        let to = self.people.rival.address(&self.chain.client.chain_id());
        Ok(Payload::OfferTransfer { spend: self.chain.spend(slot).await?, to, until_ms: self.now() + 3_600_000 })
    }
}

/// An administrator's record of a key.
pub(super) fn admin(id: u16, key: &SigningKey) -> KeyRecord {
    KeyRecord::admin(KeyId(id), key.public_key().0)
}
