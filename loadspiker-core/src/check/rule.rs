//! [`Rule`]: a condition on the value found, ready for the run.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;

use super::builder::{Closure, Comparison, Condition, Validate};
use super::pattern::Pattern;
use crate::expression::Symbols;
use crate::expression::{CompiledValue, EvalError, ValueArg};
use crate::mask::MASK;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::Value;

pub(super) enum Rule {
    Is(CompiledValue),
    Not(CompiledValue),
    IsNull,
    NotNull,
    Exists,
    NotExists,
    OneOf(Box<[CompiledValue]>),
    Compare(Comparison, CompiledValue),
    Between(CompiledValue, CompiledValue),
    Matches { regex: Pattern<Regex>, source: Box<str> },
    Custom(Box<str>, Closure<Validate>),
}

/// Why a value breaks a rule.
pub(super) enum Complaint {
    /// There is no value.
    Nothing,
    /// The value is not this: `less than 5`. Messages may show the value.
    Not(String),
    /// The value is not what an expression says, and so is probably another for every user.
    NotVarying(String),
    /// The value is this, which it must not be.
    Unwanted(String),
    /// Another sentence about the value: `"bob" is not a number`. Messages may show the value.
    Other(String),
    /// The whole message.
    Plain(String),
    /// An expression has no value for this user: the whole message.
    Broken(String),
}

impl From<EvalError> for Complaint {
    fn from(error: EvalError) -> Self {
        Complaint::Broken(format!("{error:#}"))
    }
}

impl Rule {
    pub(super) fn compile(condition: &Condition, cx: &mut Symbols<'_>) -> Rule {
        match condition {
            Condition::Is(value) => Rule::Is(value.compile(cx)),
            Condition::Not(value) => Rule::Not(value.compile(cx)),
            Condition::IsNull => Rule::IsNull,
            Condition::NotNull => Rule::NotNull,
            Condition::Exists => Rule::Exists,
            Condition::NotExists => Rule::NotExists,
            Condition::OneOf(values) => {
                if values.is_empty() {
                    cx.mistake("one_of([]) can never hold; name what is expected");
                }
                Rule::OneOf(values.iter().map(|value| value.compile(cx)).collect())
            }
            Condition::Compare(comparison, bound) => Rule::Compare(*comparison, number(bound, cx)),
            Condition::Between(low, high) => {
                let (low, high) = (number(low, cx), number(high, cx));
                let order =
                    low.as_constant().zip(high.as_constant()).and_then(|(low, high)| low.order_of_numbers(high));
                if order == Some(Ordering::Greater) {
                    cx.mistake(format!("between({low}, {high}) can never hold; write between({high}, {low})"));
                }
                Rule::Between(low, high)
            }
            Condition::Matches(source) => {
                Rule::Matches { regex: Pattern::compile(source, cx), source: abbreviate(source).into() }
            }
            Condition::Custom(what, judge) => Rule::Custom((**what).into(), judge.clone()),
        }
    }

    /// As it was written, for the plan: `is 200`; nothing for one that holds if there is a value. Constants that are
    /// compared with a secret are not shown.
    pub(super) fn written(&self, is_secret: bool) -> String {
        let shown = |value: &CompiledValue| match value.as_constant() {
            Some(_) if is_secret => MASK.to_owned(),
            _ => value.to_string(),
        };
        match self {
            Rule::Is(value) => format!("is {}", shown(value)),
            Rule::Not(value) => format!("is not {}", shown(value)),
            Rule::IsNull => "is null".to_owned(),
            Rule::NotNull => "is not null".to_owned(),
            Rule::Exists => String::new(),
            Rule::NotExists => "does not exist".to_owned(),
            Rule::OneOf(values) => {
                format!("is one of {}", abbreviate(&values.iter().map(shown).collect::<Vec<_>>().join(", ")))
            }
            Rule::Compare(comparison, bound) => format!("is {} {}", comparison.words(), shown(bound)),
            Rule::Between(low, high) => format!("is between {} and {}", shown(low), shown(high)),
            Rule::Matches { source, .. } => format!("matches {source}"),
            Rule::Custom(what, _) => format!("holds \"{what}\""),
        }
    }

