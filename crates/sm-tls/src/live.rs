//! Configurations that follow their files, so that a renewed certificate or a new list needs no restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crypto::SigningKey;
use crypto::x509::Certificate;
use rustls::{ClientConfig, Error, ServerConfig};
use tokio::sync::watch;

use crate::config::{self, Identity, Trust};
use crate::files::{TlsFiles, TlsFilesError};
use crate::{Door, Holds, Transport};

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(2);

/// What was read: who one is, whom one believes, and how long that holds.
#[derive(Debug)]
pub struct Material {
    peers: Arc<ServerConfig>,
    callers: Arc<ServerConfig>,
    calls: Arc<ClientConfig>,
    holds: Holds,
}

impl Material {
    /// Of one's identity, its chain, and whom one believes.
    ///
    /// # Errors
    /// [`Error`] of roots and lists that cannot be used.
    pub fn new(identity: Identity, chain: Vec<Certificate>, trust: Trust) -> Result<Self, Error> {
        let subject = chain.first().map_or_else(String::new, Certificate::subject);
        let until = chain.iter().map(|one| one.period().until).min().unwrap_or(0);
        Ok(Self {
            peers: Arc::new(config::server(&identity, &trust)?),
            callers: Arc::new(config::open_server(&identity, &trust)?),
            calls: Arc::new(config::client(Some(&identity), &trust)?),
            holds: Holds { subject, until },
        })
    }
}

/// One's security on all connections: the newest of it.
#[derive(Clone, Debug)]
pub struct Live {
    peers: watch::Receiver<Arc<ServerConfig>>,
    callers: watch::Receiver<Arc<ServerConfig>>,
    calls: watch::Receiver<Arc<ClientConfig>>,
    holds: watch::Receiver<Holds>,
    /// Whom one believes besides; none where nothing follows.
    also: Option<Arc<watch::Sender<Vec<Certificate>>>>,
    registered_only: bool,
}

struct Feed {
    peers: watch::Sender<Arc<ServerConfig>>,
    callers: watch::Sender<Arc<ServerConfig>>,
    calls: watch::Sender<Arc<ClientConfig>>,
    holds: watch::Sender<Holds>,
}

impl Live {
    /// What stays as it is.
    #[must_use]
    pub fn fixed(material: Material) -> Self {
        Self::begin(material).1
    }

    /// What files say, now and later: they are looked at every two seconds. Files that do not fit together are not used
    /// (the log says why); what was before holds on. Resumption ends with each change, so that nobody comes back on what
    /// a new list revoked.
    ///
    /// # Errors
    /// [`TlsFilesError`] of the first time.
    pub fn follow(
        files: TlsFiles,
        open: impl Fn(&Path) -> Result<SigningKey, String> + Send + Sync + 'static,
    ) -> Result<Self, TlsFilesError> {
        let mut seen = Stamp::of(&files.paths());
        let (feed, live) = Self::begin(files.read(&open)?);
        let (more, mut also) = watch::channel(Vec::new());
        let live = Self { also: Some(Arc::new(more)), registered_only: files.registered_only, ..live };
        let open = Arc::new(open);
        tokio::spawn(async move {
            loop {
                let believes = tokio::select! {
                    () = feed.holds.closed() => return,
                    Ok(()) = also.changed() => true,
                    () = tokio::time::sleep(EVERY) => false,
                };
                let now = Stamp::of(&files.paths());
                if now == seen && !believes {
                    continue;
                }
                seen = now;
                let (files, open, also) = (files.clone(), open.clone(), also.borrow_and_update().clone());
                // Opening a key file takes a while on purpose.
                match tokio::task::spawn_blocking(move || files.read_with(open.as_ref(), &also)).await {
                    Ok(Ok(material)) => {
                        tracing::info!(subject = material.holds.subject, "certificates were read again");
                        feed.renew(material);
                    }
                    Ok(Err(error)) => tracing::error!(%error, "new certificates are not used: the old ones hold on"),
                    Err(_) => tracing::error!("reading certificates failed: the old ones hold on"),
                }
            }
        });
        Ok(live)
    }

    fn begin(material: Material) -> (Feed, Self) {
        let (peers, of_peers) = watch::channel(material.peers);
        let (callers, of_callers) = watch::channel(material.callers);
        let (calls, of_calls) = watch::channel(material.calls);
        let (holds, of_holds) = watch::channel(material.holds);
        let live = Self {
            peers: of_peers,
            callers: of_callers,
            calls: of_calls,
            holds: of_holds,
            also: None,
            registered_only: false,
        };
        (Feed { peers, callers, calls, holds }, live)
    }
}

impl Feed {
    fn renew(&self, material: Material) {
        self.peers.send_replace(material.peers);
        self.callers.send_replace(material.callers);
        self.calls.send_replace(material.calls);
        self.holds.send_replace(material.holds);
    }
}

/// What files look like from outside: a change of any is seen, also when one takes another's place.
#[derive(PartialEq, Eq)]
struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    fn of(paths: &[PathBuf]) -> Self {
        let look = |path: &PathBuf| {
            let data = std::fs::metadata(path).ok();
            (path.clone(), data.and_then(|data| Some((data.len(), data.modified().ok()?))))
        };
        Self(paths.iter().map(look).collect())
    }
}

/// How one is called and calls.
#[derive(Clone, Debug)]
pub enum Security {
    /// TLS with the national algorithms.
    Tls(Live),
    /// In clear, on this machine alone.
    Plaintext,
}

impl Security {
    /// A door for those who must show a certificate.
    #[must_use]
    pub fn for_peers(&self) -> Door {
        match self {
            Self::Tls(live) => Door::Tls(live.peers.clone()),
            Self::Plaintext => Door::Plaintext,
        }
    }

    /// A door for everybody: what a stranger may do is for roles to say. Who shows a certificate is believed or refused.
    #[must_use]
    pub fn for_callers(&self) -> Door {
        match self {
            Self::Tls(live) => Door::Tls(live.callers.clone()),
            Self::Plaintext => Door::Plaintext,
        }
    }

    /// For calling others.
    #[must_use]
    pub fn calls(&self) -> Transport {
        match self {
            Self::Tls(live) => Transport::Tls(live.calls.clone()),
            Self::Plaintext => Transport::Plaintext,
        }
    }

    /// Believes these authorities besides those of the files, in place of those named so before. Without files that are
    /// followed nothing changes.
    pub fn trust_also(&self, authorities: Vec<Certificate>) {
        match self {
            Self::Tls(Live { also: Some(also), .. }) => drop(also.send_replace(authorities)),
            Self::Tls(_) | Self::Plaintext => {}
        }
    }

    /// Whether only callers with a registered certificate are heard.
    #[must_use]
    pub fn is_for_registered_only(&self) -> bool {
        matches!(self, Self::Tls(Live { registered_only: true, .. }))
    }

    /// Until when one's certificate holds; none in clear.
    #[must_use]
    pub fn holds(&self) -> Option<watch::Receiver<Holds>> {
        match self {
            Self::Tls(live) => Some(live.holds.clone()),
            Self::Plaintext => None,
        }
    }
}
