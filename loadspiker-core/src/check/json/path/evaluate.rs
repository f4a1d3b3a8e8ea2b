//! Walking a document along a [`Query`].

use std::cmp::Ordering;

use bumpalo::Bump;

use super::parse::regex;
use super::query::{Comparison, Condition, Operand, Query, Segment, Selector, TextPattern};
use crate::check::json::place::{place, places};
use crate::check::json::tree::JsonTree;

/// Takes a node that was found; says whether more are wanted.
type Take<'t, 'd> = &'t mut dyn FnMut(&'d JsonTree<'d>) -> bool;

impl Query {
    /// Gives the nodes that it leads to from `root` to `take`, in the order of the document, until that wants no more.
    pub(super) fn through<'d>(&'d self, root: &'d JsonTree<'d>, arena: &'d Bump, take: Take<'_, 'd>) {
        Document { root, arena }.walk(&self.segments, root, take);
    }
}

#[derive(Clone, Copy)]
struct Document<'d> {
    root: &'d JsonTree<'d>,
    arena: &'d Bump,
}

impl<'d> Document<'d> {
    /// Whether more is wanted.
    fn walk(self, segments: &'d [Segment], node: &'d JsonTree<'d>, take: Take<'_, 'd>) -> bool {
        let Some((segment, rest)) = segments.split_first() else { return take(node) };
        let mut go_on = true;
        for selector in &segment.selectors {
            go_on = go_on && self.select(selector, node, &mut |child| self.walk(rest, child, take));
        }
        // Most nodes have no children: nothing is to be selected from those.
        let mut descend = |child| is_leaf(child) || self.walk(segments, child, take);
        go_on && (!segment.descends || children(node, &mut descend))
    }

    fn select(self, selector: &'d Selector, node: &'d JsonTree<'d>, take: Take<'_, 'd>) -> bool {
        match selector {
            Selector::Name(name) => node.get(name).is_none_or(take),
            Selector::Index(index) => element(node, *index).is_none_or(take),
            Selector::Wildcard => children(node, take),
            Selector::Slice { start, end, step } => {
                let elements = node.elements().unwrap_or_default();
                places(elements.len(), *start, *end, *step).filter_map(|place| elements.get(place)).all(take)
            }
            Selector::Filter(condition) => children(node, &mut |child| !self.holds(condition, child) || take(child)),
        }
    }

    fn holds(self, condition: &'d Condition, node: &'d JsonTree<'d>) -> bool {
        match condition {
            Condition::Any(conditions) => conditions.iter().any(|condition| self.holds(condition, node)),
            Condition::All(conditions) => conditions.iter().all(|condition| self.holds(condition, node)),
            Condition::Not(condition) => !self.holds(condition, node),
            Condition::Exists(query) => self.first(query, node).is_some(),
            Condition::Compare(left, comparison, right) => {
                compare(*comparison, self.value(left, node), self.value(right, node))
            }
            Condition::Matches { text, pattern, whole } => {
                let Some(JsonTree::Text(text)) = self.value(text, node) else { return false };
                match pattern {
                    TextPattern::Ready(regex) => regex.is_match(text),
                    TextPattern::Found(pattern) => match self.value(pattern, node) {
                        Some(JsonTree::Text(pattern)) => regex(pattern, *whole).is_ok_and(|regex| regex.is_match(text)),
                        _ => false,
                    },
                }
            }
        }
    }

    fn value(self, operand: &'d Operand, node: &'d JsonTree<'d>) -> Option<&'d JsonTree<'d>> {
        match operand {
            Operand::Literal(literal) => Some(self.built(literal.tree())),
            Operand::Node(query) => self.at(query, node),
            Operand::Length(of) => match self.value(of, node)? {
                JsonTree::Text(text) => Some(self.count(text.chars().count())),
                JsonTree::Bytes(bytes) => Some(self.count(bytes.len())),
                JsonTree::List(elements) => Some(self.count(elements.len())),
                JsonTree::Object(fields) => Some(self.count(fields.iter().len())),
                _ => None,
            },
            Operand::Count(query) => {
                let mut count = 0;
                self.each(query, node, &mut |_| {
                    count += 1;
                    true
                });
                Some(self.count(count))
            }
            Operand::Value(query) => {
                let (mut found, mut only) = (None, true);
                self.each(query, node, &mut |node| {
                    only = found.replace(node).is_none();
                    only
                });
                found.filter(|_| only)
            }
        }
    }

    fn built(self, tree: JsonTree<'d>) -> &'d JsonTree<'d> {
        self.arena.alloc(tree)
    }

    fn count(self, number: usize) -> &'d JsonTree<'d> {
        self.built(JsonTree::count(number))
    }

    fn each(self, query: &'d Query, node: &'d JsonTree<'d>, take: Take<'_, 'd>) -> bool {
        self.walk(&query.segments, if query.from_root { self.root } else { node }, take)
    }

    fn first(self, query: &'d Query, node: &'d JsonTree<'d>) -> Option<&'d JsonTree<'d>> {
        let mut first = None;
        self.each(query, node, &mut |node| {
            first = Some(node);
            false
        });
        first
    }

    /// The node at the end of a singular query.
    fn at(self, query: &'d Query, node: &'d JsonTree<'d>) -> Option<&'d JsonTree<'d>> {
        let from = if query.from_root { self.root } else { node };
        query.segments.iter().try_fold(from, |node, segment| match &*segment.selectors {
            [Selector::Name(name)] => node.get(name),
            [Selector::Index(index)] => element(node, *index),
            _ => None,
        })
    }
}

fn is_leaf(node: &JsonTree<'_>) -> bool {
    !matches!(node, JsonTree::List(_) | JsonTree::Object(_))
}

fn children<'d>(node: &'d JsonTree<'d>, take: Take<'_, 'd>) -> bool {
    match node {
        JsonTree::List(elements) => elements.iter().all(take),
        JsonTree::Object(fields) => fields.iter().all(|(_, child)| take(child)),
        _ => true,
    }
}

fn element<'d>(node: &'d JsonTree<'d>, index: i64) -> Option<&'d JsonTree<'d>> {
    let elements = node.elements()?;
    elements.get(place(index, elements.len())?)
}

/// RFC 9535, 2.3.5.2.2: what is not there is equal to what is not there, and only numbers and texts have an order.
fn compare(comparison: Comparison, left: Option<&JsonTree<'_>>, right: Option<&JsonTree<'_>>) -> bool {
    let equal = || left == right;
    let is = |wanted: Ordering| match (left, right) {
        (Some(JsonTree::Text(left)), Some(JsonTree::Text(right))) => left.cmp(right) == wanted,
        (Some(left), Some(right)) => left.order_of_numbers(right) == Some(wanted),
        _ => false,
    };
    match comparison {
        Comparison::Equal => equal(),
        Comparison::NotEqual => !equal(),
        Comparison::Less => is(Ordering::Less),
        Comparison::LessOrEqual => is(Ordering::Less) || equal(),
        Comparison::Greater => is(Ordering::Greater),
        Comparison::GreaterOrEqual => is(Ordering::Greater) || equal(),
    }
}
