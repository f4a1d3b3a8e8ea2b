//! [`RunEvent`]: what happened to a run that explains its figures.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::numbers::millis;

/// What happened to a run at one moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunEvent {
    /// When, since the run began; in whole milliseconds.
    #[serde(rename = "at_ms", with = "millis")]
    pub at: Duration,
    /// What.
    pub kind: EventKind,
    /// More of it, such as the reason for a stop. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// What happens to runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The warm-up ended.
    WarmUpEnd,
    /// The load generator stood still; told by the second in which that began.
    Stall,
    /// A criterion that ends the run was met.
    Criterion,
    /// The load was scaled.
    Scale,
    /// The run was paused.
    Pause,
    /// It went on after a pause.
    Resume,
    /// It was told to end.
    Stop,
}

/// How many events are kept of a run.
pub(crate) const MOST_EVENTS: usize = 1000;

impl RunEvent {
    pub(crate) fn new(at: Duration, kind: EventKind, text: impl Into<String>) -> Self {
        let at = Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(u64::MAX));
        RunEvent { at, kind, text: text.into() }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventKind::WarmUpEnd => "end of the warm-up",
            EventKind::Stall => "stall",
            EventKind::Criterion => "criterion met",
            EventKind::Scale => "load scaled",
            EventKind::Pause => "paused",
            EventKind::Resume => "resumed",
            EventKind::Stop => "told to end",
        })
    }
}
