//! The parser of the expression language.
//!
//! ```text
//! expression = "#{" root step* "}"
//! root       = attribute [ index ] | generator "(" arguments ")" | user's function "(" arguments ")"
//! step       = index | "." key [ index ] | "." function "()"
//! index      = "(" integer | attribute ")"
//! ```

use super::TemplatePart;
use super::call::{Call, Functions};
use super::function::Function;
use super::generate::{self, Generator};
use super::path::{Expression, Root, Step, StepKind};
use crate::error::ParseError;
use crate::session::Slot;
use crate::spelling::nearest;

/// Splits a text into literal parts and expressions. Neighbouring texts are joined, empty ones left out.
pub(super) fn parse(
    source: &str,
    functions: &Functions,
    slots: &mut dyn FnMut(&str) -> Slot,
) -> Result<Vec<TemplatePart>, ParseError> {
    let mut parser = Parser { source, at: 0, functions, slots };
    let mut parts = Vec::new();
    let mut text = String::new();
    while let Some(offset) = parser.rest().find("#{") {
        let before = &parser.rest()[..offset];
        let plain = before.trim_end_matches('\\');
        let backslashes = before.len() - plain.len();
        text.push_str(plain);
        text.extend(std::iter::repeat_n('\\', backslashes / 2));
        parser.at += offset + 2;
        if backslashes % 2 == 1 {
            text.push_str("#{");
            continue;
        }
        match parser.expression()? {
            Expression { root: Root::Generated(Generator::Constant(value)), steps, .. } if steps.is_empty() => {
                super::write_value(&value, &mut text);
            }
            expression => {
                if !text.is_empty() {
                    parts.push(TemplatePart::Text(std::mem::take(&mut text).into()));
                }
                parts.push(TemplatePart::Expression(expression));
            }
        }
    }
    text.push_str(parser.rest());
    if !text.is_empty() {
        parts.push(TemplatePart::Text(text.into()));
    }
    Ok(parts)
}

struct Parser<'s, 'f> {
    source: &'s str,
    /// In bytes, always at a character's boundary.
    at: usize,
    functions: &'f Functions,
    slots: &'f mut dyn FnMut(&str) -> Slot,
}

/// Texts between parentheses, and where the opening one is.
struct Arguments<'s> {
    open: usize,
    /// All of it.
    inside: &'s str,
    list: Vec<&'s str>,
}

