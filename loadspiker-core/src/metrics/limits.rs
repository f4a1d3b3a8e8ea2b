//! [`Limits`]: what bounds the memory of the measurements.

use std::sync::Arc;

use super::key::{Groups, RequestKey, RequestPath};

/// The name under which requests and groups are counted once there are too many different ones.
pub const OTHER: &str = "(other)";

/// The text under which errors are counted once there are too many different ones.
pub const OTHER_ERRORS: &str = "(other errors)";

/// How many characters of an error text are kept.
pub(crate) const ERROR_CHARS: usize = 200;

/// What bounds the memory of the measurements, whatever a test does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many statistics of requests with names made during the run are kept, and as many again of fixed names
    /// inside of groups, and as many again of messages and connections; a statistic is one name in one group of one scenario. Fixed names outside of groups are
    /// always kept. What is beyond is counted as [`OTHER`] in its scenario. Default 1000.
    pub names: usize,
    /// How many values of tags are told apart, of all tags together; what is beyond is counted as [`OTHER`]. Default 500.
    pub tags: usize,
    /// How many groups are kept; what is beyond is counted as the group [`OTHER`]. Default 500.
    pub groups: usize,
    /// How many different error texts are kept per request, and per scenario for errors of other steps; what is beyond
    /// is counted as [`OTHER_ERRORS`]. A text is cut after 200 characters. Default 100.
    pub errors: usize,
    /// How many statistics of custom metrics are kept; one is a name with one combination of tags. What is beyond is
    /// counted under the tag [`OTHER`] of its metric, or, of further metrics, under that name. Default 500.
    pub metrics: usize,
    /// How many names of checks are told apart; what is beyond is counted as [`OTHER`]. Default 500.
    pub checks: usize,
    /// How many points the series of the run has. When they are used up, two points become one, and the step of the
    /// series doubles. Default 20,000: five and a half hours in steps of a second.
    pub series_points: usize,
    /// How many points the series of all requests have together; when they are used up, the step of them all doubles.
    /// Default 250,000.
    pub request_points: usize,
    /// The same of the series of all custom metrics together. Default 250,000.
    pub metric_points: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            names: 1000,
            tags: 500,
            groups: 500,
            errors: 100,
            metrics: 500,
            checks: 500,
            series_points: 20_000,
            request_points: 250_000,
            metric_points: 250_000,
        }
    }
}

/// The key under which requests of a scenario are counted once there are too many names.
pub(crate) fn other_request(scenario: &Arc<str>) -> RequestKey {
    RequestKey { scenario: scenario.clone(), path: RequestPath { groups: Groups::default(), name: OTHER.into() } }
}

/// As much of an error's text as is kept.
pub(crate) fn clip(text: &str) -> &str {
    if text.len() <= ERROR_CHARS {
        return text;
    }
    text.char_indices().nth(ERROR_CHARS).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(300);
        assert_eq!(clip(&long), "é".repeat(200));
        assert_eq!(clip(&"é".repeat(150)), "é".repeat(150));
        assert_eq!(clip("short"), "short");
    }
}
