//! Files of separated values: CSV as in RFC 4180, and its relatives with other separators.

use std::sync::Arc;

use super::error::FeederError;
use super::table::Table;
use crate::value::Value;

/// Reads a table whose first line names the columns. All values are texts; blank lines are skipped.
pub(super) fn parse_separated(feeder: &str, data: &[u8], separator: char) -> Result<Table, FeederError> {
    let invalid = |problem| FeederError::Invalid { feeder: feeder.to_owned(), problem };
    let delimiter =
        u8::try_from(separator).ok().filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte)).ok_or_else(|| {
            invalid(format!("{separator:?} cannot separate values; use an ASCII character but \" or a line end"))
        })?;
    let mut reader =
        ::csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(data);
    let mut record = ::csv::StringRecord::new();
    let mut next = |record: &mut ::csv::StringRecord| {
        let there = reader.read_record(record).map_err(|error| unreadable(feeder, data, &error))?;
        let last = usize::try_from(reader.position().byte()).is_ok_and(|end| end >= data.len());
        if there && last && never_closed(data, record) {
            let line = line_of(data, record.position());
            let problem = "a quotation mark is opened but never closed".to_owned();
            return Err(FeederError::Line { feeder: feeder.to_owned(), line, problem });
        }
        Ok(there)
    };

    if !next(&mut record)? {
        let problem = "the file is empty; its first line has to name the columns".to_owned();
        return Err(FeederError::Empty { feeder: feeder.to_owned(), problem });
    }
    let columns: Arc<[Arc<str>]> = record.iter().map(|name| name.trim().into()).collect();
    if let Some(name) = columns.iter().enumerate().find_map(|(i, name)| columns[..i].contains(name).then_some(name)) {
        return Err(invalid(format!("the header names the column \"{name}\" twice; rename one of them")));
    }
    let mut cells = Vec::new();
    let mut records = 0;
    while next(&mut record)? {
        if record.len() != columns.len() {
            let line = line_of(data, record.position());
            let fields = if record.len() == 1 { "field" } else { "fields" };
            let problem = format!("{} {fields}, the header has {}", record.len(), columns.len());
            return Err(FeederError::Line { feeder: feeder.to_owned(), line, problem });
        }
        cells.extend(record.iter().map(|value| Some(Value::from(value))));
        records += 1;
    }
    if records == 0 {
        let problem = "the file has a header but no records; add at least one line".to_owned();
        return Err(FeederError::Empty { feeder: feeder.to_owned(), problem });
    }
    Ok(Table { columns, cells, records })
}

fn unreadable(feeder: &str, data: &[u8], error: &::csv::Error) -> FeederError {
    let problem = match error.kind() {
        ::csv::ErrorKind::Utf8 { err, .. } => format!("field {} is no UTF-8; save the file as UTF-8", err.field() + 1),
        _ => error.to_string(),
    };
    FeederError::Line { feeder: feeder.to_owned(), line: line_of(data, error.position()), problem }
}

/// Whether the last record swallowed the rest of the file: it spans lines, and its quotation marks do not pair.
fn never_closed(data: &[u8], last: &::csv::StringRecord) -> bool {
    let text = data[begin_of(data, last.position())..].trim_ascii_end();
    text.contains(&b'\n') && text.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

/// Where a record begins: the parser's position may lie before the line ends of what precedes it.
fn begin_of(data: &[u8], position: Option<&::csv::Position>) -> usize {
    let byte = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0).min(data.len());
    byte + data[byte..].iter().take_while(|byte| b"\r\n".contains(byte)).count()
}

/// The line, from 1, on which a record begins.
fn line_of(data: &[u8], position: Option<&::csv::Position>) -> u64 {
    let begin = begin_of(data, position);
    let ends_line = |i: &usize| data[*i] == b'\n' || (data[*i] == b'\r' && data.get(i + 1) != Some(&b'\n'));
    (0..begin).filter(ends_line).fold(1, |line, _| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(data: &str) -> String {
        parse_separated("f.csv", data.as_bytes(), ',').unwrap_err().to_string()
    }

    #[test]
    fn quotes_separators_and_line_ends_within_quotes_are_read_as_rfc_4180_says() {
        let table = parse_separated("f", b" id , name\r\n1,\"a \"\"b\"\", c\"\r\n\r\n2,\"two\r\nlines\"", ',').unwrap();
        assert_eq!(table.columns.iter().map(|name| &**name).collect::<Vec<_>>(), ["id", "name"]);
        assert_eq!(table.records, 2);
        assert_eq!(table.row(0), [Some("1".into()), Some("a \"b\", c".into())]);
        assert_eq!(table.row(1), [Some("2".into()), Some("two\r\nlines".into())]);
    }

    #[test]
    fn values_keep_their_spaces_and_may_be_empty() {
        let table = parse_separated("f", b"a;b\n x ;\n", ';').unwrap();
        assert_eq!(table.row(0), [Some(" x ".into()), Some("".into())]);
    }

    #[test]
    fn a_line_with_the_wrong_number_of_fields_is_named() {
        assert_eq!(error("a,b,c,d\n1,2,3,4\n1,2,3\n"), "feeder f.csv, line 3: 3 fields, the header has 4");
        assert_eq!(error("a,b\r\n\r\n1,2\r\n\r\n1\r\n"), "feeder f.csv, line 5: 1 field, the header has 2");
        assert_eq!(error("a,b\n\"1\n2\n3\",x\n1,2,3\n"), "feeder f.csv, line 5: 3 fields, the header has 2");
        assert_eq!(error("a,b\r1,2\r1,2,3\r"), "feeder f.csv, line 3: 3 fields, the header has 2");
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_named_with_its_line() {
        let message = "feeder f.csv, line 3: a quotation mark is opened but never closed";
        assert_eq!(error("a,b\n1,2\n1,\"2\n1,2\n1,2\n"), message);
        assert_eq!(error("a,b\n1,2\n\"1,2\n1,2\n"), message);
        assert_eq!(parse_separated("f", b"a,b\n1,5\" disk\n", ',').unwrap().row(0)[1], Some("5\" disk".into()));
        assert!(parse_separated("f", b"a,b\n1,\"2\n\"\"3\"\n\n", ',').is_ok());
    }

    #[test]
    fn nothing_and_a_header_alone_are_told_apart() {
        assert_eq!(error(""), "feeder f.csv: the file is empty; its first line has to name the columns");
        assert_eq!(error("\n\n"), "feeder f.csv: the file is empty; its first line has to name the columns");
        assert_eq!(error("a,b\n"), "feeder f.csv: the file has a header but no records; add at least one line");
    }

    #[test]
    fn a_header_that_names_a_column_twice_is_refused() {
        assert_eq!(
            error("a,b, a\n1,2,3\n"),
            "feeder f.csv: the header names the column \"a\" twice; rename one of them"
        );
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_named_with_their_line() {
        let error = parse_separated("f.csv", b"a,b\n1,2\n1,\xff\n", ',').unwrap_err().to_string();
        assert_eq!(error, "feeder f.csv, line 3: field 2 is no UTF-8; save the file as UTF-8");
    }

    #[test]
    fn a_separator_that_cannot_separate_is_refused() {
        for separator in ['"', '\n', '§', '→'] {
            let error = parse_separated("f", b"a\n1\n", separator).unwrap_err().to_string();
            assert!(error.contains("cannot separate values"), "{error}");
        }
    }
}
