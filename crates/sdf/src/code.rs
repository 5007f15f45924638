//! What a device answers.

use std::fmt;

/// SDR_BASE of GM/T 0018, annex A.
const BASE: u32 = 0x0100_0000;

/// An error code of a device: GM/T 0018's own, or its vendor's. Shown in hex, with the standard's name and what to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(pub u32);

/// What a code means for whoever called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It has no room at the moment: wait and ask again.
    Busy,
    /// Session or device are gone: open them again.
    Lost,
    /// It does not let this PIN at the key: never ask again, devices lock after some tries.
    PinRefused,
    /// There is no such key.
    NoKey,
    /// Anything else.
    Refused,
}

impl Code {
    /// SDR_COMMFAIL.
    pub const COMMUNICATION: Self = Self(BASE + 0x03);
    /// SDR_OPENSESSION.
    pub const OPEN_SESSION: Self = Self(BASE + 0x06);
    /// SDR_PARDENY.
    pub const NO_ACCESS: Self = Self(BASE + 0x07);
    /// SDR_KEYNOTEXIST.
    pub const NO_KEY: Self = Self(BASE + 0x08);
    /// SDR_PRKRERR.
    pub const PIN_REFUSED: Self = Self(BASE + 0x18);

    pub(crate) fn meaning(self) -> Meaning {
        match self.0.wrapping_sub(BASE) {
            0x06 | 0x1c => Meaning::Busy,
            0x03 | 0x04 | 0x05 | 0x07 | 0x20 => Meaning::Lost,
            0x08 => Meaning::NoKey,
            0x18 | 0x21 => Meaning::PinRefused,
            _ => Meaning::Refused,
        }
    }

    /// The standard's name; none for a vendor's own code.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0.wrapping_sub(BASE) {
            0x01 => "SDR_UNKNOWERR",
            0x02 => "SDR_NOTSUPPORT",
            0x03 => "SDR_COMMFAIL",
            0x04 => "SDR_HARDFAIL",
            0x05 => "SDR_OPENDEVICE",
            0x06 => "SDR_OPENSESSION",
            0x07 => "SDR_PARDENY",
            0x08 => "SDR_KEYNOTEXIST",
            0x09 => "SDR_ALGNOTSUPPORT",
            0x0a => "SDR_ALGMODNOTSUPPORT",
            0x0b => "SDR_PKOPERR",
            0x0c => "SDR_SKOPERR",
            0x0d => "SDR_SIGNERR",
            0x0e => "SDR_VERIFYERR",
            0x0f => "SDR_SYMOPERR",
            0x10 => "SDR_STEPERR",
            0x11 => "SDR_FILESIZEERR",
            0x12 => "SDR_FILENOEXIST",
            0x13 => "SDR_FILEOFSERR",
            0x14 => "SDR_KEYTYPEERR",
            0x15 => "SDR_KEYERR",
            0x16 => "SDR_ENCDATAERR",
            0x17 => "SDR_RANDERR",
            0x18 => "SDR_PRKRERR",
            0x19 => "SDR_MACERR",
            0x1a => "SDR_FILEEXISTS",
            0x1b => "SDR_FILEWERR",
            0x1c => "SDR_NOBUFFER",
            0x1d => "SDR_INARGERR",
            0x1e => "SDR_OUTARGERR",
            _ => return None,
        })
    }

    /// What its operator can do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self.0.wrapping_sub(BASE) {
            0x02 | 0x09 | 0x0a => "the device or its firmware lacks this call: it needs SM2 signing by index",
            0x03..=0x05 => {
                "the device does not answer: look at its power, cable and address, and at the vendor's service"
            }
            0x06 | 0x1c => "the device has no session free: lower `sessions`, or see who else uses it",
            0x07 | 0x18 => "the PIN does not open this key: look at pin_file; devices lock a key after some wrong PINs",
            0x08 | 0x14 => {
                "there is no SM2 signing key under this index: make it with the vendor's tool, or name another"
            }
            0x0c | 0x0d | 0x0f | 0x15 | 0x17 => "the device failed inside: stop using it and run its self-test",
            0x1d | 0x1e => "the device does not take this call's arguments: its library may be of another version",
            _ => "see the vendor's list of codes",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X} {}", self.0, self.name().unwrap_or("(the vendor's own)"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_shown_in_hex_with_the_standards_name() {
        assert_eq!(Code(0x0100_0018).to_string(), "0x01000018 SDR_PRKRERR");
        assert_eq!(Code(0x0102_0001).to_string(), "0x01020001 (the vendor's own)");
        assert_eq!(Code(7).name(), None, "not of this standard");
        let named = (1..=0x1e).filter(|low| Code(BASE + low).name().is_some()).count();
        assert_eq!(named, 0x1e);
    }

    #[test]
    fn what_may_be_tried_again_is_told_from_what_may_not() {
        for (low, meaning) in [
            (0x06, Meaning::Busy),
            (0x03, Meaning::Lost),
            (0x07, Meaning::Lost),
            (0x18, Meaning::PinRefused),
            (0x08, Meaning::NoKey),
            (0x0d, Meaning::Refused),
        ] {
            assert_eq!(Code(BASE + low).meaning(), meaning, "{low:#x}");
        }
    }
}
