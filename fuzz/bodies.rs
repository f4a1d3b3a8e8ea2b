//! What is tried with each input. The fuzz targets and the tests of loadspiker-core (`tests/fuzz.rs`) share it.

#![allow(dead_code, clippy::unwrap_used, reason = "each target uses one of them, and a panic is what is looked for")]

use std::rc::Rc;

use loadspiker_core::expression::Template;
use loadspiker_core::feeder::{Format, parse_records};
use loadspiker_core::{Schema, Session, Value};

/// Any bytes are records or an error that names them; and records that are written as RFC 4180 says are read again.
pub(crate) fn csv(data: &[u8]) {
    let records = match parse_records("input", Format::Separated(','), data) {
        Ok(records) => records,
        Err(error) => return assert!(error.to_string().starts_with("feeder input"), "{error}"),
    };
    let Some(first) = records.first() else { return };
    // A record of one empty value would be a blank line.
    let names: Vec<String> = first.iter().map(|(name, _)| name.to_string()).collect();
    let values =
        records.iter().map(|record| record.iter().map(|(_, value)| value.as_str().unwrap().to_owned()).collect());
    let written: String = std::iter::once(names).chain(values).map(|line: Vec<String>| quoted(&line)).collect();
    let again = parse_records("again", Format::Separated(','), written.as_bytes());
    assert_eq!(again.as_ref(), Ok(&records), "{written:?}");
}

fn quoted(line: &[String]) -> String {
    let fields: Vec<String> = line.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
    fields.join(",") + "\r\n"
}

/// Any text is a template or an error that says what is wrong; a template renders, or says what is missing, and leaves
/// what was there; its literal is what it renders.
pub(crate) fn expression(text: &str) {
    let mut schema = Schema::default();
    let known = ["name", "list", "map"].map(|name| schema.intern(name));
    let parsed = Template::parse(text, &mut |name| schema.intern(name));
    let template = match parsed {
        Ok(template) => template,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(template.source(), text);
    let mut session = Session::new(Rc::new(schema), 1, 1);
    let list = Value::from(vec![Value::from(1), Value::from("two")]);
    for (slot, value) in known.into_iter().zip([Value::from("anna"), list, Value::from(1.5)]) {
        session.set_at(slot, value);
    }
    let mut out = "before".to_owned();
    let rendered = template.render(&session, &mut out);
    let _ = template.value(&session);
    assert!(out.starts_with("before"));
    match (rendered, template.as_literal()) {
        (Ok(()), Some(literal)) => assert_eq!(&out["before".len()..], literal),
        (Err(error), _) => assert!(out == "before" && !error.to_string().is_empty()),
        (Ok(()), None) => {}
    }
}
