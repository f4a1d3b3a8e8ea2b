//! User-defined functions: `#{sign(path, "v1")}`.

use std::fmt;
use std::sync::Arc;

use super::function::Function;
use super::generate;
use crate::error::EvalError;
use crate::error::{SessionError, StepError};
use crate::session::{Session, Slot};
use crate::value::Value;

type Body = Arc<dyn Fn(Vec<Value>, &Session) -> Result<Value, StepError> + Send + Sync>;

/// A function that templates may call.
#[derive(Clone)]
pub(crate) struct UserFunction {
    name: Arc<str>,
    arity: usize,
    body: Body,
}

impl fmt::Debug for UserFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…{})", self.name, self.arity)
    }
}

impl UserFunction {
    pub(crate) fn new(name: &str, arity: usize, body: Body) -> Self {
        UserFunction { name: name.into(), arity, body }
    }
}

/// The functions of a simulation.
/// Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions(Arc<Vec<UserFunction>>);

impl Functions {
    pub(crate) fn add(&mut self, function: UserFunction) {
        Arc::make_mut(&mut self.0).push(function);
    }

    pub(super) fn named(&self, name: &str) -> Option<&UserFunction> {
        self.0.iter().find(|function| *function.name == *name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|function| &*function.name)
    }

    /// Names that cannot be called, or mean something else.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let problem = |(i, function): (usize, &UserFunction)| {
            let name = &*function.name;
            let problem =
                if name.trim() != name || name.is_empty() || name.contains(['#', '{', '}', '(', ')', '.', ',']) {
                    "its name must not be empty, begin or end with a space nor hold any of # { } ( ) . ,"
                } else if generate::names().contains(&name) || Function::named(name).is_some() {
                    "a function with this name already exists; choose another name"
                } else if self.0[..i].iter().any(|other| *other.name == *name) {
                    "it is given twice; remove one or choose another name"
                } else {
                    return None;
                };
            Some(format!("expression function \"{name}\": {problem}"))
        };
        self.0.iter().enumerate().filter_map(problem).collect()
    }
}

/// An argument as it is written.
#[derive(Debug)]
pub(super) enum Argument {
    Constant(Value),
    Attribute(Slot),
}

/// A call in a template.
#[derive(Debug)]
pub(super) struct Call {
    function: UserFunction,
    arguments: Box<[Argument]>,
}

impl Call {
    /// `inside` is what stands between the parentheses.
    pub(super) fn parse(
        function: &UserFunction,
        inside: &str,
        slots: &mut dyn FnMut(&str) -> Slot,
    ) -> Result<Call, String> {
        let texts =
            split(inside).ok_or_else(|| format!("{}({inside}): a quotation mark is never closed", function.name))?;
        if texts.len() != function.arity {
            let plural = if function.arity == 1 { "" } else { "s" };
            let (name, arity) = (&function.name, function.arity);
            return Err(format!("{name}() takes {arity} argument{plural}, {} given", texts.len()));
        }
        let arguments = texts.iter().map(|text| argument(text, slots)).collect::<Option<_>>();
        let arguments = arguments.ok_or_else(|| {
            "an argument is empty; write a number, a text in quotation marks or the name of an attribute".to_owned()
        })?;
        Ok(Call { function: function.clone(), arguments })
    }

    pub(super) fn value(&self, text: &str, session: &Session) -> Result<Value, EvalError> {
        let arguments = self.arguments.iter().map(|argument| match argument {
            Argument::Constant(value) => Ok(value.clone()),
            Argument::Attribute(slot) => {
                session.value_at(*slot).cloned().ok_or_else(|| session.missing(session.name_of(*slot)))
            }
        });
        let arguments = arguments.collect::<Result<Vec<_>, SessionError>>()?;
        (self.function.body)(arguments, session).map_err(|error| EvalError::Closure(format!("#{{{text}}}: {error}")))
    }
}

/// A number, a text in quotation marks, `true`, `false`, or the name of an attribute.
fn argument(text: &str, slots: &mut dyn FnMut(&str) -> Slot) -> Option<Argument> {
    let constant = |value: Value| Some(Argument::Constant(value));
    for mark in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) {
            return constant(inside.into());
        }
    }
    if let Ok(integer) = text.parse::<i64>() {
        return constant(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return constant(integer.into());
    }
    // As a text, an integer of more than 64 bits keeps its digits.
    if text.strip_prefix(['-', '+']).unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
    {
        return constant(text.into());
    }
    // `inf` and `nan` are names.
    if let (true, Ok(number)) = (text.contains(|c: char| c.is_ascii_digit()), text.parse::<f64>()) {
        return constant(number.into());
    }
    match text {
        "" => None,
        "true" | "false" => constant((text == "true").into()),
        name => Some(Argument::Attribute(slots(name))),
    }
}

/// Splits at commas that are not within quotation marks; `None` if one is never closed.
fn split(inside: &str) -> Option<Vec<&str>> {
    if inside.trim().is_empty() {
        return Some(Vec::new());
    }
    let (mut parts, mut start, mut open) = (Vec::new(), 0, None);
    for (at, character) in inside.char_indices() {
        match (open, character) {
            (None, '"' | '\'') => open = Some(character),
            (Some(mark), other) if mark == other => open = None,
            (None, ',') => {
                parts.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inside[start..].trim());
    open.is_none().then_some(parts)
}
