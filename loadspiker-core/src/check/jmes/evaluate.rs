//! Searching JSON with a [`JmesPath`]. What is found is borrowed from the body as long as it can be.

use std::cmp::Ordering;

use jmespath::ast::Comparator;
use jmespath::functions::Function;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, Rcvar, RuntimeError, Variable};
use serde_json::Value as Json;

use super::parse::{Argument, JmesPath, Node, Step, json};

/// What a part of an expression gives.
pub(super) enum Item<'a> {
    /// A field or an element that is not there. To all operators it is null.
    Absent,
    Borrowed(&'a Json),
    Owned(Json),
}

const NULL: &Json = &Json::Null;

impl Item<'_> {
    pub(super) fn as_json(&self) -> &Json {
        match self {
            Item::Absent => NULL,
            Item::Borrowed(json) => json,
            Item::Owned(json) => json,
        }
    }

    fn into_json(self) -> Json {
        match self {
            Item::Absent => Json::Null,
            Item::Borrowed(json) => json.clone(),
            Item::Owned(json) => json,
        }
    }
}

impl<'a> Item<'a> {
    fn of(found: Option<&'a Json>) -> Self {
        found.map_or(Item::Absent, Item::Borrowed)
    }
}

impl JmesPath {
    /// What the expression finds.
    ///
    /// # Errors
    ///
    /// What a function got that it cannot work with.
    pub(super) fn search<'a>(&'a self, data: &'a Json) -> Result<Item<'a>, String> {
        self.eval(&self.root, data)
    }

    /// What the expression finds, `None` if it is absent.
    #[cfg(test)]
    pub(in crate::check) fn find(&self, data: &Json) -> Result<Option<Json>, String> {
        Ok(match self.search(data)? {
            Item::Absent => None,
            item => Some(item.into_json()),
        })
    }

    fn eval<'a>(&'a self, node: &'a Node, data: &'a Json) -> Result<Item<'a>, String> {
        Ok(match node {
            Node::Path(steps) => Item::of(reach(steps, data)),
            Node::Literal(json) => Item::Borrowed(json),
            Node::Then(both) => match self.eval(&both[0], data)? {
                Item::Absent => self.eval(&both[1], NULL)?,
                Item::Borrowed(json) => self.eval(&both[1], json)?,
                Item::Owned(json) => match self.eval(&both[1], &json)? {
                    Item::Absent => Item::Absent,
                    item => Item::Owned(item.into_json()),
                },
            },
            Node::Or(both) => match self.eval(&both[0], data)? {
                item if is_true(item.as_json()) => item,
                _ => self.eval(&both[1], data)?,
            },
            Node::And(both) => match self.eval(&both[0], data)? {
                item if is_true(item.as_json()) => self.eval(&both[1], data)?,
                item => item,
            },
            Node::Not(inner) => Item::Owned(Json::Bool(!self.holds(inner, data)?)),
            Node::If(both) => match self.holds(&both[0], data)? {
                true => self.eval(&both[1], data)?,
                false => Item::Absent,
            },
            Node::Compare(comparator, both) => {
                let holds = self.compared(comparator, both, data)?;
                holds.map_or(Item::Absent, |holds| Item::Owned(holds.into()))
            }
            Node::Values(inner) => match self.eval(inner, data)?.as_json() {
                Json::Object(map) => Item::Owned(map.values().cloned().collect()),
                _ => Item::Absent,
            },
            Node::Project(both) => self.at(&both[0], data, |list| self.projected(list, &both[1]))??,
            Node::Flatten(inner) => {
                let inner = self.eval(inner, data)?;
                let Json::Array(items) = inner.as_json() else { return Ok(Item::Absent) };
                let mut flat = Vec::new();
                for item in items {
                    match item {
                        Json::Array(items) => flat.extend_from_slice(items),
                        other => flat.push(other.clone()),
                    }
                }
                Item::Owned(Json::Array(flat))
            }
            Node::List(_) | Node::Object(_) if data.is_null() => Item::Absent,
            Node::List(nodes) => {
                let items = nodes.iter().map(|node| self.eval(node, data).map(Item::into_json));
                Item::Owned(Json::Array(items.collect::<Result<_, _>>()?))
            }
            Node::Object(fields) => {
                let fields = fields.iter().map(|(key, node)| Ok((key.to_string(), self.eval(node, data)?.into_json())));
                Item::Owned(Json::Object(fields.collect::<Result<_, String>>()?))
            }
            Node::Slice { start, stop, step } => match data {
                Json::Array(items) => Item::Owned(slice(items, *start, *stop, *step)),
                _ => Item::Absent,
            },
            Node::Length(inner) => {
                let length = match self.eval(inner, data)?.as_json() {
                    Json::Array(items) => items.len(),
                    Json::Object(map) => map.len(),
                    Json::String(text) => text.chars().count(),
                    other => return Err(format!("length() of {} has no meaning", kind(other))),
                };
                Item::Owned(length.into())
            }
            Node::Call { name, function, arguments } => self.call(name, *function, arguments, data)?,
        })
    }

    /// Gives what `node` finds to `use_it`. What is in the document is only looked at: that saves most of the time that
    /// a filter takes.
    fn at<R>(&self, node: &Node, data: &Json, use_it: impl FnOnce(&Json) -> R) -> Result<R, String> {
        Ok(match node {
            Node::Path(steps) => use_it(reach(steps, data).unwrap_or(NULL)),
            Node::Literal(json) => use_it(json),
            _ => use_it(self.eval(node, data)?.as_json()),
        })
    }

    fn holds(&self, node: &Node, data: &Json) -> Result<bool, String> {
        match node {
            Node::Compare(comparator, both) => Ok(self.compared(comparator, both, data)?.unwrap_or(false)),
            _ => self.at(node, data, is_true),
        }
    }

    /// `None` where the values have no order.
    fn compared(&self, comparator: &Comparator, both: &[Node; 2], data: &Json) -> Result<Option<bool>, String> {
        self.at(&both[0], data, |left| self.at(&both[1], data, |right| compare(comparator, left, right)))?
    }

    /// What `node` finds in each element of a list, but for null.
    fn projected(&self, list: &Json, node: &Node) -> Result<Item<'static>, String> {
        let Json::Array(items) = list else { return Ok(Item::Absent) };
        let (condition, node) = match node {
            Node::If(both) => (Some(&both[0]), &both[1]),
            node => (None, node),
        };
        let mut found = Vec::new();
        for item in items {
            if let Some(condition) = condition
                && !self.holds(condition, item)?
            {
                continue;
            }
            match node {
                Node::Path(steps) => found.extend(reach(steps, item).filter(|item| !item.is_null()).cloned()),
                _ => match self.eval(node, item)? {
                    item if item.as_json().is_null() => {}
                    item => found.push(item.into_json()),
                },
            }
        }
        Ok(Item::Owned(Json::Array(found)))
    }

    fn call<'a>(
        &'a self,
        name: &str,
        function: &dyn Function,
        arguments: &'a [Argument],
        data: &'a Json,
    ) -> Result<Item<'a>, String> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(match argument {
                Argument::Value(node) => variable(self.eval(node, data)?.as_json()),
                Argument::Expression(ast) => Rcvar::new(Variable::Expref(ast.clone())),
            });
        }
        if name == "avg" && given.iter().any(|items| items.as_array().is_some_and(Vec::is_empty)) {
            // The library divides by zero here, and fails.
            return Ok(Item::Absent);
        }
        let mut context = Context::new(&self.source, &DEFAULT_RUNTIME);
        match function.evaluate(&given, &mut context) {
            Ok(result) => Ok(Item::Owned(json(&result))),
            Err(error) => Err(match error.reason {
                ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
                    format!("argument {} of {name}() is of type {actual}, not {expected}", position + 1)
                }
                ErrorReason::Runtime(reason) => format!("{name}(): {reason}"),
                ErrorReason::Parse(reason) => format!("{name}(): {reason}"),
            }),
        }
    }
}

