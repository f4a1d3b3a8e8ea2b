//! [`expression`]: finds in a parsed XPath what could never be evaluated, so that it is told before the run.

use xpath_eval::{Expr, FilterExpr, FunctionCall, LocationPath, PathExpr, PrimaryExpr, QName};

/// The functions of XPath 1.0 (§4), and the least and the largest number of their arguments.
const FUNCTIONS: [(&str, usize, usize); 27] = [
    ("boolean", 1, 1),
    ("ceiling", 1, 1),
    ("concat", 2, usize::MAX),
    ("contains", 2, 2),
    ("count", 1, 1),
    ("false", 0, 0),
    ("floor", 1, 1),
    ("id", 1, 1),
    ("lang", 1, 1),
    ("last", 0, 0),
    ("local-name", 0, 1),
    ("name", 0, 1),
    ("namespace-uri", 0, 1),
    ("normalize-space", 0, 1),
    ("not", 1, 1),
    ("number", 0, 1),
    ("position", 0, 0),
    ("round", 1, 1),
    ("starts-with", 2, 2),
    ("string", 0, 1),
    ("string-length", 0, 1),
    ("substring", 2, 3),
    ("substring-after", 2, 2),
    ("substring-before", 2, 2),
    ("sum", 1, 1),
    ("translate", 3, 3),
    ("true", 0, 0),
];

/// # Errors
///
/// What is wrong with it: a function that does not exist, or with too many arguments; a variable.
pub(super) fn expression(reviewed: &Expr) -> Result<(), String> {
    match reviewed {
        Expr::Or(a, b) | Expr::And(a, b) | Expr::Union(a, b) => both(a, b),
        Expr::Equality(a, _, b) => both(a, b),
        Expr::Relational(a, _, b) => both(a, b),
        Expr::Additive(a, _, b) => both(a, b),
        Expr::Multiplicative(a, _, b) => both(a, b),
        Expr::Negate(inner) => expression(inner),
        Expr::Path(PathExpr::Location(path)) => location(path),
        Expr::Path(PathExpr::Filter(filtered)) => filter(filtered),
        Expr::Path(PathExpr::FilterLocation(filtered, path)) => filter(filtered).and_then(|()| location(path)),
    }
}

fn both(a: &Expr, b: &Expr) -> Result<(), String> {
    expression(a).and_then(|()| expression(b))
}

fn location(path: &LocationPath) -> Result<(), String> {
    path.steps.iter().flat_map(|step| &step.predicates).try_for_each(expression)
}

fn filter(filtered: &FilterExpr) -> Result<(), String> {
    match &filtered.primary {
        PrimaryExpr::Variable(name) => {
            return Err(format!("${} is a variable, which is not supported; write #{{…}}", shown(name)));
        }
        PrimaryExpr::Parenthesized(inner) => expression(inner)?,
        PrimaryExpr::Literal(_) | PrimaryExpr::Number(_) => {}
        PrimaryExpr::Function(call) => function(call)?,
    }
    filtered.predicates.iter().try_for_each(expression)
}

fn function(call: &FunctionCall) -> Result<(), String> {
    let name = shown(&call.name);
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(format!("XPath 1.0 has no function {name}(…)"));
    };
    let given = call.args.len();
    if given < *least || given > *most {
        let number = match (*least, *most) {
            (least, usize::MAX) => format!("{least} or more"),
            (least, most) if least == most => format!("{least}"),
            (least, most) => format!("{least} to {most}"),
        };
        return Err(format!("the number of arguments of {name}(…) is {given}, it must be {number}"));
    }
    call.args.iter().try_for_each(expression)
}

fn shown(name: &QName) -> String {
    match &name.prefix {
        Some(prefix) => format!("{prefix}:{}", name.local),
        None => name.local.clone(),
    }
}
