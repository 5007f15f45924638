//! Two connections in memory, and what each side spends.

use std::io::{Read, Write};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ConnectionCommon, HandshakeKind, ServerConnection};

use crate::clock;
use crate::stacks::Stack;

/// CPU time by side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Apart {
    pub(crate) client: Duration,
    pub(crate) server: Duration,
}

pub(crate) struct Pair {
    client: ClientConnection,
    server: ServerConnection,
}

impl Pair {
    pub(crate) fn meet(stack: &Stack, spent: &mut Apart) -> Self {
        let began = clock::now();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(stack.client.clone(), name).unwrap();
        spent.client += clock::now() - began;
        let mut pair = Self { client, server: ServerConnection::new(stack.server.clone()).unwrap() };
        while pair.client.is_handshaking() || pair.server.is_handshaking() {
            let flight = timed(&mut spent.client, || sent_by(&mut pair.client));
            timed(&mut spent.server, || heard_by(&mut pair.server, &flight));
            let flight = timed(&mut spent.server, || sent_by(&mut pair.server));
            timed(&mut spent.client, || heard_by(&mut pair.client, &flight));
        }
        pair
    }

    /// Lets the client have what it comes back with.
    pub(crate) fn tickets(&mut self) {
        let flight = sent_by(&mut self.server);
        heard_by(&mut self.client, &flight);
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.server.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Carries so many records of so many bytes from the client to the server.
    pub(crate) fn carry(&mut self, records: usize, bytes: usize) -> Apart {
        let part = vec![7; bytes];
        let (mut spent, mut heard) = (Apart::default(), vec![0; part.len()]);
        let mut wire = Vec::with_capacity(part.len() + 64);
        for _ in 0..records {
            timed(&mut spent.client, || {
                self.client.writer().write_all(&part).unwrap();
                wire.clear();
                self.client.write_tls(&mut wire).unwrap();
            });
            timed(&mut spent.server, || {
                heard_by(&mut self.server, &wire);
                self.server.reader().read_exact(&mut heard).unwrap();
            });
        }
        assert_eq!(heard, part);
        spent
    }
}

fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = clock::now();
    let done = work();
    *spent += clock::now() - began;
    done
}

fn sent_by<D>(side: &mut ConnectionCommon<D>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while side.wants_write() {
        side.write_tls(&mut bytes).unwrap();
    }
    bytes
}

fn heard_by<D>(side: &mut ConnectionCommon<D>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        side.read_tls(&mut bytes).unwrap();
        side.process_new_packets().unwrap();
    }
}
