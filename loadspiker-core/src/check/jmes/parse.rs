//! [`JmesPath`]: an expression, parsed and looked over.

use jmespath::ast::{Ast, Comparator};
use jmespath::functions::Function;
use jmespath::{DEFAULT_RUNTIME, ErrorReason, Rcvar};

use crate::check::pattern::{self, FromPattern};

/// An expression, ready to be searched with.
pub(in crate::check) struct JmesPath {
    pub(super) source: Box<str>,
    pub(super) root: Node,
}

/// An expression as it is walked. The variants are those of the specification's grammar.
pub(super) enum Node {
    /// Fields and elements, one within the other; no step is the document itself.
    Path(Box<[Step]>),
    Literal(Rcvar),
    /// The second is asked of what the first gives.
    Then(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    And(Box<[Node; 2]>),
    Not(Box<Node>),
    /// The second, if the first holds.
    If(Box<[Node; 2]>),
    Compare(Comparator, Box<[Node; 2]>),
    /// The values of an object.
    Values(Box<Node>),
    /// The second is asked of each element that the first gives.
    Project(Box<[Node; 2]>),
    Flatten(Box<Node>),
    List(Box<[Node]>),
    Object(Box<[(Box<str>, Node)]>),
    Slice {
        start: Option<i64>,
        stop: Option<i64>,
        step: i64,
    },
    /// The number of elements, fields or characters: so common that it is no call of the library.
    Length(Box<Node>),
    Call {
        name: Box<str>,
        function: &'static dyn Function,
        arguments: Box<[Argument]>,
    },
}

pub(super) enum Step {
    Field(Box<str>),
    /// Negative numbers count from the end.
    Index(i64),
}

pub(super) enum Argument {
    Value(Node),
    /// What the function applies to elements itself: `&price`.
    Expression(Ast),
}

impl FromPattern for JmesPath {
    const KIND: &'static str = "JMESPath";

