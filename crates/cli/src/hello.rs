//! The beginning of a TLS connection as anybody on the wire reads it (RFC 8446, 4.1).

/// The suites that a ClientHello offers; none if the bytes are no ClientHello.
pub(crate) fn offered(bytes: &[u8]) -> Option<Vec<u16>> {
    let mut rest = Reader(handshake(bytes, 1)?);
    let suites = rest.after_session_id()?;
    let length = usize::from(suites.u16()?);
    let list = suites.take(length)?;
    Some(list.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

/// The suite that a ServerHello chooses; none if the bytes are no ServerHello.
pub(crate) fn chosen(bytes: &[u8]) -> Option<u16> {
    Reader(handshake(bytes, 2)?).after_session_id()?.u16()
}

/// The body of a handshake message of this kind at the beginning of the first record.
fn handshake(bytes: &[u8], kind: u8) -> Option<&[u8]> {
    let mut record = Reader(bytes);
    // A handshake record of any legacy version.
    if record.take(1)? != [22] || record.take(2)?[0] != 3 {
        return None;
    }
    let length = usize::from(record.u16()?);
    let mut message = Reader(record.take(length)?);
    (message.take(1)? == [kind]).then_some(())?;
    message.take(3)?;
    Some(message.0)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Past version, random and session id.
    fn after_session_id(&mut self) -> Option<&mut Self> {
        self.take(34)?;
        let length = usize::from(self.take(1)?[0]);
        self.take(length)?;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(kind: u8, tail: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([2, 9, 9]);
        body.extend(tail);
        let mut message = vec![kind, 0, 0, u8::try_from(body.len()).unwrap()];
        message.extend(body);
        let mut record = vec![22, 3, 1, 0, u8::try_from(message.len()).unwrap()];
        record.extend(message);
        record
    }

    #[test]
    fn what_is_offered_and_chosen_is_read() {
        let client = hello(1, &[0, 4, 0, 0xc6, 0x13, 1, 1, 0]);
        assert_eq!(offered(&client), Some(vec![0x00c6, 0x1301]));
        assert_eq!((chosen(&client), offered(&client[..40])), (None, None));
        let server = hello(2, &[0, 0xc6, 0]);
        assert_eq!((chosen(&server), offered(&server)), (Some(0x00c6), None));
        assert_eq!(offered(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), None);
    }
}
