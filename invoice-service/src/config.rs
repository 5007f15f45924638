//! What the service is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ledger_types::{AccountId, ChainId};

use sm_tls::{Limits, Security};

use crate::master_secret::MasterSecret;
use crate::rate_limit::Rate;

/// Everything the service needs.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Where to listen; port 0 for any free one.
    pub listen: SocketAddr,
    /// How it is called and calls.
    pub security: Security,
    /// The node, e.g. `https://127.0.0.1:7000`.
    pub node: String,
    /// The chain that is meant; a node of another one is refused.
    pub chain: Option<ChainId>,
    /// The folder of the service's own store.
    pub data: PathBuf,
    /// What hosted keys and claim tokens are kept under.
    pub master_secret: MasterSecret,
    /// The bureau in whose name `Onboard` registers newcomers, with a hosted key; none to offer no such call.
    pub registrar: Option<AccountId>,
    /// The bureau in whose name sealed contents are read that no account with a hosted key issued or holds, for the public's
    /// verification; its key must be hosted. The registrar if none is named.
    pub reader: Option<AccountId>,
    /// Where the audit log is written, each a folder of its own: best on different disks. Where one cannot be written the
    /// others go on; where none can, nothing is done.
    pub audit_sinks: Vec<PathBuf>,
    /// The account in whose name the audit log is anchored on the chain; its key must be hosted. The registrar or reader if none
    /// is named.
    pub anchor: Option<AccountId>,
    /// Bounds of what callers may use up.
    pub limits: ServiceLimits,
}

impl ServiceConfig {
    /// A service for one node, with the usual limits and without self-registration.
    pub fn new(
        listen: SocketAddr,
        security: Security,
        node: impl Into<String>,
        data: PathBuf,
        master_secret: MasterSecret,
    ) -> Self {
        let limits = ServiceLimits::default();
        let (chain, registrar, reader, anchor) = (None, None, None, None);
        let audit_sinks = vec![data.join("audit-1"), data.join("audit-2")];
        Self {
            listen,
            security,
            node: node.into(),
            chain,
            data,
            master_secret,
            registrar,
            reader,
            audit_sinks,
            anchor,
            limits,
        }
    }
}

/// Bounds of what callers may use up.
#[derive(Clone, Copy, Debug)]
pub struct ServiceLimits {
    /// Shortest and longest deadline of a call; a caller's wish is cut to this range, none means the longest.
    pub deadline: (Duration, Duration),
    /// How long a call of the node may take, and how long the service waits for a verdict before it says PENDING.
    pub node_deadline: Duration,
    /// Calls at work at once; more are refused with `RESOURCE_EXHAUSTED`.
    pub calls_at_once: usize,
    /// Calls at work at once on one connection; more wait.
    pub calls_per_connection: usize,
    /// Connections at once.
    pub connections: Limits,
    /// Calls of one account.
    pub account_rate: Rate,
    /// Public verifications and registrations of one address.
    pub public_rate: Rate,
    /// Checks of one invoice a day (Asia/Shanghai) by check code: 20 bits could be guessed.
    pub checks_by_code_per_day: u32,
    /// Checks of one invoice a day by its QR code.
    pub checks_by_qr_per_day: u32,
    /// No answer to a verification is quicker than this, so that its time says little.
    pub verify_floor: Duration,
    /// How often the audit log is anchored on the chain.
    pub anchor_every: Duration,
    /// How often transactions whose fate is unknown are sent again.
    pub resend_every: Duration,
    /// How long a stop waits for calls at work.
    pub drain: Duration,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            deadline: (Duration::from_millis(50), Duration::from_secs(30)),
            node_deadline: Duration::from_secs(10),
            calls_at_once: 1_024,
            calls_per_connection: 256,
            connections: Limits::default(),
            account_rate: Rate { per_minute: 60_000, burst: 5_000 },
            public_rate: Rate { per_minute: 60, burst: 20 },
            checks_by_code_per_day: 5,
            checks_by_qr_per_day: 100,
            verify_floor: Duration::from_millis(20),
            anchor_every: Duration::from_secs(300),
            resend_every: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }
}
