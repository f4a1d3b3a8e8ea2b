//! HTTP as a user sees it: simulations against servers on loopback that record what they get.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod auth;
mod bodies;
mod checks;
mod connections;
mod cookies;
mod digests;
mod encodings;
mod faults;
mod feeders;
mod holding;
mod memory;
mod parallel;
mod redirects;
mod requests;
mod telling;
#[cfg(feature = "templates")]
mod templates;
mod tls;
mod values;
