//! Two connections, and the bytes between them.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, ServerConfig, ServerConnection};

/// Why they did not come together: what each side says, if it says anything.
#[derive(Debug)]
pub(crate) struct Apart {
    pub(crate) client: Option<Error>,
    pub(crate) server: Option<Error>,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) client: ClientConnection,
    pub(crate) server: ServerConnection,
    /// What the client sent first.
    pub(crate) first_flight: Vec<u8>,
    /// All that went over the wire.
    pub(crate) said: Vec<u8>,
}

/// Lets them shake hands.
pub(crate) fn meet(client: ClientConfig, server: ServerConfig) -> Result<Pair, Box<Apart>> {
    Pair::new(Arc::new(client), Arc::new(server)).run()
}

impl Pair {
    pub(crate) fn new(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        let (mut client, mut server) =
            (ClientConnection::new(client, name).unwrap(), ServerConnection::new(server).unwrap());
        client.set_buffer_limit(None);
        server.set_buffer_limit(None);
        Self { client, server, first_flight: Vec::new(), said: Vec::new() }
    }

    pub(crate) fn run(mut self) -> Result<Self, Box<Apart>> {
        let mut apart = Apart { client: None, server: None };
        // The last flights bring what either side refused to the other one.
        for _ in 0..6 {
            let flight = sent_by(&mut self.client);
            if self.first_flight.is_empty() {
                self.first_flight.clone_from(&flight);
            }
            self.said.extend_from_slice(&flight);
            if let Err(error) = heard_by(&mut self.server, &flight) {
                apart.server.get_or_insert(error);
            }
            let flight = sent_by(&mut self.server);
            self.said.extend_from_slice(&flight);
            if let Err(error) = heard_by(&mut self.client, &flight) {
                apart.client.get_or_insert(error);
            }
        }
        let done = !self.client.is_handshaking() && !self.server.is_handshaking();
        if done && apart.client.is_none() && apart.server.is_none() { Ok(self) } else { Err(Box::new(apart)) }
    }

    /// So many bytes there and back.
    pub(crate) fn both_ways(&mut self, size: usize) {
        let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        self.client.writer().write_all(&bytes).unwrap();
        assert!(read_by(&mut self.server, &sent_by(&mut self.client)) == bytes, "{size} bytes there");
        self.server.writer().write_all(&bytes).unwrap();
        assert!(read_by(&mut self.client, &sent_by(&mut self.server)) == bytes, "{size} bytes back");
    }

    /// A record of so many bytes with one byte changed on the way.
    pub(crate) fn changed(&mut self, size: usize, at: usize) -> Result<(), Error> {
        self.client.writer().write_all(&vec![7; size]).unwrap();
        let mut record = sent_by(&mut self.client);
        record[at] ^= 1;
        heard_by(&mut self.server, &record)
    }
}

fn sent_by<D>(side: &mut rustls::ConnectionCommon<D>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while side.wants_write() {
        side.write_tls(&mut bytes).unwrap();
    }
    bytes
}

fn heard_by<D>(side: &mut rustls::ConnectionCommon<D>, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        side.read_tls(&mut bytes).unwrap();
        side.process_new_packets()?;
    }
    Ok(())
}

/// What the other side said in these records.
fn read_by<D>(side: &mut rustls::ConnectionCommon<D>, mut bytes: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    while !bytes.is_empty() {
        side.read_tls(&mut bytes).unwrap();
        side.process_new_packets().unwrap();
        match side.reader().read_to_end(&mut heard) {
            Err(nothing) if nothing.kind() == ErrorKind::WouldBlock => {}
            other => drop(other.unwrap()),
        }
    }
    heard
}
