//! Keys by handle, providers, encrypted key files and verified values
