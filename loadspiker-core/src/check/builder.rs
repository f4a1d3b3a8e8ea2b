//! [`Check`]: what a user writes.

use std::fmt;
use std::sync::Arc;

use super::extract::{Extractor, Pick};
use super::response::Response;
use crate::custom_metric::CustomMetric;
use crate::expression::{Arg, IntoValue, ValueArg};
use crate::metrics::Handle;
use crate::session::Session;
use crate::value::Value;

/// What is asked of a response, and what is saved from it; see the [module](super).
///
/// Several conditions in one check must all hold: `json_path("$.n").gt(0).lt(10)`. Without any, what is looked for must
/// be there.
#[derive(Clone, Debug)]
#[must_use = "a check does nothing until it is given to a request, with `.check(…)`"]
pub struct Check {
    pub(super) kind: Kind,
    pub(super) name: Option<Arc<str>>,
    /// Who made it, if that is not the user.
    pub(super) implied_by: Option<&'static str>,
    /// Methods that were called but mean nothing on this kind of check; told as mistakes when it is compiled.
    pub(super) misused: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Single(Box<Single>),
    All(Vec<Check>),
    Any(Vec<Check>),
    If(Arg<bool>, Box<Check>),
    Custom(Arc<str>, Closure<Judge>),
}

#[derive(Clone, Debug)]
pub(super) struct Single {
    pub(super) extractor: Arc<dyn Extractor>,
    pub(super) pick: Pick,
    pub(super) changes: Vec<Change>,
    pub(super) conditions: Vec<Condition>,
    pub(super) optional: bool,
    pub(super) save_as: Option<Arc<str>>,
    pub(super) record_to: Vec<Handle>,
}

/// What is done with the value found, in the order written.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Default(ValueArg),
    Transform(Closure<Transform>),
}

#[derive(Clone, Debug)]
pub(super) enum Condition {
    Is(ValueArg),
    Not(ValueArg),
    IsNull,
    NotNull,
    Exists,
    NotExists,
    OneOf(Vec<ValueArg>),
    Compare(Comparison, ValueArg),
    Between(ValueArg, ValueArg),
    Matches(Arc<str>),
    Custom(Arc<str>, Closure<Validate>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub(super) type Judge = dyn Fn(&dyn Response, &Session) -> Result<(), String> + Send + Sync;
pub(super) type Transform = dyn Fn(Value) -> Value + Send + Sync;
pub(super) type Validate = dyn Fn(Option<&Value>, &Session) -> Result<(), String> + Send + Sync;

/// A closure of the user's.
pub(super) struct Closure<F: ?Sized>(pub(super) Arc<F>);

impl<F: ?Sized> Clone for Closure<F> {
    fn clone(&self) -> Self {
        Closure(self.0.clone())
    }
}

impl<F: ?Sized> fmt::Debug for Closure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("|…| …")
    }
}

/// What can be a check of a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no check",
    label = "not a check",
    note = "write a check such as `status().is(200)`, `json_path(\"$.id\").save_as(\"id\")` or `custom_check(\"what\", |response, session| …)`; for several there is `all_of([…])`"
)]
pub trait IntoCheck {
    /// The check.
    fn into_check(self) -> Check;
}

#[diagnostic::do_not_recommend]
impl<C: Into<Check>> IntoCheck for C {
    fn into_check(self) -> Check {
        self.into()
    }
}

/// What a closure that judges may return: whether it is as it should be, or a `Result` whose error says why not.
#[diagnostic::on_unimplemented(
    message = "a check's closure must return a `bool` or a `Result<(), String>`, not `{Self}`",
    label = "this is no verdict"
)]
pub trait Verdict {
    /// The verdict.
    ///
    /// # Errors
    ///
    /// Why it is not as it should be; empty if nothing can be said but that it is not. Since every different message
    /// is counted by itself, leave out what differs from response to response.
    fn into_result(self) -> Result<(), String>;
}

impl Verdict for bool {
    fn into_result(self) -> Result<(), String> {
        if self { Ok(()) } else { Err(String::new()) }
    }
}

impl<E: fmt::Display> Verdict for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

impl Check {
    /// A check on what an extractor of a protocol crate finds; the [module](super) has an example.
    pub fn from_extractor(extractor: impl Extractor + 'static) -> Self {
        Check::new(Kind::Single(Box::new(Single {
            extractor: Arc::new(extractor),
            pick: Pick::First,
            changes: Vec::new(),
            conditions: Vec::new(),
            optional: false,
            save_as: None,
            record_to: Vec::new(),
        })))
    }

    pub(super) fn new(kind: Kind) -> Self {
        Check { kind, name: None, implied_by: None, misused: Vec::new() }
    }

    fn single(mut self, method: &'static str, change: impl FnOnce(&mut Single)) -> Self {
        match &mut self.kind {
            Kind::Single(single) => change(single),
            _ => self.misused.push(method),
        }
        self
    }

    fn pick(self, method: &'static str, pick: Pick) -> Self {
        self.single(method, |single| single.pick = pick)
    }

    fn condition(self, method: &'static str, condition: Condition) -> Self {
        self.single(method, |single| single.conditions.push(condition))
    }

    /// Takes the first value found. This is the default.
    pub fn find(self) -> Self {
        self.pick("find", Pick::First)
    }

    /// Takes the value at a place among those found, from 0.
    pub fn find_nth(self, place: usize) -> Self {
        self.pick("find_nth", Pick::Nth(place))
    }

    /// Takes the list of all values found. If there are none, nothing is found.
    pub fn find_all(self) -> Self {
        self.pick("find_all", Pick::All)
    }

    /// Takes one of the values found, each as likely as the other.
    pub fn find_random(self) -> Self {
        self.pick("find_random", Pick::Random)
    }

