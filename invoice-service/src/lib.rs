//! What enterprises and people use: business gRPC, hosted keys, verification
