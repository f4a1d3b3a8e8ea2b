//! [`Value`]: the type of session attributes, feeder fields and check results.

mod digits;
mod into;
mod number;
mod read;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::StepError;
pub(crate) use digits::{BigIntegers, find_big_integer, too_big};
pub use into::ListItem;
pub(crate) use number::Number;
pub use read::FromValue;

/// A dynamically typed value: session attributes, feeder fields, extracted check results.
///
/// Cloning is cheap: texts, bytes, lists and maps are shared, never copied.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// JSON's `null`, SQL's `NULL`.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// An integer above [`i64::MAX`]. Smaller integers are [`Int`](Value::Int); `Value::from` picks the right variant.
    UInt(u64),
    /// A 64-bit floating-point number.
    Float(f64),
    /// A text in UTF-8.
    Text(Arc<str>),
    /// Raw bytes.
    Bytes(Arc<[u8]>),
    /// An ordered list.
    List(Arc<[Value]>),
    /// A map from names to values, ordered by name.
    Map(Arc<BTreeMap<Arc<str>, Value>>),
}

impl Value {
    /// The name of this value's type, as used in error messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::UInt(_) => "integer",
            Value::Float(_) => "float",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        }
    }

    /// The text, if this is a text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, if this is one, or a text that parses as one, up to [`i64::MAX`].
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            Value::UInt(int) => i64::try_from(*int).ok(),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The integer, if this is a non-negative one, or a text that parses as one.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(int) => u64::try_from(*int).ok(),
            Value::UInt(int) => Some(*int),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The number as the nearest float, if this is a number or a text that parses as one. To compare two values exactly, use
    /// [`order_of_numbers`](Self::order_of_numbers).
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
            Value::Int(int) => Some(*int as f64),
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
            Value::UInt(int) => Some(*int as f64),
            Value::Float(float) => Some(*float),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Compares two numbers. Texts that parse as numbers count as numbers. Integers and decimals are compared exactly, however
    /// many digits they have. `None` if one of the values is not a number.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use loadspiker_core::Value;
    ///
    /// let (one, other) = (Value::from("18446744073709551614"), Value::from(u64::MAX));
    /// assert_eq!(one.order_of_numbers(&other), Some(Ordering::Less));
    /// assert_eq!(one.order_of_numbers(&"many".into()), None);
    /// ```
    pub fn order_of_numbers(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
            _ => self.number()?.order(&other.number()?),
        }
    }

    /// The number, where this is a number or a text that reads as one.
    pub(crate) fn number(&self) -> Option<Number<'_>> {
        match self {
            Value::Int(int) => Some(Number::Int((*int).into())),
            Value::UInt(int) => Some(Number::Int((*int).into())),
            Value::Float(float) => Some(Number::Float(*float)),
            Value::Text(text) => Number::read(text),
            _ => None,
        }
    }

    /// Whether two values are equal, ignoring their types: `5`, `5.0` and `"5"` are equal. Numbers are compared exactly; texts
    /// character by character.
    ///
    /// Headers, CSV fields and JSON represent the same data with different types, so checks and `do_if_equals` use this
    /// comparison.
    pub fn same_as(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Int(_) | Value::UInt(_) | Value::Float(_), _)
            | (_, Value::Int(_) | Value::UInt(_) | Value::Float(_)) => {
                self.order_of_numbers(other) == Some(Ordering::Equal)
            }
            (Value::Text(text), Value::Bool(truth)) | (Value::Bool(truth), Value::Text(text)) => {
                **text == *if *truth { "true" } else { "false" }
            }
            (Value::Text(text), Value::Bytes(bytes)) | (Value::Bytes(bytes), Value::Text(text)) => {
                text.as_bytes() == bytes.as_ref()
            }
            _ => self == other,
        }
    }

    /// Parses a JSON text.
    ///
    /// # Errors
    ///
    /// The text is not valid JSON, or contains an integer of more than 64 bits, which cannot be stored exactly.
    pub fn from_json(json: &[u8]) -> Result<Value, StepError> {
        let value: serde_json::Value =
            serde_json::from_slice(json).map_err(|error| StepError::new(format!("invalid JSON: {error}")))?;
        match find_big_integer(json, |_| true) {
            None => Ok(Value::from(&value)),
            Some(integer) => Err(StepError::new(too_big(&integer))),
        }
    }

    /// This value as JSON. Bytes become text (invalid UTF-8 replaced), floats that JSON cannot hold become `null`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::UInt(i) => (*i).into(),
            Value::Float(f) => (*f).into(),
            Value::Text(t) => t.as_ref().into(),
            Value::Bytes(b) => String::from_utf8_lossy(b).into_owned().into(),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Map(map) => {
                serde_json::Value::Object(map.iter().map(|(k, v)| (k.to_string(), v.to_json())).collect())
            }
        }
    }
}

/// As it is written into a URL, a header or a body: texts as they are, lists and maps as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => b.fmt(f),
            Value::Int(i) => i.fmt(f),
            Value::UInt(i) => i.fmt(f),
            Value::Float(x) => x.fmt(f),
            Value::Text(t) => f.write_str(t),
            Value::Bytes(b) => f.write_str(&String::from_utf8_lossy(b)),
            Value::List(_) | Value::Map(_) => self.to_json().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
