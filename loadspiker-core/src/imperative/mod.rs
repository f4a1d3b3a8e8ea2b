//! The imperative style: scenarios, or steps of them, as async code of the user's.
//!
//! A built scenario is data, and its users rest in a few hundred bytes. Where a scenario needs what a program has
//! (variables, `match`, a client library of its own) it can be an async function instead, or have steps that are:
//!
//! ```
//! use loadspiker_core::imperative::{Outcome, User};
//! use loadspiker_core::{DurationExt, dsl::*, inject::at_once_users};
//!
//! async fn browse(user: &mut User) -> Outcome {
//!     for page in 1..=3 {
//!         user.dummy("page", 40.millis()).await?;
//!         user.session_mut().set("page", page)?;
//!         user.pause(2).await;
//!     }
//!     Ok(())
//! }
//!
//! let report = Simulation::new("mixed")
//!     .with(scenario("Visit").dummy("front page", 10.millis()).exec_async("browse", browse).inject([at_once_users(5)]))
//!     .simulated_clock()
//!     .run()
//!     .unwrap();
//! assert_eq!(report.request("page").unwrap().count(), 15);
//! // The three pages; think times are left out.
//! assert_eq!(report.request("browse").unwrap().response_time().max(), 120.millis());
//! ```
//!
//! # What is the same, and what is not
//!
//! A [`User`] makes requests with the builders, checks and expressions of built scenarios, and they are measured the same
//! way. What differs is that requests are compiled when they are made: a mistake in one is a failed request with the
//! mistake as its error, and each costs a few microseconds more. A user in such a step is a task, also while it
//! pauses, and costs a few kilobytes.
//!
//! The code runs on the shard's thread, together with all its other users: it must not block. The time it takes for itself,
//! between requests, is not charged to the load generator: what follows is meant to begin when it is done. At the end of the grace
//! period it is dropped where it stands; a user in a pause that lasts longer is interrupted at once.
//!
//! # Errors
//!
//! A failed request is an `Err`, and `?` ends the scenario with it; ignore the result to go on. What ends it, if it
//! is not a failed request, which is counted as such, is counted as an error of the step. As after any failure, the user is
//! marked as failed and goes on with the next step.
//!
//! # For authors of protocols
//!
//! Any request builder works with [`User::request`]. One that implements [`Request`] works with [`User::send`] as well, which
//! gives a reply. To offer `user.line("greet").text("hello").await?`, a protocol crate has an extension trait whose method
//! [binds](User::bind) a builder to the user, and repeats the builder's methods with
//! [`bound_methods!`](crate::bound_methods), where there is an example.
//!
//! A response is handed to the user's code by [`ActionContext::reply`](crate::protocol::ActionContext::reply), called by the
//! action where [`wants_reply`](crate::protocol::ActionContext::wants_reply) says so.

mod bound;
mod group;
mod pause;
mod records;
mod request;
mod user;

use std::sync::Arc;

pub use self::bound::{Bound, Request};
pub use crate::protocol::{Outcome, User};

use crate::dsl::{Chain, Dummy};

impl Chain {
    /// A chain of one step that is an async function and is not timed itself: what a whole scenario in the imperative
    /// style becomes. `name` is for the plan. To have the step itself timed as well, there is
    /// [`exec_async`](crate::dsl::exec_async).
    #[track_caller]
    pub fn journey(name: impl Into<String>, code: impl AsyncFn(&mut User) -> Outcome + Send + Sync + 'static) -> Chain {
        Chain::code(name.into(), false, Arc::new(code))
    }
}

impl Request for Dummy {
    type Reply = ();
}
