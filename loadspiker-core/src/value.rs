//! [`Value`]: what a session attribute, a feeder field or a check result can be.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

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

macro_rules! from_int {
    ($($t:ty),*) => {$(
        impl From<$t> for Value {
            fn from(int: $t) -> Self {
                i64::try_from(int).map_or_else(
                    #[expect(clippy::cast_precision_loss, reason = "beyond i64 only a float can hold it")]
                    |_| Value::Float(int as f64),
                    Value::Int,
                )
            }
        }
    )*};
}
from_int!(u64, usize, isize);

macro_rules! from_small_int {
    ($($t:ty),*) => {$(
        impl From<$t> for Value {
            fn from(int: $t) -> Self {
                Value::Int(i64::from(int))
            }
        }
    )*};
}
from_small_int!(i8, i16, i32, i64, u8, u16, u32);

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}
impl From<f32> for Value {
    fn from(x: f32) -> Self {
        Value::Float(f64::from(x))
    }
}
impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Value::Float(x)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.as_str().into())
    }
}
impl From<char> for Value {
    fn from(c: char) -> Self {
        Value::from(&*c.encode_utf8(&mut [0; 4]))
    }
}
impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Value::Text(text)
    }
}
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes.into())
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}
impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Value::Null, Into::into)
    }
}
impl<K: Into<Arc<str>>, T: Into<Value>> From<BTreeMap<K, T>> for Value {
    fn from(map: BTreeMap<K, T>) -> Self {
        Value::Map(Arc::new(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
    }
}
impl<K: Into<Arc<str>>, T: Into<Value>, S> From<HashMap<K, T, S>> for Value {
    fn from(map: HashMap<K, T, S>) -> Self {
        Value::Map(Arc::new(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
    }
}
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Value::from(&json)
    }
}
impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(int) => Value::Int(int),
                None => n.as_f64().map_or(Value::Null, Value::Float),
            },
            serde_json::Value::String(text) => Value::from(text),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Value::from).collect()),
            serde_json::Value::Object(map) => {
                Value::Map(Arc::new(map.iter().map(|(k, v)| (k.as_str().into(), v.into())).collect()))
            }
        }
    }
}

/// A Rust type that a [`Value`] can be read as; see [`Session::get`](crate::Session::get).
#[diagnostic::on_unimplemented(message = "a session attribute cannot be read as `{Self}`")]
pub trait FromValue: Sized {
    /// What the type is called in an error message: `integer`, `text`.
    const EXPECTED: &'static str;

    /// Reads the value, or `None` where it does not fit. Texts that read as a number do as numbers.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! int_from_value {
    ($($t:ty: $expected:literal;)*) => {$(
        impl FromValue for $t {
            const EXPECTED: &'static str = $expected;
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(int) => <$t>::try_from(*int).ok(),
                    Value::Text(text) => text.trim().parse().ok(),
                    _ => None,
                }
            }
        }
    )*};
}
int_from_value! {
    i8: "integer from -128 to 127";
    i16: "integer from -32768 to 32767";
    i32: "integer from -2147483648 to 2147483647";
    i64: "integer";
    isize: "integer";
    u8: "integer from 0 to 255";
    u16: "integer from 0 to 65535";
    u32: "integer from 0 to 4294967295";
    u64: "integer from 0 on";
    usize: "integer from 0 on";
}

impl FromValue for f64 {
    const EXPECTED: &'static str = "number";
    fn from_value(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}
impl FromValue for f32 {
    const EXPECTED: &'static str = "number";
    fn from_value(value: &Value) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is what is asked for")]
        value.as_f64().map(|number| number as f32)
    }
}
impl FromValue for bool {
    const EXPECTED: &'static str = "bool";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(b) => Some(*b),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}
impl FromValue for String {
    const EXPECTED: &'static str = "text";
    fn from_value(value: &Value) -> Option<Self> {
        (!matches!(value, Value::Null)).then(|| value.to_string())
    }
}
impl FromValue for Value {
    const EXPECTED: &'static str = "value";
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}
impl<T: FromValue> FromValue for Vec<T> {
    const EXPECTED: &'static str = "list";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|byte| T::from_value(&Value::from(*byte))).collect(),
            _ => None,
        }
    }
}
impl<T: FromValue> FromValue for BTreeMap<String, T> {
    const EXPECTED: &'static str = "map";
    fn from_value(value: &Value) -> Option<Self> {
        entries(value)
    }
}
impl<T: FromValue, S: BuildHasher + Default> FromValue for HashMap<String, T, S> {
    const EXPECTED: &'static str = "map";
    fn from_value(value: &Value) -> Option<Self> {
        entries(value)
    }
}

