//! [`IntoValue`]: arguments of any type, such as the expected value of a check or a form field.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Computed, IntoOutcome};
use crate::error::StepError;
use crate::expression::Symbols;
use crate::expression::{EvalError, Template, write_bytes, write_value};
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::{ListItem, Value};

/// A value as written by the user. Its texts may contain expressions, even inside lists and maps.
#[derive(Clone)]
pub struct ValueArg(ValueSource);

#[derive(Clone)]
enum ValueSource {
    Value(Value),
    Call(Computed<Value>),
}

impl ValueArg {
    /// Parses the expressions in all texts.
    pub fn compile(&self, cx: &mut Symbols<'_>) -> CompiledValue {
        CompiledValue(match &self.0 {
            ValueSource::Value(value) => compile(value, cx),
            ValueSource::Call(call) => Compiled::Call(call.clone()),
        })
    }
}

/// As it was written: a text in quotation marks, a number without.
impl fmt::Debug for ValueArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ValueSource::Value(Value::Text(text)) => write!(f, "{text:?}"),
            ValueSource::Value(value) => write!(f, "{value}"),
            ValueSource::Call(_) => f.write_str("|session| …"),
        }
    }
}

fn compile(value: &Value, cx: &mut Symbols<'_>) -> Compiled {
    match value {
        Value::Text(text) => {
            let template = cx.template(text);
            match template.as_literal() {
                Some(literal) => Compiled::Constant(Value::from(literal)),
                None => Compiled::Template(template),
            }
        }
        Value::List(items) => {
            let items: Vec<Compiled> = items.iter().map(|item| compile(item, cx)).collect();
            let constants = items.iter().map(Compiled::as_constant).collect::<Option<Vec<_>>>();
            match constants {
                Some(constants) => Compiled::Constant(Value::List(constants.into_iter().cloned().collect())),
                None => Compiled::List(items.into()),
            }
        }
        Value::Map(map) => {
            let fields: Vec<_> = map.iter().map(|(key, value)| (key.clone(), compile(value, cx))).collect();
            let constants: Option<BTreeMap<_, _>> =
                fields.iter().map(|(key, value)| Some((key.clone(), value.as_constant()?.clone()))).collect();
            match constants {
                Some(constants) => Compiled::Constant(Value::Map(Arc::new(constants))),
                None => Compiled::Map(fields.into()),
            }
        }
        other => Compiled::Constant(other.clone()),
    }
}

/// A compiled value. Its `Display` shows it as written, abbreviated, for messages.
#[derive(Clone)]
pub struct CompiledValue(Compiled);

#[derive(Clone)]
enum Compiled {
    Constant(Value),
    Template(Template),
    List(Arc<[Compiled]>),
    Map(Arc<[(Arc<str>, Compiled)]>),
    Call(Computed<Value>),
}

