//! What the tests of all databases share.

use std::rc::Rc;

use loadspiker_core::feeder::Feeder;
use loadspiker_core::{Schema, Session, Value};

/// All records, as a queue gives them: the values of the fields in their order.
#[track_caller]
pub(crate) fn records(feeder: &Feeder) -> Vec<Vec<Value>> {
    let opened = feeder.open().unwrap_or_else(|error| panic!("{error}"));
    let mut schema = Schema::default();
    let bound = opened.bind(1, 1, &mut |name| schema.intern(name));
    let mut session = Session::new(Rc::new(schema), 1, 1);
    let mut records = Vec::new();
    while bound.feed(0, &mut session).is_ok() {
        let fields = opened.fields().iter();
        records.push(fields.map(|name| session.value(name).cloned().unwrap()).collect());
    }
    records
}

/// The fields of the only record, each as its name, type and value: `n integer 5`.
#[track_caller]
pub(crate) fn typed(feeder: &Feeder) -> Vec<String> {
    let names: Vec<_> = feeder.open().unwrap_or_else(|error| panic!("{error}")).fields().to_vec();
    let records = records(feeder);
    assert_eq!(records.len(), 1);
    let fields = names.iter().zip(&records[0]);
    fields.map(|(name, value)| format!("{name} {} {value}", value.type_name())).collect()
}

/// What is told before the run.
#[track_caller]
pub(crate) fn mistake(feeder: &Feeder) -> String {
    feeder.open().unwrap_err().to_string()
}
