//! What a [`JmesPath`] looks at in a document.

use super::parse::{Argument, JmesPath, Node, Step};
use crate::check::json::JsonParts;

impl JmesPath {
    /// What the expression looks at, at most.
    pub(in crate::check) fn json_parts(&self) -> JsonParts {
        outline(&self.root, JsonParts::whole())
    }
}

/// What a part of an expression looks at in what it is given, if of its result `parts` are looked at.
fn outline(node: &Node, parts: JsonParts) -> JsonParts {
    let whole = |node| outline(node, JsonParts::whole());
    let all = |nodes: &mut dyn Iterator<Item = JsonParts>| nodes.fold(JsonParts::kind(), JsonParts::and);
    match node {
        Node::Path(steps) => steps.iter().rev().fold(parts, |parts, step| match step {
            Step::Field(name) => JsonParts::field(name, parts),
            Step::Index(index) => match usize::try_from(*index) {
                Ok(place) => JsonParts::element(place, parts),
                Err(_) => JsonParts::any_element(parts),
            },
        }),
        Node::Literal(_) => JsonParts::kind(),
        Node::Then(both) => outline(&both[0], outline(&both[1], parts)),
        // Of the first it matters whether it is true.
        Node::Or(both) => whole(&both[0]).and(outline(&both[1], parts)),
        Node::And(both) | Node::If(both) => whole(&both[0]).and(outline(&both[1], parts)),
        Node::Not(inner) => whole(inner),
        Node::Compare(_, both) => whole(&both[0]).and(whole(&both[1])),
        Node::Values(inner) => outline(inner, JsonParts::any_field(parts.of_elements())),
        // What is null is left out, so that elements move.
        Node::Project(both) => outline(&both[0], JsonParts::any_element(outline(&both[1], parts.of_elements()))),
        Node::Flatten(inner) => {
            let element = parts.of_elements();
            outline(inner, JsonParts::any_element(element.clone().and(JsonParts::any_element(element))))
        }
        Node::List(nodes) => all(&mut nodes.iter().map(whole)),
        Node::Object(fields) => all(&mut fields.iter().map(|(_, node)| whole(node))),
        Node::Slice { .. } => JsonParts::any_element(parts.of_elements()),
        Node::Length(inner) => {
            let children = JsonParts::any_element(JsonParts::kind()).and(JsonParts::any_field(JsonParts::kind()));
            outline(inner, children)
        }
        Node::Call { arguments, .. } => all(&mut arguments.iter().map(|argument| match argument {
            Argument::Value(node) => whole(node),
            // It is applied to elements of another argument, which is whole.
            Argument::Expression(_) => JsonParts::kind(),
        })),
    }
}
