//! Sealed start (封存启动): a node whose key files' password is in a vault opens no key until t holders have given their shares.
//!
//! Sealed, it listens on two things: a Unix socket for its own user, where holders give shares and an operator can ask how far it
//! is, and its page of health, which says `sealed`. A share travels sealed to a key that the node makes for this start, so it
//! is in clear nowhere but in the memory of who opens it and of the node. The socket stays: the running node is told there to seal again.

mod chinese;
mod door;
mod protocol;

use std::path::PathBuf;

use crypto::vault::{Joining, SealedShare, Vault, VaultError, VaultFileError};
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider};
use tokio::net::TcpListener;

use crate::node_file::{NodeFile, NodeFileError, read_text};
use crate::node_keys::NodeKeys;
use crate::shell::ServeError;

pub use chinese::in_chinese;
pub use door::{Door, DoorError, ask};
pub use protocol::{Answer, Question};

/// A node that waits for shares.
pub struct SealedNode {
    file: NodeFile,
    vault: Vault,
    /// What shares are sealed to on their way here; gone with this start.
    desk: SigningKey,
    door: Door,
    health: Option<TcpListener>,
}

/// A node cannot be started sealed, or not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// Its file.
    #[error(transparent)]
    File(#[from] NodeFileError),
    /// The vault's file.
    #[error("{path}: {source}")]
    VaultFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: VaultFileError,
    },
    /// The vault has another threshold than the node's file says.
    #[error("{path} takes {found} shares, and the node's file says {wanted}: is it the right vault?")]
    OtherThreshold {
        /// The vault.
        path: PathBuf,
        /// What it takes.
        found: usize,
        /// What the node's file says.
        wanted: usize,
    },
    /// The socket.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The vault does not give a password.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No key for the shares.
    #[error(transparent)]
    Key(#[from] crypto::KeyError),
}

impl SealedNode {
    /// Reads the vault and opens the socket. No key is touched.
    ///
    /// # Errors
    /// [`SealedError`]; [`NodeFileError::Form`] for a node that is not to start sealed.
    pub async fn open(file: NodeFile) -> Result<Self, SealedError> {
        let none =
            || NodeFileError::Form { path: file.genesis.clone(), why: "no [unseal] in the node's file".to_owned() };
        let unseal = file.unseal.clone().ok_or_else(none)?;
        let text = read_text(&unseal.vault)?;
        let vault_file = |source| SealedError::VaultFile { path: unseal.vault.clone(), source };
        let vault = Vault::from_pem(&text).map_err(vault_file)?;
        if vault.threshold() != unseal.shares {
            let (found, wanted) = (vault.threshold(), unseal.shares);
            return Err(SealedError::OtherThreshold { path: unseal.vault, found, wanted });
        }
        let health = match file.node.metrics_listen {
            Some(address) => {
                let failed = |source| NodeFileError::Serve(ServeError::Listen { address, source });
                Some(TcpListener::bind(address).await.map_err(failed)?)
            }
            None => None,
        };
        let desk = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::ShareHolder)?;
        let door = Door::open(&unseal.socket)?;
        Ok(Self { file, vault, desk, door, health })
    }

    /// Where shares are given.
    pub fn socket(&self) -> &std::path::Path {
        self.door.path()
    }

    /// Where it says that it is sealed.
    pub fn health(&self) -> Option<std::net::SocketAddr> {
        self.health.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// How many shares are needed.
    pub fn threshold(&self) -> usize {
        self.vault.threshold()
    }

    /// Waits until enough holders gave their shares; gives the opened keys, and the door at which the node is sealed again.
    ///
    /// # Errors
    /// [`SealedError::Vault`] if the vault gives no password; [`SealedError::File`].
    pub async fn wait(mut self) -> Result<(NodeFile, NodeKeys, Door), SealedError> {
        let (stop, stopping) = tokio::sync::oneshot::channel();
        let page = self.health.take().map(|listener| tokio::spawn(say_sealed(listener, stopping)));
        let password = self.collect().await?;
        // The node takes the page's address next.
        drop(stop);
        if let Some(page) = page {
            drop(page.await);
        }
        let keys = NodeKeys::with_password(&self.file, Some(password))?;
        Ok((self.file, keys, self.door))
    }

    async fn collect(&mut self) -> Result<SecretString, SealedError> {
        let mut joining = self.vault.join();
        while joining.missing() > 0 {
            let Some(mut visit) = self.door.next().await else { continue };
            let answer = match visit.question() {
                Question::Status | Question::Seal => state(&self.vault, &joining, &self.desk),
                Question::Share { share } => match take(&mut joining, share, &self.desk) {
                    Ok(holder) => {
                        tracing::info!(holder, missing = joining.missing(), "a share was given");
                        state(&self.vault, &joining, &self.desk)
                    }
                    Err(answer) => {
                        tracing::warn!(why = answer.messages.last().map(String::as_str), "a share was refused");
                        *answer
                    }
                },
            };
            visit.answer(&answer).await;
        }
        Ok(joining.open()?.into_password()?)
    }
}

fn state(vault: &Vault, joining: &Joining<'_>, desk: &SigningKey) -> Answer {
    Answer {
        sealed: true,
        vault: Some(vault.id()),
        threshold: vault.threshold(),
        given: joining.given().into_iter().map(str::to_owned).collect(),
        missing: joining.missing(),
        desk: Some(protocol::hex(&desk.public_key().0)),
        ..Answer::default()
    }
}

/// Takes a share in; gives whose it is. A refused one is answered, and not counted.
fn take(joining: &mut Joining<'_>, share: &str, desk: &SigningKey) -> Result<String, Box<Answer>> {
    let share = SealedShare::from_pem(share).map_err(|error| {
        let zh = "这不是保险库份额文件".to_owned();
        Box::new(Answer { refused: true, messages: vec![zh, error.to_string()], ..Answer::default() })
    })?;
    let holder = share.holder().to_owned();
    let added = share.open(desk).and_then(|open| joining.add(open));
    let refused = |error: VaultError| {
        let messages = vec![in_chinese(&error), error.to_string()];
        Box::new(Answer { refused: true, messages, missing: joining.missing(), sealed: true, ..Answer::default() })
    };
    match added {
        Ok(_) => Ok(holder),
        Err(error) => Err(refused(error)),
    }
}

/// The page of health of a sealed node.
async fn say_sealed(listener: TcpListener, stopping: tokio::sync::oneshot::Receiver<()>) {
    use axum::http::StatusCode;
    use axum::routing::get;
    let routes = axum::Router::new()
        .route("/healthz", get(|| async { "sealed\n" }))
        .route("/readyz", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, "sealed\n") }));
    let stop = async move { drop(stopping.await) };
    if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the page of health failed");
    }
}
