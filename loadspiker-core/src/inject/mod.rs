//! Injection profiles: when users start.
//!
//! A profile is a list of steps that run one after the other. All steps are of one kind:
//!
//! * *open* steps ([`OpenStep`]) say how many users arrive, whether or not earlier users have finished;
//! * *closed* steps ([`ClosedStep`]) say how many users are active at the same time.
//!
//! [`Profile::mistakes`] validates a profile before the run. [`Profile::arrivals`] computes the instants of an open profile,
//! [`Profile::targets`] the number of users of a closed one, each for one [`Shard`] of the load generator. The shards add
//! up to the whole exactly: arrival by arrival, user by user. A [`Throttle`] limits the requests that users make. Its
//! [`Slots`] are computed and split in the same way.
//!
//! ```
//! use loadspiker_core::DurationExt;
//! use loadspiker_core::inject::{Profile, Shard, at_once_users, constant_users_per_sec, ramp_users};
//!
//! let profile = Profile::from_steps([
//!     at_once_users(10),
//!     ramp_users(100).during(10.secs()),
//!     constant_users_per_sec(500).during(20.secs()),
//! ]);
//! assert!(profile.mistakes().is_empty());
//! assert_eq!(profile.duration(), 30.secs());
//!
//! let arrivals = profile.arrivals(Shard::WHOLE, 1);
//! assert_eq!(arrivals.total(), 10_110);
//! // The 111th user is the second of the constant rate, due 2 ms after that begins.
//! assert_eq!(arrivals.map(|at| at.since_start()).nth(111), Some(10_002.millis()));
//! ```
//!
//! Open and closed steps cannot be mixed:
//!
//! ```compile_fail
//! use loadspiker_core::DurationExt;
//! use loadspiker_core::inject::{Profile, at_once_users, constant_concurrent_users};
//!
//! Profile::from_steps([at_once_users(10), constant_concurrent_users(10).during(10.secs())]);
//! ```

mod arrivals;
mod carry;
mod closed;
mod curve;
mod mistakes;
mod normal;
mod open;
mod points;
mod profile;
mod random;
mod shard;
mod shown_duration;
mod slots;
mod stairs;
mod targets;
mod throttle;

pub use arrivals::Arrivals;
pub use closed::{
    ClosedStep, ConstantConcurrentUsers, IncrementConcurrentUsers, IncrementConcurrentUsersTimes, RampConcurrentUsers,
    RampConcurrentUsersTo, constant_concurrent_users, increment_concurrent_users, ramp_concurrent_users,
};
pub use open::{
    ConstantUsersPerSec, IncrementUsersPerSec, IncrementUsersPerSecTimes, OpenStep, RampUsers, RampUsersPerSec,
    RampUsersPerSecTo, StressPeakUsers, at_once_users, constant_users_per_sec, increment_users_per_sec, nothing_for,
    ramp_users, ramp_users_per_sec, stress_peak_users,
};
pub use profile::{InjectionStep, Profile};
pub use shard::Shard;
pub use slots::Slots;
pub use targets::Targets;
pub use throttle::{ReachRps, Throttle, ThrottleStep, hold_for, jump_to_rps, reach_rps};

#[cfg(test)]
mod tests;
