//! Two sides, in memory and over real sockets.
#![allow(clippy::unwrap_used)]

mod transport {
    mod calls;
    mod fixtures;
    mod handshakes;
    mod live;
    mod people;
    mod wire;
}