    fn from_pattern(text: &str) -> Result<Self, String> {
        pattern::refuse_deep(text, pattern::NESTED)?;
        let ast = jmespath::parse(text).map_err(|error| {
            let place = text.char_indices().take_while(|(at, _)| *at < error.offset).count();
            format!("at character {}: {}", place + 1, mistake(&error.reason, text.chars().nth(place)))
        })?;
        Ok(JmesPath { source: text.into(), root: node(ast)? })
    }
}

/// What the parser of the library found wrong, in words of its users; `found` is what stands at the place.
fn mistake(reason: &ErrorReason, found: Option<char>) -> String {
    let ErrorReason::Parse(message) = reason else { return reason.to_string() };
    let found = found.map_or("the end".to_owned(), |c| format!("{c:?}"));
    let what = message.lines().next().unwrap_or_default();
    match what.split(" -- ").next().unwrap_or_default() {
        "Unexpected nud token" => format!("expected an expression, found {found}"),
        "Unexpected led token" | "Did not parse the complete expression" => {
            format!("unexpected {found} after the expression")
        }
        other => format!("{}, found {found}", other.replacen("Expected", "expected", 1)),
    }
}

fn pair(first: Ast, second: Ast) -> Result<Box<[Node; 2]>, String> {
    Ok(Box::new([node(first)?, node(second)?]))
}

fn node(ast: Ast) -> Result<Node, String> {
    Ok(match ast {
        Ast::Identity { .. } => Node::Path(Box::default()),
        Ast::Field { name, .. } => Node::Path([Step::Field(name.into())].into()),
        Ast::Index { idx, .. } => Node::Path([Step::Index(idx.into())].into()),
        Ast::Literal { value, .. } => Node::Literal(value),
        Ast::Subexpr { lhs, rhs, .. } => match (node(*lhs)?, node(*rhs)?) {
            (Node::Path(first), Node::Path(next)) => Node::Path(first.into_iter().chain(next).collect()),
            (first, next) => Node::Then([first, next].into()),
        },
        Ast::Or { lhs, rhs, .. } => Node::Or(pair(*lhs, *rhs)?),
        Ast::And { lhs, rhs, .. } => Node::And(pair(*lhs, *rhs)?),
        Ast::Not { node: inner, .. } => Node::Not(Box::new(node(*inner)?)),
        Ast::Condition { predicate, then, .. } => Node::If(pair(*predicate, *then)?),
        Ast::Comparison { comparator, lhs, rhs, .. } => Node::Compare(comparator, pair(*lhs, *rhs)?),
        Ast::ObjectValues { node: inner, .. } => Node::Values(Box::new(node(*inner)?)),
        Ast::Projection { lhs, rhs, .. } => Node::Project(pair(*lhs, *rhs)?),
        Ast::Flatten { node: inner, .. } => Node::Flatten(Box::new(node(*inner)?)),
        Ast::MultiList { elements, .. } => Node::List(elements.into_iter().map(node).collect::<Result<_, _>>()?),
        Ast::MultiHash { elements, .. } => {
            let fields = elements.into_iter().map(|pair| Ok((pair.key.into(), node(pair.value)?)));
            Node::Object(fields.collect::<Result<_, String>>()?)
        }
        Ast::Slice { step: 0, .. } => return Err("the step of a slice is 0; use another".to_owned()),
        Ast::Slice { start, stop, step, .. } => {
            Node::Slice { start: start.map(i64::from), stop: stop.map(i64::from), step: step.into() }
        }
        Ast::Function { name, args, .. } => call(name, args)?,
        Ast::Expref { .. } => return Err("& is only allowed before a function argument".to_owned()),
    })
}

/// The functions of the specification: how many arguments they take, and whether more may follow.
const FUNCTIONS: [(&str, usize, bool); 26] = [
    ("abs", 1, false),
    ("avg", 1, false),
    ("ceil", 1, false),
    ("contains", 2, false),
    ("ends_with", 2, false),
    ("floor", 1, false),
    ("join", 2, false),
    ("keys", 1, false),
    ("length", 1, false),
    ("map", 2, false),
    ("max", 1, false),
    ("max_by", 2, false),
    ("merge", 1, true),
    ("min", 1, false),
    ("min_by", 2, false),
    ("not_null", 1, true),
    ("reverse", 1, false),
    ("sort", 1, false),
    ("sort_by", 2, false),
    ("starts_with", 2, false),
    ("sum", 1, false),
    ("to_array", 1, false),
    ("to_number", 1, false),
    ("to_string", 1, false),
    ("type", 1, false),
    ("values", 1, false),
];

fn call(name: String, arguments: Vec<Ast>) -> Result<Node, String> {
    let known = FUNCTIONS.iter().find(|(known, ..)| *known == name);
    let (Some((_, least, more)), Some(function)) = (known, DEFAULT_RUNTIME.get_function(&name)) else {
        let names: Vec<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("unknown function {name}(…); known functions: {}", names.join(", ")));
    };
    let given = arguments.len();
    if given < *least || given > *least && !more {
        let or_more = if *more { " or more" } else { "" };
        let plural = if *least == 1 && !more { "" } else { "s" };
        return Err(format!("{name}(…) takes {least}{or_more} argument{plural}, not {given}"));
    }
    let arguments = arguments.into_iter().map(|argument| match argument {
        Ast::Expref { ast, .. } => {
            // It is looked over like the rest, and given to the function as the library knows it.
            node((*ast).clone())?;
            Ok(Argument::Expression(*ast))
        }
        value => Ok(Argument::Value(node(value)?)),
    });
    let mut arguments = arguments.collect::<Result<Vec<_>, String>>()?;
    if name == "length"
        && matches!(arguments[..], [Argument::Value(_)])
        && let Some(Argument::Value(argument)) = arguments.pop()
    {
        return Ok(Node::Length(Box::new(argument)));
    }
    Ok(Node::Call { name: name.into(), function, arguments: arguments.into() })
}
