//! A share sealed to a public key. The format is frozen: see `docs/formats.md`.
//!
//! With a one-time key pair, and x the coordinate that ECDH gives: HMAC-SM3(x, label || vault || index || recipient || one-time key) gives
//! the key of SM4-GCM (bytes 0 to 15) and its nonce (16 to 27); the same bytes are what is authenticated beside the share.

use sm::PublicKeyBytes;
use sm2::{FieldBytes, Scalar, elliptic_curve::PrimeField};
use zeroize::{Zeroize, Zeroizing};

use super::{ID_LEN, OpenShare, SealedShare, SecretScalarOrZero, VaultError};
use crate::{
    SigningKey,
    agreement::{Ephemeral, SHARE_LEN, compressed, decompressed},
    wipe::wiping,
};

/// Keeps this use of HMAC-SM3 apart from every other.
const LABEL: &[u8] = b"taxchain share of a vault 1";
/// Bytes of a sealed share: a scalar and a tag.
pub(super) const SEALED_LEN: usize = 32 + sm::TAG_LEN;

pub(super) fn seal(
    value: &Scalar,
    vault: [u8; ID_LEN],
    index: u8,
    holder: &str,
    recipient: &PublicKeyBytes,
) -> Result<SealedShare, VaultError> {
    let point = decompressed(recipient).ok_or_else(|| VaultError::NoPoint { holder: holder.to_owned() })?;
    let one_time = Ephemeral::new()?;
    let mut sealed = SealedShare {
        vault,
        index,
        holder: holder.to_owned(),
        recipient: *recipient,
        ephemeral: *one_time.share(),
        ciphertext: Vec::new(),
    };
    let secret = one_time.agree(&point).map_err(|_| VaultError::NoPoint { holder: holder.to_owned() })?;
    let context = context(&sealed);
    sealed.ciphertext = wiping(|| {
        let (key, nonce) = halves(&sm::hmac_sm3(secret.as_slice(), &[&context]));
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(value.to_repr().into());
        sm::sm4_gcm_seal(&key, &nonce, &context, bytes.as_slice())
    });
    Ok(sealed)
}

pub(super) fn open(share: &SealedShare, key: &SigningKey) -> Result<OpenShare, VaultError> {
    let (index, holder) = (usize::from(share.index), share.holder.clone());
    if key.public_key() != share.recipient {
        return Err(VaultError::OthersShare { index, holder });
    }
    let damaged = || VaultError::DamagedShare { index, holder: share.holder.clone() };
    let one_time = compressed(&share.ephemeral).ok_or_else(damaged)?;
    let context = context(share);
    let secret = key.agree(&one_time, &context)?;
    let value = wiping(|| {
        let (key, nonce) = halves(&secret);
        let bytes = Zeroizing::new(sm::sm4_gcm_open(&key, &nonce, &context, &share.ciphertext).ok()?);
        let mut bytes = FieldBytes::from(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
        let value: Option<Scalar> = Scalar::from_repr(bytes).into();
        bytes.as_mut_slice().zeroize();
        Some(SecretScalarOrZero(Box::new(value?)))
    });
    Ok(OpenShare { vault: share.vault, index: share.index, holder, value: value.ok_or_else(damaged)? })
}

fn context(share: &SealedShare) -> Vec<u8> {
    [LABEL, &share.vault, &[share.index], &share.recipient.0, &share.ephemeral].concat()
}

/// The key and the nonce in what was derived.
fn halves(bytes: &Zeroizing<[u8; 32]>) -> (Zeroizing<[u8; 16]>, [u8; 12]) {
    let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
    key.copy_from_slice(&bytes[..16]);
    nonce.copy_from_slice(&bytes[16..28]);
    (key, nonce)
}

const _: () = assert!(SHARE_LEN == 65);
