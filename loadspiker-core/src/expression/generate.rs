//! [`Generator`]: the functions that stand by themselves, `#{randomInt(1,6)}`.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::date::Pattern;
use super::write_value;
use crate::session::Session;
use crate::value::Value;

#[derive(Debug)]
pub(super) enum Generator {
    /// Known since before the run.
    Constant(Value),
    CurrentTimeMillis,
    CurrentDate(Pattern),
    /// The counter of this name.
    Counter(Arc<str>),
    UserId,
    Uuid,
    AnyInt,
    AnyLong,
    Integer {
        from: i64,
        to: i64,
    },
    Float {
        from: f64,
        to: f64,
    },
    /// An integer of this range, divided by `scale`.
    Decimal {
        from: i64,
        to: i64,
        scale: f64,
    },
    Alphanumeric(u32),
    #[cfg(feature = "fake")]
    Fake(crate::fake::Fake, crate::fake::Locale),
}

/// Each name with the ways to call it.
const ALL: [(&str, &str); 10] = [
    ("currentTimeMillis", "currentTimeMillis()"),
    ("currentDate", "currentDate(pattern), such as currentDate(yyyy-MM-dd)"),
    ("counter", "counter(name)"),
    ("randomUuid", "randomUuid()"),
    ("randomInt", "randomInt() or randomInt(from,to)"),
    ("randomLong", "randomLong() or randomLong(from,to)"),
    ("randomDouble", "randomDouble(), randomDouble(from,to) or randomDouble(from,to,digits)"),
    ("randomAlphanumeric", "randomAlphanumeric(length)"),
    ("env", "env(NAME)"),
    ("userId", "userId()"),
];

/// Longer random texts are surely a mistake.
const LONGEST: u32 = 1_000_000;

pub(super) fn names() -> Vec<&'static str> {
    let names = ALL.iter().map(|(name, _)| *name);
    #[cfg(feature = "fake")]
    let names = names.chain(crate::fake::names());
    names.collect()
}

/// Made-up data.
#[cfg(feature = "fake")]
fn fake(name: &str, arguments: &[&str]) -> Option<Result<Generator, String>> {
    crate::fake::from_call(name, arguments).map(|made| made.map(|(fake, locale)| Generator::Fake(fake, locale)))
}

/// Who calls `fakeName()` without its feature is told of it.
#[cfg(not(feature = "fake"))]
fn fake(name: &str, _: &[&str]) -> Option<Result<Generator, String>> {
    let is_fake =
        name.strip_prefix("fake").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
    is_fake.then(|| Err(format!("{name}() needs the feature \"fake\" of loadspiker; turn it on in Cargo.toml")))
}

/// The generator of this name, or `None` if there is none of this name. `inside` is what stands between its
/// parentheses, the arguments are that, split at commas.
pub(super) fn make(name: &str, inside: &str, arguments: &[&str]) -> Option<Result<Generator, String>> {
    let Some((_, usage)) = ALL.iter().find(|(known, _)| *known == name) else { return fake(name, arguments) };
    Some(match (name, arguments) {
        ("currentTimeMillis", []) => Ok(Generator::CurrentTimeMillis),
        // The commas belong to the pattern.
        ("currentDate", [_, ..]) => Pattern::parse(inside).map(Generator::CurrentDate),
        ("counter", [name]) => Ok(Generator::Counter((*name).into())),
        ("userId", []) => Ok(Generator::UserId),
        ("randomUuid", []) => Ok(Generator::Uuid),
        ("randomInt", []) => Ok(Generator::AnyInt),
        ("randomLong", []) => Ok(Generator::AnyLong),
        ("randomDouble", []) => Ok(Generator::Float { from: 0.0, to: 1.0 }),
        ("randomInt" | "randomLong", [from, to]) => integers(name, from, to),
        ("randomDouble", [from, to]) => floats(from, to).map(|(from, to)| Generator::Float { from, to }),
        ("randomDouble", [from, to, digits]) => decimals(from, to, digits),
        ("randomAlphanumeric", [length]) => match length.parse() {
            Ok(length @ 1..=LONGEST) => Ok(Generator::Alphanumeric(length)),
            _ => Err(format!("randomAlphanumeric({length}): the length must be an integer from 1 to {LONGEST}")),
        },
        ("env", [variable]) => match std::env::var(variable) {
            Ok(value) => Ok(Generator::Constant(value.into())),
            Err(std::env::VarError::NotPresent) => {
                Err(format!("environment variable {variable} is not set; set it before the start"))
            }
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("environment variable {variable} is not UTF-8")),
        },
        _ => Err(format!("wrong number of arguments ({}): write {usage}", arguments.len())),
    })
}

