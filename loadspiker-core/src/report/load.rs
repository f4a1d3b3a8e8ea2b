//! [`HostLoad`] and [`StuckStep`]: what the machine and the user's code did to the load generator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::info::optional_seconds;
use crate::numbers::seconds;

/// What the machine did to the load generator while it ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HostLoad {
    /// For how long the threads of the shards have run, all together.
    #[serde(rename = "ran_secs", with = "seconds")]
    pub ran: Duration,
    /// For how long they could have run and waited for a core, because others had it.
    #[serde(rename = "waited_secs", with = "seconds")]
    pub waited: Duration,
    /// Which part (0 to 1) of the time of all cores other virtual machines of the host have taken.
    pub stolen: f64,
    /// For how long some task of the machine has waited for a core, if the system tells (`/proc/pressure/cpu`).
    #[serde(rename = "pressure_secs", with = "optional_seconds")]
    pub pressure: Option<Duration>,
}

impl HostLoad {
    /// Whether others had the cores when the load generator needed them: it waited for a core for a fifth or more of the
    /// time in which it had something to do, or 5 % of the cores' time was stolen. (If it had all cores busy by itself, that
    /// says nothing.)
    pub fn is_busy(&self) -> bool {
        self.waited * 5 >= self.ran + self.waited && self.waited > Duration::ZERO || self.stolen >= 0.05
    }
}

/// A turn of a task that held up a shard for more than a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StuckStep {
    /// The shard.
    pub shard: usize,
    /// The user; 0 for none.
    pub user: u64,
    /// The step, its scenario, and where it was written. `None` if it was in no step.
    pub step: Option<String>,
    /// For how long, as far as it was seen.
    #[serde(rename = "held_secs", with = "seconds")]
    pub held: Duration,
    /// The run had to end, and went on without this shard: what it had counted since it last handed over is missing.
    pub given_up: bool,
}
