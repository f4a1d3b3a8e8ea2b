//! What a [`Query`] looks at in a document.

use super::query::{Condition, Operand, Query, Segment, Selector, TextPattern};
use crate::check::json::JsonParts;

impl Query {
    /// What it looks at, at most.
    pub(super) fn json_parts(&self) -> JsonParts {
        let mut outline = Outline { of_root: JsonParts::kind() };
        let along = outline.along(&self.segments, JsonParts::whole());
        outline.of_root.and(along)
    }
}

struct Outline {
    /// What filters look at from the root of the document.
    of_root: JsonParts,
}

impl Outline {
    /// What is looked at where these segments begin, if it is `parts` of what they lead to.
    fn along(&mut self, segments: &[Segment], parts: JsonParts) -> JsonParts {
        segments.iter().rev().fold(parts, |parts, segment| {
            let selected = segment.selectors.iter().map(|selector| self.around(selector, parts.clone()));
            let selected = selected.reduce(JsonParts::and).unwrap_or_default();
            if segment.descends { JsonParts::whole() } else { selected }
        })
    }

    fn around(&mut self, selector: &Selector, parts: JsonParts) -> JsonParts {
        match selector {
            Selector::Name(name) => JsonParts::field(name, parts),
            Selector::Index(index) => match usize::try_from(*index) {
                Ok(place) => JsonParts::element(place, parts),
                Err(_) => JsonParts::any_element(parts),
            },
            Selector::Slice { .. } => JsonParts::any_element(parts),
            Selector::Wildcard => JsonParts::any_child(parts),
            Selector::Filter(condition) => JsonParts::any_child(parts.and(self.of_condition(condition))),
        }
    }

    /// What a condition looks at in the node that it is asked of.
    fn of_condition(&mut self, condition: &Condition) -> JsonParts {
        match condition {
            Condition::Any(conditions) | Condition::All(conditions) => {
                conditions.iter().map(|condition| self.of_condition(condition)).fold(JsonParts::kind(), JsonParts::and)
            }
            Condition::Not(condition) => self.of_condition(condition),
            Condition::Exists(query) => self.of_query(query, JsonParts::kind()),
            Condition::Compare(left, _, right) => {
                let left = self.of_operand(left, JsonParts::whole());
                left.and(self.of_operand(right, JsonParts::whole()))
            }
            Condition::Matches { text, pattern, .. } => {
                let text = self.of_operand(text, JsonParts::kind());
                match pattern {
                    TextPattern::Ready(_) => text,
                    TextPattern::Found(pattern) => text.and(self.of_operand(pattern, JsonParts::kind())),
                }
            }
        }
    }

    /// What an operand looks at, if it is `parts` of its value.
    fn of_operand(&mut self, operand: &Operand, parts: JsonParts) -> JsonParts {
        match operand {
            Operand::Literal(_) => JsonParts::kind(),
            Operand::Node(query) | Operand::Value(query) => self.of_query(query, parts),
            Operand::Length(of) => self.of_operand(of, JsonParts::any_child(JsonParts::kind())),
            Operand::Count(query) => self.of_query(query, JsonParts::kind()),
        }
    }

    fn of_query(&mut self, query: &Query, parts: JsonParts) -> JsonParts {
        let parts = self.along(&query.segments, parts);
        if !query.from_root {
            return parts;
        }
        self.of_root = std::mem::take(&mut self.of_root).and(parts);
        JsonParts::kind()
    }
}
