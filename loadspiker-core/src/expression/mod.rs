//! The expression language: `#{name}`, `#{list(0)}`, `#{map.key}`, `#{randomInt(1,6)}` in any text of the DSL.
//!
//! A text is parsed once, before the run, into a [`Template`]. During the run, the template is rendered straight into the
//! caller's buffer.
//!
//! | expression | value |
//! |---|---|
//! | `#{name}` | the session attribute |
//! | `#{list(0)}` `#{list(-1)}` `#{list(i)}` | an element: from the start, from the end, at the index in attribute `i` |
//! | `#{map.key}` | the value of a key; can be combined: `#{cart.items(2).price}` |
//! | `….size()` | the number of elements of a list or a map, of characters of a text, or of bytes |
//! | `….random()` | a random element of a list |
//! | `….exists()` `….isUndefined()` | whether the expression before it has a value |
//! | `….jsonStringify()` `….htmlEscape()` `….htmlUnescape()` `….urlEncode()` `….base64()` `….upper()` `….lower()` | the value, converted |
//! | `….raw()` | the value without escaping, even where a URL or a JSON body would escape it |
//! | `#{currentTimeMillis()}` | milliseconds since 1970 |
//! | `#{currentDate(yyyy-MM-dd'T'HH:mm:ss.SSSXXX)}` | the date and time in UTC, in a Java pattern: letters `yuMdDEaHhmsSXxZz`, literal text in `'…'`, no parentheses |
//! | `#{counter(name)}` | the next number of the run's counter of that name, starting at 1; no two users get the same number |
//! | `#{randomUuid()}` `#{randomAlphanumeric(8)}` | a random UUID (version 4), random letters and digits |
//! | `#{randomInt()}` `#{randomLong()}` | a random 32-bit or 64-bit integer |
//! | `#{randomInt(a,b)}` `#{randomLong(a,b)}` | an integer from `a` up to, but not including, `b` |
//! | `#{randomDouble()}` `#{randomDouble(a,b)}` `#{randomDouble(a,b,digits)}` | a number from 0 up to 1, or from `a` up to `b`, with this many decimals |
//! | `#{env(NAME)}` | the environment variable, read before the run |
//! | `#{userId()}` | the number of the virtual user |
//! | `#{fakeName()}` `#{fakeName(de)}` | fake data, in English or the language of a locale (feature `fake`): `fakeName fakeFirstName fakeLastName fakeEmail fakeUserName fakePassword fakePhone fakeStreet fakeCity fakeZipCode fakeState fakeCountry fakeAddress fakeCompany fakeJob fakeWord fakeSentence fakeParagraph fakeUserAgent fakeIpAddress fakeBool` |
//! | `#{fakeDate(1950-01-01,2005-12-31)}` | a date from the first to the second (feature `fake`) |
//!
//! Numbers of a counter are unique in the whole run. Each shard counts by itself, in steps of the number of shards, so
//! numbers have gaps if shards count at different rates. To add your own functions, use
//! [`Simulation::el_function`](crate::dsl::Simulation::el_function).
//!
//! A name may contain any character except `. # { } ( )`; surrounding spaces are ignored. `\#{x}` renders as `#{x}`, and
//! `\\#{x}` as `\` and the value. Each user draws its own random numbers, which depend on the seed of the run.

pub mod arg;
mod call;
mod date;
mod function;
mod generate;
mod html;
#[cfg(feature = "templates")]
mod jinja;
mod parse;
mod path;
mod symbols;

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

pub use crate::error::{EvalError, ParseError};
pub(crate) use arg::draw;
pub use arg::{
    Arg, CompiledArg, CompiledDistribution, CompiledPause, CompiledText, CompiledValue, Computed, Distribution,
    IntoCondition, IntoCount, IntoDuration, IntoOutcome, IntoPause, IntoText, IntoValue, PauseArg, TextArg,
    TextOutcome, ValueArg, empirical, exponential, log_normal, normal, uniform,
};
pub(crate) use call::{Functions, UserFunction};
#[cfg(feature = "templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
pub use jinja::{Jinja, jinja, jinja_file};
pub use symbols::Symbols;
pub(crate) use symbols::{LateSymbols, SymbolTable};

use crate::session::{Session, Slot};
use crate::value::Value;
use path::Expression;

