//! What is said at the door: one line of JSON each way.

use serde::{Deserialize, Serialize};

/// A question to a sealed or running node.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// How far it is.
    Status,
    /// Here is a share.
    Share {
        /// The text of a share's file, sealed to the node's desk key.
        share: String,
    },
    /// Seal: forget the keys and stop.
    Seal,
}

/// What the node says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// It is sealed: it has opened no key.
    pub sealed: bool,
    /// It was told to seal, and stops.
    pub stopping: bool,
    /// What was asked is refused: see the messages.
    pub refused: bool,
    /// The number of the vault that it waits for.
    pub vault: Option<String>,
    /// How many shares open it.
    pub threshold: usize,
    /// Whose shares are here.
    pub given: Vec<String>,
    /// How many more are needed.
    pub missing: usize,
    /// The public key that a share is to be sealed to for this node, in hex.
    pub desk: Option<String>,
    /// Why it refused, in Chinese and in English.
    pub messages: Vec<String>,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
