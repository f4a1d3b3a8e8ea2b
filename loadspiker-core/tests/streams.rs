//! Messages that a server pushes: awaits, joins, streams, and blocks around chains. The server is a script in memory, on
//! the simulated clock.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "streams/push.rs"]
mod push;

#[path = "streams/awaits.rs"]
mod awaits;
#[path = "streams/blocks.rs"]
mod blocks;
#[path = "streams/imperative.rs"]
mod imperative;
#[path = "streams/joins.rs"]
mod joins;
#[path = "streams/messages.rs"]
mod messages;
#[path = "streams/stops.rs"]
mod stops;
