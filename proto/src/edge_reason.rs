//! Failures at the edge: what a service or client says where the ledger has said nothing.

macro_rules! edge_reasons {
    ($($(#[$doc:meta])* $name:ident = $num:expr, $text:expr);* $(;)?) => {
        /// Why a call failed without a verdict of the ledger. Numbers follow the ledger's and are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum EdgeReason { $($(#[$doc])* $name = $num),* }

        impl EdgeReason {
            /// All reasons, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable machine name, e.g. `NOT_FOUND`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

edge_reasons! {
    /// A field of the request is missing or is not what it should be.
    InvalidArgument = 901, "INVALID_ARGUMENT";
    /// What was asked for is not on the chain at that height.
    NotFound = 902, "NOT_FOUND";
    /// The deadline passed before the outcome was known.
    Deadline = 903, "DEADLINE";
    /// Nobody answers, or the service is starting or stopping.
    Unavailable = 904, "UNAVAILABLE";
    /// Too many calls of this caller.
    RateLimited = 905, "RATE_LIMITED";
    /// A fault inside the service; it is in the service's log under the request id.
    Internal = 906, "INTERNAL";
    /// The block is committed, the one that proves it is not there yet.
    NotProvableYet = 907, "NOT_PROVABLE_YET";
    /// Proofs are made for the last 1,000 heights only.
    ProofTooOld = 908, "PROOF_TOO_OLD";
    /// The values given do not belong to one invoice of this chain. One answer for all that does not match.
    VerifyMismatch = 909, "VERIFY_MISMATCH";
    /// A page token that this list did not give out.
    PageToken = 910, "PAGE_TOKEN";
    /// The height asked for was not reached within the deadline.
    HeightNotReached = 911, "HEIGHT_NOT_REACHED";
    /// The caller did not say who it is.
    Unauthenticated = 912, "UNAUTHENTICATED";
    /// The caller may not act for this account or see this.
    Forbidden = 913, "FORBIDDEN";
    /// The service keeps no key of this account.
    KeyNotHeld = 914, "KEY_NOT_HELD";
    /// Block time follows the wall clock on this chain: it cannot be set.
    ClockNotDriven = 915, "CLOCK_NOT_DRIVEN";
    /// Block time never goes back.
    ClockBackwards = 916, "CLOCK_BACKWARDS";
    /// A proof, certificate or signature does not verify against the genesis document.
    ProofInvalid = 917, "PROOF_INVALID";
    /// The subscriber read too slowly and was cut off.
    SubscriberTooSlow = 918, "SUBSCRIBER_TOO_SLOW";
    /// The answer is not one that this client understands: versions differ, or something else answered.
    BadAnswer = 919, "BAD_ANSWER";
    /// The service does not offer this call.
    NotOffered = 920, "NOT_OFFERED_HERE";
    /// The node began with a snapshot and does not have what was before.
    NotKept = 921, "NOT_KEPT_HERE";
    /// No sink of the audit log takes entries: nothing is done that cannot be recorded.
    AuditUnavailable = 922, "AUDIT_UNAVAILABLE";
    /// The caller's certificate is revoked in the register.
    CertificateRevoked = 925, "CERTIFICATE_REVOKED";
    /// Only callers with a registered certificate are heard here.
    CertificateNotRegistered = 926, "CERTIFICATE_NOT_REGISTERED";
}

impl EdgeReason {
    /// The stable number.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The reason with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.number() == number)
    }
}

impl std::fmt::Display for EdgeReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::RejectReason;

    use super::*;

    #[test]
    fn numbers_and_names_are_apart_from_the_ledgers() {
        assert!(EdgeReason::ALL.is_sorted_by(|a, b| a.number() < b.number()));
        for reason in EdgeReason::ALL {
            assert_eq!(EdgeReason::from_number(reason.number()), Some(*reason));
            assert!(RejectReason::from_number(reason.number()).is_none());
            assert!(RejectReason::ALL.iter().all(|r| r.name() != reason.name()), "{reason}");
            let shaped = |b: u8| b.is_ascii_uppercase() || b == b'_';
            assert!(reason.name().len() <= 63 && reason.name().bytes().all(shaped), "{reason}");
        }
    }
}
