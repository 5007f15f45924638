//! Records under SM4-GCM (RFC 8446, 5.2).

use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, Nonce,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm, UnsupportedOperationError,
    make_tls13_aad,
};
use rustls::{ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion};
use sm::{Sm4Gcm, TAG_LEN};

/// Bytes of a key.
const KEY_LEN: usize = 16;

/// AEAD_SM4_GCM.
pub(crate) struct Sm4GcmRecords;

impl Tls13AeadAlgorithm for Sm4GcmRecords {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(Direction::new(&key, iv))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Direction::new(&key, iv))
    }

    fn key_len(&self) -> usize {
        KEY_LEN
    }

    /// Keys do not leave this process for a kernel.
    fn extract_keys(&self, _key: AeadKey, _iv: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

/// What goes one way.
struct Direction {
    key: Sm4Gcm,
    iv: Iv,
}

impl Direction {
    fn new(key: &AeadKey, iv: Iv) -> Self {
        let mut bytes = zeroize::Zeroizing::new([0; KEY_LEN]);
        bytes.copy_from_slice(&key.as_ref()[..KEY_LEN]);
        Self { key: Sm4Gcm::new(&bytes), iv }
    }
}

impl MessageEncrypter for Direction {
    fn encrypt(&mut self, msg: OutboundPlainMessage<'_>, seq: u64) -> Result<OutboundOpaqueMessage, Error> {
        let len = self.encrypted_payload_len(msg.payload.len());
        let mut payload = PrefixedPayload::with_capacity(len);
        payload.extend_from_chunks(&msg.payload);
        payload.extend_from_slice(&msg.typ.to_array());
        let nonce = Nonce::new(&self.iv, seq);
        let tag = self.key.seal_in_place(&nonce.0, &make_tls13_aad(len), payload.as_mut());
        payload.extend_from_slice(&tag);
        // What every record of TLS 1.3 says of itself.
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + 1 + TAG_LEN
    }
}

impl MessageDecrypter for Direction {
    fn decrypt<'a>(&mut self, mut msg: InboundOpaqueMessage<'a>, seq: u64) -> Result<InboundPlainMessage<'a>, Error> {
        let payload = &mut msg.payload;
        let aad = make_tls13_aad(payload.len());
        let (bytes, tag) = payload.split_last_chunk_mut::<TAG_LEN>().ok_or(Error::DecryptError)?;
        let nonce = Nonce::new(&self.iv, seq);
        self.key.open_in_place(&nonce.0, &aad, bytes, tag).map_err(|_| Error::DecryptError)?;
        let len = bytes.len();
        payload.truncate(len);
        msg.into_tls13_unpadded_message()
    }
}
