//! The wires between nodes: a proxy of our own that can be cut.

use std::collections::BTreeMap;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::proxy;

/// What a wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// Carries both ways.
    Whole,
    /// Ends every connection and takes none.
    Cut,
    /// What the dialling side says arrives nowhere, though the connection stands.
    OneWay,
}

/// All wires, by the place that dials and the place that listens.
#[derive(Default)]
pub(super) struct Wires(BTreeMap<(u16, u16), Arc<watch::Sender<Wire>>>);

impl Wires {
    /// Lays a wire and says where its dialling end is.
    pub(super) async fn lay(&mut self, from: u16, to: u16, target: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(Wire::Whole);
        self.0.insert((from, to), Arc::new(state));
        tokio::spawn(async move {
            while let Ok((dialled, _)) = listener.accept().await {
                if *watched.borrow() != Wire::Cut {
                    tokio::spawn(carry(dialled, target, watched.clone()));
                }
            }
        });
        Ok(address)
    }

    /// Sets every wire that the condition names, and makes all others whole.
    pub(super) fn set(&self, wire: Wire, which: impl Fn(u16, u16) -> bool) {
        for ((from, to), state) in &self.0 {
            state.send_replace(if which(*from, *to) { wire } else { Wire::Whole });
        }
    }
}

async fn carry(dialled: TcpStream, target: SocketAddr, mut wire: watch::Receiver<Wire>) {
    let one_way = wire.clone();
    let asked = |_: &[u8]| {
        let mut wire = one_way.clone();
        async move { wire.wait_for(|w| *w != Wire::OneWay).await.is_ok() }
    };
    tokio::select! {
        () = proxy::carry(dialled, target, asked, |_| ready(true)) => {}
        _ = wire.wait_for(|w| *w == Wire::Cut) => {}
    }
}
