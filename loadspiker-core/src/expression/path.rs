//! [`Expression`]: one parsed `#{…}`, and how it is evaluated.

use std::borrow::Cow;
use std::sync::Arc;

use super::call::Call;
use super::function::Function;
use super::generate::Generator;
use super::write_value;
use crate::error::EvalError;
use crate::error::SessionError;
use crate::mask::shown_value;
use crate::session::{Session, Slot};
use crate::value::{FromValue, Value};

#[derive(Debug)]
pub(super) struct Expression {
    /// What is between the braces.
    pub(super) text: Box<str>,
    pub(super) root: Root,
    pub(super) steps: Box<[Step]>,
}

#[derive(Debug)]
pub(super) enum Root {
    Attribute(Slot),
    Generated(Generator),
    /// A user-defined function.
    Called(Call),
}

#[derive(Debug)]
pub(super) struct Step {
    /// Where it begins in the expression's text: all before is what it is applied to.
    pub(super) start: usize,
    pub(super) kind: StepKind,
}

#[derive(Debug)]
pub(super) enum StepKind {
    Index(i64),
    /// The index is the value of this attribute.
    IndexBy(Slot),
    Key(Arc<str>),
    Function(Function),
}

impl Expression {
    /// The function in the last place.
    pub(super) fn last_function(&self) -> Option<&'static str> {
        match self.steps.last()?.kind {
            StepKind::Function(function) => Some(function.name()),
            _ => None,
        }
    }

    /// The attribute that it stands for, if no part of it is chosen.
    pub(super) fn plain_attribute(&self) -> Option<Slot> {
        let is_whole = self.steps.iter().all(|step| matches!(step.kind, StepKind::Function(_)));
        match self.root {
            Root::Attribute(slot) if is_whole => Some(slot),
            _ => None,
        }
    }

    /// The value, borrowed from the session where it is there already.
    pub(super) fn value<'a>(&'a self, session: &'a Session) -> Result<Cow<'a, Value>, EvalError> {
        self.value_after(&self.steps, session)
    }

    /// Appends the value as a text. A function in the last place writes into `out` directly.
    pub(super) fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        match (&self.root, &*self.steps) {
            (Root::Generated(generator), []) => generator.write(session, out),
            (_, [before @ .., Step { kind: StepKind::Function(function), .. }]) if function.writes_text() => {
                function.write(&*self.value_after(before, session)?, out);
            }
            _ => write_value(&*self.value(session)?, out),
        }
        Ok(())
    }

    /// Appends the value as a text, or gives it if it is bytes.
    pub(super) fn render_or_bytes(&self, session: &Session, out: &mut String) -> Result<Option<Arc<[u8]>>, EvalError> {
        let is_text = match (&self.root, &*self.steps) {
            (Root::Generated(_), []) => true,
            (_, [.., Step { kind: StepKind::Function(function), .. }]) => function.writes_text(),
            _ => false,
        };
        if is_text {
            return self.render(session, out).map(|()| None);
        }
        match &*self.value(session)? {
            Value::Bytes(bytes) => return Ok(Some(bytes.clone())),
            other => write_value(other, out),
        }
        Ok(None)
    }

    fn value_after<'a>(&'a self, steps: &'a [Step], session: &'a Session) -> Result<Cow<'a, Value>, EvalError> {
        // Asked often, and answered without making the error of an attribute that is not there.
        if let (Root::Attribute(slot), [Step { kind: StepKind::Function(function), .. }]) = (&self.root, steps)
            && let Function::Exists | Function::IsUndefined = function
        {
            let expected = *function == Function::Exists;
            return Ok(Cow::Owned(Value::Bool(session.value_at(*slot).is_some() == expected)));
        }
        let root = match &self.root {
            Root::Attribute(slot) => match session.value_at(*slot) {
                Some(value) => Ok(Cow::Borrowed(value)),
                None => Err(session.missing(session.name_of(*slot)).into()),
            },
            Root::Generated(generator) => Ok(Cow::Owned(generator.value(session))),
            Root::Called(call) => call.value(&self.text, session).map(Cow::Owned),
        };
        steps.iter().fold(root, |value, step| self.step(step, value, session))
    }

    fn step<'a>(
        &'a self,
        step: &'a Step,
        value: Result<Cow<'a, Value>, EvalError>,
        session: &'a Session,
    ) -> Result<Cow<'a, Value>, EvalError> {
        match &step.kind {
            StepKind::Function(Function::Exists) => Ok(Cow::Owned(Value::Bool(value.is_ok()))),
            StepKind::Function(Function::IsUndefined) => Ok(Cow::Owned(Value::Bool(value.is_err()))),
            StepKind::Index(index) => self.element(step, value?, *index),
            StepKind::IndexBy(slot) => self.element(step, value?, index_in(*slot, session)?),
            StepKind::Key(key) => select(value?, |value| self.member(step, value, key)),
            StepKind::Function(Function::Random) => select(value?, |value| self.random_element(step, value, session)),
            StepKind::Function(Function::Raw) => value,
            StepKind::Function(Function::Size) => {
                let value = value?;
                match size(&value) {
                    Some(size) => Ok(Cow::Owned(Value::from(size))),
                    None => Err(self.wrong_type(step, &value, "only lists, maps, texts and bytes have a size")),
                }
            }
            StepKind::Function(function) => {
                let mut text = String::new();
                function.write(&*value?, &mut text);
                Ok(Cow::Owned(Value::from(text)))
            }
        }
    }

    fn element<'a>(&self, step: &Step, value: Cow<'a, Value>, index: i64) -> Result<Cow<'a, Value>, EvalError> {
        select(value, |value| {
            let Value::List(items) = value else {
                return Err(self.wrong_type(step, value, "only a list has an index"));
            };
            let from_start = usize::try_from(index).ok();
            let from_end = || items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
            let place = if index < 0 { from_end() } else { from_start };
            place.and_then(|place| items.get(place)).ok_or_else(|| EvalError::Index {
                expression: self.text.to_string(),
                list: self.text[..step.start].to_owned(),
                index,
                len: items.len(),
            })
        })
    }

    fn member<'v>(&self, step: &Step, value: &'v Value, key: &str) -> Result<&'v Value, EvalError> {
        let Value::Map(map) = value else {
            return Err(self.wrong_type(step, value, "only a map has keys"));
        };
        map.get(key).ok_or_else(|| EvalError::Key {
            expression: self.text.to_string(),
            map: self.text[..step.start].to_owned(),
            key: key.to_owned(),
            there: map.keys().take(12).map(|key| key.to_string()).collect(),
        })
    }

    fn random_element<'v>(&self, step: &Step, value: &'v Value, session: &Session) -> Result<&'v Value, EvalError> {
        match value {
            Value::List(items) => session
                .random(|random| random.choice(items.iter()))
                .ok_or_else(|| self.wrong_type(step, value, "but it is empty: there is no element to choose")),
            other => Err(self.wrong_type(step, other, "only a list has random elements")),
        }
    }

    fn wrong_type(&self, step: &Step, value: &Value, needed: &'static str) -> EvalError {
        EvalError::Type {
            expression: self.text.to_string(),
            part: self.text[..step.start].to_owned(),
            found: value.type_name(),
            needed,
        }
    }
}

/// Goes from a value to a part of it; what was borrowed stays so.
fn select<'a>(
    value: Cow<'a, Value>,
    part: impl FnOnce(&Value) -> Result<&Value, EvalError>,
) -> Result<Cow<'a, Value>, EvalError> {
    match value {
        Cow::Borrowed(value) => part(value).map(Cow::Borrowed),
        Cow::Owned(value) => part(&value).cloned().map(Cow::Owned),
    }
}

fn index_in(slot: Slot, session: &Session) -> Result<i64, EvalError> {
    let name = session.name_of(slot);
    let value = session.value_at(slot).ok_or_else(|| session.missing(name))?;
    i64::from_value(value).ok_or_else(|| {
        EvalError::Session(SessionError::Type {
            name: name.to_owned(),
            value: shown_value(name, value),
            found: value.type_name(),
            expected: i64::EXPECTED,
        })
    })
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::List(items) => Some(items.len()),
        Value::Map(map) => Some(map.len()),
        Value::Text(text) => Some(text.chars().count()),
        Value::Bytes(bytes) => Some(bytes.len()),
        _ => None,
    }
}