    /// Takes the number of values found, which may be 0.
    pub fn count(self) -> Self {
        self.pick("count", Pick::Count)
    }

    /// Where nothing is found, takes this value instead.
    pub fn with_default(self, value: impl IntoValue) -> Self {
        self.single("with_default", |single| single.changes.push(Change::Default(value.into_value())))
    }

    /// Changes the value found, before it is judged and saved. Not called if nothing is found.
    pub fn transform<R: Into<Value>>(self, change: impl Fn(Value) -> R + Send + Sync + 'static) -> Self {
        self.single("transform", |single| {
            single.changes.push(Change::Transform(Closure(Arc::new(move |value| change(value).into()))));
        })
    }

    /// It must say the same as this, type aside: `5`, `5.0` and `"5"` do.
    pub fn is(self, expected: impl IntoValue) -> Self {
        self.condition("is", Condition::Is(expected.into_value()))
    }

    /// It must not say the same as this, or not be there.
    pub fn not(self, unexpected: impl IntoValue) -> Self {
        self.condition("not", Condition::Not(unexpected.into_value()))
    }

    /// It must be there and be null.
    pub fn is_null(self) -> Self {
        self.condition("is_null", Condition::IsNull)
    }

    /// It must be there and not be null.
    pub fn not_null(self) -> Self {
        self.condition("not_null", Condition::NotNull)
    }

    /// It must be there, be it null. This is the default.
    pub fn exists(self) -> Self {
        self.condition("exists", Condition::Exists)
    }

    /// It must not be there. Where the response cannot be read (the body is no JSON) the check fails.
    pub fn not_exists(self) -> Self {
        self.condition("not_exists", Condition::NotExists)
    }

    /// It must say the same as one of these.
    pub fn one_of<V: IntoValue>(self, expected: impl IntoIterator<Item = V>) -> Self {
        self.condition("one_of", Condition::OneOf(expected.into_iter().map(IntoValue::into_value).collect()))
    }

    /// It must be a number, or a text that reads as one, less than this.
    pub fn lt(self, bound: impl IntoValue) -> Self {
        self.condition("lt", Condition::Compare(Comparison::Less, bound.into_value()))
    }

    /// It must be a number, or a text that reads as one, less than this or equal to it.
    pub fn lte(self, bound: impl IntoValue) -> Self {
        self.condition("lte", Condition::Compare(Comparison::LessOrEqual, bound.into_value()))
    }

    /// It must be a number, or a text that reads as one, greater than this.
    pub fn gt(self, bound: impl IntoValue) -> Self {
        self.condition("gt", Condition::Compare(Comparison::Greater, bound.into_value()))
    }

    /// It must be a number, or a text that reads as one, greater than this or equal to it.
    pub fn gte(self, bound: impl IntoValue) -> Self {
        self.condition("gte", Condition::Compare(Comparison::GreaterOrEqual, bound.into_value()))
    }

    /// It must be a number, or a text that reads as one, between these two or equal to one of them.
    pub fn between(self, low: impl IntoValue, high: impl IntoValue) -> Self {
        self.condition("between", Condition::Between(low.into_value(), high.into_value()))
    }

    /// A regular expression must match somewhere in its text; `^…$` asks for the whole.
    pub fn matches(self, regex: impl AsRef<str>) -> Self {
        self.condition("matches", Condition::Matches(regex.as_ref().into()))
    }

    /// Where nothing is found (also because the response cannot be read), the check passes, nothing is saved, and no
    /// other condition is asked.
    pub fn optional(self) -> Self {
        self.single("optional", |single| single.optional = true)
    }

    /// A closure of one's own judges the value, which is `None` if nothing is found: it returns a `bool`, or a
    /// `Result<(), String>` whose error says why not. `what` names the condition in messages.
    pub fn validate<R: Verdict>(
        self,
        what: impl AsRef<str>,
        judge: impl Fn(Option<&Value>, &Session) -> R + Send + Sync + 'static,
    ) -> Self {
        let judge = move |value: Option<&Value>, session: &Session| judge(value, session).into_result();
        self.condition("validate", Condition::Custom(what.as_ref().into(), Closure(Arc::new(judge))))
    }

    /// What messages and the report call this check, in place of what it looks for. The report counts how often the
    /// checks of each name were made and failed, and [`check_details`](crate::assertion::check_details) asserts on it.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(name.as_ref().into());
        self
    }

    /// Says that this check was not written by the user but comes with something else, such as a way to log in. The report
    /// counts it as `name (implied by form_login)`; its messages stay as they are.
    pub fn implied_by(self, what: &'static str) -> Self {
        Check { implied_by: Some(what), ..self }
    }

    /// Saves the value as a session attribute if the check passes and something is found.
    pub fn save_as(self, attribute: impl AsRef<str>) -> Self {
        self.single("save_as", |single| single.save_as = Some(attribute.as_ref().into()))
    }

    /// Records the value in a [custom metric](crate::metrics#custom-metrics), whether or not it is as it should be; of a
    /// list each value. Where nothing is found nothing is recorded. A value that the metric cannot record fails the
    /// check: a counter needs whole numbers of at least 0, the others numbers, texts that read as one, or truth values.
    ///
    /// ```
    /// use loadspiker_core::check::json_path;
    /// use loadspiker_core::custom_metric::{Trend, trend};
    ///
    /// const TOTAL: Trend = trend("total").unit("EUR");
    ///
    /// let check = json_path("$.total").lt(1000).record_to(&TOTAL);
    /// # let _ = check;
    /// ```
    pub fn record_to(self, metric: &impl CustomMetric) -> Self {
        self.single("record_to", |single| single.record_to.push(metric.handle().clone()))
    }
}
