//! The curve of a day: breakfast, lunch, evening and night on a base, minute by minute.

/// Minutes of a day.
pub const DAY: u32 = 1_440;

/// One bump of the day: centre and width in minutes, and its share of the day.
#[derive(Clone, Copy, Debug)]
pub struct Bump {
    /// Minute of its middle.
    pub centre: f64,
    /// Standard deviation in minutes.
    pub width: f64,
    /// Weight against the other bumps.
    pub weight: f64,
}

/// The city's day: 8:30, 12:20, 18:30 and 21:00.
pub const CITY: [Bump; 4] = [
    Bump { centre: 510.0, width: 45.0, weight: 0.20 },
    Bump { centre: 740.0, width: 50.0, weight: 0.27 },
    Bump { centre: 1_110.0, width: 55.0, weight: 0.27 },
    Bump { centre: 1_260.0, width: 60.0, weight: 0.14 },
];

/// What is left for the base, spread over the hours when shops are open (6:00 to 24:00).
const BASE: f64 = 0.12;

/// The weight of every minute of the day; they add up to 1. The share of a bump that falls outside of the day comes
/// back in at the other end: nights do not stop at midnight.
pub fn weights(bumps: &[Bump]) -> Vec<f64> {
    let total: f64 = bumps.iter().map(|b| b.weight).sum::<f64>() + BASE;
    let open = |minute: u32| if (360..DAY).contains(&minute) { BASE / f64::from(DAY - 360) } else { 0.0 };
    let raw: Vec<f64> = (0..DAY)
        .map(|minute| {
            let bump = |b: &Bump| {
                b.weight * (-1..=1).map(|day| density(f64::from(minute) + f64::from(day) * 1_440.0, b)).sum::<f64>()
            };
            (bumps.iter().map(bump).sum::<f64>() + open(minute)) / total
        })
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|w| w / sum).collect()
}

fn density(minute: f64, bump: &Bump) -> f64 {
    let z = (minute - bump.centre) / bump.width;
    (-0.5 * z * z).exp() / (bump.width * std::f64::consts::TAU.sqrt())
}

/// The weights of Zipf's law: the `k`-th of `n` has `1/k^s`.
pub fn zipf(n: usize, s: f64) -> Vec<f64> {
    (1..=n).map(|rank| (rank as f64).powf(-s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_adds_up_to_one_and_peaks_at_the_meals() {
        let day = weights(&CITY);
        assert_eq!(day.len(), 1_440);
        assert!((day.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let best = |range: std::ops::Range<usize>| {
            range.clone().max_by(|a, b| day[*a].total_cmp(&day[*b])).unwrap_or(range.start)
        };
        assert!((730..=750).contains(&best(600..900)), "lunch at {}", best(600..900));
        assert!((500..=520).contains(&best(400..620)), "breakfast at {}", best(400..620));
        assert!(day[240] < day[740] / 20.0, "at four in the morning hardly anybody");
    }

    #[test]
    fn zipf_halves_at_the_second_and_never_rises() {
        let sizes = zipf(100, 1.0);
        assert!((sizes[0] / sizes[1] - 2.0).abs() < 1e-9 && (sizes[0] / sizes[9] - 10.0).abs() < 1e-9);
        assert!(sizes.is_sorted_by(|a, b| a >= b));
    }
}