/// A parsed text with expressions. Cloning it only copies a pointer.
///
/// ```
/// use loadspiker_core::expression::Template;
/// use loadspiker_core::{Schema, Session, Value};
/// # use std::rc::Rc;
///
/// let mut schema = Schema::default();
/// let template = Template::parse("/products/#{id}?q=#{words(-1)}", &mut |name| schema.intern(name))?;
/// let mut session = Session::new(Rc::new(schema), 1, 1);
/// session.set("id", 7)?;
/// session.set("words", vec!["red", "shoe"])?;
///
/// let mut url = String::new();
/// template.render(&session, &mut url)?;
/// assert_eq!(url, "/products/7?q=shoe");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Template(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    source: Box<str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// No expression: always a [`Value::Text`].
    Literal(Value),
    /// Nothing but one expression, so its value keeps its type.
    Single(Expression),
    Mixed(Box<[TemplatePart]>),
}

#[derive(Debug)]
enum TemplatePart {
    Text(Box<str>),
    Expression(Expression),
}

/// A part of a [`Template`], for code that needs to know where in the text the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Literal text.
    Text(&'a str),
    /// A value that may differ between users.
    Value {
        /// The last function of the expression, such as `raw`, if there is one.
        function: Option<&'static str>,
    },
}

impl Template {
    /// Parses a text with expressions. `slots` returns the slot of an attribute.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if an expression is empty, nested or not closed, calls an unknown function or passes wrong arguments, or
    /// names an environment variable that is not set.
    pub fn parse(source: &str, slots: &mut dyn FnMut(&str) -> Slot) -> Result<Template, ParseError> {
        Self::parse_with(source, &Functions::default(), slots)
    }

    /// Like [`parse`](Self::parse), with user-defined functions.
    pub(crate) fn parse_with(
        source: &str,
        functions: &Functions,
        slots: &mut dyn FnMut(&str) -> Slot,
    ) -> Result<Template, ParseError> {
        let mut parts = parse::parse(source, functions, slots)?;
        let content = match parts.pop() {
            None => Content::Literal(Value::from("")),
            Some(TemplatePart::Text(text)) if parts.is_empty() => Content::Literal(Value::Text(text.into())),
            Some(TemplatePart::Expression(expression)) if parts.is_empty() => Content::Single(expression),
            Some(last) => {
                parts.push(last);
                Content::Mixed(parts.into())
            }
        };
        Ok(Template(Arc::new(Parsed { source: source.into(), content })))
    }

    /// A literal text. `#{` has no special meaning.
    pub fn literal(text: &str) -> Template {
        Template(Arc::new(Parsed { source: text.into(), content: Content::Literal(text.into()) }))
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The text, if it is a constant. Escapes are resolved, and environment variables are replaced.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.0.content {
            Content::Literal(value) => value.as_str(),
            Content::Single(_) | Content::Mixed(_) => None,
        }
    }

