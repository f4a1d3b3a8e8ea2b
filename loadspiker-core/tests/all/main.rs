//! The core as its users and protocols see it, mostly on the simulated clock.
//!
//! One program, since a program takes longer to link than most of its tests take to run. Programs of their own are for tests
//! that need a process of their own: `allocations` counts those of the process, `holding` leaves threads behind that never
//! end, `journal` kills processes.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test that panics has failed, as it should")]

mod arrivals;
mod behaviour;
mod blocks;
mod breakdown;
mod control;
mod criteria;
mod drawn;
mod exact;
#[cfg(feature = "fake")]
mod fake;
mod feeders;
mod fuzz;
mod hooks;
mod imperative;
mod language;
mod measure;
mod mistakes;
mod names;
mod outcomes;
mod overload;
mod parallel;
mod plans;
mod pools;
mod rates;
mod running;
mod samples;
mod seams;
mod sequence;
mod telling;
mod throttle;
mod timed_loops;
mod warm_up;
