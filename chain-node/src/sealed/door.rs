//! The Unix socket of a node that starts sealed: for the node's own user, one question a visit.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::protocol::{Answer, Question};

/// Longest question: a share's file is below 2 KiB.
const LONGEST: u64 = 16 * 1024;
/// A visitor who says nothing keeps others waiting no longer than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// The socket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The system refused.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process listens there.
    #[error("{path}: another node listens there; give this one a `socket` of its own")]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Nobody listens there.
    #[error("{path}: nobody listens there; is the node started, with [unseal] in its file, by this user?")]
    Nobody {
        /// The socket.
        path: PathBuf,
    },
    /// What came is no answer.
    #[error("{path}: what answers there is no node of this version")]
    NoAnswer {
        /// The socket.
        path: PathBuf,
    },
}

/// The listening end. Its file is removed with it.
pub struct Door {
    path: PathBuf,
    listener: UnixListener,
}

/// Somebody came with a question.
pub(super) struct Visit {
    stream: UnixStream,
    question: Question,
}

impl Door {
    /// Listens; the file is there with mode 0600 from its first moment.
    pub(super) fn open(path: &Path) -> Result<Self, DoorError> {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(DoorError::InUse { path: path.to_owned() });
        }
        let failed = |action| move |source| DoorError::Io { path: path.to_owned(), action, source };
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let listener = UnixListener::bind(&draft).map_err(failed("listen"))?;
        let mode = std::fs::Permissions::from_mode(0o600);
        // Under its own name only once nobody else may connect.
        std::fs::set_permissions(&draft, mode)
            .and_then(|()| std::fs::rename(&draft, path))
            .map_err(failed("make it the user's own"))?;
        Ok(Self { path: path.to_owned(), listener })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next visit; none if the visitor is a stranger or says nothing that is understood.
    pub(super) async fn next(&self) -> Option<Visit> {
        let (stream, _) = match self.listener.accept().await {
            Ok(visitor) => visitor,
            Err(error) => {
                tracing::warn!(%error, "the unsealing socket failed");
                // Out of files, most likely: not at full speed.
                tokio::time::sleep(Duration::from_millis(100)).await;
                return None;
            }
        };
        let own = rustix::process::geteuid().as_raw();
        let uid = stream.peer_cred().ok()?.uid();
        if uid != own && uid != 0 {
            tracing::warn!(uid, "another user came to the unsealing socket");
            return None;
        }
        timeout(PATIENCE, Visit::hear(stream)).await.ok().flatten()
    }

    /// Resolves when the running node is told to seal. Others are told that it runs.
    pub async fn told_to_seal(&self) {
        loop {
            let Some(mut visit) = self.next().await else { continue };
            let seal = visit.question == Question::Seal;
            let share = matches!(visit.question, Question::Share { .. });
            let messages = match share {
                true => vec![
                    "节点已解封，不再需要份额".to_owned(),
                    "the node is open already: no share is needed".to_owned(),
                ],
                false => Vec::new(),
            };
            visit.answer(&Answer { stopping: seal, refused: share, messages, ..Answer::default() }).await;
            if seal {
                return;
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // It may be gone already.
        drop(std::fs::remove_file(&self.path));
    }
}

impl Visit {
    async fn hear(mut stream: UnixStream) -> Option<Self> {
        let mut line = Zeroizing::new(String::new());
        BufReader::new((&mut stream).take(LONGEST)).read_line(&mut line).await.ok()?;
        let question = serde_json::from_str(&line).ok()?;
        Some(Self { stream, question })
    }

    pub(super) fn question(&self) -> &Question {
        &self.question
    }

    /// Answers; whether the visitor still listens is his affair.
    pub(super) async fn answer(&mut self, answer: &Answer) {
        let line = format!("{}\n", serde_json::to_string(answer).expect("an answer is plain data"));
        drop(timeout(PATIENCE, self.stream.write_all(line.as_bytes())).await);
    }
}

/// Asks a node.
///
/// # Errors
/// [`DoorError`].
pub async fn ask(path: &Path, question: &Question) -> Result<Answer, DoorError> {
    let nobody = |_| DoorError::Nobody { path: path.to_owned() };
    let mut stream = UnixStream::connect(path).await.map_err(nobody)?;
    let mut line = serde_json::to_string(question).expect("a question is plain data");
    line.push('\n');
    let no_answer = || DoorError::NoAnswer { path: path.to_owned() };
    stream.write_all(line.as_bytes()).await.map_err(|_| no_answer())?;
    let mut answer = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST));
    // The node may be busy with another visitor who says nothing.
    let read = timeout(PATIENCE * 2, reader.read_line(&mut answer)).await;
    read.ok().and_then(Result::ok).ok_or_else(no_answer)?;
    serde_json::from_str(&answer).map_err(|_| no_answer())
}
