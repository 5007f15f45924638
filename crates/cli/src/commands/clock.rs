//! `taxchain clock`.

use clap::Subcommand;

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// `taxchain clock`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain clock advance 72h      # on a chain started with `taxchain dev --driven`\n  taxchain clock show"
)]
pub(crate) enum Command {
    /// Show block time.
    Show,
    /// Let time pass: for example 90s, 30m, 72h, 40d.
    Advance {
        /// How long.
        by: String,
    },
}

/// Reads a duration such as 72h, in milliseconds.
fn duration_ms(text: &str) -> Option<u64> {
    let (last, _) = text.char_indices().last()?;
    let (digits, unit) = text.split_at(last);
    let unit = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let by = match &command {
        Command::Show => None,
        Command::Advance { by } => {
            Some(duration_ms(by).ok_or_else(|| Failure::new(exit::DATA, "write for example 90s, 30m, 72h or 40d"))?)
        }
    };
    let session = Session::open(global).await?;
    let time = match by {
        None => session.client.stamp().await?.time,
        Some(ms) => session.client.set_clock(session.client.now().plus_ms(ms)).await?,
    };
    Ok(Answer::new().field("block_time", time.to_string()).field("ms", time.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_or_refused() {
        assert_eq!(duration_ms("72h"), Some(259_200_000));
        assert_eq!(duration_ms("40d"), Some(3_456_000_000));
        for bad in ["", "h", "7", "7w", "-1h", "99999999999999999999s", "１h", "7时"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
    }
}
