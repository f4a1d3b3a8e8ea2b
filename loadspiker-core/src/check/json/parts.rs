//! [`JsonParts`]: which parts of a JSON text are looked at, so that the others need not be built.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// The parts of a JSON text that somebody looks at, by the way that leads to them from here.
///
/// What is read by it is the text as a tree, but for what nobody looks at: fields are left out, elements are null. What
/// lies on the way to a part is of its own kind, also where that leads nowhere: a path into a number ends at a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonParts {
    /// All that is here. Then the others are empty.
    whole: bool,
    /// Of the fields of these names; whatever is in `any_field` is in each of them.
    fields: Vec<(Box<str>, JsonParts)>,
    any_field: Option<Box<JsonParts>>,
    /// Of the elements at these places, from 0; whatever is in `any_element` is in each of them.
    elements: Vec<(usize, JsonParts)>,
    any_element: Option<Box<JsonParts>>,
}

impl JsonParts {
    /// Of which kind it is, and no more.
    pub fn kind() -> Self {
        JsonParts::default()
    }

    /// All.
    pub fn whole() -> Self {
        JsonParts { whole: true, ..JsonParts::default() }
    }

    /// `parts` of the field `name`.
    #[must_use]
    pub fn field(name: &str, parts: JsonParts) -> Self {
        JsonParts { fields: vec![(name.into(), parts)], ..JsonParts::default() }
    }

    /// `parts` of every field.
    #[must_use]
    pub fn any_field(parts: JsonParts) -> Self {
        JsonParts { any_field: Some(parts.into()), ..JsonParts::default() }
    }

    /// `parts` of the element at `place`, from 0.
    #[must_use]
    pub fn element(place: usize, parts: JsonParts) -> Self {
        JsonParts { elements: vec![(place, parts)], ..JsonParts::default() }
    }

    /// `parts` of every element. The list has its length then.
    #[must_use]
    pub fn any_element(parts: JsonParts) -> Self {
        JsonParts { any_element: Some(parts.into()), ..JsonParts::default() }
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, other: JsonParts) -> Self {
        if self.whole || other.whole {
            return JsonParts::whole();
        }
        self.any_field = both(self.any_field, other.any_field);
        self.any_element = both(self.any_element, other.any_element);
        merge(&mut self.fields, other.fields, self.any_field.as_deref());
        merge(&mut self.elements, other.elements, self.any_element.as_deref());
        self
    }

    /// What of any element these are, where elements may have moved.
    pub(in crate::check) fn of_elements(self) -> Self {
        if self.whole {
            return self;
        }
        let elements = self.elements.into_iter().map(|(_, parts)| parts);
        elements.chain(self.any_element.map(|parts| *parts)).fold(JsonParts::kind(), JsonParts::and)
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }
}

fn both(one: Option<Box<JsonParts>>, other: Option<Box<JsonParts>>) -> Option<Box<JsonParts>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(*other).into()),
        (one, other) => one.or(other),
    }
}

fn merge<K: PartialEq>(into: &mut Vec<(K, JsonParts)>, others: Vec<(K, JsonParts)>, any: Option<&JsonParts>) {
    for (key, parts) in others {
        match into.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = std::mem::take(known).and(parts),
            None => into.push((key, parts)),
        }
    }
    if let Some(any) = any {
        for (_, parts) in into {
            *parts = std::mem::take(parts).and(any.clone());
        }
    }
}

impl<'de> DeserializeSeed<'de> for &JsonParts {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        if self.whole { Json::deserialize(from) } else { from.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for &JsonParts {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut map = Map::new();
        while let Some(key) = from.next_key_seed(Key(self))? {
            match key {
                Some((name, parts)) => drop(map.insert(name, from.next_value_seed(parts)?)),
                None => drop(from.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Json::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        let last = self.elements.iter().map(|(place, _)| *place).max();
        while self.any_element.is_some() || last.is_some_and(|last| elements.len() <= last) {
            let place = elements.len();
            let wanted = self.elements.iter().find(|(known, _)| *known == place).map(|(_, parts)| parts);
            let element = match wanted.or(self.any_element.as_deref()) {
                Some(parts) => from.next_element_seed(parts)?,
                None => from.next_element::<IgnoredAny>()?.map(|_| Json::Null),
            };
            let Some(element) = element else { return Ok(Json::Array(elements)) };
            elements.push(element);
        }
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Array(elements))
    }
}

/// Reads the name of a field: gives it and what is looked at in the field, if anything is.
struct Key<'p>(&'p JsonParts);

impl<'p> Visitor<'_> for Key<'p> {
    type Value = Option<(String, &'p JsonParts)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let wanted = self.0.fields.iter().find(|(known, _)| **known == *name).map(|(_, parts)| parts);
        Ok(wanted.or(self.0.any_field.as_deref()).map(|parts| (name.to_owned(), parts)))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = <Self as Visitor<'de>>::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}
