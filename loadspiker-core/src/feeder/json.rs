//! JSON files: an array of objects, or an object a line.

use std::cell::RefCell;
use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::error::FeederError;
use super::input::{Input, Meter};
use super::sink::{Halt, Refusal, Row, Sink};
use crate::value::{BigIntegers, find_big_integer, too_big};

/// Reads an array of objects, one after the other.
pub(super) fn read_array(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), Halt> {
    let (text, meter) = input.text()?;
    let found = RefCell::new(None);
    let watched = Watched { text, integers: BigIntegers::default(), found: &found };
    let mut parser = serde_json::Deserializer::from_reader(watched);
    let refused = RefCell::new(None);
    let array = Array { sink, meter, refused: &refused, too_big: &found };
    let read = array.deserialize(&mut parser).and_then(|()| parser.end());
    // What the sink refused, or what is no object, comes out of the parser as an error of its own.
    match (refused.into_inner(), read) {
        (Some((0, refusal)), _) => Err(refusal.at(|problem| input.invalid(problem))),
        (Some((record, refusal)), _) => Err(refusal.at(|problem| input.invalid(format!("record {record}: {problem}")))),
        (None, Err(error)) => Err(unreadable(input, error, 0).into()),
        (None, Ok(())) => Ok(()),
    }
}

/// Reads an object a line; blank lines are skipped.
pub(super) fn read_lines(input: &dyn Input, sink: &mut dyn Sink) -> Result<(), Halt> {
    let (mut text, meter) = input.text()?;
    let (mut line, mut bytes, mut row) = (0, Vec::new(), Row::new());
    loop {
        bytes.clear();
        meter.next_record();
        if text.read_until(b'\n', &mut bytes).map_err(|error| input.unreadable(&error))? == 0 {
            return Ok(());
        }
        line += 1;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let record = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let parsed = serde_json::from_slice(record).map_err(|error| unreadable(input, error, line - 1))?;
        if let Some(integer) = find_big_integer(record, |_| true) {
            return Err(input.at_line(line, too_big(&integer)).into());
        }
        let record = parsed;
        push(sink, &mut row, record, |kind| format!("this is {kind}; each line has to be an object"))
            .map_err(|refusal| refusal.at(|problem| input.at_line(line, problem)))?;
    }
}

fn push(
    sink: &mut dyn Sink,
    row: &mut Row,
    record: Json,
    no_object: impl FnOnce(&str) -> String,
) -> Result<(), Refusal> {
    let Json::Object(fields) = record else { return Err(Refusal::Problem(no_object(kind(&record)))) };
    for (name, value) in fields {
        row.push((sink.column(&name)?, value.into()));
    }
    sink.record(row)
}

/// A text in which integers beyond 64 bits are looked for as it is read: of those the parser loses digits.
struct Watched<'a, R> {
    text: R,
    integers: BigIntegers,
    /// The first.
    found: &'a RefCell<Option<String>>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.text.read(buffer)?;
        for byte in buffer.iter().take(length) {
            if let Some(integer) = self.integers.feed(*byte) {
                self.found.borrow_mut().get_or_insert(integer);
            }
        }
        Ok(length)
    }
}

/// An array whose elements go to the sink as they are read, so that it need not fit into memory.
struct Array<'a> {
    sink: &'a mut dyn Sink,
    meter: Meter,
    /// What went wrong with the record of this number, from 1; number 0 is the whole file.
    refused: &'a RefCell<Option<(u64, Refusal)>>,
    /// An integer within the record that no value holds.
    too_big: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

