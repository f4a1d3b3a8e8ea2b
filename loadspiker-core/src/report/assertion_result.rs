//! [`AssertionResult`]: whether an assertion holds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether an assertion holds of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssertionResult {
    /// What was asserted: `global: 95th percentile of response time < 800 ms`.
    pub description: String,
    /// Whether it holds.
    pub passed: bool,
    /// The figure: `1.203 s`; empty if there is none.
    pub actual: String,
    /// The condition: `< 800 ms`.
    pub expected: String,
    /// What was found: `was 1.203 s`, or why there is no figure.
    pub message: String,
    /// Where to look if it does not hold: the requests that have most to do with it, errors, the worst seconds. Each a
    /// text such as `requests: shop / list 1.203 s (2 of 100)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_at: Vec<String>,
}

impl fmt::Display for AssertionResult {
    /// One line: `✗ global: 95th percentile of response time < 800 ms: was 1.203 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.passed { '✓' } else { '✗' };
        write!(f, "{sign} {}: {}", self.description, self.message)
    }
}
