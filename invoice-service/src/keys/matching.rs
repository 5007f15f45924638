//! Keys in the service's keeping against the register: what is registered is used, what is revoked is forgotten.

use std::sync::Arc;

use ledger_types::{AccountId, KeyPurpose, KeyRecord, KeyStatus};
use proto::convert::KeyMode;
use proto::invoice::v1 as pb;
use proto::{EdgeError, EdgeReason};
use tokio::sync::{mpsc, watch};

use crate::audit_log::{Event, Phase};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::store::keys::HeldKey;

/// Looks at every account that has keys here, and then at each that changes, until `stopping`.
pub(crate) async fn run(desk: Arc<Desk>, mut changed: mpsc::Receiver<AccountId>, mut stopping: watch::Receiver<bool>) {
    let mut waiting = desk.vault.accounts().await.unwrap_or_else(|fault| {
        tracing::error!(%fault, "the hosted keys cannot be listed");
        Vec::new()
    });
    loop {
        for account in waiting.drain(..) {
            if let Err(failure) = desk.match_keys(account).await {
                tracing::warn!(?failure, %account, "the account's keys were not held against the register");
            }
        }
        tokio::select! {
            next = changed.recv() => match next {
                Some(account) => waiting.push(account),
                None => return,
            },
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

impl Desk {
    /// Takes note of what the register says of the keys that an account has here. A key that is revoked there is
    /// forgotten for ever, which is recorded first.
    pub(crate) async fn match_keys(&self, account: AccountId) -> Result<(), Failure> {
        if self.vault.held(account).await?.is_empty() {
            return Ok(());
        }
        let _alone = self.matching.lock().await;
        let held = self.vault.held(account).await?;
        let Some(registered) = self.node.account(account).await? else { return Ok(()) };
        for key in held {
            let record = registered.keys.iter().find(|record| record.public_key == key.public_key);
            let Some(record) = record else { continue };
            if record.status == KeyStatus::Revoked {
                self.record_forgotten(account, record).await?;
                self.vault.forget(account, &key.public_key).await?;
                tracing::info!(%account, key = record.id.0, "a hosted key was revoked on the chain and is forgotten");
            } else if !known(&key, record) {
                self.vault.bind(&key.public_key, account, record.id, kinds(record)).await?;
            }
        }
        Ok(())
    }

    async fn record_forgotten(&self, account: AccountId, record: &KeyRecord) -> Result<(), Failure> {
        let event = Event {
            phase: Phase::Done,
            account: Some(account),
            role: None,
            call: format!("service/forget-key-{}", record.id.0),
            asked: None,
            request: None,
            outcome: Some("OK".to_owned()),
        };
        let unavailable = |_| Failure::from(EdgeError::new(EdgeReason::AuditUnavailable));
        self.audit.record(event).await.map(drop).map_err(unavailable)
    }

    /// Who keeps which key of an account.
    pub(crate) async fn kept_keys(&self, account: AccountId) -> Result<(KeyMode, Vec<pb::KeptKey>), Failure> {
        self.match_keys(account).await?;
        let held = self.vault.held(account).await?;
        let hosted = |record: &KeyRecord| held.iter().any(|held| held.public_key == record.public_key);
        let keys = self.account(account).await?.keys;
        let keeps = |admin: bool| {
            let mut here = keys.iter().filter(|record| record.status == KeyStatus::Active && hosted(record));
            here.any(|record| (record.purpose == KeyPurpose::Admin) == admin)
        };
        let mode = match (keeps(true), keeps(false)) {
            (true, _) => KeyMode::Hosted,
            (false, true) => KeyMode::PartHosted,
            (false, false) => KeyMode::Own,
        };
        let kept = keys.iter().map(|record| pb::KeptKey { key: Some(record.into()), hosted: hosted(record) });
        Ok((mode, kept.collect()))
    }
}

fn kinds(record: &KeyRecord) -> Option<u64> {
    (record.purpose != KeyPurpose::Admin).then_some(record.kinds)
}

/// Whether the store says of a key what the register says.
fn known(held: &HeldKey, record: &KeyRecord) -> bool {
    (held.key_id, held.kinds) == (Some(record.id), kinds(record))
}
