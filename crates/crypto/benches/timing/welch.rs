//! Mean and variance as they come (Welford), and Welch's t of two of them.

#[derive(Default)]
pub(crate) struct Welch {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Welch {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    /// 0 where there is nothing to compare.
    pub(crate) fn t(&self, other: &Self) -> f64 {
        if self.count < 2.0 || other.count < 2.0 {
            return 0.0;
        }
        let error = |w: &Self| w.squares / (w.count - 1.0) / w.count;
        let both = (error(self) + error(other)).sqrt();
        if both == 0.0 { 0.0 } else { (self.mean - other.mean) / both }
    }
}
