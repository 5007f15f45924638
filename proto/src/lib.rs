//! Protocol buffers and the only wire-to-domain conversions