    /// The parts of the text, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let value = |expression: &Expression| Piece::Value { function: expression.last_function() };
        let (one, several): (_, &[TemplatePart]) = match &self.0.content {
            Content::Literal(text) => (text.as_str().map(Piece::Text), &[]),
            Content::Single(expression) => (Some(value(expression)), &[]),
            Content::Mixed(parts) => (None, parts),
        };
        one.into_iter().chain(several.iter().map(move |part| match part {
            TemplatePart::Text(text) => Piece::Text(text),
            TemplatePart::Expression(expression) => value(expression),
        }))
    }

    /// The attributes whose whole values are in the text.
    pub(crate) fn plain_attributes(&self) -> Vec<Slot> {
        match &self.0.content {
            Content::Literal(_) => Vec::new(),
            Content::Single(expression) => expression.plain_attribute().into_iter().collect(),
            Content::Mixed(parts) => {
                let expressions = parts.iter().filter_map(|part| match part {
                    TemplatePart::Expression(expression) => expression.plain_attribute(),
                    TemplatePart::Text(_) => None,
                });
                expressions.collect()
            }
        }
    }

    /// Appends the text for this session to `out`.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if an attribute, an index or a key is missing or of the wrong type; `out` is then unchanged.
    pub fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        self.render_each(session, out, |_, _, _| {})
    }

    /// Like [`render`](Self::render), for texts with special rules, such as URLs. After each value, `encode` is called with the
    /// index of the value, from 0, and the position in `out` at which it begins. It may change `out` from that position on.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn render_each(
        &self,
        session: &Session,
        out: &mut String,
        mut encode: impl FnMut(usize, usize, &mut String),
    ) -> Result<(), EvalError> {
        let start = out.len();
        let rendered = match &self.0.content {
            Content::Literal(text) => {
                write_value(text, out);
                Ok(())
            }
            Content::Single(expression) => expression.render(session, out).map(|()| encode(0, start, out)),
            Content::Mixed(parts) => {
                let mut number = 0;
                parts.iter().try_for_each(|part| match part {
                    TemplatePart::Text(text) => {
                        out.push_str(text);
                        Ok(())
                    }
                    TemplatePart::Expression(expression) => {
                        let begin = out.len();
                        expression.render(session, out)?;
                        encode(number, begin, out);
                        number += 1;
                        Ok(())
                    }
                })
            }
        };
        if rendered.is_err() {
            out.truncate(start);
        }
        rendered
    }

    /// Like [`render`](Self::render), into bytes. Values that are bytes are copied, where [`render`](Self::render) replaces
    /// invalid UTF-8. The result of a function such as `upper()` is a text.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn render_bytes(&self, session: &Session, out: &mut Vec<u8>) -> Result<(), EvalError> {
        let expression = match &self.0.content {
            Content::Literal(text) => {
                write_bytes(text, out);
                return Ok(());
            }
            Content::Single(expression) => Some(expression),
            Content::Mixed(_) => None,
        };
        let parts: &[TemplatePart] = match &self.0.content {
            Content::Mixed(parts) => parts,
            _ => &[],
        };
        let start = out.len();
        // A text, into which functions write, as long as no bytes come.
        let mut text = text_of(out);
        let mut render = |expression: &Expression, text: &mut String| {
            if let Some(bytes) = expression.render_or_bytes(session, text)? {
                append(out, std::mem::take(text));
                out.extend_from_slice(&bytes);
            }
            Ok(())
        };
        let one = expression.map_or(Ok(()), |expression| render(expression, &mut text));
        let rendered = one.and_then(|()| {
            parts.iter().try_for_each(|part| match part {
                TemplatePart::Text(fixed) => {
                    text.push_str(fixed);
                    Ok(())
                }
                TemplatePart::Expression(expression) => render(expression, &mut text),
            })
        });
        append(out, text);
        if rendered.is_err() {
            out.truncate(start);
        }
        rendered
    }

    /// The value for this session. It keeps its type if the template is a single expression; otherwise it is a text.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn value(&self, session: &Session) -> Result<Value, EvalError> {
        self.value_ref(session).map(Cow::into_owned)
    }

    /// Like [`value`](Self::value), borrowed from the session or the template if possible.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn value_ref<'a>(&'a self, session: &'a Session) -> Result<Cow<'a, Value>, EvalError> {
        match &self.0.content {
            Content::Literal(value) => Ok(Cow::Borrowed(value)),
            Content::Single(expression) => expression.value(session),
            Content::Mixed(_) => {
                let mut text = String::new();
                self.render(session, &mut text)?;
                Ok(Cow::Owned(Value::from(text)))
            }
        }
    }
}

/// Appends a value as it is displayed; texts and numbers without an allocation of their own.
fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => out.push_str(text),
        other => {
            // Writing into a String cannot fail.
            let _ = write!(out, "{other}");
        }
    }
}

/// Appends a value as it is displayed, but for bytes, which are written as they are.
fn write_bytes(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        other => {
            // Writing into a Vec cannot fail.
            let _ = std::io::Write::write_fmt(out, format_args!("{other}"));
        }
    }
}

/// Where a text is written that is then appended to `out`: in its memory, if there is nothing in it yet.
fn text_of(out: &mut Vec<u8>) -> String {
    if out.is_empty() { String::from_utf8(std::mem::take(out)).unwrap_or_default() } else { String::new() }
}

/// Appends a text; if there is nothing before, the memory goes with it.
fn append(out: &mut Vec<u8>, text: String) {
    if out.is_empty() {
        *out = text.into_bytes();
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Appends what is written as a text.
fn write_text<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut String) -> T) -> T {
    let mut text = text_of(out);
    let written = write(&mut text);
    append(out, text);
    written
}

#[cfg(test)]
mod tests;
