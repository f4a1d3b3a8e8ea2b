//! Custom metrics as a user writes them: [`Counter`], [`Gauge`], [`Rate`] and [`Trend`], and through what they record.

use std::sync::Arc;
use std::time::Duration;

use crate::metrics::{GivenTags, Handle, MetricKind, NO_TAGS, wrong_number};
use crate::session::Session;
use crate::value::Value;

impl Handle {
    /// Records what a check has found: a value, or each of a list.
    ///
    /// # Errors
    ///
    /// The value is of no use.
    pub(crate) fn record_value(&self, session: &Session, value: &Value) -> Result<(), String> {
        if let Value::List(items) = value {
            return items.iter().try_for_each(|item| self.record_value(session, item));
        }
        let book = session.book();
        match (self.kind(), value) {
            (MetricKind::Counter, value) => match value.as_u64() {
                Some(number) => book.add(self, NO_TAGS, Some(number)),
                None => return Err(self.complaint("a whole number of at least 0")),
            },
            (_, Value::Bool(yes)) => book.record(self, NO_TAGS, yes.amount()),
            (_, value) => match value.as_f64().filter(|number| number.is_finite()) {
                Some(number) => book.record(self, NO_TAGS, number),
                None => return Err(self.complaint("a number")),
            },
        }
        Ok(())
    }

    fn complaint(&self, wanted: &str) -> String {
        wrong_number(self.kind(), self.name(), wanted)
    }
}

/// Through what a custom metric is recorded: it belongs to a user, on a shard.
///
/// These are the [`Session`], which [`exec_fn`](crate::dsl::exec_fn) and closures of checks get, the [`User`](crate::imperative::User) of an
/// imperative step, and the [`ActionContext`](crate::protocol::ActionContext) of a protocol. Outside of a run, in tests of closures, it is a session
/// made by [`Session::detached`]; what is recorded is dropped with it.
#[diagnostic::on_unimplemented(
    message = "a custom metric is recorded through a session, a user or an action's context, not `{Self}`",
    label = "give the session"
)]
pub trait Recording {
    /// The session of the user.
    fn recording_session(&self) -> &Session;
}

/// What a metric is about.
pub(crate) fn handle_of(metric: &impl CustomMetric) -> &Handle {
    metric.handle()
}

impl Recording for Session {
    fn recording_session(&self) -> &Session {
        self
    }
}

/// A number that a gauge, a rate or a trend takes: any number, a `bool` (true is 1), or a [`Duration`], in milliseconds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number; a metric takes integers, floats, `bool` and `Duration` (in milliseconds)",
    label = "this cannot be recorded"
)]
pub trait Amount {
    /// As a number.
    fn amount(self) -> f64;
}

macro_rules! amounts {
    ($($number:ty)*; $($long:ty)*) => {
        $(impl Amount for $number {
            fn amount(self) -> f64 {
                f64::from(self)
            }
        })*
        $(impl Amount for $long {
            #[expect(clippy::cast_precision_loss, reason = "figures have no sixteen digits")]
            fn amount(self) -> f64 {
                self as f64
            }
        })*
    };
}

amounts!(i8 i16 i32 u8 u16 u32 f32 f64; i64 u64 isize usize);

impl Amount for bool {
    fn amount(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Amount for Duration {
    fn amount(self) -> f64 {
        self.as_secs_f64() * 1e3
    }
}

/// A custom metric of any kind: a [`Counter`], [`Gauge`], [`Rate`] or [`Trend`].
pub trait CustomMetric: sealed::Sealed {}

mod sealed {
    /// What only this crate can be.
    pub trait Sealed {
        #[doc(hidden)]
        fn handle(&self) -> &crate::metrics::Handle;
    }
}

macro_rules! metric {
    ($(#[$doc:meta])* $metric:ident, $(#[$make_doc:meta])* $make:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[must_use = "a metric does nothing until something is recorded in it"]
        pub struct $metric(Handle);

        $(#[$make_doc])*
        ///
        /// For a `const`, or a variable that closures capture. See the [module](crate::metrics#custom-metrics).
        pub const fn $make(name: &'static str) -> $metric {
            $metric(Handle::fixed(name, MetricKind::$metric))
        }

        impl $metric {
            /// One whose name is made while the program runs.
            pub fn named(name: impl Into<Arc<str>>) -> Self {
                $metric(Handle::made(name.into(), MetricKind::$metric))
            }

            /// The unit that reports show behind its figures, such as `"EUR"`. None unless given.
            pub const fn unit(mut self, unit: &'static str) -> Self {
                self.0.set_unit(unit);
                self
            }

            /// The same metric with a tag on all that is recorded through it.
            pub fn tag(self, name: &str, value: &str) -> Self {
                $metric(self.0.tagged(name, value))
            }
        }

        impl CustomMetric for $metric {}

        impl sealed::Sealed for $metric {
            fn handle(&self) -> &Handle {
                &self.0
            }
        }
    };
}

metric! {
    /// A sum of whole numbers: orders, retries, bytes. Made by [`counter`].
    ///
    /// For amounts with a fraction use a [`Trend`], which has a sum too.
    Counter,
    /// A counter of this name.
    counter
}

impl Counter {
    /// Adds a whole number. One below zero cannot be added; the report tells of it.
    pub fn add(&self, through: &impl Recording, number: impl TryInto<u64>) {
        self.add_tagged(through, number, NO_TAGS);
    }

    /// As [`add`](Self::add), with more tags.
    pub fn add_tagged(&self, through: &impl Recording, number: impl TryInto<u64>, tags: GivenTags<'_>) {
        through.recording_session().book().add(&self.0, tags, number.try_into().ok());
    }
}

metric! {
    /// A value that goes up and down: the length of a queue, a level of stock. Made by [`gauge`].
    ///
    /// What is kept is the value set last, the least and the greatest. Where several users set it, the last one is the
    /// one set at the latest moment, on whatever shard; of values set at the same nanosecond on different shards it is
    /// the greatest.
    Gauge,
    /// A gauge of this name.
    gauge
}

impl Gauge {
    /// Sets it. What is not finite cannot be set; the report tells of it.
    pub fn set(&self, through: &impl Recording, value: impl Amount) {
        self.set_tagged(through, value, NO_TAGS);
    }

    /// As [`set`](Self::set), with more tags.
    pub fn set_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}

metric! {
    /// How often something is so: the share of values that are true, or not zero. Made by [`rate`].
    Rate,
    /// A rate of this name.
    rate
}

impl Rate {
    /// Records whether it is so, or a number that is not zero if it is.
    pub fn record(&self, through: &impl Recording, value: impl Amount) {
        self.record_tagged(through, value, NO_TAGS);
    }

    /// As [`record`](Self::record), with more tags.
    pub fn record_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}

metric! {
    /// The distribution of numbers: sums of baskets, sizes, times. Made by [`trend`].
    ///
    /// Its percentiles are those of [`ValueStatistics`](crate::metrics::ValueStatistics): right to 0.1 %, in memory that does not
    /// grow with the number of values.
    Trend,
    /// A trend of this name.
    trend
}

impl Trend {
    /// Records a number. What is not finite cannot be recorded; the report tells of it.
    pub fn record(&self, through: &impl Recording, value: impl Amount) {
        self.record_tagged(through, value, NO_TAGS);
    }

    /// As [`record`](Self::record), with more tags.
    pub fn record_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}
