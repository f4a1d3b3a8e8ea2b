//! Conversions into [`Value`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Value;

impl From<u64> for Value {
    fn from(int: u64) -> Self {
        i64::try_from(int).map_or(Value::UInt(int), Value::Int)
    }
}
impl From<usize> for Value {
    fn from(int: usize) -> Self {
        // No target of Rust has more than 64 bits.
        Value::from(u64::try_from(int).unwrap_or(u64::MAX))
    }
}
impl From<isize> for Value {
    fn from(int: isize) -> Self {
        Value::Int(i64::try_from(int).unwrap_or(i64::MAX))
    }
}

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
impl From<Arc<[u8]>> for Value {
    fn from(bytes: Arc<[u8]>) -> Self {
        Value::Bytes(bytes)
    }
}
impl<T: ListItem> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        T::list(items)
    }
}
impl<T: ListItem, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        T::list(items.into())
    }
}

/// Types of which several make a [`Value`] together: a list, or [`Value::Bytes`] for bytes (`u8`).
///
/// To make a `Vec` of your own type convertible, implement this trait without any methods:
/// `impl ListItem for Product {}`.
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` is not a value",
    label = "not a list of values",
    note = "for a type of your own write `impl From<{Self}> for Value` and `impl ListItem for {Self} {{}}`"
)]
pub trait ListItem: Into<Value> {
    /// Combines several values of this type into one.
    fn list(items: Vec<Self>) -> Value {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

impl ListItem for u8 {
    fn list(bytes: Vec<u8>) -> Value {
        Value::Bytes(bytes.into())
    }
}
macro_rules! list_items {
    ($([$($generic:tt)*] $t:ty;)*) => {$(impl<$($generic)*> ListItem for $t {})*};
}
list_items! {
    [] i8; [] i16; [] i32; [] i64; [] isize; [] u16; [] u32; [] u64; [] usize; [] f32; [] f64; [] bool; [] char;
    [] &str; [] String; [] &String; [] Arc<str>; [] &[u8]; [] Arc<[u8]>; [] Value;
    [] serde_json::Value; [] &serde_json::Value;
    [T: ListItem] Vec<T>;
    [T: ListItem, const N: usize] [T; N];
    [T: Into<Value>] Option<T>;
    [K: Into<Arc<str>>, T: Into<Value>] BTreeMap<K, T>;
    [K: Into<Arc<str>>, T: Into<Value>, S] HashMap<K, T, S>;
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
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(int), _) => Value::Int(int),
                (None, Some(int)) => Value::UInt(int),
                (None, None) => n.as_f64().map_or(Value::Null, Value::Float),
            },
            serde_json::Value::String(text) => Value::from(text),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Value::from).collect()),
            serde_json::Value::Object(map) => {
                Value::Map(Arc::new(map.iter().map(|(k, v)| (k.as_str().into(), v.into())).collect()))
            }
        }
    }
}
