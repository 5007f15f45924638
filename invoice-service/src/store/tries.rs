//! How often an invoice was looked at today; survives a restart, so that a restart gives nobody new tries.

use ledger_types::Digest;

use super::{Store, StoreError, number};

impl Store {
    /// Counts one more try of `subject` on `day` (days since 1970) and says which it was, from 1. Other days' counts
    /// are dropped with the first try of a new day.
    pub(crate) async fn count_try(&self, day: u64, subject: &Digest) -> Result<u32, StoreError> {
        let day = number(day)?;
        let (count,): (u32,) = sqlx::query_as(
            "INSERT INTO tries (day, subject, count) VALUES (?, ?, 1)
             ON CONFLICT DO UPDATE SET count = min(count + 1, 1000000) RETURNING count",
        )
        .bind(day)
        .bind(subject.0.as_slice())
        .fetch_one(&self.pool)
        .await?;
        if count == 1 {
            sqlx::query("DELETE FROM tries WHERE day < ?").bind(day).execute(&self.pool).await?;
        }
        Ok(count)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{again, fresh};
    use super::*;

    #[tokio::test]
    async fn tries_are_counted_by_day_and_subject() {
        let (dir, store) = fresh().await;
        let (a, b) = (Digest([1; 32]), Digest([2; 32]));
        assert_eq!(store.count_try(20_000, &a).await.unwrap(), 1);
        assert_eq!(store.count_try(20_000, &a).await.unwrap(), 2);
        assert_eq!(store.count_try(20_000, &b).await.unwrap(), 1);
        store.close().await;
        let store = again(&dir).await;
        assert_eq!(store.count_try(20_000, &a).await.unwrap(), 3, "a restart forgets nothing");
        assert_eq!(store.count_try(20_001, &a).await.unwrap(), 1);
        let (rows,): (i64,) = sqlx::query_as("SELECT count(*) FROM tries").fetch_one(&store.pool).await.unwrap();
        assert_eq!(rows, 1, "yesterday is gone");
    }
}
