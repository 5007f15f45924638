//! Invoices on offer, rebuilt from change sets: the chain keeps their owner by hash and cannot list them by party.

use ledger_types::{Address, ChangeSet, ClaimState, Height, Slot};

use super::{Store, StoreError, count, number};

/// On which side of an offer an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfferSide {
    /// It gives.
    Giver,
    /// It may accept.
    Receiver,
}

const CURSOR: &str = "offers_to";

impl Store {
    /// The height up to which the offers are known.
    pub(crate) async fn offers_height(&self) -> Result<Height, StoreError> {
        let Some(bytes) = self.get(CURSOR).await? else { return Ok(Height(0)) };
        Ok(Height(u64::from_be_bytes(super::fixed(bytes, "cursor of the offers")?)))
    }

    /// Takes in one block's changes and moves the cursor, all or nothing. A height already taken in changes nothing.
    pub(crate) async fn apply_offers(&self, height: Height, changes: &ChangeSet) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let moved = sqlx::query(
            "INSERT INTO meta (name, value) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET value = excluded.value WHERE excluded.value > value",
        )
        .bind(CURSOR)
        .bind(height.0.to_be_bytes().to_vec())
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(transaction.rollback().await?);
        }
        for (slot, record) in changes.outputs() {
            let Some(invoice) = record.invoice() else { continue };
            let query = match invoice.claim {
                ClaimState::Offered { from, to, .. } => {
                    sqlx::query("INSERT OR REPLACE INTO offers (slot, giver, receiver) VALUES (?, ?, ?)")
                        .bind(number(slot.0)?)
                        .bind(from.0.to_vec())
                        .bind(to.0.to_vec())
                }
                // A new output was never on offer.
                _ if record.sequence == 0 => continue,
                _ => sqlx::query("DELETE FROM offers WHERE slot = ?").bind(number(slot.0)?),
            };
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Every slot on offer.
    pub(crate) async fn offered_slots(&self) -> Result<std::collections::BTreeSet<Slot>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("SELECT slot FROM offers").fetch_all(&self.pool).await?;
        rows.into_iter().map(|r| count(r.0).map(Slot)).collect()
    }

    /// Slots on offer by or to an address, from `after` on, by rising slot.
    pub(crate) async fn offers(
        &self,
        address: &Address,
        side: OfferSide,
        after: Option<Slot>,
        limit: u32,
    ) -> Result<Vec<Slot>, StoreError> {
        let query = match side {
            OfferSide::Giver => "SELECT slot FROM offers WHERE giver = ? AND slot > ? ORDER BY slot LIMIT ?",
            OfferSide::Receiver => "SELECT slot FROM offers WHERE receiver = ? AND slot > ? ORDER BY slot LIMIT ?",
        };
        let after = after.map_or(Ok(-1), |s| number(s.0))?;
        let rows: Vec<(i64,)> =
            sqlx::query_as(query).bind(address.as_bytes()).bind(after).bind(limit).fetch_all(&self.pool).await?;
        rows.into_iter().map(|r| count(r.0).map(Slot)).collect()
    }
}

#[cfg(test)]
#[path = "offers_test.rs"]
mod offers_test;
