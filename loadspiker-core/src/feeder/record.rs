//! [`Record`]: types that an in-memory feeder accepts.

use std::sync::Arc;

use crate::value::Value;

/// A record of a feeder: names and values.
///
/// Every type that iterates over pairs of a name and a value is a record: an array, a vector or a map of pairs, or a JSON
/// object. For a struct, use `#[derive(Record)]` of the crate `loadspiker`, or implement the trait by hand:
///
/// ```
/// use std::sync::Arc;
/// use loadspiker_core::Value;
/// use loadspiker_core::feeder::{Record, records};
///
/// struct User { name: String, age: u8 }
///
/// impl Record for User {
///     fn fields(self) -> Vec<(Arc<str>, Value)> {
///         vec![("name".into(), self.name.into()), ("age".into(), self.age.into())]
///     }
/// }
///
/// let opened = records((20..30).map(|age| User { name: format!("user {age}"), age })).open()?;
/// assert_eq!(opened.records(), Some(10));
/// # Ok::<(), loadspiker_core::feeder::FeederError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a feeder record",
    label = "not a record",
    note = "a record is an array, vector or map of (name, value) pairs, or a struct with `#[derive(Record)]`"
)]
pub trait Record {
    /// The names and values of the record. If a name occurs twice, the last value counts.
    fn fields(self) -> Vec<(Arc<str>, Value)>;
}

impl<R, K, V> Record for R
where
    R: IntoIterator<Item = (K, V)>,
    K: Into<Arc<str>>,
    V: Into<Value>,
{
    fn fields(self) -> Vec<(Arc<str>, Value)> {
        self.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}
