//! [`PlannedLoad`]: what load a run was to make.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What load one scenario of a run was to make: its injection profile, as it was written and as a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedLoad {
    /// The name of the scenario.
    pub scenario: Arc<str>,
    /// Whether the profile says how many users arrive or how many are there.
    pub kind: LoadKind,
    /// Its steps as they were written.
    pub steps: Vec<String>,
    /// Whether it begins with the run; if not, it does when the users of other scenarios are done.
    pub starts_with_run: bool,
    /// Milliseconds since it begins, ascending, and how many users have arrived until then (open) or are to be there
    /// (closed). Between two points it is about a line.
    #[serde(rename = "points_ms")]
    pub points: Vec<(u64, u64)>,
}

/// What an injection profile is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// How many users arrive.
    Open,
    /// How many users are there.
    Closed,
}
