//! The test kit itself: peers do what their scripts say, and real servers start, stop and start again.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod http;
mod peers;
mod servers;
mod simulated;
