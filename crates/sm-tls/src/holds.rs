//! How long a certificate holds, and saying so in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

const DAY: u64 = 86_400;
/// Days before the end at which one hears of it.
pub const WARNINGS: [u64; 3] = [90, 30, 7];

/// Until when the certificate holds with which one proves who one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Whose it is.
    pub subject: String,
    /// Its last second since 1970, or that of one between it and the root, whichever ends first.
    pub until: u64,
}

/// What is to be said of a certificate's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Nothing yet.
    Later,
    /// In no more than so many days, one of [`WARNINGS`].
    Within(u64),
    /// It has ended.
    Over,
}

impl Holds {
    /// What is to be said at a time, in seconds since 1970.
    #[must_use]
    pub fn at(&self, now: u64) -> Ends {
        Ends::of(self.until, now)
    }
}

impl Ends {
    /// Of a certificate that ends at `until`, at a time; both in seconds since 1970.
    #[must_use]
    pub fn of(until: u64, now: u64) -> Self {
        let Some(left) = until.checked_sub(now) else { return Self::Over };
        let within = WARNINGS.into_iter().rev().find(|days| left <= days * DAY);
        within.map_or(Self::Later, Self::Within)
    }
}

/// Logs a certificate's end before it comes: once for each of [`WARNINGS`], then daily from the last week on. Ends when
/// nobody follows the certificate any more.
pub async fn warn_before_end(mut holds: watch::Receiver<Holds>) {
    loop {
        let of = holds.borrow_and_update().clone();
        let mut said = Ends::Later;
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let stage = of.at(now);
            let urgent = matches!(stage, Ends::Within(7) | Ends::Over);
            if stage != said || urgent {
                say(&of, stage, now);
                said = stage;
            }
            tokio::select! {
                changed = holds.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                () = tokio::time::sleep(Duration::from_secs(if urgent { DAY } else { 3_600 })) => {}
            }
        }
    }
}

fn say(of: &Holds, stage: Ends, now: u64) {
    let subject = &of.subject;
    match stage {
        Ends::Later => {}
        Ends::Within(_) => {
            let days = (of.until - now) / DAY;
            tracing::warn!(subject, days, "the certificate ends soon: renew it (taxchain ca renew)");
        }
        Ends::Over => {
            tracing::error!(subject, "the certificate has ended: new connections fail until it is renewed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_said_in_time() {
        let holds = Holds { subject: String::new(), until: 1_000 * DAY };
        let at = |days: u64, second: u64| holds.at((1_000 - days) * DAY - second);
        assert_eq!(at(90, 1), Ends::Later);
        assert_eq!((at(90, 0), at(30, 1)), (Ends::Within(90), Ends::Within(90)));
        assert_eq!((at(30, 0), at(7, 1)), (Ends::Within(30), Ends::Within(30)));
        assert_eq!((at(7, 0), at(0, 0)), (Ends::Within(7), Ends::Within(7)));
        assert_eq!(holds.at(1_000 * DAY + 1), Ends::Over);
    }
}
