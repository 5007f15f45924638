//! The offline proof verifier: neither gRPC nor a database in its tree