    /// Judges the value found.
    pub(super) fn judge(&self, value: Option<&Value>, session: &Session) -> Result<(), Complaint> {
        match (self, value) {
            (Rule::Custom(what, judge), value) => judge.0(value, session).map_err(|why| {
                Complaint::Plain(if why.is_empty() {
                    format!("\"{what}\" does not hold")
                } else {
                    format!("{what}: {why}")
                })
            }),
            (Rule::NotExists | Rule::Not(_), None) => Ok(()),
            (_, None) => Err(Complaint::Nothing),
            (Rule::Exists, Some(_)) => Ok(()),
            (Rule::NotExists, Some(_)) => Err(Complaint::Other("found, but must be missing".to_owned())),
            (Rule::IsNull, Some(value)) => holds(matches!(value, Value::Null), || Complaint::Not("null".to_owned())),
            (Rule::NotNull, Some(value)) => {
                holds(!matches!(value, Value::Null), || Complaint::Plain("is null".to_owned()))
            }
            (Rule::Is(expected), Some(value)) => {
                let same = value.same_as(&*expected.get(session)?);
                holds(same, || not(expected.to_string(), [expected]))
            }
            (Rule::Not(unexpected), Some(value)) => {
                let same = value.same_as(&*unexpected.get(session)?);
                holds(!same, || Complaint::Unwanted(unexpected.to_string()))
            }
            (Rule::OneOf(expected), Some(value)) => {
                for one in expected {
                    if value.same_as(&*one.get(session)?) {
                        return Ok(());
                    }
                }
                let shown: Vec<String> = expected.iter().map(CompiledValue::to_string).collect();
                Err(not(format!("one of {}", abbreviate(&shown.join(", "))), expected))
            }
            (Rule::Compare(comparison, bound), Some(value)) => {
                let order = order(value, bound, session)?;
                holds(comparison.admits(order), || not(format!("{} {bound}", comparison.words()), [bound]))
            }
            (Rule::Between(low, high), Some(value)) => {
                let (above, below) = (order(value, low, session)?, order(value, high, session)?);
                let inside = Comparison::GreaterOrEqual.admits(above) && Comparison::LessOrEqual.admits(below);
                holds(inside, || not(format!("between {low} and {high}"), [low, high]))
            }
            (Rule::Matches { regex, source }, Some(value)) => {
                let text = match value {
                    Value::Text(text) => Cow::Borrowed(&**text),
                    other => Cow::Owned(other.to_string()),
                };
                let matched = regex.with(session, |regex| regex.is_match(&text));
                let matched = matched.map_err(|error| Complaint::Broken(error.to_string()))?;
                holds(matched, || match regex {
                    Pattern::Ready(_) => Complaint::Other(format!("does not match {source}")),
                    Pattern::Rendered(_) => Complaint::Plain(format!("does not match {source}")),
                })
            }
        }
    }
}

fn holds(condition: bool, complaint: impl FnOnce() -> Complaint) -> Result<(), Complaint> {
    if condition { Ok(()) } else { Err(complaint()) }
}

/// The value is not as `expected` says, which is made of `parts`.
fn not<'a>(expected: String, parts: impl IntoIterator<Item = &'a CompiledValue>) -> Complaint {
    if parts.into_iter().all(|part| part.as_constant().is_some()) {
        Complaint::Not(expected)
    } else {
        Complaint::NotVarying(expected)
    }
}

/// A bound that is always the same must be a number.
fn number(bound: &ValueArg, cx: &mut Symbols<'_>) -> CompiledValue {
    let bound = bound.compile(cx);
    if bound.as_constant().is_some_and(|value| value.as_f64().is_none_or(f64::is_nan)) {
        cx.mistake(format!("{bound} is not a number, so nothing can be compared with it; use is(…) for texts"));
    }
    bound
}

/// How the value compares with the bound; `None` if one of them is not a number (NaN).
fn order(value: &Value, bound: &CompiledValue, session: &Session) -> Result<Option<Ordering>, Complaint> {
    let limit = bound.get(session)?;
    if let (Value::Int(value), Value::Int(limit)) = (value, &*limit) {
        return Ok(Some(value.cmp(limit)));
    }
    let Some(number) = value.number() else {
        return Err(Complaint::Other("is not a number".to_owned()));
    };
    let Some(limit) = limit.number() else {
        return Err(Complaint::Broken(format!("the bound {bound} is not a number for this user")));
    };
    Ok(number.order(&limit))
}

impl Comparison {
    fn admits(self, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }

    fn words(self) -> &'static str {
        match self {
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "at most",
            Comparison::Greater => "greater than",
            Comparison::GreaterOrEqual => "at least",
        }
    }
}
