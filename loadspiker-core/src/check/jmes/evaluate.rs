//! Searching JSON with a [`JmesPath`].

use std::cmp::Ordering;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use jmespath::ast::Comparator;
use jmespath::functions::Function;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, Rcvar, RuntimeError, Variable};
use serde_json::Number;

use super::parse::{Argument, JmesPath, Node, Step};
use crate::check::json::place::{place, places};
use crate::check::json::{JsonFields, JsonTree};

/// `None` is a field or an element that is not there. To all operators it is null.
type Item<'d> = Option<&'d JsonTree<'d>>;

const NULL: &JsonTree<'static> = &JsonTree::Null;

impl JmesPath {
    /// What the expression finds, `None` if it is absent. What it builds is laid into the arena.
    ///
    /// # Errors
    ///
    /// What a function got that it cannot work with.
    pub(in crate::check) fn search<'d>(&'d self, data: &'d JsonTree<'d>, arena: &'d Bump) -> Result<Item<'d>, String> {
        Search { source: &self.source, arena }.eval(&self.root, data)
    }
}

#[derive(Clone, Copy)]
struct Search<'d> {
    source: &'d str,
    arena: &'d Bump,
}

impl<'d> Search<'d> {
    fn eval(self, node: &'d Node, data: &'d JsonTree<'d>) -> Result<Item<'d>, String> {
        Ok(match node {
            Node::Path(steps) => reach(steps, data),
            Node::Literal(variable) => self.built(self.tree(variable)),
            Node::Then(both) => {
                let first = self.value(&both[0], data)?;
                self.eval(&both[1], first)?
            }
            Node::Or(both) => match self.eval(&both[0], data)? {
                Some(tree) if is_true(tree) => Some(tree),
                _ => self.eval(&both[1], data)?,
            },
            Node::And(both) => match self.eval(&both[0], data)? {
                Some(tree) if is_true(tree) => self.eval(&both[1], data)?,
                item => item,
            },
            Node::Not(inner) => self.built(JsonTree::Bool(!self.holds(inner, data)?)),
            Node::If(both) => match self.holds(&both[0], data)? {
                true => self.eval(&both[1], data)?,
                false => None,
            },
            Node::Compare(comparator, both) => {
                self.compared(comparator, both, data)?.and_then(|holds| self.built(JsonTree::Bool(holds)))
            }
            Node::Values(inner) => match self.eval(inner, data)? {
                Some(JsonTree::Object(fields)) => self.built(self.list(fields.iter().map(|(_, tree)| *tree))),
                _ => None,
            },
            Node::Project(both) => match self.eval(&both[0], data)? {
                Some(JsonTree::List(items)) => self.built(self.projected(items, &both[1])?),
                _ => None,
            },
            Node::Flatten(inner) => {
                let Some(JsonTree::List(items)) = self.eval(inner, data)? else { return Ok(None) };
                let mut flat = ArenaVec::new_in(self.arena);
                for item in *items {
                    match item {
                        JsonTree::List(items) => flat.extend_from_slice_copy(items),
                        other => flat.push(*other),
                    }
                }
                self.built(JsonTree::List(flat.into_bump_slice()))
            }
            Node::List(_) | Node::Object(_) if is_null(data) => None,
            Node::List(nodes) => {
                let mut items = ArenaVec::with_capacity_in(nodes.len(), self.arena);
                for node in nodes {
                    items.push(*self.value(node, data)?);
                }
                self.built(JsonTree::List(items.into_bump_slice()))
            }
            Node::Object(nodes) => {
                let mut fields = Vec::with_capacity(nodes.len());
                for (name, node) in nodes {
                    fields.push((&**name, *self.value(node, data)?));
                }
                self.built(JsonTree::Object(JsonFields::new(fields.into_iter(), self.arena)))
            }
            Node::Slice { start, stop, step } => match data {
                JsonTree::List(items) => {
                    let taken = places(items.len(), *start, *stop, *step);
                    self.built(self.list(taken.filter_map(|place| items.get(place).copied())))
                }
                _ => None,
            },
            Node::Length(inner) => self.built(JsonTree::count(match self.value(inner, data)? {
                JsonTree::List(items) => items.len(),
                JsonTree::Object(fields) => fields.iter().len(),
                JsonTree::Text(text) => text.chars().count(),
                JsonTree::Bytes(bytes) => bytes.len(),
                other => return Err(format!("length() does not apply to {}", kind(other))),
            })),
            Node::Call { name, function, arguments } => self.call(name, *function, arguments, data)?,
        })
    }

    /// What `node` finds, null if that is nothing.
    fn value(self, node: &'d Node, data: &'d JsonTree<'d>) -> Result<&'d JsonTree<'d>, String> {
        Ok(self.eval(node, data)?.unwrap_or(NULL))
    }

    fn holds(self, node: &'d Node, data: &'d JsonTree<'d>) -> Result<bool, String> {
        match node {
            Node::Compare(comparator, both) => Ok(self.compared(comparator, both, data)?.unwrap_or(false)),
            _ => self.value(node, data).map(is_true),
        }
    }

    /// `None` where the values have no order.
    fn compared(
        self,
        comparator: &Comparator,
        both: &'d [Node; 2],
        data: &'d JsonTree<'d>,
    ) -> Result<Option<bool>, String> {
        Ok(compare(comparator, self.value(&both[0], data)?, self.value(&both[1], data)?))
    }

    /// What `node` finds in each element of a list, but for null.
    fn projected(self, items: &'d [JsonTree<'d>], node: &'d Node) -> Result<JsonTree<'d>, String> {
        let (condition, node) = match node {
            Node::If(both) => (Some(&both[0]), &both[1]),
            node => (None, node),
        };
        let mut found = ArenaVec::with_capacity_in(items.len(), self.arena);
        for item in items {
            let holds = condition.map_or(Ok(true), |condition| self.holds(condition, item))?;
            if holds
                && let Some(tree) = self.eval(node, item)?
                && !is_null(tree)
            {
                found.push(*tree);
            }
        }
        Ok(JsonTree::List(found.into_bump_slice()))
    }

    fn built(self, tree: JsonTree<'d>) -> Item<'d> {
        Some(self.arena.alloc(tree))
    }

    fn list(self, items: impl Iterator<Item = JsonTree<'d>>) -> JsonTree<'d> {
        JsonTree::List(ArenaVec::from_iter_in(items, self.arena).into_bump_slice())
    }

    fn call(
        self,
        name: &str,
        function: &dyn Function,
        arguments: &'d [Argument],
        data: &'d JsonTree<'d>,
    ) -> Result<Item<'d>, String> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(match argument {
                Argument::Value(node) => variable(self.value(node, data)?),
                Argument::Expression(ast) => Rcvar::new(Variable::Expref(ast.clone())),
            });
        }
        if name == "avg" && given.iter().any(|items| items.as_array().is_some_and(Vec::is_empty)) {
            // The library divides by zero here, and fails.
            return Ok(None);
        }
        let mut context = Context::new(self.source, &DEFAULT_RUNTIME);
        match function.evaluate(&given, &mut context) {
            Ok(result) => Ok(self.built(self.tree(&result))),
            Err(error) => Err(match error.reason {
                ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
                    format!("argument {} of {name}() is of type {actual}, not {expected}", position + 1)
                }
                ErrorReason::Runtime(reason) => format!("{name}(): {reason}"),
                ErrorReason::Parse(reason) => format!("{name}(): {reason}"),
            }),
        }
    }

    /// What the library has read or computed.
    fn tree(self, variable: &Variable) -> JsonTree<'d> {
        match variable {
            Variable::Null | Variable::Expref(_) => JsonTree::Null,
            Variable::Bool(b) => JsonTree::Bool(*b),
            Variable::Number(number) => JsonTree::of_number(number),
            Variable::String(text) => JsonTree::Text(self.arena.alloc_str(text)),
            Variable::Array(items) => self.list(items.iter().map(|item| self.tree(item))),
            Variable::Object(map) => {
                let fields = map.iter().map(|(name, variable)| (&*self.arena.alloc_str(name), self.tree(variable)));
                JsonTree::Object(JsonFields::new(fields, self.arena))
            }
        }
    }
}

