//! Values of responses that are no text, such as rows and documents, as a [`JsonTree`].

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

use super::parts::JsonParts;
use super::tree::{JsonFields, JsonTree};
use crate::value::Value;

/// No more of the value than these parts, as of a text. Texts and bytes are borrowed.
pub(super) fn of_value<'b>(value: &'b Value, parts: &JsonParts, arena: &'b Bump) -> JsonTree<'b> {
    match value {
        Value::Null => JsonTree::Null,
        Value::Bool(b) => JsonTree::Bool(*b),
        Value::Int(int) => JsonTree::Int(*int),
        Value::UInt(int) => JsonTree::UInt(*int),
        Value::Float(float) => JsonTree::Float(*float),
        Value::Text(text) => JsonTree::Text(text),
        Value::Bytes(bytes) => JsonTree::Bytes(bytes),
        Value::List(items) => {
            let looked_at = items.iter().take(parts.elements()).enumerate();
            let elements = looked_at.map(|(place, item)| match parts.of_element(place) {
                Some(parts) => of_value(item, parts, arena),
                None => JsonTree::Null,
            });
            JsonTree::List(ArenaVec::from_iter_in(elements, arena).into_bump_slice())
        }
        Value::Map(map) => {
            let fields = map.iter().filter_map(|(name, value)| Some((name, value, parts.of_field(name)?)));
            let fields: Vec<_> = fields.map(|(name, value, parts)| (&**name, of_value(value, parts, arena))).collect();
            JsonTree::Object(JsonFields::new(fields.into_iter(), arena))
        }
    }
}
