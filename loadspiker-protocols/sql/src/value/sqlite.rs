//! Values of SQLite: what is stored has its own type, whatever the column says. Only truth values are known by the column.

use loadspiker_core::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

pub(crate) fn value(row: &SqliteRow, column: usize) -> Result<Value, String> {
    let problem = |error: sqlx::Error| error.to_string();
    let raw = row.try_get_raw(column).map_err(problem)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let stored = raw.type_info().name().to_owned();
    Ok(match stored.as_str() {
        "INTEGER" => {
            let integer = row.try_get_unchecked::<i64, _>(column).map_err(problem)?;
            match (row.column(column).type_info().name(), integer) {
                ("BOOLEAN", 0 | 1) => Value::Bool(integer == 1),
                _ => integer.into(),
            }
        }
        "REAL" => row.try_get_unchecked::<f64, _>(column).map_err(problem)?.into(),
        "BLOB" => row.try_get_unchecked::<&[u8], _>(column).map_err(problem)?.into(),
        _ => row.try_get_unchecked::<&str, _>(column).map_err(problem)?.into(),
    })
}
