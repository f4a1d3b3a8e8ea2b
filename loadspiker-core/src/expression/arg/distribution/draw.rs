//! The mathematics of distributions: how one length of time is drawn.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;

use crate::numbers::nanos;
use crate::units::DurationExt;

/// Above 0, so that its logarithm is finite, and at most 1.
fn unit(random: &mut Rng) -> f64 {
    1.0 - random.f64()
}

/// A standard normal deviate (G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates",
/// Annals of Mathematical Statistics 29 (1958), 610–611).
fn standard_normal(random: &mut Rng) -> f64 {
    (-2.0 * unit(random).ln()).sqrt() * (TAU * random.f64()).cos()
}

/// In whole nanoseconds, both bounds included. `to` is not less than `from`.
pub(crate) fn uniform(from: Duration, to: Duration, random: &mut Rng) -> Duration {
    let width = nanos(to.saturating_sub(from));
    from.saturating_add(Duration::from_nanos(random.u64(..=width)))
}

/// Cut at zero.
pub(crate) fn normal(mean: Duration, std_dev: Duration, random: &mut Rng) -> Duration {
    (mean.as_secs_f64() + std_dev.as_secs_f64() * standard_normal(random)).secs()
}

/// By inversion (L. Devroye, "Non-Uniform Random Variate Generation", Springer 1986, section II.2).
pub(crate) fn exponential(mean: Duration, random: &mut Rng) -> Duration {
    (-unit(random).ln() * mean.as_secs_f64()).secs()
}

/// The exponential of a normal deviate, by mean and standard deviation of that one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogNormal {
    mu: f64,
    sigma: f64,
}

impl LogNormal {
    /// From mean *m* and standard deviation *s* of what is drawn: σ² = ln(1 + s²/m²), μ = ln m − σ²/2, which solves
    /// m = exp(μ + σ²/2), s² = m²·(exp(σ²) − 1) (N. L. Johnson, S. Kotz and N. Balakrishnan, "Continuous Univariate
    /// Distributions", volume 1, second edition, Wiley 1994, chapter 14). A mean of zero gives zeros.
    pub(crate) fn new(mean: Duration, std_dev: Duration) -> Self {
        if mean.is_zero() {
            return LogNormal { mu: f64::NEG_INFINITY, sigma: 0.0 };
        }
        let (mean, std_dev) = (mean.as_secs_f64(), std_dev.as_secs_f64());
        let variance = (std_dev / mean).powi(2).ln_1p();
        LogNormal { mu: mean.ln() - variance / 2.0, sigma: variance.sqrt() }
    }

    pub(crate) fn draw(&self, random: &mut Rng) -> Duration {
        (self.mu + self.sigma * standard_normal(random)).exp().secs()
    }
}
