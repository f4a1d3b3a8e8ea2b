//! What is tried with each input. The fuzz targets and the tests of loadspiker-core (`tests/all/fuzz.rs`) share it.

#![allow(dead_code, clippy::unwrap_used, reason = "each target uses one of them, and a panic is what is looked for")]

use std::rc::Rc;
use std::sync::Arc;

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

/// Any bytes are records, or an error that names them, in every other format that is read; the objects of an array are
/// the same a line each; and of a sitemap each page has a place.
pub(crate) fn records(data: &[u8]) {
    let read = |format| match parse_records("input", format, data) {
        Ok(records) => records,
        Err(error) => {
            assert!(error.to_string().starts_with("feeder input"), "{error}");
            Vec::new()
        }
    };
    let pages = read(Format::Sitemap);
    assert!(pages.iter().all(|page| page.iter().any(|(name, _)| &**name == "loc")), "{pages:?}");
    read(Format::JsonLines);
    let objects = read(Format::Json);
    let names = |records: &[Vec<_>]| -> Vec<Vec<Arc<str>>> {
        records.iter().map(|record| record.iter().map(|(name, _): &(Arc<str>, Value)| name.clone()).collect()).collect()
    };
    let line = |record: &Vec<(Arc<str>, Value)>| {
        let fields = record.iter().map(|(name, value)| (name.to_string(), value.to_json()));
        serde_json::Value::Object(fields.collect()).to_string() + "\n"
    };
    let written: String = objects.iter().map(line).collect();
    let again = parse_records("again", Format::JsonLines, written.as_bytes()).unwrap();
    assert_eq!(names(&again), names(&objects), "{written:?}");
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