fn integers(name: &str, from: &str, to: &str) -> Result<Generator, String> {
    match (from.parse(), to.parse()) {
        (Ok(from), Ok(to)) if from < to => Ok(Generator::Integer { from, to }),
        (Ok::<i64, _>(_), Ok::<i64, _>(_)) => {
            Err(format!("{name}({from},{to}): the first must be less than the second, which is never drawn"))
        }
        _ => Err(format!("{name}({from},{to}): both must be integers")),
    }
}

fn floats(from: &str, to: &str) -> Result<(f64, f64), String> {
    match (from.parse::<f64>(), to.parse::<f64>()) {
        (Ok(low), Ok(high)) if (high - low).is_finite() => {
            if low < high {
                Ok((low, high))
            } else {
                Err(format!("randomDouble({from},{to}): the first must be less than the second, which is never drawn"))
            }
        }
        _ => Err(format!("randomDouble({from},{to}): both must be numbers")),
    }
}

/// Numbers of so many decimals are drawn as integers, so that each is as likely as the other and `to` is never drawn.
fn decimals(from: &str, to: &str, digits: &str) -> Result<Generator, String> {
    let (low, high) = floats(from, to)?;
    let call = format!("randomDouble({from},{to},{digits})");
    let Ok(digits @ 0..=15) = digits.parse::<i32>() else {
        return Err(format!("{call}: the digits must be an integer from 0 to 15"));
    };
    let scale = 10_f64.powi(digits);
    let (Some(low), Some(high)) = (first_at_least(low * scale), first_at_least(high * scale)) else {
        return Err(format!("{call}: a 64-bit float does not hold so many digits; ask for fewer"));
    };
    if low >= high {
        return Err(format!("{call}: no number of {digits} digits lies between; ask for more digits"));
    }
    Ok(Generator::Decimal { from: low, to: high, scale })
}

/// The least integer that is not below `number`, up to errors of rounding; `None` beyond 2^53.
fn first_at_least(number: f64) -> Option<i64> {
    let near = number.round();
    let whole = if (number - near).abs() < 1e-6 { near } else { number.ceil() };
    #[expect(clippy::cast_possible_truncation, reason = "integers below 2^53 fit")]
    (whole.abs() <= 9_007_199_254_740_992.0).then_some(whole as i64)
}

impl Generator {
    pub(super) fn value(&self, session: &Session) -> Value {
        match self {
            Generator::Constant(value) => value.clone(),
            Generator::CurrentTimeMillis => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Value::Int(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Generator::Counter(name) => Value::Int(session.counters().take(name)),
            Generator::UserId => Value::from(session.user_id()),
            Generator::AnyInt => Value::from(session.random(|random| random.i32(..))),
            Generator::AnyLong => Value::Int(session.random(|random| random.i64(..))),
            Generator::Integer { from, to } => Value::Int(session.random(|random| random.i64(*from..*to))),
            Generator::Float { from, to } => {
                let drawn = from + (to - from) * session.random(fastrand::Rng::f64);
                // Rounding may reach the end, which is not part of the range.
                Value::Float(drawn.clamp(*from, to.next_down()))
            }
            Generator::Decimal { from, to, scale } => {
                #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
                let drawn = session.random(|random| random.i64(*from..*to)) as f64;
                Value::Float(drawn / scale)
            }
            #[cfg(feature = "fake")]
            Generator::Fake(fake, locale) => session.random(|random| crate::fake::draw(fake, *locale, 0, random)),
            Generator::Uuid | Generator::Alphanumeric(_) | Generator::CurrentDate(_) => {
                let mut text = String::new();
                self.write(session, &mut text);
                Value::from(text)
            }
        }
    }

    pub(super) fn write(&self, session: &Session, out: &mut String) {
        match self {
            Generator::CurrentDate(pattern) => pattern.write_now(out),
            Generator::Uuid => crate::uuid::write_uuid(session.random(|random| random.u128(..)), out),
            Generator::Alphanumeric(length) => {
                session.random(|random| out.extend((0..*length).map(|_| random.alphanumeric())));
            }
            other => write_value(&other.value(session), out),
        }
    }
}
