//! [`JsonParts`]: the parts of a JSON text that are needed, so that the others can be skipped.

/// The parts of a JSON text that are needed, as a tree of field names and positions.
///
/// The parser leaves out fields that are not needed and replaces elements that are not needed by null. Values on the way to
/// a part keep their kind, even if the path leads nowhere: a path into a number ends at the number.
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
    /// The kind of the value only.
    pub fn kind() -> Self {
        JsonParts::default()
    }

    /// The whole value.
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

    /// `parts` of the element at `place`, counted from 0.
    #[must_use]
    pub fn element(place: usize, parts: JsonParts) -> Self {
        JsonParts { elements: vec![(place, parts)], ..JsonParts::default() }
    }

    /// `parts` of every element. The list keeps its length.
    #[must_use]
    pub fn any_element(parts: JsonParts) -> Self {
        JsonParts { any_element: Some(parts.into()), ..JsonParts::default() }
    }

    /// `parts` of every field and element.
    #[must_use]
    pub(in crate::check) fn any_child(parts: JsonParts) -> Self {
        JsonParts::any_field(parts.clone()).and(JsonParts::any_element(parts))
    }

    /// The union of these parts and `other`.
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

    /// What of this field; `None` is nothing.
    pub(super) fn of_field(&self, name: &str) -> Option<&JsonParts> {
        if self.whole {
            return Some(self);
        }
        let named = self.fields.iter().find(|(known, _)| **known == *name).map(|(_, parts)| parts);
        named.or(self.any_field.as_deref())
    }

    /// What of the element at this place; `None` is nothing.
    pub(super) fn of_element(&self, place: usize) -> Option<&JsonParts> {
        if self.whole {
            return Some(self);
        }
        let named = self.elements.iter().find(|(known, _)| *known == place).map(|(_, parts)| parts);
        named.or(self.any_element.as_deref())
    }

    /// How many elements from the first on may be looked at, at most.
    pub(super) fn elements(&self) -> usize {
        if self.whole || self.any_element.is_some() {
            return usize::MAX;
        }
        self.elements.iter().map(|(place, _)| place.saturating_add(1)).max().unwrap_or_default()
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
