//! The numbers of RFC 8998, section 2 and 3. rustls 0.23 has no names for them.

use rustls::crypto::hash::HashAlgorithm;
use rustls::{CipherSuite, NamedGroup, SignatureAlgorithm, SignatureScheme};

/// SM4 in Galois/counter mode with SM3.
pub const TLS_SM4_GCM_SM3: CipherSuite = CipherSuite::Unknown(0x00c6);
/// The curve of SM2, for key agreement.
pub const CURVE_SM2: NamedGroup = NamedGroup::Unknown(0x0029);
/// SM2 signatures over SM3.
pub const SM2SIG_SM3: SignatureScheme = SignatureScheme::Unknown(0x0708);
/// SM3; only compared with itself.
pub(crate) const SM3: HashAlgorithm = HashAlgorithm::Unknown(7);
/// SM2; only TLS 1.2 reads it, which is not built in.
pub(crate) const SM2: SignatureAlgorithm = SignatureAlgorithm::Unknown(8);
