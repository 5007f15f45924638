//! The city: accounts, approvals and wallets, set up through the public API.

use std::collections::VecDeque;

use crypto::{KeyUse, SenderKey, SigningKey, SoftwareProvider};
use ledger_types::account::KeyRecord;
use ledger_types::owner::account_address;
use ledger_types::{
    AccountId, AccountKind, Address, Area, Fen, KeyId, KeyPurpose, Payload, PayloadKind, TaxId, TxOutcome,
};
use sdk::{Identity, NodeClient, SignedTx};

use crate::error::SimError;
use crate::industry::Industry;
use crate::personas::bureau;
use crate::plan::Plan;
use crate::seen::Seen;
use crate::tax_ids::TaxIds;

/// A merchant that was set up.
#[derive(Clone)]
pub struct Merchant {
    /// Its account.
    pub account: AccountId,
    /// The till's key.
    pub till: Identity,
    /// What it sells.
    pub industry: Industry,
    /// Its quota of a month, fen without tax.
    pub quota: Fen,
}

/// A company that receives.
#[derive(Clone)]
pub struct Company {
    /// Its account.
    pub account: AccountId,
    /// The account's address.
    pub address: Address,
    /// The finance clerk's key.
    pub clerk: Identity,
    /// Name for invoices.
    pub name: String,
    /// Tax id for invoices.
    pub tax_id: TaxId,
}

/// Everybody.
pub struct City {
    /// The area.
    pub area: Area,
    /// By rank in size.
    pub merchants: Vec<Merchant>,
    /// Companies.
    pub companies: Vec<Company>,
    /// Wallets of persons and employees: keys of their own.
    pub wallets: Vec<Identity>,
}

/// Enough for any single day, fen.
const AMPLE: i64 = 1_000_000_000;

impl City {
    /// Opens and approves everybody that a plan needs.
    pub async fn settle(client: &NodeClient, bureau: &Identity, plan: &Plan) -> Result<Self, SimError> {
        let area = *client.genesis().areas.first().ok_or(SimError::NoArea)?;
        bureau::publish_rules(client, bureau).await?;
        let start = u64::from_le_bytes(crypto::random::array()?);
        let mut ids = TaxIds::new(start);
        let title = |i: usize, industry: &Industry| format!("深圳模拟{}第{}号有限公司", industry.trade().label, i + 1);
        let shops: Vec<_> = plan.merchants.iter().enumerate().map(|(i, industry)| title(i, industry)).collect();
        let firms: Vec<_> = (0..plan.companies).map(|i| format!("深圳模拟科技第{}号有限公司", i + 1)).collect();
        let shops = open(client, bureau, area, shops, &mut ids).await?;
        let firms = open(client, bureau, area, firms, &mut ids).await?;
        let merchants: Vec<Merchant> = shops
            .into_iter()
            .zip(&plan.merchants)
            .enumerate()
            .map(|(i, (shop, industry))| {
                let tight = plan.tight.iter().find(|(m, _)| *m == i).map(|(_, quota)| *quota);
                let quota = tight.unwrap_or_else(|| Fen(plan.planned(i).saturating_mul(4).saturating_add(AMPLE)));
                Merchant { account: shop.account, till: shop.clerk, industry: *industry, quota }
            })
            .collect();
        approve(client, bureau, area, &merchants).await?;
        let provider = SoftwareProvider::shared();
        let wallets = (0..plan.persons)
            .map(|_| SigningKey::generate(&provider, KeyUse::Transaction).map(Identity::bare))
            .collect::<Result<_, _>>()?;
        Ok(Self { area, merchants, companies: firms, wallets })
    }
}

/// Opens enterprises with an administrator's and an operator's key; signs with the operator's afterwards.
async fn open(
    client: &NodeClient,
    bureau: &Identity,
    area: Area,
    names: Vec<String>,
    ids: &mut TaxIds,
) -> Result<Vec<Company>, SimError> {
    let provider = SoftwareProvider::shared();
    let mut txs = Vec::with_capacity(names.len());
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        let admin = SigningKey::generate(&provider, KeyUse::Transaction)?;
        let clerk = SigningKey::generate(&provider, KeyUse::Transaction)?;
        let operator = KeyRecord {
            purpose: KeyPurpose::Operator,
            kinds: PayloadKind::business_bits(),
            ..KeyRecord::admin(KeyId(1), clerk.public_key().0)
        };
        let tax_id = ids.next_id();
        let payload = Payload::OpenAccount {
            kind: AccountKind::Enterprise,
            area,
            tax_id: Some(tax_id.clone()),
            name: name.clone(),
            keys: vec![KeyRecord::admin(KeyId(0), admin.public_key().0), operator],
        };
        txs.push(sdk::sign_plain(&client.new_frame(area)?, payload, &[bureau])?);
        let seals = SenderKey::new(SigningKey::generate(&provider, KeyUse::Encryption)?)?;
        parts.push((name, tax_id, clerk, seals));
    }
    let outcomes = send_all(client, txs, "an account").await?;
    let chain = client.chain_id();
    outcomes
        .into_iter()
        .zip(parts)
        .map(|(outcome, (name, tax_id, clerk, seals))| match outcome {
            TxOutcome::AccountOpened(account) => Ok(Company {
                account,
                address: account_address(&chain, account),
                clerk: Identity::account(account, KeyId(1), clerk).sealing_with(seals),
                name,
                tax_id,
            }),
            other => Err(SimError::Setup { what: "an account", why: format!("{other:?}") }),
        })
        .collect()
}

async fn approve(client: &NodeClient, bureau: &Identity, area: Area, merchants: &[Merchant]) -> Result<(), SimError> {
    let sign = |m: &Merchant| {
        let payload = Payload::ApproveTaxpayer { account: m.account, profile: bureau::profile(m.industry, m.quota) };
        Ok(sdk::sign_plain(&client.new_frame(area)?, payload, &[bureau])?)
    };
    let txs = merchants.iter().map(sign).collect::<Result<_, SimError>>()?;
    send_all(client, txs, "an approval").await.map(drop)
}

/// Sends transactions over one stream and waits for all; every one must be accepted.
pub async fn send_all(client: &NodeClient, txs: Vec<SignedTx>, what: &'static str) -> Result<Vec<TxOutcome>, SimError> {
    let (to_node, mut fates) = client.submit_stream(true, 512).await?;
    let copies: VecDeque<SignedTx> = txs.iter().cloned().collect();
    let feed = tokio::spawn(async move {
        for tx in copies {
            if to_node.send(tx).await.is_err() {
                return;
            }
        }
    });
    let mut outcomes = Vec::with_capacity(txs.len());
    for tx in &txs {
        let answer = fates.recv().await;
        let seen = match answer.as_ref().and_then(Seen::of) {
            Some(seen) => seen,
            None => crate::lanes::resolve(client, tx).await,
        };
        match seen {
            Seen::Accepted(outcome) => outcomes.push(outcome),
            other => return Err(SimError::Setup { what, why: other.describe() }),
        }
    }
    drop(feed.await);
    Ok(outcomes)
}