impl<'s> Parser<'s, '_> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(self.source, at, message.into()))
    }

    /// The expression whose `#{` has just been passed; stops behind its `}`.
    fn expression(&mut self) -> Result<Expression, ParseError> {
        let begin = self.at;
        let mut steps = Vec::new();
        let root = self.root(begin, &mut steps)?;
        loop {
            self.skip_space();
            match self.peek() {
                Some('}') => break,
                Some('(') => {
                    let index = self.arguments(begin)?;
                    steps.push(self.index(begin, &index)?);
                }
                Some('.') => self.member(begin, &mut steps)?,
                other => return self.unexpected(begin, other),
            }
        }
        let text = self.source[begin..self.at].into();
        self.at += 1;
        Ok(Expression { text, root, steps: steps.into() })
    }

    fn root(&mut self, begin: usize, steps: &mut Vec<Step>) -> Result<Root, ParseError> {
        self.skip_space();
        let name_at = self.at;
        let name = self.name();
        if name.is_empty() {
            return match self.peek() {
                Some('}') => self
                    .fail(begin - 2, "the expression is empty; name an attribute, or write \\#{ for the text itself"),
                other => self.unexpected(begin, other),
            };
        }
        if self.peek() != Some('(') {
            return Ok(Root::Attribute((self.slots)(name)));
        }
        if let Some(function) = self.functions.named(name) {
            // Its texts in quotation marks may hold anything.
            let arguments = self.arguments_until(begin, Self::take_until_outside_texts)?;
            let called = Call::parse(function, arguments.inside, self.slots);
            return called.map(Root::Called).or_else(|message| self.fail(name_at, message));
        }
        let arguments = self.arguments(begin)?;
        if let Some(made) = generate::make(name, arguments.inside, &arguments.list) {
            return made.map(Root::Generated).or_else(|message| self.fail(name_at, message));
        }
        if Function::named(name).is_some() {
            let message = format!("{name}() is a function of a value: write #{{attribute.{name}()}}");
            return self.fail(name_at, message);
        }
        if arguments.list.len() != 1 {
            let known: Vec<&str> = generate::names().into_iter().chain(self.functions.names()).collect();
            return self.fail(name_at, unknown(name, &known, "functions"));
        }
        let slot = (self.slots)(name);
        steps.push(self.index(begin, &arguments)?);
        Ok(Root::Attribute(slot))
    }

    /// `.key`, `.key(index)` or `.function()`.
    fn member(&mut self, begin: usize, steps: &mut Vec<Step>) -> Result<(), ParseError> {
        let start = self.at - begin;
        self.at += 1;
        self.skip_space();
        let name_at = self.at;
        let name = self.name();
        if name.is_empty() {
            return match self.peek() {
                None => self.unexpected(begin, None),
                Some(_) => self.fail(name_at, "a key or a function must follow the point"),
            };
        }
        if self.peek() != Some('(') {
            steps.push(Step { start, kind: StepKind::Key(name.into()) });
            return Ok(());
        }
        let arguments = self.arguments(begin)?;
        if let Some(function) = Function::named(name) {
            if !arguments.list.is_empty() {
                return self.fail(name_at, format!("{name}() takes no arguments, {} given", arguments.list.len()));
            }
            steps.push(Step { start, kind: StepKind::Function(function) });
            return Ok(());
        }
        if generate::names().contains(&name) {
            let message = format!("{name}() cannot follow a value: write #{{{name}(…)}}");
            return self.fail(name_at, message);
        }
        if arguments.list.len() != 1 {
            return self.fail(name_at, unknown(name, &Function::names(), "functions of a value"));
        }
        steps.push(Step { start, kind: StepKind::Key(name.into()) });
        steps.push(self.index(begin, &arguments)?);
        Ok(())
    }

    fn index(&mut self, begin: usize, arguments: &Arguments<'s>) -> Result<Step, ParseError> {
        let start = arguments.open - begin;
        let [index] = arguments.list[..] else {
            return self.fail(arguments.open, "an index is one integer, or the name of an attribute that holds one");
        };
        let kind = match index.parse() {
            Ok(index) => StepKind::Index(index),
            Err(_)
                if index.contains('.') || index.trim_start_matches(['-', '+']).chars().all(|c| c.is_ascii_digit()) =>
            {
                return self.fail(
                    arguments.open + 1,
                    format!("\"{index}\" is not a valid index: it must be a 64-bit integer"),
                );
            }
            Err(_) => StepKind::IndexBy((self.slots)(index)),
        };
        Ok(Step { start, kind })
    }

    /// What is between the parenthesis ahead and the one that closes it, split at commas.
    fn arguments(&mut self, begin: usize) -> Result<Arguments<'s>, ParseError> {
        self.arguments_until(begin, Self::take_until)
    }

    /// As [`arguments`](Self::arguments), where `take` says how far they go.
    fn arguments_until(
        &mut self,
        begin: usize,
        take: fn(&mut Self, &[char]) -> &'s str,
    ) -> Result<Arguments<'s>, ParseError> {
        let open = self.at;
        self.at += 1;
        let inside = take(self, &['(', ')', '{', '}', '#']);
        match self.peek() {
            Some(')') => self.at += 1,
            Some('}') => return self.fail(self.at, "the parenthesis is not closed; write ) before the }"),
            other => return self.unexpected(begin, other),
        }
        if inside.trim().is_empty() {
            return Ok(Arguments { open, inside, list: Vec::new() });
        }
        let list: Vec<&str> = inside.split(',').map(str::trim).collect();
        if list.contains(&"") && !inside.contains(['"', '\'']) {
            return self.fail(open, "an argument is empty; leave out the comma or write the argument");
        }
        Ok(Arguments { open, inside, list })
    }

    fn name(&mut self) -> &'s str {
        self.take_until(&['.', '#', '{', '}', '(', ')']).trim_end()
    }

    fn take_until(&mut self, ends: &[char]) -> &'s str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// As [`take_until`](Self::take_until), but for what stands in quotation marks. Where one is never closed, it counts
    /// for nothing.
    fn take_until_outside_texts(&mut self, ends: &[char]) -> &'s str {
        let rest = self.rest();
        let mut open = None;
        let end = rest.char_indices().find(|(_, character)| {
            match (open, character) {
                (None, '"' | '\'') => open = Some(*character),
                (Some(mark), other) if mark == *other => open = None,
                _ => {}
            }
            open.is_none() && ends.contains(character)
        });
        match end {
            Some((end, _)) => {
                self.at += end;
                &rest[..end]
            }
            None => self.take_until(ends),
        }
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn unexpected<T>(&self, begin: usize, found: Option<char>) -> Result<T, ParseError> {
        match found {
            None => {
                self.fail(begin - 2, "the expression is not closed; write } at its end, or \\#{ for the text itself")
            }
            Some('#') if self.rest().starts_with("#{") => self
                .fail(self.at, "expressions do not nest; set the inner value as an attribute first, and use its name"),
            Some(c @ ('#' | '{')) => {
                self.fail(self.at, format!("{c} cannot be part of a name; is a }} missing before it?"))
            }
            Some(c) => {
                self.fail(self.at, format!("unexpected {c}; a name, an index in ( ) or a key after . is due here"))
            }
        }
    }
}

fn unknown(name: &str, known: &[&str], what: &str) -> String {
    let lower = name.to_lowercase();
    let holds = |known: &&str| lower.len() >= 3 && known.to_lowercase().contains(&lower);
    match nearest(name, known.iter().copied()).or_else(|| known.iter().copied().find(holds)) {
        Some(near) => format!("unknown function {name}(); did you mean {near}()?"),
        None => format!("unknown function {name}(); {what} are {}", known.join(", ")),
    }
}
