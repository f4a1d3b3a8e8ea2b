//! [`Value`]: what a session attribute, a feeder field or a check result can be.

mod into;
mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

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
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
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
            Value::Int(_) => "integer",
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

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, where this is an integer or a text that reads as one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The number, where this is a number or a text that reads as one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a comparison in f64 is what is asked for")]
            Value::Int(int) => Some(*int as f64),
            Value::Float(float) => Some(*float),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Whether two values say the same thing, type aside: `5`, `5.0` and `"5"` do.
    ///
    /// Headers, CSV fields and JSON carry the same facts in different types; checks and
    /// `do_if_equals` compare what they say.
    pub fn same_as(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Int(_) | Value::Float(_), _) | (_, Value::Int(_) | Value::Float(_)) => {
                match (self.as_f64(), other.as_f64()) {
                    (Some(a), Some(b)) => a == b,
                    _ => false,
                }
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

    /// This value as JSON. Bytes become text (invalid UTF-8 replaced), floats that JSON cannot hold become `null`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
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
            Value::Float(x) => x.fmt(f),
            Value::Text(t) => f.write_str(t),
            Value::Bytes(b) => f.write_str(&String::from_utf8_lossy(b)),
            Value::List(_) | Value::Map(_) => self.to_json().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
