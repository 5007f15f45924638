//! Honest callers: changes and reads at a steady pace, whatever else goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::invoice::v1::GetQuotaRequest;
use proto::invoice::v1::merchant_service_client::MerchantServiceClient;
use sdk::NodeClient;
use serde::Serialize;
use simulators::dice::Dice;
use simulators::load::{Sellers, Shape};
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

/// One call.
struct Seen {
    began: Instant,
    took: Duration,
    change: bool,
    failed: Option<String>,
}

/// What honest callers saw within some time.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Figures {
    pub(super) calls: usize,
    pub(super) failed: usize,
    pub(super) first_failure: Option<String>,
    pub(super) changes_p99_ms: f64,
    pub(super) reads_p99_ms: f64,
}

/// The callers, until they are dropped.
pub(super) struct Honest {
    task: JoinHandle<()>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// Whom they call.
#[derive(Clone)]
pub(super) struct Called {
    pub(super) node: NodeClient,
    pub(super) sellers: Arc<Sellers>,
    pub(super) service: Channel,
    pub(super) token: MetadataValue<Ascii>,
    pub(super) account: u32,
}

impl Honest {
    /// So many changes a second, and as many reads: of the node and of the service by turns.
    pub(super) fn start(called: Called, per_second: u32) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let shared = seen.clone();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
            let mut dice = Dice::new(7);
            for turn in 0_u64.. {
                ticks.tick().await;
                let (called, seed) = (called.clone(), dice.below(usize::MAX) as u64);
                let shared = shared.clone();
                tokio::spawn(async move {
                    let (change, read) = tokio::join!(called.change(seed), called.read(turn));
                    shared.lock().unwrap_or_else(PoisonError::into_inner).extend([change, read]);
                });
            }
        });
        Self { task, seen }
    }

    /// What was begun between two moments and has ended.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Figures {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let within: Vec<_> = seen.iter().filter(|s| s.began >= from && s.began < to).collect();
        let p99 = |change: bool| {
            let mut took: Vec<_> = within.iter().filter(|s| s.change == change).map(|s| s.took).collect();
            took.sort_unstable();
            let place = (took.len() * 99).div_ceil(100).saturating_sub(1);
            took.get(place).map_or(0.0, |t| t.as_secs_f64() * 1_000.0)
        };
        let failures: Vec<_> = within.iter().filter_map(|s| s.failed.clone()).collect();
        Figures {
            calls: within.len(),
            failed: failures.len(),
            first_failure: failures.first().cloned(),
            changes_p99_ms: p99(true),
            reads_p99_ms: p99(false),
        }
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Called {
    async fn change(&self, seed: u64) -> Seen {
        let signed = self.sellers.sign(&self.node, Shape::Single, &mut Dice::new(seed));
        let began = Instant::now();
        let failed = match signed {
            Err(error) => Some(error.to_string()),
            Ok(tx) => match self.node.submit_and_wait(&tx).await {
                Ok(fate) if fate.verdict().is_some() => None,
                Ok(fate) => Some(format!("{:?}", fate.state)),
                Err(error) => Some(error.to_string()),
            },
        };
        Seen { began, took: began.elapsed(), change: true, failed }
    }

    async fn read(&self, turn: u64) -> Seen {
        let began = Instant::now();
        let failed = if turn.is_multiple_of(2) {
            self.node.status().await.err().map(|e| e.to_string())
        } else {
            let mut request = tonic::Request::new(GetQuotaRequest { account: self.account, read_options: None });
            request.metadata_mut().insert("authorization", self.token.clone());
            let mut client = MerchantServiceClient::new(self.service.clone());
            client.get_quota(request).await.err().map(|e| format!("GetQuota: {e}"))
        };
        Seen { began, took: began.elapsed(), change: false, failed }
    }
}
