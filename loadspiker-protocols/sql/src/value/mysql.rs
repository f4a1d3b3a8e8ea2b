//! Values of MySQL and MariaDB, which come in their text form.

use loadspiker_core::Value;
use sqlx::mysql::MySqlRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::{decimal, float, integer, json, moment};

pub(crate) fn value(row: &MySqlRow, column: usize) -> Result<Value, String> {
    let problem = |error: sqlx::Error| error.to_string();
    if row.try_get_raw(column).map_err(problem)?.is_null() {
        return Ok(Value::Null);
    }
    let bytes = row.try_get_unchecked::<&[u8], _>(column).map_err(problem)?;
    let kind = row.column(column).type_info().name().to_ascii_uppercase();
    if kind == "BIT" {
        // Up to 64 bits, the highest first.
        let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        return Ok(bits.into());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(bytes.into()) };
    let kind = kind.trim_end_matches(" UNSIGNED");
    Ok(match kind {
        "BOOLEAN" => match text {
            "0" | "1" => Value::Bool(text == "1"),
            other => integer(other),
        },
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "YEAR" => integer(text),
        "FLOAT" | "DOUBLE" => float(text),
        "DECIMAL" => decimal(text),
        "DATETIME" | "TIMESTAMP" => moment(text),
        "JSON" => json(text),
        _ if kind.ends_with("BLOB") || kind.ends_with("BINARY") => bytes.into(),
        _ => text.into(),
    })
}
