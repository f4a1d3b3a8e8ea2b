//! [`TypedRecord`]: records that are Rust structs, implemented by `#[derive(Record)]`.

use std::any::type_name;
use std::sync::Arc;

use super::record::Record;
use super::sink::Refusal;
use crate::error::SessionError;
use crate::mask::shown_value;
use crate::session::Session;
use crate::value::{FromValue, Value};

/// A struct that is a record. Implemented by `#[derive(Record)]` of the crate `loadspiker`, together with [`Record`].
///
/// [`Feeder::typed`](super::Feeder::typed) uses it to check and convert the values of a file, and
/// [`Session::record`](crate::Session::record) to convert a record in the session back to the struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a typed record",
    label = "not a typed record",
    note = "write `#[derive(Record)]` above the struct"
)]
pub trait TypedRecord: Record + Sized {
    /// The fields of the record, in the order of the struct.
    fn columns() -> Vec<Column>;

    /// Reads the record from the attributes of a user.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if an attribute is not set or does not fit its field.
    fn from_session(session: &Session) -> Result<Self, SessionError>;
}

/// A field of a [`TypedRecord`]: its name, and how its values are converted.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    name: &'static str,
    expected: &'static str,
    convert: fn(&Value) -> Option<Value>,
    default: Option<fn() -> Value>,
}

impl Column {
    /// A field of type `T`. It may be empty or missing if `T` can be null, like `Option`.
    pub fn new<T: FromValue + Into<Value>>(name: &'static str) -> Self {
        let default = T::from_value(&Value::Null).is_some().then_some((|| Value::Null) as fn() -> Value);
        Column { name, expected: T::EXPECTED, convert: |value| T::from_value(value).map(Into::into), default }
    }

    /// The value to use if the field is empty or missing.
    #[must_use]
    pub fn or_default(mut self, default: fn() -> Value) -> Self {
        self.default = Some(default);
        self
    }

    /// The name of the field, in the file and in the session.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value of this field where the record says `given`.
    fn read(&self, given: Option<Value>) -> Result<Value, String> {
        match (&given, self.default) {
            (None, Some(default)) => return Ok(default()),
            (Some(value), Some(default)) if is_empty(value) => return Ok(default()),
            _ => {}
        }
        let (name, expected) = (self.name, self.expected);
        let Some(value) = given else { return Err(format!("field \"{name}\" is missing, expected {expected}")) };
        (self.convert)(&value).ok_or_else(|| {
            let (found, shown) = (value.type_name(), shown_value(name, &value));
            let remedy =
                if is_empty(&value) { "; if it may be empty, make it an Option or give it a default" } else { "" };
            format!("column \"{name}\" is the {found} \"{shown}\", expected {expected}{remedy}")
        })
    }
}

/// The columns of a type, for checking records.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The name of the type, without its path.
    pub(super) type_name: &'static str,
    pub(super) columns: Arc<[Column]>,
}

impl Shape {
    pub(super) fn of<R: TypedRecord>() -> Self {
        let path = type_name::<R>();
        let plain = path.split('<').next().unwrap_or(path);
        let type_name = plain.rsplit("::").next().unwrap_or(plain);
        Shape { type_name, columns: R::columns().into() }
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether a file with these columns has all that are needed, and no others.
    pub(super) fn check(&self, names: &[Arc<str>]) -> Result<(), Refusal> {
        let quoted = |names: Vec<&str>, what: &str| match names[..] {
            [] => None,
            [name] => Some(format!("column \"{name}\" is {what}")),
            _ => Some(format!("columns \"{}\" are {what}", names.join("\", \""))),
        };
        let missing = self.columns.iter().filter(|column| column.default.is_none());
        let missing = missing.map(|column| column.name).filter(|name| !names.iter().any(|there| **there == **name));
        let unknown = names.iter().map(|name| &**name).filter(|name| self.position(name).is_none());
        let wrong = [quoted(missing.collect(), "missing"), quoted(unknown.collect(), "unknown")];
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Refusal::Problem(format!("{}; {}", wrong.join(", "), self.described())))
    }

    /// `User has the fields name, age`.
    pub(super) fn described(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        format!("{} has the fields {}", self.type_name, names.join(", "))
    }

    /// The values of all fields, as their types want them.
    pub(super) fn read(&self, mut given: impl FnMut(usize) -> Option<Value>) -> Result<Vec<Value>, Refusal> {
        let values = self.columns.iter().enumerate().map(|(i, column)| column.read(given(i)));
        values.collect::<Result<_, _>>().map_err(Refusal::Problem)
    }
}

/// Reads a field of a record from the session. Called by `#[derive(Record)]`. If the field is not set or empty, the result is
/// the default, or null.
///
/// # Errors
///
/// See [`Session::get`].
#[doc(hidden)]
pub fn field<T: FromValue>(session: &Session, name: &str, default: Option<fn() -> T>) -> Result<T, SessionError> {
    let given = session.value(name);
    match given.filter(|value| !is_empty(value)) {
        Some(_) => session.get(name),
        None => match default.map(|default| default()).or_else(|| T::from_value(&Value::Null)) {
            Some(value) => Ok(value),
            None => session.get(name),
        },
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str() == Some("")
}

impl Session {
    /// Converts the record in the session to a struct with `#[derive(Record)]`. Each field is read from the attribute of that
    /// name.
    ///
    /// # Errors
    ///
    /// [`SessionError::Missing`] if an attribute is not set, [`SessionError::Type`] if it does not fit its field.
    pub fn record<R: TypedRecord>(&self) -> Result<R, SessionError> {
        R::from_session(self)
    }
}
