//! [`Check`]: the builder that users call.

use std::fmt;
use std::sync::Arc;

use super::extract::{Extractor, Pick};
use super::response::Response;
use crate::custom_metric::CustomMetric;
use crate::expression::{Arg, IntoValue, ValueArg};
use crate::metrics::Handle;
use crate::session::Session;
use crate::value::Value;

/// A condition on a response, and what to save from it; see the [module](super).
///
/// If a check has several conditions, all must hold: `json_path("$.n").gt(0).lt(10)`. Without a condition, the value must
/// be present.
#[derive(Clone, Debug)]
#[must_use = "a check does nothing until it is passed to a request, with `.check(…)`"]
pub struct Check {
    pub(super) kind: Kind,
    pub(super) name: Option<Arc<str>>,
    /// What added this check, if the user did not.
    pub(super) implied_by: Option<&'static str>,
    /// Methods that have no meaning for this kind of check. Reported as mistakes when the check is compiled.
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

/// What to do with the value found, in the order the user wrote it.
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

/// A closure written by the user.
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

/// Types that can be used as a check of a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a check",
    label = "not a check",
    note = "write a check such as `status().is(200)`, `json_path(\"$.id\").save_as(\"id\")` or `custom_check(\"what\", |response, session| …)`; to combine several, use `all_of([…])`"
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

/// What a validating closure may return: a `bool`, or a `Result` whose error says what is wrong.
#[diagnostic::on_unimplemented(
    message = "a check's closure must return a `bool` or a `Result<(), String>`, not `{Self}`",
    label = "not a verdict"
)]
pub trait Verdict {
    /// Converts the value into a verdict.
    ///
    /// # Errors
    ///
    /// The reason why the check fails. May be empty. Every distinct message is counted separately, so leave out details that
    /// differ from response to response.
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
    /// Creates a check on the value found by an extractor of a protocol crate; the [module](super) has an example.
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

    /// Takes the value at this position, counted from 0.
    pub fn find_nth(self, place: usize) -> Self {
        self.pick("find_nth", Pick::Nth(place))
    }

    /// Takes all values found, as a list. If there are none, nothing is found.
    pub fn find_all(self) -> Self {
        self.pick("find_all", Pick::All)
    }

    /// Takes one of the values found at random, each equally likely.
    pub fn find_random(self) -> Self {
        self.pick("find_random", Pick::Random)
    }

    /// Takes the number of values found, which may be 0.
    pub fn count(self) -> Self {
        self.pick("count", Pick::Count)
    }

    /// Uses this value if nothing is found.
    pub fn with_default(self, value: impl IntoValue) -> Self {
        self.single("with_default", |single| single.changes.push(Change::Default(value.into_value())))
    }

    /// Transforms the value before it is checked and saved. Not called if nothing is found.
    pub fn transform<R: Into<Value>>(self, change: impl Fn(Value) -> R + Send + Sync + 'static) -> Self {
        self.single("transform", |single| {
            single.changes.push(Change::Transform(Closure(Arc::new(move |value| change(value).into()))));
        })
    }

    /// The value must equal this one. Types are ignored: `5`, `5.0` and `"5"` are equal.
    pub fn is(self, expected: impl IntoValue) -> Self {
        self.condition("is", Condition::Is(expected.into_value()))
    }

    /// The value must differ from this one, or be missing. Types are ignored: `5`, `5.0` and `"5"` are equal.
    pub fn not(self, unexpected: impl IntoValue) -> Self {
        self.condition("not", Condition::Not(unexpected.into_value()))
    }

    /// The value must be present and null.
    pub fn is_null(self) -> Self {
        self.condition("is_null", Condition::IsNull)
    }

    /// The value must be present and not null.
    pub fn not_null(self) -> Self {
        self.condition("not_null", Condition::NotNull)
    }

    /// The value must be present; null counts as present. This is the default.
    pub fn exists(self) -> Self {
        self.condition("exists", Condition::Exists)
    }

