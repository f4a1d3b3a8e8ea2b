//! [`Holds`]: for how long a step has held up a shard.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::numbers::seconds;

/// How often and for how long a step has held up a shard: while its code ran (a closure, a check, the decoding of a body),
/// nobody else on the shard had a turn. Turns of less than 10 ms are not counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holds {
    count: u64,
    #[serde(rename = "total_secs", with = "seconds")]
    total: Duration,
    #[serde(rename = "longest_secs", with = "seconds")]
    longest: Duration,
}

impl Holds {
    /// How often.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// For how long in all.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// For how long at most at a time.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// Counts one more.
    pub(crate) fn count_one(&mut self, held: Duration) {
        self.merge(&Holds { count: 1, total: held, longest: held });
    }

    /// Adds what others have counted.
    pub(crate) fn merge(&mut self, other: &Holds) {
        self.count += other.count;
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }
}
