//! Claim tokens that the service made, sealed, so that a till can show the QR again; and which invoice each was for.

use ledger_types::{AccountId, Address, RequestId, Slot};
use zeroize::Zeroizing;

use super::at_rest::SealedFor;
use super::{Store, StoreError, count, number};

/// What binds a token to its row.
pub(super) fn row(request: &[u8], item: u16) -> Vec<u8> {
    [request, &item.to_be_bytes()].concat()
}

impl Store {
    /// The tokens of a change, by item.
    pub(crate) async fn claim_tokens(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> Result<Vec<(u16, Zeroizing<String>)>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows: Vec<(u16, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT item, sealed, sealed_under FROM claim_tokens WHERE account = ? AND request_id = ? ORDER BY item",
        )
        .bind(account.0)
        .bind(request.0.as_slice())
        .fetch_all(&mut *connection)
        .await?;
        let mut tokens = Vec::new();
        for (item, sealed, under) in rows {
            let key = self.at_rest.key(&mut connection, under).await?;
            let plain = key.open(SealedFor::ClaimToken, &row(&request.0, item), &sealed)?;
            let text = std::str::from_utf8(&plain).map_err(|_| StoreError::Damaged("claim token"))?;
            tokens.push((item, Zeroizing::new(text.to_owned())));
        }
        Ok(tokens)
    }

    /// Remembers which invoice a token's address was given.
    pub(crate) async fn remember_claim(&self, address: &Address, slot: Slot) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO claim_slots (address, slot) VALUES (?, ?) ON CONFLICT DO UPDATE SET slot = excluded.slot",
        )
        .bind(address.as_bytes())
        .bind(number(slot.0)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The invoice that a token's address was given, claimed or not.
    pub(crate) async fn claim_slot(&self, address: &Address) -> Result<Option<Slot>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT slot FROM claim_slots WHERE address = ?")
            .bind(address.as_bytes())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| count(r.0).map(Slot)).transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::fresh;
    use super::*;

    #[tokio::test]
    async fn a_token_remembers_its_newest_invoice() {
        let (_dir, store) = fresh().await;
        let address = Address([9; 32]);
        assert_eq!(store.claim_slot(&address).await.unwrap(), None);
        store.remember_claim(&address, Slot(4)).await.unwrap();
        store.remember_claim(&address, Slot(5)).await.unwrap();
        assert_eq!(store.claim_slot(&address).await.unwrap(), Some(Slot(5)));
    }
}
