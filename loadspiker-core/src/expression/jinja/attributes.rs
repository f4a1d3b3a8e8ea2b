//! The attributes of a session as variables of a template. Lists and maps are shared, not copied.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value as Variable};

use crate::session::{Session, Slot};
use crate::value::Value;

/// The variables that a template may read, as they are for one user.
#[derive(Debug)]
pub(super) struct Attributes(Vec<(Arc<str>, Variable)>);

impl Attributes {
    pub(super) fn of(session: &Session, slots: &[(Arc<str>, Slot)]) -> Variable {
        let set = slots.iter().filter_map(|(name, slot)| Some((name.clone(), variable(session.value_at(*slot)?))));
        Variable::from_object(Attributes(set.collect()))
    }
}

impl Object for Attributes {
    fn get_value(self: &Arc<Self>, key: &Variable) -> Option<Variable> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Variable> {
        self.0.iter().find(|(name, _)| **name == *key).map(|(_, value)| value.clone())
    }
}

fn variable(value: &Value) -> Variable {
    match value {
        Value::Null => Variable::from(()),
        Value::Bool(truth) => Variable::from(*truth),
        Value::Int(int) => Variable::from(*int),
        Value::UInt(int) => Variable::from(*int),
        Value::Float(float) => Variable::from(*float),
        Value::Text(text) => Variable::from(text),
        Value::Bytes(bytes) => Variable::from_bytes(bytes.to_vec()),
        Value::List(items) => Variable::from_object(List(items.clone())),
        Value::Map(map) => Variable::from_object(Map(map.clone())),
    }
}

#[derive(Debug)]
struct List(Arc<[Value]>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Variable) -> Option<Variable> {
        self.0.get(key.as_usize()?).map(variable)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::List(self.0.clone()), f)
    }
}

#[derive(Debug)]
struct Map(Arc<BTreeMap<Arc<str>, Value>>);

impl Object for Map {
    fn get_value(self: &Arc<Self>, key: &Variable) -> Option<Variable> {
        self.0.get(key.as_str()?).map(variable)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(Variable::from).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::Map(self.0.clone()), f)
    }
}
