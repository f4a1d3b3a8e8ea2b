//! Messages that a server pushes: what protocols with streams have in common.
//!
//! A protocol's reading task puts what it receives into an [`Inbox`]. Steps take messages out of it by an
//! [`Expectation`]; [`Acks`] does the same for confirmations that carry a key. A user that waits holds no task: it rests
//! as data until a [`Bell`] is rung. All of it belongs to one shard and needs no locks.

mod acks;
mod bell;
mod expectation;
mod inbox;
mod promise;

pub use acks::{Ack, Acks};
pub use bell::Bell;
pub(crate) use bell::OnRing;
pub use expectation::Expectation;
pub use inbox::{Inbox, Received};
