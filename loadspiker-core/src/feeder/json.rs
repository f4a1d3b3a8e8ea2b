//! JSON files: an array of objects, or an object a line.

use serde_json::Value as Json;

use super::error::FeederError;
use super::table::{Table, TableBuilder};

/// Reads an array of objects.
pub(super) fn parse_array(feeder: &str, data: &[u8]) -> Result<Table, FeederError> {
    let invalid = |problem| Err(FeederError::Invalid { feeder: feeder.to_owned(), problem });
    let records = match serde_json::from_slice(data) {
        Ok(Json::Array(records)) => records,
        Ok(other) => {
            let kind = kind(&other);
            return invalid(format!(
                "it holds {kind}, not an array of objects; for an object a line use json_lines(…)"
            ));
        }
        Err(error) => return Err(unreadable(feeder, &error, 0)),
    };
    let mut builder = TableBuilder::default();
    for (i, record) in records.into_iter().enumerate() {
        if let Err(kind) = push(&mut builder, record) {
            return invalid(format!("record {} is {kind}; each has to be an object", i + 1));
        }
    }
    Ok(builder.finish())
}

/// Reads an object a line; blank lines are skipped.
pub(super) fn parse_lines(feeder: &str, data: &[u8]) -> Result<Table, FeederError> {
    let mut builder = TableBuilder::default();
    for (line, text) in (0_u64..).zip(data.split(|byte| *byte == b'\n')) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let record = serde_json::from_slice(text).map_err(|error| unreadable(feeder, &error, line))?;
        push(&mut builder, record).map_err(|kind| FeederError::Line {
            feeder: feeder.to_owned(),
            line: line + 1,
            problem: format!("this is {kind}; each line has to be an object"),
        })?;
    }
    Ok(builder.finish())
}

fn push(builder: &mut TableBuilder, record: Json) -> Result<(), &'static str> {
    let Json::Object(fields) = record else { return Err(kind(&record)) };
    for (name, value) in fields {
        builder.field(&name, value.into());
    }
    builder.end_record();
    Ok(())
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// The parser's error, with its line told where ours are. `before` lines come before what was parsed.
fn unreadable(feeder: &str, error: &serde_json::Error, before: u64) -> FeederError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let problem = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    FeederError::Line {
        feeder: feeder.to_owned(),
        line: before.saturating_add(u64::try_from(line).unwrap_or(u64::MAX)),
        problem: format!("{problem} (column {column})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types() {
        let data = br#"[{"id": 1, "tags": ["a"], "ok": true}, {"id": 2.5, "name": null}]"#;
        let table = parse_array("f", data).unwrap();
        assert_eq!(table.columns.iter().map(|name| &**name).collect::<Vec<_>>(), ["id", "ok", "tags", "name"]);
        assert_eq!(table.row(0), [Some(1.into()), Some(true.into()), Some(vec!["a"].into()), None]);
        assert_eq!(table.row(1), [Some(2.5.into()), None, None, Some(crate::Value::Null)]);
    }

    #[test]
    fn lines_are_records_and_blank_ones_are_skipped() {
        let table = parse_lines("f", b"{\"a\":1}\r\n\n  \n{\"a\":2}").unwrap();
        assert_eq!(table.cells, [Some(1.into()), Some(2.into())]);
    }

    #[test]
    fn what_cannot_be_parsed_is_named_with_its_line() {
        let array = |data: &str| parse_array("f.json", data.as_bytes()).unwrap_err().to_string();
        assert_eq!(array("[\n{\"a\": 1},\n{\"a\" 2}]"), "feeder f.json, line 3: expected `:` (column 6)");
        assert_eq!(
            array("{\"a\": 1}"),
            "feeder f.json: it holds an object, not an array of objects; for an object a line use json_lines(…)"
        );
        assert_eq!(array("[{}, 5]"), "feeder f.json: record 2 is a number; each has to be an object");
        let lines = |data: &str| parse_lines("f.jsonl", data.as_bytes()).unwrap_err().to_string();
        assert_eq!(lines("{}\n\n{\"a\" 2}\n"), "feeder f.jsonl, line 3: expected `:` (column 6)");
        assert_eq!(lines("{}\n[]\n"), "feeder f.jsonl, line 2: this is an array; each line has to be an object");
    }
}
