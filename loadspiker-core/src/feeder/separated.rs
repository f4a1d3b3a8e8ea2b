//! Files of separated values: CSV as in RFC 4180, and its relatives with other separators.

use std::sync::Arc;

use super::error::FeederError;
use super::input::Input;
use super::sink::{Halt, Row, Sink};
use crate::value::Value;

const NEVER_CLOSED: &str =
    "a quotation mark is opened but never closed; close it, or double it if it is part of the value";

/// Reads records whose first line names the columns. All values are texts; blank lines are skipped.
pub(super) fn read_separated(input: &dyn Input, separator: char, sink: &mut dyn Sink) -> Result<(), Halt> {
    let delimiter =
        u8::try_from(separator).ok().filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte)).ok_or_else(|| {
            input.invalid(format!("{separator:?} cannot separate values; use an ASCII character but \" or a line end"))
        })?;
    let (text, meter) = input.text()?;
    let mut reader =
        ::csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text);
    let mut record = ::csv::StringRecord::new();
    // Where the last record begins, if it spans lines.
    let mut suspect = None;
    let mut next = |record: &mut ::csv::StringRecord| -> Result<bool, FeederError> {
        meter.next_record();
        if reader.read_record(record).map_err(|error| unreadable(input, error))? {
            suspect = record.iter().any(|field| field.contains('\n')).then(|| begin(record));
            return Ok(true);
        }
        match suspect {
            Some(byte) if input.never_closed(byte)? => Err(input.at_byte(byte, NEVER_CLOSED)),
            _ => Ok(false),
        }
    };

    if !next(&mut record)? {
        return Err(input.empty("the file is empty; its first line has to name the columns").into());
    }
    let names: Vec<Arc<str>> = record.iter().map(|name| name.trim().into()).collect();
    if let Some(name) = names.iter().enumerate().find_map(|(i, name)| names[..i].contains(name).then_some(name)) {
        let problem = format!("the header names the column \"{name}\" twice; rename one of them");
        return Err(input.invalid(problem).into());
    }
    let columns = sink.header(&names).map_err(|refusal| refusal.at(|problem| input.invalid(problem)))?;
    let mut row = Row::new();
    let mut found = false;
    while next(&mut record)? {
        if record.len() != columns.len() {
            let (byte, count) = (begin(&record), record.len());
            // A mark that is never closed swallows the rest of the file, and is what is really wrong.
            next(&mut record)?;
            let fields = if count == 1 { "field" } else { "fields" };
            let remedy = if count > columns.len() {
                format!("; a value with {separator:?} in it has to stand in quotation marks")
            } else {
                "; where a value is empty, its separator has to be there".to_owned()
            };
            let problem = format!("{count} {fields}, the header has {}{remedy}", columns.len());
            return Err(input.at_byte(byte, problem).into());
        }
        row.extend(columns.iter().copied().zip(record.iter().map(Value::from)));
        sink.record(&mut row).map_err(|refusal| refusal.at(|problem| input.at_byte(begin(&record), problem)))?;
        found = true;
    }
    if found {
        return Ok(());
    }
    Err(input.empty("the file has a header but no records; add at least one line").into())
}

/// The byte at which a record begins, or the line ends before it.
fn begin(record: &::csv::StringRecord) -> u64 {
    record.position().map_or(0, ::csv::Position::byte)
}

fn unreadable(input: &dyn Input, error: ::csv::Error) -> FeederError {
    let byte = error.position().map_or(0, ::csv::Position::byte);
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => input.unreadable(&error),
        ::csv::ErrorKind::Utf8 { err, .. } => {
            input.at_byte(byte, format!("field {} is no UTF-8; save the file as UTF-8", err.field() + 1))
        }
        other => input.at_byte(byte, format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::InMemory;
    use super::super::table::{Table, TableBuilder};
    use super::*;

    fn parse_separated(name: &str, data: &[u8], separator: char) -> Result<Table, FeederError> {
        let mut builder = TableBuilder::default();
        match read_separated(&InMemory(name, data), separator, &mut builder) {
            Ok(()) | Err(Halt::Enough) => Ok(builder.finish()),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

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
        assert_eq!(
            error("a,b,c,d\n1,2,3,4\n1,2,3\n"),
            "feeder f.csv, line 3: 3 fields, the header has 4; where a value is empty, its separator has to be there"
        );
        assert_eq!(
            error("a,b\r\n\r\n1,2\r\n\r\n1\r\n"),
            "feeder f.csv, line 5: 1 field, the header has 2; where a value is empty, its separator has to be there"
        );
        assert_eq!(
            error("a,b\n\"1\n2\n3\",x\n1,2,3\n"),
            "feeder f.csv, line 5: 3 fields, the header has 2; a value with ',' in it has to stand in quotation marks"
        );
        assert_eq!(
            error("a,b\r1,2\r1,2,3\r"),
            "feeder f.csv, line 3: 3 fields, the header has 2; a value with ',' in it has to stand in quotation marks"
        );
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_named_with_its_line() {
        let message = "feeder f.csv, line 3: a quotation mark is opened but never closed; close it, or double it \
            if it is part of the value";
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

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(data in any::<Vec<u8>>()) {
            let _ = parse_separated("f", &data, ',');
        }

        #[test]
        fn no_bytes_near_the_grammar_make_the_reader_or_a_message_panic(
            data in proptest::collection::vec(proptest::sample::select(&b"a\",\r\n \xff\xc3\xa9"[..]), 0..40)
        ) {
            match parse_separated("f", &data, ',') {
                Ok(table) => prop_assert!(table.records > 0),
                Err(error) => prop_assert!(error.to_string().starts_with("feeder f")),
            }
        }
    }
}