/// What lies at the end of a path, if it leads anywhere.
fn reach<'d>(steps: &[Step], from: &'d JsonTree<'d>) -> Item<'d> {
    steps.iter().try_fold(from, |tree, step| match step {
        Step::Field(name) => tree.get(name),
        Step::Index(index) => tree.elements().and_then(|items| items.get(place(*index, items.len())?)),
    })
}

fn is_null(tree: &JsonTree<'_>) -> bool {
    matches!(tree, JsonTree::Null)
}

fn is_true(tree: &JsonTree<'_>) -> bool {
    match tree {
        JsonTree::Null => false,
        JsonTree::Bool(b) => *b,
        JsonTree::Int(_) | JsonTree::UInt(_) | JsonTree::Float(_) => true,
        JsonTree::Text(text) => !text.is_empty(),
        JsonTree::Bytes(bytes) => !bytes.is_empty(),
        JsonTree::List(items) => !items.is_empty(),
        JsonTree::Object(fields) => fields.iter().len() > 0,
    }
}

/// `None` where the values have no order.
fn compare(comparator: &Comparator, left: &JsonTree<'_>, right: &JsonTree<'_>) -> Option<bool> {
    let order = || left.order_of_numbers(right);
    match comparator {
        Comparator::Equal => Some(left == right),
        Comparator::NotEqual => Some(left != right),
        Comparator::LessThan => order().map(Ordering::is_lt),
        Comparator::LessThanEqual => order().map(Ordering::is_le),
        Comparator::GreaterThan => order().map(Ordering::is_gt),
        Comparator::GreaterThanEqual => order().map(Ordering::is_ge),
    }
}

fn kind(tree: &JsonTree<'_>) -> &'static str {
    match tree {
        JsonTree::Null => "null",
        JsonTree::Bool(_) => "a boolean",
        JsonTree::Int(_) | JsonTree::UInt(_) | JsonTree::Float(_) => "a number",
        JsonTree::Text(_) => "a string",
        JsonTree::Bytes(_) => "bytes",
        JsonTree::List(_) => "an array",
        JsonTree::Object(_) => "an object",
    }
}

/// JSON as the functions of the library take it.
fn variable(tree: &JsonTree<'_>) -> Rcvar {
    Rcvar::new(match tree {
        JsonTree::Null => Variable::Null,
        JsonTree::Bool(b) => Variable::Bool(*b),
        JsonTree::Int(int) => Variable::Number((*int).into()),
        JsonTree::UInt(int) => Variable::Number((*int).into()),
        JsonTree::Float(float) => Number::from_f64(*float).map_or(Variable::Null, Variable::Number),
        JsonTree::Text(text) => Variable::String((*text).to_owned()),
        JsonTree::Bytes(bytes) => Variable::String(String::from_utf8_lossy(bytes).into_owned()),
        JsonTree::List(items) => Variable::Array(items.iter().map(variable).collect()),
        JsonTree::Object(fields) => {
            Variable::Object(fields.iter().map(|(name, tree)| (name.to_owned(), variable(tree))).collect())
        }
    })
}
