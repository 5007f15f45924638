//! Complaints: two answers that contradict each other, signed by the client that heard them.

use borsh::{BorshDeserialize, BorshSerialize};
use crypto::SigningKey;
use ledger_types::{Canonical, Complaint};
use proofs::{HeaderChain, certificate};
use serde::{Deserialize, Serialize};
use sm::PublicKeyBytes;

use super::compare::Disagreement;
use super::{LightClient, LightError};

/// A complaint and the signature of the client that made it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SignedComplaint {
    /// What is complained of.
    pub complaint: Complaint,
    /// Raw r||s over its message, in hexadecimal for people.
    #[serde(with = "ledger_types::hex_bytes")]
    pub signature: [u8; 64],
}

/// How much a complaint weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The client's word: the node did not sign its answer.
    Word,
    /// It proves by itself that a quorum certified two blocks of one height.
    Proof,
}

/// Why a complaint is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplaintError {
    /// A format that this code does not know.
    #[error("complaint version {0} is not known")]
    Version(u16),
    /// The bytes are no complaint.
    #[error("not a complaint: {0}")]
    Malformed(String),
    /// The complainant's key or signature is wrong.
    #[error("the complaint is not signed by its complainant")]
    Signature,
    /// The two answers are not about the height, or do not contradict each other.
    #[error("the two answers do not contradict each other")]
    NoContradiction,
    /// What is said to be certified is not.
    #[error("what is said to be certified is not: {0}")]
    Expected(proofs::CertificateError),
    /// The validators of that height are not known yet.
    #[error("the headers do not reach the height of the complaint")]
    NotFollowed,
}

impl LightClient {
    /// Signs a complaint about a node that disagrees. `heard_ms` is the client's clock, ms since 1970.
    ///
    /// # Errors
    /// [`LightError::Key`] if the key is not an observer's.
    pub fn complain(
        &self,
        about: &Disagreement,
        key: &SigningKey,
        heard_ms: u64,
    ) -> Result<SignedComplaint, LightError> {
        let mut node = about.node.clone();
        let most = node.floor_char_boundary(Complaint::MAX_NODE_BYTES);
        node.truncate(most);
        let complaint = Complaint {
            version: Complaint::VERSION,
            complainant: key.public_key().0,
            node,
            heard_ms,
            height: about.height,
            expected: (*about.expected).clone(),
            said: (*about.said).clone(),
        };
        let signature = key.sign_complaint(&self.headers().id(), &complaint)?;
        Ok(SignedComplaint { complaint, signature })
    }
}

impl SignedComplaint {
    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// [`ComplaintError::Malformed`].
    pub fn read(bytes: &[u8]) -> Result<Self, ComplaintError> {
        Self::from_canonical(bytes).map_err(|e| ComplaintError::Malformed(e.to_string()))
    }

    /// Checks the signature, that what is expected is certified, and that the other answer contradicts it.
    ///
    /// # Errors
    /// [`ComplaintError`]: the first thing that does not hold.
    pub fn weigh(&self, headers: &HeaderChain) -> Result<Weight, ComplaintError> {
        let Complaint { version, complainant, height, expected, said, .. } = &self.complaint;
        if *version != Complaint::VERSION {
            return Err(ComplaintError::Version(*version));
        }
        let chain = headers.id();
        let key = sm::PublicKey::from_bytes(&PublicKeyBytes(*complainant)).map_err(|_| ComplaintError::Signature)?;
        crypto::verify_complaint(&chain, self.complaint.clone(), &key, &self.signature)
            .map_err(|_| ComplaintError::Signature)?;
        let same = (&expected.header, expected.state_root) == (&said.header, said.state_root);
        let set = headers.validators_at(*height).ok_or(ComplaintError::NotFollowed)?;
        let certified =
            |answer: &ledger_types::BlockAnswer| certificate::verify(&chain, &answer.certificate, set, &answer.header);
        if expected.header.height != *height {
            return Err(ComplaintError::NoContradiction);
        }
        certified(expected).map_err(ComplaintError::Expected)?;
        match certified(said) {
            Ok(()) if same || said.header.height != *height => Err(ComplaintError::NoContradiction),
            Ok(()) if said.header != expected.header => Ok(Weight::Proof),
            Ok(()) | Err(_) => Ok(Weight::Word),
        }
    }
}
