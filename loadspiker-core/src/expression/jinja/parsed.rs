//! [`Parsed`]: a template of Jinja, parsed and looked through for mistakes.

use std::sync::Arc;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::Escape;
use super::attributes::Attributes;
use super::output::{self, Text};
use super::words::{Kind, words};
use crate::session::{Session, Slot};
use crate::spelling::{meant, nearest};

/// How much one rendering may do: instructions, and bytes that it writes.
const FUEL: u64 = 10_000_000;
/// How deep blocks may lie in one another.
const DEPTH: usize = 100;

/// A template, parsed. Shared by all users.
pub(super) struct Parsed {
    name: String,
    environment: Environment<'static>,
    variables: Box<[Arc<str>]>,
    is_json: bool,
}

impl Parsed {
    /// Parses a text that messages call `name`.
    ///
    /// # Errors
    ///
    /// All mistakes that can be found.
    pub(super) fn parse(name: String, text: String, escape: Escape) -> Result<Self, Vec<String>> {
        let mut environment = Environment::new();
        // Errors name what is undefined only so. It costs nothing but where one occurs.
        environment.set_debug(true);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        environment.set_formatter(output::write);
        environment.set_auto_escape_callback(move |_| match escape {
            Escape::Nothing => AutoEscape::None,
            Escape::Json => AutoEscape::Json,
            Escape::Html => AutoEscape::Html,
        });
        // It prints all variables.
        environment.remove_global("debug");
        let mistakes = unknown_words(&name, &text, &environment);
        let added = environment.add_template_owned(name.clone(), text);
        if let Err(error) = added {
            return Err(vec![told(&name, &error)]);
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let template = environment.get_template(&name).map_err(|error| vec![told(&name, &error)])?;
        let globals: Vec<&str> = environment.globals().map(|(name, _)| name).collect();
        let mut variables: Vec<Arc<str>> = template.undeclared_variables(false).into_iter().map(Arc::from).collect();
        variables.retain(|name| !globals.contains(&&**name));
        variables.sort();
        Ok(Parsed { name, variables: variables.into(), is_json: escape == Escape::Json, environment })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The variables that it reads and does not set itself.
    pub(super) fn variables(&self) -> &[Arc<str>] {
        &self.variables
    }

    /// Appends the text for this session to `out`.
    ///
    /// # Errors
    ///
    /// The message; `out` may hold a part of the text.
    pub(super) fn render(
        &self,
        attributes: &[(Arc<str>, Slot)],
        session: &Session,
        out: &mut String,
    ) -> Result<(), String> {
        let rendered = self.environment.get_template(&self.name).and_then(|template| {
            template.render_captured_to(Attributes::of(session, attributes), Text::new(out, self.is_json)).map(drop)
        });
        rendered.map_err(|error| {
            let message = told(&self.name, &error);
            if error.kind() != ErrorKind::UndefinedError {
                return message;
            }
            let missing = attributes.iter().filter(|(_, slot)| session.value_at(*slot).is_none());
            match missing.map(|(name, _)| name).find(|name| error.detail().is_some_and(|detail| begins(detail, name))) {
                Some(name) => format!("{message}: {}", session.missing(name)),
                None => message,
            }
        })
    }
}

/// Whether a sentence is about this variable or a part of it: "`cart.items` is undefined".
fn begins(detail: &str, name: &str) -> bool {
    let rest = detail.split('`').nth(1).and_then(|undefined| undefined.strip_prefix(name));
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// An error as a sentence: the template, the line, what is wrong.
fn told(name: &str, error: &Error) -> String {
    let line = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it does too much, such as a loop over very many items".to_owned(),
        (ErrorKind::UndefinedError, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    format!("template {name}{line}: {what}")
}

/// Filters, tests and functions that do not exist. The language itself finds them only where it gets to them.
fn unknown_words(name: &str, text: &str, environment: &Environment<'_>) -> Vec<String> {
    let mut mistakes = Vec::new();
    for word in words(text) {
        let (is_known, kind) = match word.kind {
            Kind::Filter => (is_known(environment, &format!("1|{}", word.name), ErrorKind::UnknownFilter), "filter"),
            Kind::Test => (is_known(environment, &format!("1 is {}", word.name), ErrorKind::UnknownTest), "test"),
            Kind::Function => (environment.globals().any(|(known, _)| known == word.name), "function"),
        };
        if is_known {
            continue;
        }
        let near = match word.kind {
            Kind::Filter => meant(word.name, FILTERS.iter().copied()),
            Kind::Test => meant(word.name, TESTS.iter().copied()),
            Kind::Function => {
                let functions: Vec<&str> = environment.globals().map(|(known, _)| known).collect();
                match nearest(word.name, functions.iter().copied()) {
                    Some(near) => format!("; did you mean \"{near}\"?"),
                    None => format!("; functions are {}", functions.join(", ")),
                }
            }
        };
        mistakes.push(format!("template {name}, line {}: unknown {kind} \"{}\"{near}", word.line, word.name));
    }
    mistakes
}

/// Whether evaluating an expression fails with anything but this.
fn is_known(environment: &Environment<'_>, expression: &str, unknown: ErrorKind) -> bool {
    let evaluated = environment.compile_expression_owned(expression.to_owned()).and_then(|compiled| compiled.eval(()));
    evaluated.err().is_none_or(|error| error.kind() != unknown)
}

/// Names to be suggested; whether a name exists is asked elsewhere.
#[rustfmt::skip]
const FILTERS: &[&str] = &[
    "abs", "attr", "batch", "bool", "capitalize", "default", "dictsort", "escape", "first", "float", "format", "indent",
    "int", "items", "join", "last", "length", "lines", "list", "lower", "map", "max", "min", "reject", "rejectattr",
    "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "split", "string", "sum", "title",
    "tojson", "trim", "unique", "upper",
];
#[rustfmt::skip]
const TESTS: &[&str] = &[
    "boolean", "defined", "divisibleby", "endingwith", "even", "false", "in", "integer", "iterable", "mapping", "none",
    "number", "odd", "sequence", "startingwith", "string", "true", "undefined",
];
