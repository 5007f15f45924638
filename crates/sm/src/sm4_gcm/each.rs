//! Several short messages under a key that is used for nothing else. One pass of the cipher makes all that the key and they need:
//! most of the time of a short message is waiting for a pass.

use alloc::vec::Vec;

use ghash::GHash;
use sm_accel::sm4::{BackEnd, PARALLEL};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::stream::Stream;
use super::{NONCE_LEN, Sm4Gcm, TAG_LEN, blocks_of};

/// A message on its way through a key.
#[derive(Debug)]
pub struct Message<'a> {
    /// Never the same twice with one key.
    pub nonce: [u8; NONCE_LEN],
    /// Covered by the tag only.
    pub aad: &'a [u8],
    /// Encrypted or decrypted in place.
    pub bytes: &'a mut [u8],
}

/// Encrypts messages in place; their tags.
///
/// # Panics
/// As [`Sm4Gcm::seal_in_place`].
#[must_use]
pub fn sm4_gcm_seal_each(key: &[u8; 16], messages: &mut [Message<'_>]) -> Vec<[u8; TAG_LEN]> {
    let Some((cipher, stream)) = in_one_pass(key, messages) else {
        let cipher = Sm4Gcm::new(key);
        let seal = |message: &mut Message<'_>| cipher.seal_in_place(&message.nonce, message.aad, message.bytes);
        return messages.iter_mut().map(seal).collect();
    };
    let mut at = 1;
    let seal = |message: &mut Message<'_>| {
        let (mask, end) = (at, at + 1 + blocks_of(message.bytes));
        at = end;
        stream.cover(mask + 1..end, message.bytes);
        cipher.tag(stream.block(mask), message.aad, message.bytes)
    };
    messages.iter_mut().map(seal).collect()
}

/// Checks the tags and decrypts in place.
///
/// # Errors
/// The place of the first message whose tag does not fit: neither it nor one behind it is decrypted.
///
/// # Panics
/// If there are not as many tags as messages.
pub fn sm4_gcm_open_each(key: &[u8; 16], messages: &mut [Message<'_>], tags: &[[u8; TAG_LEN]]) -> Result<(), usize> {
    assert_eq!(messages.len(), tags.len(), "a tag for each message");
    let Some((cipher, stream)) = in_one_pass(key, messages) else {
        let cipher = Sm4Gcm::new(key);
        for (place, (message, tag)) in messages.iter_mut().zip(tags).enumerate() {
            cipher.open_in_place(&message.nonce, message.aad, message.bytes, tag).map_err(|_| place)?;
        }
        return Ok(());
    };
    let mut at = 1;
    for (place, (message, tag)) in messages.iter_mut().zip(tags).enumerate() {
        let (mask, end) = (at, at + 1 + blocks_of(message.bytes));
        at = end;
        if !bool::from(cipher.tag(stream.block(mask), message.aad, message.bytes).ct_eq(tag)) {
            return Err(place);
        }
        stream.cover(mask + 1..end, message.bytes);
    }
    Ok(())
}

/// The key made ready, and for each message in order the block for its tag and those that cover it; none if that is more than one
/// pass takes.
fn in_one_pass(key: &[u8; 16], messages: &[Message<'_>]) -> Option<(Sm4Gcm, Stream)> {
    let blocks = messages.iter().try_fold(1_usize, |sum, message| sum.checked_add(1 + blocks_of(message.bytes)))?;
    if blocks > PARALLEL {
        return None;
    }
    let back_end = BackEnd::best();
    let keys = Zeroizing::new(back_end.expand(key));
    let mut stream = Stream::new();
    stream.push_zero();
    for message in messages {
        stream.push(&message.nonce, 1, 1 + blocks_of(message.bytes));
    }
    stream.encrypt(back_end, &keys);
    let hash = GHash::new(&(*stream.block(0)).into());
    Some((Sm4Gcm { back_end, keys, hash }, stream))
}
