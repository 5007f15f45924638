//! Two sides, in memory and over real sockets.
#![allow(clippy::unwrap_used)]

mod transport {
    mod calls;
    mod handshakes;
    mod people;
    mod wire;
}