fn entries<T: FromValue, M: FromIterator<(String, T)>>(value: &Value) -> Option<M> {
    match value {
        Value::Map(map) => map.iter().map(|(key, value)| Some((key.to_string(), T::from_value(value)?))).collect(),
        _ => None,
    }
}

impl FromValue for serde_json::Value {
    const EXPECTED: &'static str = "value";
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.to_json())
    }
}
impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_different_types_that_say_the_same_are_the_same() {
        assert!(Value::from(5).same_as(&Value::from("5")));
        assert!(Value::from(5).same_as(&Value::from(5.0)));
        assert!(Value::from(true).same_as(&Value::from("true")));
        assert!(!Value::from("05").same_as(&Value::from("5")));
        assert!(!Value::Null.same_as(&Value::from("null")));
        assert!(!Value::from(1).same_as(&Value::from("one")));
    }

    #[test]
    fn integers_beyond_i64_are_kept_as_floats() {
        assert_eq!(Value::from(u64::MAX), Value::Float(18_446_744_073_709_551_615.0));
        assert_eq!(Value::from(7_u64), Value::Int(7));
    }

    #[test]
    fn json_survives_the_round_trip() {
        let json = serde_json::json!({"a": [1, 2.5, "x", null, true], "b": {}});
        assert_eq!(Value::from(&json).to_json(), json);
    }

    #[test]
    fn arrays_are_lists_and_characters_are_texts() {
        assert_eq!(Value::from([1, 2]), Value::from(vec![1, 2]));
        assert_eq!(Value::from('ß'), Value::from("ß"));
    }

    #[test]
    fn maps_and_lists_come_back_as_they_were() {
        let stock = BTreeMap::from([("apples", vec![1, 2]), ("pears", vec![])]);
        let value = Value::from(stock);
        assert_eq!(value.to_json(), serde_json::json!({"apples": [1, 2], "pears": []}));
        let ordered = BTreeMap::<String, Vec<u8>>::from_value(&value).unwrap();
        assert_eq!(ordered["apples"], [1, 2]);
        let hashed = HashMap::<String, Vec<u8>>::from_value(&value).unwrap();
        assert_eq!(hashed.len(), 2);
        assert_eq!(Value::from(hashed), value);
        assert_eq!(BTreeMap::<String, i64>::from_value(&value), None, "lists are no integers");
        assert_eq!(BTreeMap::<String, i64>::from_value(&Value::from([1])), None, "a list is no map");
        assert_eq!(Vec::<Vec<i64>>::from_value(&Value::from([[1], [2]])), Some(vec![vec![1], vec![2]]));
        assert_eq!(serde_json::Value::from_value(&value), Some(value.to_json()));
        assert_eq!(f32::from_value(&Value::from("1.5")), Some(1.5));
    }

    #[test]
    fn bytes_are_read_as_bytes() {
        assert_eq!(Vec::<u8>::from_value(&Value::from(&b"ab"[..])), Some(vec![97, 98]));
        assert_eq!(Vec::<u8>::from_value(&Value::from("ab")), None);
    }

    #[test]
    fn a_value_is_read_as_what_it_says() {
        assert_eq!((Value::from(5).as_i64(), Value::from(" 5 ").as_i64()), (Some(5), Some(5)));
        assert_eq!((Value::from(5.5).as_i64(), Value::from("many").as_i64()), (None, None));
        assert_eq!((Value::from(true).as_bool(), Value::from("true").as_bool()), (Some(true), None));
    }

    #[test]
    fn a_value_takes_24_bytes_at_most() {
        assert!(size_of::<Option<Value>>() <= 24);
    }
}
