//! What requests and bodies allocate.
//!
//! A test program of its own, since allocations are counted for the whole process; its tests run one after another.

#![allow(clippy::unwrap_used, missing_docs)]

mod bodies;
mod requests;

loadspiker_testkit::count_allocations!();
