//! Values of PostgreSQL, which come in their text form.

use loadspiker_core::Value;
use sqlx::postgres::PgRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::{array, decimal, float, integer, json, moment};

pub(crate) fn value(row: &PgRow, column: usize) -> Result<Value, String> {
    let problem = |error: sqlx::Error| error.to_string();
    if row.try_get_raw(column).map_err(problem)?.is_null() {
        return Ok(Value::Null);
    }
    let text = row.try_get_unchecked::<&str, _>(column).map_err(problem)?;
    let kind = row.column(column).type_info().name().to_ascii_uppercase();
    Ok(match kind.strip_suffix("[]") {
        Some(kind) => array::parse(text, &|element| typed(kind, element)).unwrap_or_else(|| text.into()),
        None => typed(&kind, text),
    })
}

fn typed(kind: &str, text: &str) -> Value {
    match kind {
        "INT2" | "INT4" | "INT8" | "OID" => integer(text),
        "FLOAT4" | "FLOAT8" => float(text),
        "NUMERIC" => decimal(text),
        "BOOL" => Value::Bool(text == "t"),
        "BYTEA" => bytes(text).unwrap_or_else(|| text.into()),
        "JSON" | "JSONB" => json(text),
        "TIMESTAMP" | "TIMESTAMPTZ" => moment(text),
        _ => text.into(),
    }
}

/// `\x` and two hexadecimal digits for each byte.
fn bytes(text: &str) -> Option<Value> {
    let digits = text.strip_prefix("\\x")?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    bytes.map(|bytes| bytes.as_slice().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_their_digits() {
        assert_eq!(bytes("\\x00ff"), Some(Value::from([0_u8, 255].as_slice())));
        assert_eq!(bytes("\\x"), Some(Value::from([0_u8; 0].as_slice())));
        assert_eq!((bytes("\\x0"), bytes("abc")), (None, None));
    }
}
