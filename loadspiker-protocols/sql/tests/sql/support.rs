//! What the tests of all databases share.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use loadspiker_core::feeder::Feeder;
use loadspiker_core::{Schema, Session, Value};

/// A temporary folder, removed with all that is in it when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("loadspiker-sql-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What a server has written there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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
