//! What becomes a [`Value`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Value;

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
