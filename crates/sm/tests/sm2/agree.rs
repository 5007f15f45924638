//! One question to every way of verifying.

use sm::{KnownSigner, PublicKey, Signature, VerifyItem, VerifyKey, verify_batch};

/// A key in both forms.
pub(crate) struct Signer {
    pub(crate) key: PublicKey,
    pub(crate) known: KnownSigner,
}

impl Signer {
    pub(crate) fn new(key: PublicKey) -> Self {
        let known = KnownSigner::new(&key);
        Self { key, known }
    }
}

/// Asks the reference, the known signer, and batches of one and of several; all must say the same.
pub(crate) fn agreed(signer: &Signer, digest: &[u8; 32], signature: &Signature) -> bool {
    agreed_all(signer, &[(*digest, *signature)])[0]
}

/// The same for several signatures of one signer, which then stand in one batch, twice each.
pub(crate) fn agreed_all(signer: &Signer, asked: &[([u8; 32], Signature)]) -> Vec<bool> {
    let reference: Vec<bool> = asked.iter().map(|(e, sig)| signer.key.verify_digest(e, sig)).collect();
    let mut batch = Vec::new();
    for ((e, sig), expected) in asked.iter().zip(&reference) {
        assert_eq!(signer.known.verify_digest(e, sig), *expected, "known signer, {}", shown(signer, e, sig));
        for key in [VerifyKey::Plain(&signer.key), VerifyKey::Known(&signer.known)] {
            let item = VerifyItem { key, digest: *e, signature: *sig };
            assert_eq!(verify_batch(&[item]), [*expected], "batch of one, {}", shown(signer, e, sig));
            batch.push(item);
        }
    }
    for (verdict, item) in verify_batch(&batch).iter().zip(batch.iter().enumerate()) {
        let (index, item) = item;
        let expected = reference[index / 2];
        assert_eq!(*verdict, expected, "in a batch, {}", shown(signer, &item.digest, &item.signature));
    }
    reference
}

fn shown(signer: &Signer, digest: &[u8; 32], signature: &Signature) -> String {
    format!("{:?} e {} r||s {}", signer.key, hex::encode(digest), hex::encode(signature))
}