/// What lies at the end of a path, if it leads anywhere.
fn reach<'a>(steps: &[Step], from: &'a Json) -> Option<&'a Json> {
    steps.iter().try_fold(from, |json, step| match step {
        Step::Field(name) => json.get(&**name),
        Step::Index(index) => json.as_array().and_then(|items| items.get(place(*index, items.len())?)),
    })
}

fn is_true(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(b) => *b,
        Json::Number(_) => true,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// The place of an element; negative numbers count from the end.
fn place(index: i64, len: usize) -> Option<usize> {
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
}

/// The elements from `start` to before `stop`, as Python has it.
fn slice(items: &[Json], start: Option<i64>, stop: Option<i64>, step: i64) -> Json {
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let end = |end: i64| if end < 0 { end + len } else { end }.clamp(lowest, highest);
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut place, stop) = (start.map_or(first, end), stop.map_or(last, end));
    let mut taken = Vec::new();
    while if step > 0 { place < stop } else { place > stop } {
        taken.extend(usize::try_from(place).ok().and_then(|place| items.get(place)).cloned());
        place += step;
    }
    Json::Array(taken)
}

/// `None` where the values have no order.
fn compare(comparator: &Comparator, left: &Json, right: &Json) -> Option<bool> {
    let order = || match (left, right) {
        (Json::Number(left), Json::Number(right)) => order(left, right),
        _ => None,
    };
    match comparator {
        Comparator::Equal => Some(same(left, right)),
        Comparator::NotEqual => Some(!same(left, right)),
        Comparator::LessThan => order().map(Ordering::is_lt),
        Comparator::LessThanEqual => order().map(Ordering::is_le),
        Comparator::GreaterThan => order().map(Ordering::is_gt),
        Comparator::GreaterThanEqual => order().map(Ordering::is_ge),
    }
}

fn order(left: &serde_json::Number, right: &serde_json::Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Whether two values are equal, numbers by what they say: 1 and 1.0 are.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => order(left, right) == Some(Ordering::Equal),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            let equal = |key: &String, value| right.get(key).is_some_and(|other| same(value, other));
            left.len() == right.len() && left.iter().all(|(key, value)| equal(key, value))
        }
        _ => left == right,
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// JSON as the functions of the library take it.
fn variable(json: &Json) -> Rcvar {
    Rcvar::new(match json {
        Json::Null => Variable::Null,
        Json::Bool(b) => Variable::Bool(*b),
        Json::Number(number) => Variable::Number(number.clone()),
        Json::String(text) => Variable::String(text.clone()),
        Json::Array(items) => Variable::Array(items.iter().map(variable).collect()),
        Json::Object(map) => Variable::Object(map.iter().map(|(key, value)| (key.clone(), variable(value))).collect()),
    })
}
