//! Who is at the other end of a link: both sides prove the key that the configuration has of them.

use crypto::{KeyError, SigningKey, verify_peer_hello};
use ledger_types::ChainId;
use proto::peer::v1::{Hello, LinkFrame, Proof, link_frame};
use sm::{PublicKey, PublicKeyBytes};

use crate::peers::PeerId;

/// Version of the messages between nodes.
pub const LINK_VERSION: u32 = 1;

/// A node that may connect.
#[derive(Clone, Debug)]
pub struct KnownPeer {
    /// Who it is.
    pub id: PeerId,
    /// Its peer key.
    pub key: PublicKeyBytes,
}

/// Why a link is refused.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefused {
    /// Not a frame that belongs here.
    #[error("the link does not begin with a hello and a proof")]
    Form,
    /// Another chain.
    #[error("the peer is of another chain")]
    WrongChain,
    /// Another version of the messages.
    #[error("the peer speaks version {0} of the messages, this node {LINK_VERSION}")]
    Version(u32),
    /// Nobody that the configuration names.
    #[error("the peer's key is not in this node's configuration")]
    UnknownPeer,
    /// Somebody else's key.
    #[error("the peer does not hold its key")]
    BadProof,
    /// It broke the rules a short time ago.
    #[error("the peer broke the rules less than a minute ago")]
    Banned,
    /// The own key failed.
    #[error("own key: {0}")]
    Key(#[from] KeyError),
    /// No randomness.
    #[error("randomness: {0}")]
    Random(#[from] crypto::random::RandomError),
}

/// Which end of the link one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Dialled.
    Dialler,
    /// Was dialled.
    Listener,
}

/// This side of a handshake.
pub struct Handshake<'a> {
    chain: ChainId,
    key: &'a SigningKey,
    nonce: [u8; 32],
    end: End,
}

impl<'a> Handshake<'a> {
    /// Begins.
    pub fn new(chain: ChainId, key: &'a SigningKey, end: End) -> Result<Self, LinkRefused> {
        Ok(Self { chain, key, nonce: crypto::random::array()?, end })
    }

    /// The first frame.
    pub fn hello(&self) -> LinkFrame {
        let hello = Hello {
            chain_id: self.chain.0.to_vec(),
            peer_key: self.key.public_key().0.to_vec(),
            nonce: self.nonce.to_vec(),
            version: LINK_VERSION,
        };
        LinkFrame { kind: Some(link_frame::Kind::Hello(hello)) }
    }

    /// Checks the other side's hello: who it says it is.
    pub fn meet(&self, frame: LinkFrame, known: &[KnownPeer]) -> Result<(KnownPeer, Hello), LinkRefused> {
        let Some(link_frame::Kind::Hello(hello)) = frame.kind else { return Err(LinkRefused::Form) };
        if hello.chain_id != self.chain.0 {
            return Err(LinkRefused::WrongChain);
        }
        if hello.version != LINK_VERSION {
            return Err(LinkRefused::Version(hello.version));
        }
        if hello.nonce.len() != 32 {
            return Err(LinkRefused::Form);
        }
        let peer = known.iter().find(|peer| peer.key.0.as_slice() == hello.peer_key);
        Ok((peer.ok_or(LinkRefused::UnknownPeer)?.clone(), hello))
    }

    /// The second frame: covers both nonces and keys, and which end one is, so that nothing can be sent back.
    pub fn proof(&self, theirs: &Hello) -> Result<LinkFrame, LinkRefused> {
        let own = self.key.public_key().0;
        let signed = said(self.end, &self.nonce, &own, &theirs.nonce, &theirs.peer_key);
        let signature = self.key.sign_peer_hello(&self.chain, &signed)?.to_vec();
        Ok(LinkFrame { kind: Some(link_frame::Kind::Proof(Proof { signature })) })
    }

    /// Checks the other side's proof.
    pub fn check(&self, frame: LinkFrame, peer: &KnownPeer, theirs: &Hello) -> Result<(), LinkRefused> {
        let Some(link_frame::Kind::Proof(proof)) = frame.kind else { return Err(LinkRefused::Form) };
        let signature = proof.signature.try_into().map_err(|_| LinkRefused::Form)?;
        let other = match self.end {
            End::Dialler => End::Listener,
            End::Listener => End::Dialler,
        };
        let signed = said(other, &theirs.nonce, &peer.key.0, &self.nonce, &self.key.public_key().0);
        let key = PublicKey::from_sec1(&peer.key.0).map_err(|_| LinkRefused::UnknownPeer)?;
        verify_peer_hello(&self.chain, &signed, &key, &signature).map(drop).map_err(|_| LinkRefused::BadProof)
    }
}

fn said(end: End, nonce: &[u8], key: &[u8], other_nonce: &[u8], other_key: &[u8]) -> Vec<u8> {
    let end = [match end {
        End::Dialler => 1,
        End::Listener => 2,
    }];
    [end.as_slice(), nonce, key, other_nonce, other_key].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crypto::{KeyUse, SoftwareProvider};

    use super::*;

    fn key() -> SigningKey {
        SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Peer).unwrap()
    }

    fn known(id: u32, key: &SigningKey) -> KnownPeer {
        KnownPeer { id: PeerId(id), key: key.public_key() }
    }

    #[test]
    fn two_nodes_of_one_chain_recognise_each_other() {
        let (a, b) = (key(), key());
        let chain = ChainId([7; 32]);
        let dialler = Handshake::new(chain, &a, End::Dialler).unwrap();
        let listener = Handshake::new(chain, &b, End::Listener).unwrap();
        let (seen_a, hello_a) = listener.meet(dialler.hello(), &[known(0, &a)]).unwrap();
        let (seen_b, hello_b) = dialler.meet(listener.hello(), &[known(1, &b)]).unwrap();
        assert_eq!((seen_a.id, seen_b.id), (PeerId(0), PeerId(1)));
        let (proof_a, proof_b) = (dialler.proof(&hello_b).unwrap(), listener.proof(&hello_a).unwrap());
        listener.check(proof_a.clone(), &seen_a, &hello_a).unwrap();
        dialler.check(proof_b, &seen_b, &hello_b).unwrap();
        // The own proof sent back, and a proof of another link, prove nothing.
        assert!(matches!(dialler.check(proof_a.clone(), &seen_b, &hello_b), Err(LinkRefused::BadProof)));
        let again = Handshake::new(chain, &b, End::Listener).unwrap();
        assert!(matches!(again.check(proof_a, &seen_a, &hello_a), Err(LinkRefused::BadProof)));
    }

    #[test]
    fn strangers_are_refused_by_name() {
        let (a, b) = (key(), key());
        let listener = Handshake::new(ChainId([7; 32]), &b, End::Listener).unwrap();
        let twin = Handshake::new(ChainId([8; 32]), &a, End::Dialler).unwrap();
        assert!(matches!(listener.meet(twin.hello(), &[known(0, &a)]), Err(LinkRefused::WrongChain)));
        let same = Handshake::new(ChainId([7; 32]), &a, End::Dialler).unwrap();
        assert!(matches!(listener.meet(same.hello(), &[]), Err(LinkRefused::UnknownPeer)));
        assert!(matches!(listener.meet(LinkFrame::default(), &[]), Err(LinkRefused::Form)));
        let mut newer = same.hello();
        if let Some(link_frame::Kind::Hello(hello)) = &mut newer.kind {
            hello.version = 2;
        }
        assert!(matches!(listener.meet(newer, &[known(0, &a)]), Err(LinkRefused::Version(2))));
    }
}
