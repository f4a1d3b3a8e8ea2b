//! [`FromValue`]: conversions from [`Value`].

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use super::Value;

/// Types that a [`Value`] can be converted to; see [`Session::get`](crate::Session::get).
#[diagnostic::on_unimplemented(message = "a session attribute cannot be read as `{Self}`")]
pub trait FromValue: Sized {
    /// The name of the type in error messages, such as `integer` or `text`.
    const EXPECTED: &'static str;

    /// Converts the value, or returns `None` if it does not fit. Texts that parse as numbers count as numbers.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! int_from_value {
    ($($t:ty: $expected:literal;)*) => {$(
        impl FromValue for $t {
            const EXPECTED: &'static str = $expected;
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(int) => <$t>::try_from(*int).ok(),
                    Value::UInt(int) => <$t>::try_from(*int).ok(),
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