macro_rules! no_array {
    ($($visit:ident($($t:ty)?): $kind:literal;)*) => {$(
        fn $visit<E: serde::de::Error>(self $(, _: $t)?) -> Result<(), E> {
            Err(self.is_no_array($kind))
        }
    )*};
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut row = Row::new();
        for number in 1.. {
            self.meter.next_record();
            let Some(record) = elements.next_element()? else { break };
            let no_object = |kind: &str| format!("this is {kind}; each record has to be an object");
            let pushed = match self.too_big.take() {
                Some(integer) => Err(Refusal::Problem(too_big(&integer))),
                None => push(self.sink, &mut row, record, no_object),
            };
            if let Err(refusal) = pushed {
                *self.refused.borrow_mut() = Some((number, refusal));
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // A mistake within it is told first.
        while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Err(self.is_no_array("an object"))
    }

    no_array! {
        visit_unit(): "null";
        visit_bool(bool): "a truth value";
        visit_i64(i64): "a number";
        visit_u64(u64): "a number";
        visit_f64(f64): "a number";
        visit_str(&str): "a text";
    }
}

impl Array<'_> {
    fn is_no_array<E: serde::de::Error>(&self, kind: &str) -> E {
        let problem = format!("it holds {kind}, not an array of objects; for one object per line, use json_lines(…)");
        *self.refused.borrow_mut() = Some((0, Refusal::Problem(problem)));
        E::custom("refused")
    }
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
fn unreadable(input: &dyn Input, error: serde_json::Error, before: u64) -> FeederError {
    if error.is_io() {
        return input.unreadable(&error.into());
    }
    let (line, column) = (error.line(), error.column());
    if line <= 1 && column == 0 && before == 0 {
        return input.empty("the file is empty; it has to hold an array of objects");
    }
    let text = error.to_string();
    let problem = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let line = before.saturating_add(u64::try_from(line).unwrap_or(u64::MAX));
    input.at_line(line, format!("invalid JSON: {problem} (column {column})"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::InMemory;
    use super::super::table::{Table, TableBuilder};
    use super::*;

    fn read(
        (name, data): (&str, &[u8]),
        reader: impl FnOnce(&dyn Input, &mut dyn Sink) -> Result<(), Halt>,
    ) -> Result<Table, FeederError> {
        let mut builder = TableBuilder::default();
        match reader(&InMemory(name, data), &mut builder) {
            Ok(()) | Err(Halt::Enough) => Ok(builder.finish()),
            Err(Halt::Wrong(error)) => Err(error),
        }
    }

    fn parse_array(name: &str, data: &[u8]) -> Result<Table, FeederError> {
        read((name, data), read_array)
    }

    fn parse_lines(name: &str, data: &[u8]) -> Result<Table, FeederError> {
        read((name, data), read_lines)
    }

    #[test]
    fn values_keep_their_types() {
        let data = br#"[{"id": 1, "tags": ["a"], "ok": true}, {"id": 2.5, "name": null}]"#;
        let table = parse_array("f", data).unwrap();
        assert_eq!(table.columns.iter().map(|name| &**name).collect::<Vec<_>>(), ["id", "ok", "tags", "name"]);
        assert_eq!(table.row(0), [Some(1.into()), Some(true.into()), Some(vec!["a"].into()), None]);
        assert_eq!(table.row(1), [Some(2.5.into()), None, None, Some(crate::Value::Null)]);
    }

    #[test]
    fn integers_are_kept_exactly_or_refused() {
        let data = br#"[{"id": 18446744073709551615}, {"id": -9223372036854775808}, {"id": 1e30}]"#;
        let expected = [u64::MAX.into(), i64::MIN.into(), 1e30.into()].map(Some);
        assert_eq!(parse_array("f", data).unwrap().cells, expected);
        let lines = String::from_utf8_lossy(&data[1..data.len() - 1]).replace("}, ", "}\n");
        assert_eq!(parse_lines("f", lines.as_bytes()).unwrap().cells, expected);

        let told = "the integer 18446744073709551616 has more than 64 bits, so it cannot be kept exactly; write it as a \
                    text, in quotation marks";
        let data = br#"[{"id": "99999999999999999999"}, {"id": [18446744073709551616]}, {"id": 1}]"#;
        assert_eq!(parse_array("f", data).unwrap_err().to_string(), format!("feeder f: record 2: {told}"));
        let data = b"{\"id\": 1}\n{\"id\": 18446744073709551616}\n";
        assert_eq!(parse_lines("f", data).unwrap_err().to_string(), format!("feeder f, line 2: {told}"));
    }

    #[test]
    fn lines_are_records_and_blank_ones_are_skipped() {
        let table = parse_lines("f", b"{\"a\":1}\r\n\n  \n{\"a\":2}").unwrap();
        assert_eq!(table.cells, [Some(1.into()), Some(2.into())]);
    }

    #[test]
    fn what_cannot_be_parsed_is_named_with_its_line() {
        let array = |data: &str| parse_array("f.json", data.as_bytes()).unwrap_err().to_string();
        assert_eq!(array("[\n{\"a\": 1},\n{\"a\" 2}]"), "feeder f.json, line 3: invalid JSON: expected `:` (column 6)");
        assert_eq!(
            array("{\"a\": 1}"),
            "feeder f.json: it holds an object, not an array of objects; for one object per line, use json_lines(…)"
        );
        assert_eq!(array("[{}, 5]"), "feeder f.json: record 2: this is a number; each record has to be an object");
        let lines = |data: &str| parse_lines("f.jsonl", data.as_bytes()).unwrap_err().to_string();
        assert_eq!(lines("{}\n\n{\"a\" 2}\n"), "feeder f.jsonl, line 3: invalid JSON: expected `:` (column 6)");
        assert_eq!(lines("{}\n[]\n"), "feeder f.jsonl, line 2: this is an array; each line has to be an object");
    }

    proptest! {
        #[test]
        fn no_bytes_near_the_grammar_make_the_readers_panic(data in r#"([\[\]{}:,"a1 \n]|null|\{"a":1\}|\xff){0,12}"#) {
            for result in [parse_array("f", data.as_bytes()), parse_lines("f", data.as_bytes())] {
                if let Err(error) = result {
                    prop_assert!(error.to_string().starts_with("feeder f"));
                }
            }
        }
    }
}