impl Compiled {
    fn as_constant(&self) -> Option<&Value> {
        match self {
            Compiled::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn get<'a>(&'a self, session: &'a Session) -> Result<Cow<'a, Value>, EvalError> {
        match self {
            Compiled::Constant(value) => Ok(Cow::Borrowed(value)),
            Compiled::Template(template) => template.value_ref(session),
            Compiled::List(items) => {
                let items: Result<_, _> = items.iter().map(|item| item.get(session).map(Cow::into_owned)).collect();
                Ok(Cow::Owned(Value::List(items?)))
            }
            Compiled::Map(fields) => {
                let mut map = BTreeMap::new();
                for (key, value) in fields.iter() {
                    map.insert(key.clone(), value.get(session)?.into_owned());
                }
                Ok(Cow::Owned(Value::Map(Arc::new(map))))
            }
            Compiled::Call(call) => match call(session) {
                Ok(value) => Ok(Cow::Owned(value)),
                Err(error) => Err(EvalError::Closure(format!("{error:#}"))),
            },
        }
    }
}

impl CompiledValue {
    /// The value, if it is a constant.
    pub fn as_constant(&self) -> Option<&Value> {
        self.0.as_constant()
    }

    /// The value as a template, if it is one.
    pub fn as_template(&self) -> Option<&Template> {
        match &self.0 {
            Compiled::Template(template) => Some(template),
            _ => None,
        }
    }

    /// The value for this session, borrowed if possible.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if an expression has no value or the closure fails.
    pub fn get<'a>(&'a self, session: &'a Session) -> Result<Cow<'a, Value>, EvalError> {
        self.0.get(session)
    }

    /// Appends the value for this session to `out`, as text.
    ///
    /// # Errors
    ///
    /// See [`get`](Self::get); on an error, `out` is unchanged.
    pub fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        match &self.0 {
            Compiled::Template(template) => template.render(session, out),
            other => {
                write_value(&*other.get(session)?, out);
                Ok(())
            }
        }
    }

    /// Like [`render`](Self::render), into bytes. A value that is bytes is copied unchanged.
    ///
    /// # Errors
    ///
    /// See [`get`](Self::get); on an error, `out` is unchanged.
    pub fn render_bytes(&self, session: &Session, out: &mut Vec<u8>) -> Result<(), EvalError> {
        match &self.0 {
            Compiled::Template(template) => template.render_bytes(session, out),
            other => {
                write_bytes(&*other.get(session)?, out);
                Ok(())
            }
        }
    }
}

impl fmt::Display for CompiledValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Compiled::Constant(Value::Text(text)) => write!(f, "\"{}\"", abbreviate(text)),
            Compiled::Constant(value) => f.write_str(&abbreviate(&value.to_string())),
            Compiled::Template(template) => f.write_str(&abbreviate(template.source())),
            Compiled::List(_) => f.write_str("the list expected"),
            Compiled::Map(_) => f.write_str("the map expected"),
            Compiled::Call(_) => f.write_str("what the closure returned"),
        }
    }
}

impl fmt::Debug for CompiledValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Types that can be used as a value: a `bool`, a number, a string, a list, bytes (`Vec<u8>`, `&[u8]`), JSON, a [`Value`], or
/// a closure over the session that returns one of these.
///
/// Texts may contain expressions, even inside lists and maps. A [`Duration`] becomes a number of milliseconds, like
/// [`response_time`](crate::check::response_time).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value",
    label = "not a value",
    note = "write a bool, a number, a string such as \"#{{attribute}}\", a list of these, `json!(…)`, or a closure `|session: &Session| …` that returns one; other types can be turned into a `Value` first"
)]
pub trait IntoValue {
    /// Converts the value into an argument to compile.
    fn into_value(self) -> ValueArg;
}

macro_rules! plain_values {
    ($([$($generic:tt)*] $t:ty;)*) => {$(
        impl<$($generic)*> IntoValue for $t {
            fn into_value(self) -> ValueArg {
                ValueArg(ValueSource::Value(self.into()))
            }
        }
    )*};
}
plain_values! {
    [] bool;
    [] i8; [] i16; [] i32; [] i64; [] isize; [] u8; [] u16; [] u32; [] u64; [] usize;
    [] f32; [] f64;
    [] char; [] &str; [] String; [] &String; [] Arc<str>; [] &[u8];
    [] Value; [] serde_json::Value; [] &serde_json::Value;
    [T: ListItem] Vec<T>;
    [K: Into<Arc<str>>, T: Into<Value>] BTreeMap<K, T>;
    [K: Into<Arc<str>>, T: Into<Value>] HashMap<K, T>;
    [T: Into<Value>] Option<T>;
}
impl<T: ListItem, const N: usize> IntoValue for [T; N] {
    fn into_value(self) -> ValueArg {
        ValueArg(ValueSource::Value(self.into()))
    }
}
impl IntoValue for Duration {
    fn into_value(self) -> ValueArg {
        ValueArg(ValueSource::Value(millis(self)))
    }
}
impl IntoValue for ValueArg {
    fn into_value(self) -> ValueArg {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<F, R> IntoValue for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: IntoOutcome<Value>,
{
    fn into_value(self) -> ValueArg {
        ValueArg(ValueSource::Call(Arc::new(move |session| self(session).into_outcome())))
    }
}

impl<V: Into<Value>> IntoOutcome<Value> for V {
    fn into_outcome(self) -> Result<Value, StepError> {
        Ok(self.into())
    }
}

/// A duration as checks see it: milliseconds, a float.
pub(crate) fn millis(duration: Duration) -> Value {
    Value::Float(duration.as_secs_f64() * 1e3)
}
