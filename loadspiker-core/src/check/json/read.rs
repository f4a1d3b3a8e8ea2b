//! Reads JSON as a [`JsonTree`], no more of it than [`JsonParts`] tell.

use std::borrow::Cow;
use std::fmt;

use bumpalo::Bump;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::parts::JsonParts;
use super::tree::{JsonFields, JsonTree};
use crate::check::extract::ExtractError;
use crate::value::{find_big_integer, too_big};

/// The text, or why the body is none, is read to its end, so that it is known to be JSON, whatever is looked at.
pub(super) fn read<'b>(
    text: Result<&'b str, String>,
    parts: &JsonParts,
    arena: &'b Bump,
) -> Result<&'b JsonTree<'b>, ExtractError> {
    let no_json = |why: &dyn fmt::Display| ExtractError::Response(format!("body is not valid JSON: {why}"));
    let text = text.map_err(|why| no_json(&why))?;
    if text.is_empty() {
        return Err(no_json(&"it is empty"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let (tree, huge) = tree(&mut reader, parts, arena).map_err(|error| no_json(&error))?;
    reader.end().map_err(|error| no_json(&error))?;
    if !huge.is_empty() {
        refuse_big_integers(text.as_bytes(), &huge)?;
    }
    Ok(tree)
}

/// The tree, and the floats in it beyond the range of integers.
pub(super) fn tree<'b, D: Deserializer<'b>>(
    from: D,
    parts: &JsonParts,
    arena: &'b Bump,
) -> Result<(&'b JsonTree<'b>, Vec<f64>), D::Error> {
    let mut stack = Stack { arena, trees: Vec::with_capacity(32), names: Vec::with_capacity(8), huge: Vec::new() };
    PartsSeed { parts, stack: &mut stack }.deserialize(from)?;
    Ok((arena.alloc(stack.trees.pop().unwrap_or(JsonTree::Null)), stack.huge))
}

/// Floats stand for integers that are too big, too; which of them do, the text says.
#[cold]
fn refuse_big_integers(body: &[u8], huge: &[f64]) -> Result<(), ExtractError> {
    let is_one = |number: &str| {
        number.parse::<f64>().is_ok_and(|number| huge.iter().any(|huge| huge.to_bits() == number.to_bits()))
    };
    match find_big_integer(body, is_one) {
        Some(integer) => Err(ExtractError::Response(format!("body: {}", too_big(&integer)))),
        None => Ok(()),
    }
}

/// What is read, before the list or object around it is at its end.
struct Stack<'b> {
    arena: &'b Bump,
    trees: Vec<JsonTree<'b>>,
    /// The names of the fields among the trees.
    names: Vec<&'b str>,
    /// Floats that may be integers of more than 64 bits.
    huge: Vec<f64>,
}

/// 2^63: every integer that does not fit into 64 bits is at least as far from 0.
const HUGE: f64 = 9_223_372_036_854_775_808.0;

/// Reads these parts of a text, and puts them on the stack: handing them from one to the next would be a third of the time.
struct PartsSeed<'p, 's, 'b> {
    parts: &'p JsonParts,
    stack: &'s mut Stack<'b>,
}

/// The only field of what `serde_json` gives for a number, if somebody has turned its `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

impl<'b> PartsSeed<'_, '_, 'b> {
    fn is<E>(self, tree: JsonTree<'b>) -> Result<(), E> {
        self.stack.trees.push(tree);
        Ok(())
    }
}

impl<'b> DeserializeSeed<'b> for PartsSeed<'_, '_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for PartsSeed<'_, '_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.is(JsonTree::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<(), E> {
        self.is(JsonTree::Bool(b))
    }

    fn visit_i64<E>(self, int: i64) -> Result<(), E> {
        self.is(JsonTree::Int(int))
    }

    fn visit_u64<E>(self, int: u64) -> Result<(), E> {
        self.is(i64::try_from(int).map_or(JsonTree::UInt(int), JsonTree::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<(), E> {
        if float.abs() >= HUGE {
            self.stack.huge.push(float);
        }
        self.is(JsonTree::Float(float))
    }

    fn visit_borrowed_str<E>(self, text: &'b str) -> Result<(), E> {
        self.is(JsonTree::Text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let text = self.stack.arena.alloc_str(text);
        self.is(JsonTree::Text(text))
    }

    fn visit_map<A: MapAccess<'b>>(self, mut from: A) -> Result<(), A::Error> {
        let PartsSeed { parts, stack } = self;
        let (trees, names) = (stack.trees.len(), stack.names.len());
        while let Some(key) = from.next_key_seed(Name { parts, stack })? {
            match key {
                Key::Wanted(parts) => from.next_value_seed(PartsSeed { parts, stack })?,
                Key::Ignored => drop(from.next_value::<IgnoredAny>()?),
                Key::Number => {
                    stack.trees.push(number(&from.next_value::<Cow<'_, str>>()?)?);
                    return Ok(());
                }
            }
        }
        let fields = stack.names.drain(names..).zip(stack.trees.drain(trees..));
        let fields = JsonFields::new(fields, stack.arena);
        stack.trees.push(JsonTree::Object(fields));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut from: A) -> Result<(), A::Error> {
        let PartsSeed { parts, stack } = self;
        let (first, looked_at) = (stack.trees.len(), parts.elements());
        let mut more = true;
        while more && stack.trees.len() - first < looked_at {
            more = match parts.of_element(stack.trees.len() - first) {
                Some(parts) => from.next_element_seed(PartsSeed { parts, stack })?.is_some(),
                None => {
                    let is_there = from.next_element::<IgnoredAny>()?.is_some();
                    stack.trees.extend(is_there.then_some(JsonTree::Null));
                    is_there
                }
            };
        }
        while more {
            more = from.next_element::<IgnoredAny>()?.is_some();
        }
        let elements = stack.arena.alloc_slice_copy(&stack.trees[first..]);
        stack.trees.truncate(first);
        stack.trees.push(JsonTree::List(elements));
        Ok(())
    }
}

/// The number that a text says.
fn number<'b, E: Error>(text: &str) -> Result<JsonTree<'b>, E> {
    if let Ok(int) = text.parse() {
        return Ok(JsonTree::Int(int));
    }
    if let Ok(int) = text.parse() {
        return Ok(JsonTree::UInt(int));
    }
    if find_big_integer(text.as_bytes(), |_| true).is_some() {
        return Err(E::custom(too_big(text)));
    }
    text.parse().map(JsonTree::Float).map_err(|_| E::custom(format!("{text} is not a number")))
}

/// Reads the name of a field of something of which these parts are looked at, and puts one that is on the stack.
struct Name<'p, 's, 'b> {
    parts: &'p JsonParts,
    stack: &'s mut Stack<'b>,
}

enum Key<'p> {
    Wanted(&'p JsonParts),
    Ignored,
    /// What follows is a number.
    Number,
}

impl<'p, 'b> Name<'p, '_, 'b> {
    fn key(self, name: &str, keep: impl FnOnce(&'b Bump) -> &'b str) -> Key<'p> {
        if name == NUMBER {
            return Key::Number;
        }
        let Some(parts) = self.parts.of_field(name) else { return Key::Ignored };
        self.stack.names.push(keep(self.stack.arena));
        Key::Wanted(parts)
    }
}

impl<'p, 'b> Visitor<'b> for Name<'p, '_, 'b> {
    type Value = Key<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, name: &'b str) -> Result<Key<'p>, E> {
        Ok(self.key(name, |_| name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Key<'p>, E> {
        Ok(self.key(name, |arena| arena.alloc_str(name)))
    }
}

impl<'p, 'b> DeserializeSeed<'b> for Name<'p, '_, 'b> {
    type Value = Key<'p>;

    fn deserialize<D: Deserializer<'b>>(self, from: D) -> Result<Key<'p>, D::Error> {
        from.deserialize_str(self)
    }
}
