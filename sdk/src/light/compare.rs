//! What several nodes say of one height, held against the certified headers.

use ledger_types::{BlockAnswer, Height};
use proofs::{CertificateError, certificate};

use super::{LightClient, LightError};
use crate::client::NodeClient;

/// How an answer contradicts what is certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Its certificate does not make its header final.
    Certificate(CertificateError),
    /// Another block, and certified as well: a quorum certified two blocks of one height.
    Fork,
    /// The certified block, but another state root after it.
    StateRoot,
}

impl std::fmt::Display for Contradiction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certificate(error) => write!(f, "its block is not certified: {error}"),
            Self::Fork => f.write_str("another block of the same height is certified too"),
            Self::StateRoot => f.write_str("it has another state root after the certified block"),
        }
    }
}

/// A node that contradicts the certified headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Which node: its address.
    pub node: String,
    /// The height.
    pub height: Height,
    /// In which way.
    pub contradiction: Contradiction,
    /// What is certified.
    pub expected: Box<BlockAnswer>,
    /// What the node said.
    pub said: Box<BlockAnswer>,
}

/// What several nodes said of one height.
#[derive(Debug)]
pub struct Comparison {
    /// The height.
    pub height: Height,
    /// Nodes that said what is certified.
    pub agreed: Vec<String>,
    /// Nodes that said something else.
    pub disagreements: Vec<Disagreement>,
    /// Nodes that did not answer, or not understandably, and why.
    pub silent: Vec<LightError>,
}

impl LightClient {
    /// Asks the nodes for the newest height that all of them and the headers here have.
    ///
    /// # Errors
    /// [`LightError::NothingToCompare`] if no node answers or there are no two headers; [`LightError`] if the file cannot be
    /// read.
    pub async fn compare(&self, nodes: &[NodeClient]) -> Result<Comparison, LightError> {
        // The root after a height is certified by the header that follows it.
        let mut height = Height(self.headers.height().0.saturating_sub(1));
        let mut answering = Vec::new();
        let mut silent = Vec::new();
        for node in nodes {
            match node.stamp().await {
                Ok(stamp) => {
                    height = height.min(stamp.height);
                    answering.push(node.clone());
                }
                Err(source) => silent.push(LightError::Node { node: node.endpoint().to_owned(), source }),
            }
        }
        if answering.is_empty() {
            return Err(LightError::NothingToCompare);
        }
        let mut comparison = self.compare_at(height, &answering).await?;
        comparison.silent.extend(silent);
        Ok(comparison)
    }

    /// Asks the nodes for a given height.
    ///
    /// # Errors
    /// As [`LightClient::compare`].
    pub async fn compare_at(&self, height: Height, nodes: &[NodeClient]) -> Result<Comparison, LightError> {
        let expected = self.answer(height)?.ok_or(LightError::NothingToCompare)?;
        let mut comparison = Comparison { height, agreed: Vec::new(), disagreements: Vec::new(), silent: Vec::new() };
        for node in nodes {
            let name = node.endpoint().to_owned();
            let missing = || crate::error::ClientError::missing("block");
            match node.block_answer(height).await.and_then(|said| said.ok_or_else(missing)) {
                Err(source) => comparison.silent.push(LightError::Node { node: name, source }),
                Ok(said) => match self.judge(height, &expected, &said) {
                    None => comparison.agreed.push(name),
                    Some(contradiction) => comparison.disagreements.push(Disagreement {
                        node: name,
                        height,
                        contradiction,
                        expected: Box::new(expected.clone()),
                        said: Box::new(said),
                    }),
                },
            }
        }
        Ok(comparison)
    }

    /// Whether an answer contradicts what is certified. Certificates of one block may differ in who signed.
    fn judge(&self, height: Height, expected: &BlockAnswer, said: &BlockAnswer) -> Option<Contradiction> {
        if said.header.height != height {
            return Some(Contradiction::Certificate(CertificateError::Place));
        }
        let set = self.headers.validators_at(height)?;
        if let Err(error) = certificate::verify(&self.headers.id(), &said.certificate, set, &said.header) {
            return Some(Contradiction::Certificate(error));
        }
        if said.header != expected.header {
            return Some(Contradiction::Fork);
        }
        (said.state_root != expected.state_root).then_some(Contradiction::StateRoot)
    }
}
