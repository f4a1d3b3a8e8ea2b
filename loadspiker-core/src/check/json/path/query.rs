//! A JSONPath as RFC 9535 builds it up, parsed. What is ill-typed by its rules cannot be said here.

use regex::Regex;
use serde_json::Number;

use crate::check::json::tree::JsonTree;

/// A path through a document.
pub(super) struct Query {
    /// Whether it begins at the root of the document (`$`), or at the node that a filter looks at (`@`).
    pub(super) from_root: bool,
    pub(super) segments: Box<[Segment]>,
}

impl Query {
    /// Whether it leads to one node at most, wherever it is asked.
    pub(super) fn is_singular(&self) -> bool {
        let one = |segment: &Segment| {
            !segment.descends && matches!(&*segment.selectors, [Selector::Name(_)] | [Selector::Index(_)])
        };
        self.segments.iter().all(one)
    }
}

/// `.name`, `[…]`, `..name`, `..[…]`.
pub(super) struct Segment {
    /// Whether it looks at all descendants too, and not only at children.
    pub(super) descends: bool,
    pub(super) selectors: Box<[Selector]>,
}

pub(super) enum Selector {
    Name(Box<str>),
    Wildcard,
    /// Negative numbers count from the end.
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    Filter(Condition),
}

/// What is true of a node or not.
pub(super) enum Condition {
    Any(Box<[Condition]>),
    All(Box<[Condition]>),
    Not(Box<Condition>),
    /// There is a node at the end of the path.
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// `match(…)` if the whole text is to match, `search(…)` if a part of it.
    Matches {
        text: Operand,
        pattern: TextPattern,
        whole: bool,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What has one value, or none.
pub(super) enum Operand {
    Literal(Literal),
    /// A singular query: the node at its end.
    Node(Query),
    /// `length(…)`: how many elements, fields or characters.
    Length(Box<Operand>),
    /// `count(…)`: how many nodes.
    Count(Query),
    /// `value(…)`: the node, if it is the only one.
    Value(Query),
}

pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    Text(Box<str>),
}

impl Literal {
    pub(super) fn tree(&self) -> JsonTree<'_> {
        match self {
            Literal::Null => JsonTree::Null,
            Literal::Bool(b) => JsonTree::Bool(*b),
            Literal::Number(number) => JsonTree::of_number(number),
            Literal::Text(text) => JsonTree::Text(text),
        }
    }
}

/// A regular expression by RFC 9485.
pub(super) enum TextPattern {
    Ready(Regex),
    /// It is in the document, or made of it.
    Found(Operand),
}