    /// The value must be missing. If the response cannot be read (for example, the body is not valid JSON), the check fails.
    pub fn not_exists(self) -> Self {
        self.condition("not_exists", Condition::NotExists)
    }

    /// The value must equal one of these. Types are ignored: `5`, `5.0` and `"5"` are equal.
    pub fn one_of<V: IntoValue>(self, expected: impl IntoIterator<Item = V>) -> Self {
        self.condition("one_of", Condition::OneOf(expected.into_iter().map(IntoValue::into_value).collect()))
    }

    /// The value must be less than this bound. It must be a number, or a text that parses as one.
    pub fn lt(self, bound: impl IntoValue) -> Self {
        self.condition("lt", Condition::Compare(Comparison::Less, bound.into_value()))
    }

    /// The value must be less than or equal to this bound. It must be a number, or a text that parses as one.
    pub fn lte(self, bound: impl IntoValue) -> Self {
        self.condition("lte", Condition::Compare(Comparison::LessOrEqual, bound.into_value()))
    }

    /// The value must be greater than this bound. It must be a number, or a text that parses as one.
    pub fn gt(self, bound: impl IntoValue) -> Self {
        self.condition("gt", Condition::Compare(Comparison::Greater, bound.into_value()))
    }

    /// The value must be greater than or equal to this bound. It must be a number, or a text that parses as one.
    pub fn gte(self, bound: impl IntoValue) -> Self {
        self.condition("gte", Condition::Compare(Comparison::GreaterOrEqual, bound.into_value()))
    }

    /// The value must be between these bounds, both included. It must be a number, or a text that parses as one.
    pub fn between(self, low: impl IntoValue, high: impl IntoValue) -> Self {
        self.condition("between", Condition::Between(low.into_value(), high.into_value()))
    }

    /// The regular expression must match somewhere in the value. To match the whole value, use `^…$`.
    pub fn matches(self, regex: impl AsRef<str>) -> Self {
        self.condition("matches", Condition::Matches(regex.as_ref().into()))
    }

    /// Makes the check optional. If nothing is found, or the response cannot be read, the check passes, saves nothing, and
    /// skips its other conditions.
    pub fn optional(self) -> Self {
        self.single("optional", |single| single.optional = true)
    }

    /// Validates the value with a closure, which gets `None` if nothing is found. It returns a `bool`, or a
    /// `Result<(), String>` whose error says what is wrong. `what` names the condition in messages.
    pub fn validate<R: Verdict>(
        self,
        what: impl AsRef<str>,
        judge: impl Fn(Option<&Value>, &Session) -> R + Send + Sync + 'static,
    ) -> Self {
        let judge = move |value: Option<&Value>, session: &Session| judge(value, session).into_result();
        self.condition("validate", Condition::Custom(what.as_ref().into(), Closure(Arc::new(judge))))
    }

    /// Names the check in messages and in the report. The report counts how often the checks of each name ran and failed, and
    /// [`check_details`](crate::assertion::check_details) asserts on these counts. Default: what the check looks for.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(name.as_ref().into());
        self
    }

    /// Marks a check that comes with another feature, such as a login, and was not written by the user. The report counts it
    /// as `name (implied by form_login)`; its messages do not change.
    pub fn implied_by(self, what: &'static str) -> Self {
        Check { implied_by: Some(what), ..self }
    }

    /// Saves the value as a session attribute, if the check passes and a value is found.
    pub fn save_as(self, attribute: impl AsRef<str>) -> Self {
        self.single("save_as", |single| single.save_as = Some(attribute.as_ref().into()))
    }

    /// Records the value in a [custom metric](crate::metrics#custom-metrics), whether or not the check passes. If the value is
    /// a list, each of its items is recorded. If nothing is found, nothing is recorded. If the metric cannot record the value,
    /// the check fails: counters take whole numbers of at least 0; other metrics take numbers, texts that parse as numbers,
    /// and booleans.
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
