//! [`JsonTree`]: parsed JSON, as checks see it.

use std::cmp::Ordering;
use std::sync::Arc;

use bumpalo::Bump;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::value::{Number, Value};

/// A JSON value in the memory of one response. Copying it only copies a reference. Two trees are equal if their values are:
/// 1 equals 1.0.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum JsonTree<'b> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above [`i64::MAX`].
    UInt(u64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(&'b str),
    /// Bytes. JSON has none, but structured [values](crate::check::Response::value) of other protocols do.
    Bytes(&'b [u8]),
    /// An array.
    List(&'b [JsonTree<'b>]),
    /// An object.
    Object(JsonFields<'b>),
}

impl<'b> JsonTree<'b> {
    /// The field with this name, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&'b JsonTree<'b>> {
        match self {
            JsonTree::Object(fields) => fields.get(name),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn elements(&self) -> Option<&'b [JsonTree<'b>]> {
        match self {
            JsonTree::List(elements) => Some(elements),
            _ => None,
        }
    }

    pub(in crate::check) fn of_number(number: &serde_json::Number) -> Self {
        match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), _, _) => JsonTree::Int(int),
            (None, Some(int), _) => JsonTree::UInt(int),
            (None, None, Some(float)) => JsonTree::Float(float),
            (None, None, None) => JsonTree::Null,
        }
    }

    pub(in crate::check) fn count(number: usize) -> Self {
        JsonTree::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Compares two numbers; `None` if one of them is not a number.
    pub(in crate::check) fn order_of_numbers(&self, other: &JsonTree<'_>) -> Option<Ordering> {
        match (self, other) {
            (JsonTree::Int(one), JsonTree::Int(other)) => Some(one.cmp(other)),
            _ => self.number()?.order(&other.number()?),
        }
    }

    fn number(&self) -> Option<Number<'static>> {
        match self {
            JsonTree::Int(int) => Some(Number::Int((*int).into())),
            JsonTree::UInt(int) => Some(Number::Int((*int).into())),
            JsonTree::Float(float) => Some(Number::Float(*float)),
            _ => None,
        }
    }
}

impl PartialEq<JsonTree<'_>> for JsonTree<'_> {
    fn eq(&self, other: &JsonTree<'_>) -> bool {
        match (self, other) {
            (JsonTree::Null, JsonTree::Null) => true,
            (JsonTree::Bool(one), JsonTree::Bool(other)) => one == other,
            (JsonTree::Text(one), JsonTree::Text(other)) => one == other,
            (JsonTree::Bytes(one), JsonTree::Bytes(other)) => one == other,
            (JsonTree::List(one), JsonTree::List(other)) => one == other,
            (JsonTree::Object(one), JsonTree::Object(other)) => {
                let mut fields = one.iter();
                one.0.len() == other.0.len() && fields.all(|(name, tree)| other.get(name).is_some_and(|it| it == tree))
            }
            (one, other) => one.order_of_numbers(other) == Some(Ordering::Equal),
        }
    }
}

/// The fields of a JSON object in the order of the text. Each name occurs once.
#[derive(Clone, Copy, Debug)]
pub struct JsonFields<'b>(&'b [(&'b str, JsonTree<'b>)]);

impl<'b> JsonFields<'b> {
    /// Of fields with the same name the last counts, at the place of the first.
    pub(in crate::check) fn new(
        fields: impl ExactSizeIterator<Item = (&'b str, JsonTree<'b>)>,
        arena: &'b Bump,
    ) -> Self {
        let fields = arena.alloc_slice_fill_iter(fields);
        let twice = if fields.len() <= 8 {
            (1..fields.len()).any(|place| fields[..place].iter().any(|(name, _)| *name == fields[place].0))
        } else {
            let mut names = FxHashSet::default();
            !fields.iter().all(|(name, _)| names.insert(*name))
        };
        if !twice {
            return JsonFields(fields);
        }
        let mut places = FxHashMap::default();
        for place in 0..fields.len() {
            let next = places.len();
            let kept = *places.entry(fields[place].0).or_insert(next);
            fields[kept] = fields[place];
        }
        JsonFields(&fields[..places.len()])
    }

    /// The field with this name.
    pub fn get(&self, name: &str) -> Option<&'b JsonTree<'b>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, tree)| tree)
    }

    /// All fields, with their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'b str, &'b JsonTree<'b>)> {
        self.0.iter().map(|(name, tree)| (*name, tree))
    }
}

impl From<&JsonTree<'_>> for Value {
    fn from(tree: &JsonTree<'_>) -> Self {
        match tree {
            JsonTree::Null => Value::Null,
            JsonTree::Bool(b) => Value::Bool(*b),
            JsonTree::Int(int) => Value::Int(*int),
            JsonTree::UInt(int) => Value::from(*int),
            JsonTree::Float(float) => Value::Float(*float),
            JsonTree::Text(text) => Value::from(*text),
            JsonTree::Bytes(bytes) => Value::from(*bytes),
            JsonTree::List(elements) => Value::List(elements.iter().map(Value::from).collect()),
            JsonTree::Object(fields) => {
                Value::Map(Arc::new(fields.iter().map(|(name, tree)| (name.into(), tree.into())).collect()))
            }
        }
    }
}
