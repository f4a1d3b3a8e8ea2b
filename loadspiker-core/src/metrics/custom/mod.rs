//! Custom metrics: figures of the user's own, beside those of requests.
//!
//! There are four kinds. Each is a small value that is made once, in a `const` or a variable, and records through the
//! session of a user (in [`exec_fn`](crate::dsl::exec_fn) and in closures of checks), through the
//! [`User`](crate::imperative::User) of an imperative step, through the
//! [`ActionContext`](crate::protocol::ActionContext) of a protocol, or from a check, with
//! [`record_to`](crate::check::Check::record_to).
//!
//! | kind | is given | tells | of several shards |
//! |---|---|---|---|
//! | [`counter`] | whole numbers | their sum, in all and per second | the sum |
//! | [`gauge`] | numbers | the last one, the least, the greatest | the one set last |
//! | [`rate`] | yes or no; numbers, of which 0 is no | the share of yes | the share of all |
//! | [`trend`] | numbers | sum, mean, percentiles, … | the distribution of all |
//!
//! ```
//! use loadspiker_core::assertion::metric;
//! use loadspiker_core::dsl::{Simulation, Steps, exec_fn, scenario};
//! use loadspiker_core::inject::at_once_users;
//! use loadspiker_core::custom_metric::{Counter, Trend, counter, trend};
//!
//! const ORDERS: Counter = counter("orders");
//! const BASKET: Trend = trend("basket").unit("EUR");
//!
//! let order = exec_fn(|session| {
//!     ORDERS.add(session, 1);
//!     BASKET.record(session, 12.5);
//!     Ok(())
//! });
//! let report = Simulation::new("shop")
//!     .with(scenario("Order").exec(order).inject([at_once_users(20)]))
//!     .assert(metric(&ORDERS).count().is(20))
//!     .assert(metric(&BASKET).percentile(95).lt(20))
//!     .simulated_clock()
//!     .run()
//!     .unwrap();
//! report.assert_passed();
//! assert_eq!(report.metric("orders").unwrap().count(), 20);
//! assert_eq!(report.metric("basket").unwrap().max(), Some(12.5));
//! ```
//!
//! # Tags
//!
//! A tag tells apart what is recorded in one metric: `ORDERS.tag("kind", "express")` is the same metric with a tag on
//! all that is recorded through it; a value made during the run is a tag of one recording:
//! `ORDERS.add_tagged(session, 1, &[("kind", kind)])`. The report has the figures of each combination of tags that
//! occurred, and those of all together.
//!
//! Tags are for what has few values. Beyond [`Limits::metrics`](super::Limits::metrics) combinations new ones are
//! counted as `(other)`, and the report says so.
//!
//! What is recorded before and after the run (see [`Simulation::before`](crate::dsl::Simulation::before)) is in no
//! figure, as requests made there are not.
//!
//! # What it costs
//!
//! Recording takes no lock and, once a combination of tags has occurred, no memory: each shard has figures of its own,
//! which are handed over once a second and merged without loss.

mod book;
mod handle;
mod kept;
mod key;
mod point;
mod stats;
mod values;

#[cfg(test)]
mod tests;

pub use key::MetricKind;
pub use point::MetricPoint;
pub use stats::MetricFigures;
pub use values::ValueStatistics;

pub(crate) use book::{Book, CheckCounts, GivenTags, NO_TAGS, fold as fold_metrics};
pub(crate) use handle::{Handle, wrong_number};
pub(crate) use kept::{KeptMetrics, MetricName};
pub(crate) use key::{MetricKey, Tags};
pub(crate) use stats::{MetricStats, PackedMetric};
pub(crate) use values::exact;
