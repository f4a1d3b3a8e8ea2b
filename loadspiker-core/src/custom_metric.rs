//! Custom metrics: [`Counter`], [`Gauge`], [`Rate`] and [`Trend`], and the contexts through which values are recorded.

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

/// A context through which custom metrics are recorded. It belongs to a user on a shard.
///
/// Implemented by the [`Session`], which [`exec_fn`](crate::dsl::exec_fn) and closures of checks get, by the
/// [`User`](crate::imperative::User) of an imperative step, and by the [`ActionContext`](crate::protocol::ActionContext) of a
/// protocol. To test closures outside of a run, use [`Session::detached`]; recorded values are dropped with it.
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

/// Values that a gauge, a rate or a trend accepts: any number, a `bool` (true is 1), or a [`Duration`], in milliseconds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number; a metric takes integers, floats, `bool` and `Duration` (in milliseconds)",
    label = "this cannot be recorded"
)]
pub trait Amount {
    /// The value as a number.
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
        /// Creates a metric, as a `const` or a variable that closures capture. See the [module](crate::metrics#custom-metrics).
        pub const fn $make(name: &'static str) -> $metric {
            $metric(Handle::fixed(name, MetricKind::$metric))
        }

        impl $metric {
            /// Creates a metric whose name is only known at run time.
            pub fn named(name: impl Into<Arc<str>>) -> Self {
                $metric(Handle::made(name.into(), MetricKind::$metric))
            }

            /// The unit that reports show after its values, such as `"EUR"`. Default: none.
            pub const fn unit(mut self, unit: &'static str) -> Self {
                self.0.set_unit(unit);
                self
            }

            /// The same metric, with a tag on every value recorded through it.
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
    /// A sum of whole numbers: orders, retries, bytes. Created by [`counter`].
    ///
    /// For fractional amounts, use a [`Trend`], which also has a sum.
    Counter,
    /// A counter of this name.
    counter
}

impl Counter {
    /// Adds a whole number. Negative numbers are ignored, and the report warns of them.
    pub fn add(&self, through: &impl Recording, number: impl TryInto<u64>) {
        self.add_tagged(through, number, NO_TAGS);
    }

    /// Like [`add`](Self::add), with additional tags.
    pub fn add_tagged(&self, through: &impl Recording, number: impl TryInto<u64>, tags: GivenTags<'_>) {
        through.recording_session().book().add(&self.0, tags, number.try_into().ok());
    }
}

metric! {
    /// A value that goes up and down: the length of a queue, a stock level. Created by [`gauge`].
    ///
    /// The last, the smallest and the largest value are kept. If several users set the gauge, the last value is the one set at the
    /// latest moment, on any shard. If shards set it in the same nanosecond, the largest value counts.
    Gauge,
    /// A gauge of this name.
    gauge
}

impl Gauge {
    /// Sets the gauge. Values that are not finite are ignored, and the report warns of them.
    pub fn set(&self, through: &impl Recording, value: impl Amount) {
        self.set_tagged(through, value, NO_TAGS);
    }

    /// Like [`set`](Self::set), with additional tags.
    pub fn set_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}

metric! {
    /// The share of values that are true or not zero. Created by [`rate`].
    Rate,
    /// A rate of this name.
    rate
}

impl Rate {
    /// Records a boolean, or a number that counts as true unless it is zero.
    pub fn record(&self, through: &impl Recording, value: impl Amount) {
        self.record_tagged(through, value, NO_TAGS);
    }

    /// Like [`record`](Self::record), with additional tags.
    pub fn record_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}

metric! {
    /// The distribution of numbers: order totals, sizes, times. Created by [`trend`].
    ///
    /// Its percentiles are those of [`ValueStatistics`](crate::metrics::ValueStatistics): accurate to 0.1 %, in memory that does
    /// not grow with the number of values.
    Trend,
    /// A trend of this name.
    trend
}

impl Trend {
    /// Records a number. Values that are not finite are ignored, and the report warns of them.
    pub fn record(&self, through: &impl Recording, value: impl Amount) {
        self.record_tagged(through, value, NO_TAGS);
    }

    /// Like [`record`](Self::record), with additional tags.
    pub fn record_tagged(&self, through: &impl Recording, value: impl Amount, tags: GivenTags<'_>) {
        through.recording_session().book().record(&self.0, tags, value.amount());
    }
}
