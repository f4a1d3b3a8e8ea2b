//! The facade as its users see it, against real servers and real faults.
//!
//! Load tests of one process run one after another, so each is kept short. No test says how fast something must be: times
//! are bounded from below only, by what the server did.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod apache;
mod arrivals;
mod connections;
mod correlation;
mod descriptors;
mod faults;
mod imperative;
mod journey;
#[cfg(feature = "kerberos")]
mod kerberos;
mod mistakes;
mod mutual_tls;
mod nginx;
mod programs;
mod python;
mod shop;
mod stall;
mod standstill;
mod stopping;
mod tls;
#[cfg(feature = "ntlm")]
mod windows;
