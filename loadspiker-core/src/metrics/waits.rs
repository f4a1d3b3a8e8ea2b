//! [`RecordWaits`]: how long users waited for records.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::numbers::seconds;

/// A shorter wait is none.
const NOTICED: Duration = Duration::from_millis(1);

/// How users waited for records of a [pool](crate::pool), or of a feeder that may have none yet
/// ([`async_records`](crate::feeder::async_records)). Over the whole run, its warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordWaits {
    taken: u64,
    waited: u64,
    given_up: u64,
    #[serde(rename = "longest_secs", with = "seconds")]
    longest: Duration,
}

impl RecordWaits {
    /// How many records were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How often a user waited for a millisecond or longer, in vain or not.
    pub fn waited(&self) -> u64 {
        self.waited
    }

    /// How often a user got none: it had waited for as long as it was told to, or there was none and it was not to wait.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// The longest wait.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// A user waited for so long, and has taken a record or given up.
    pub(super) fn count(&mut self, wait: Duration, taken: bool) {
        self.taken += u64::from(taken);
        self.given_up += u64::from(!taken);
        if wait >= NOTICED {
            self.waited += 1;
            self.longest = self.longest.max(wait);
        }
    }

    /// Adds what others have counted.
    pub(crate) fn merge(&mut self, other: &RecordWaits) {
        self.taken += other.taken;
        self.waited += other.waited;
        self.given_up += other.given_up;
        self.longest = self.longest.max(other.longest);
    }
}
