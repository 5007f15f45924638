//! Who keeps an account's keys.

/// Who keeps an account's keys, as an invoice service sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMode {
    /// The service keeps all, the administrator's among them (托管).
    Hosted,
    /// The enterprise keeps the administrator's, the service those for daily business (部分托管).
    PartHosted,
    /// The service keeps none (自管).
    Own,
}

impl KeyMode {
    /// Its name, e.g. `part-hosted`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hosted => "hosted",
            Self::PartHosted => "part-hosted",
            Self::Own => "own",
        }
    }
}

impl std::fmt::Display for KeyMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
