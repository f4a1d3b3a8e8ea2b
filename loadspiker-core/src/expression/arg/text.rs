//! [`IntoText`]: arguments that are rendered as text, such as URLs, headers and bodies.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::error::StepError;
use crate::expression::Symbols;
#[cfg(feature = "templates")]
use crate::expression::jinja::{CompiledJinja, Escape, Jinja};
use crate::expression::{EvalError, Template, write_bytes, write_text, write_value};
use crate::session::Session;
use crate::value::Value;

type Writer = Arc<dyn Fn(&Session, Output<'_>) -> Result<(), StepError> + Send + Sync>;

/// What a text is written to.
enum Output<'a> {
    Text(&'a mut String),
    Bytes(&'a mut Vec<u8>),
}

/// A text as written by the user: with expressions, or a closure.
#[derive(Clone)]
pub struct TextArg(TextSource);

#[derive(Clone)]
enum TextSource {
    Template(Arc<str>),
    Call(Writer),
    #[cfg(feature = "templates")]
    Jinja(Jinja),
}

impl TextArg {
    #[cfg(feature = "templates")]
    pub(crate) fn jinja(template: Jinja) -> Self {
        TextArg(TextSource::Jinja(template))
    }

    /// The text as written, for the plan and for messages; `…` for a closure.
    pub fn source(&self) -> &str {
        match &self.0 {
            TextSource::Template(source) => source,
            TextSource::Call(_) => "…",
            #[cfg(feature = "templates")]
            TextSource::Jinja(_) => "jinja …",
        }
    }

    /// Parses the expressions.
    pub fn compile(&self, cx: &mut Symbols<'_>) -> CompiledText {
        self.compile_for(Place::Anywhere, cx)
    }

    /// Like [`compile`](Self::compile), for text in a JSON document: a Jinja template that does not say how to escape values
    /// escapes them for JSON.
    pub fn compile_json(&self, cx: &mut Symbols<'_>) -> CompiledText {
        self.compile_for(Place::Json, cx)
    }

    #[cfg_attr(not(feature = "templates"), expect(unused_variables, reason = "only templates ask where they are"))]
    fn compile_for(&self, place: Place, cx: &mut Symbols<'_>) -> CompiledText {
        CompiledText(match &self.0 {
            TextSource::Template(source) => Compiled::Template(cx.template(source)),
            TextSource::Call(call) => Compiled::Call(call.clone()),
            #[cfg(feature = "templates")]
            TextSource::Jinja(jinja) => {
                let presumed = match place {
                    Place::Anywhere => Escape::Nothing,
                    Place::Json => Escape::Json,
                };
                match jinja.compile(presumed, cx) {
                    Some(jinja) => Compiled::Jinja(jinja),
                    // Its mistakes are told.
                    None => Compiled::Template(Template::literal("")),
                }
            }
        })
    }
}

/// Where a text is written.
#[derive(Clone, Copy)]
enum Place {
    Anywhere,
    Json,
}

impl fmt::Debug for TextArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            TextSource::Template(source) => source.fmt(f),
            TextSource::Call(_) => f.write_str("|session| …"),
            #[cfg(feature = "templates")]
            TextSource::Jinja(jinja) => jinja.fmt(f),
        }
    }
}

/// A text ready for the run.
#[derive(Clone)]
pub struct CompiledText(Compiled);

#[derive(Clone)]
enum Compiled {
    Template(Template),
    Call(Writer),
    #[cfg(feature = "templates")]
    Jinja(CompiledJinja),
}

impl CompiledText {
    /// The text, if it is a constant.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.0 {
            Compiled::Template(template) => template.as_literal(),
            _ => None,
        }
    }

    /// The text as a template, unless a closure or another engine renders it.
    pub fn as_template(&self) -> Option<&Template> {
        match &self.0 {
            Compiled::Template(template) => Some(template),
            _ => None,
        }
    }

    /// Appends the text for this session to `out`.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if an expression has no value or the closure fails; `out` is then unchanged.
    pub fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        match &self.0 {
            Compiled::Template(template) => template.render(session, out),
            Compiled::Call(call) => {
                let start = out.len();
                call(session, Output::Text(out)).map_err(|error| {
                    out.truncate(start);
                    EvalError::Closure(format!("{error:#}"))
                })
            }
            #[cfg(feature = "templates")]
            Compiled::Jinja(jinja) => jinja.render(session, out),
        }
    }

    /// Like [`render`](Self::render), into bytes. Values that are bytes are copied, where [`render`](Self::render) replaces
    /// invalid UTF-8.
    ///
    /// # Errors
    ///
    /// See [`render`](Self::render).
    pub fn render_bytes(&self, session: &Session, out: &mut Vec<u8>) -> Result<(), EvalError> {
        match &self.0 {
            Compiled::Template(template) => template.render_bytes(session, out),
            Compiled::Call(call) => {
                let start = out.len();
                call(session, Output::Bytes(out)).map_err(|error| {
                    out.truncate(start);
                    EvalError::Closure(error.to_string())
                })
            }
            #[cfg(feature = "templates")]
            Compiled::Jinja(jinja) => write_text(out, |text| jinja.render(session, text)),
        }
    }
}

impl From<Template> for CompiledText {
    fn from(template: Template) -> Self {
        CompiledText(Compiled::Template(template))
    }
}

impl fmt::Debug for CompiledText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Compiled::Template(template) => template.source().fmt(f),
            Compiled::Call(_) => f.write_str("|session| …"),
            #[cfg(feature = "templates")]
            Compiled::Jinja(jinja) => jinja.fmt(f),
        }
    }
}

/// Types that can be used as a text: a string, with or without expressions, a number, a `bool`, or a closure over the session
/// that returns one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a text",
    label = "not a text",
    note = "write a string such as \"/products/#{{id}}\", or a closure `|session: &Session| …` that returns a `String`, a `&'static str`, a number or a `Value`"
)]
pub trait IntoText {
    /// Converts the value into an argument to compile.
    fn into_text(self) -> TextArg;
}

impl IntoText for &str {
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Template(self.into()))
    }
}
impl IntoText for String {
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Template(self.into()))
    }
}
impl IntoText for &String {
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Template(self.as_str().into()))
    }
}
impl IntoText for Arc<str> {
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Template(self))
    }
}
impl IntoText for Cow<'_, str> {
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Template(self.into()))
    }
}
impl IntoText for TextArg {
    fn into_text(self) -> TextArg {
        self
    }
}
macro_rules! displayed {
    ($($t:ty),*) => {$(
        impl IntoText for $t {
            fn into_text(self) -> TextArg {
                TextArg(TextSource::Template(self.to_string().into()))
            }
        }
        impl TextOutcome for $t {
            fn write_to(self, out: &mut String) -> Result<(), StepError> {
                // Writing into a string does not fail.
                let _ = write!(out, "{self}");
                Ok(())
            }
        }
    )*};
}
displayed!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64);
#[diagnostic::do_not_recommend]
impl<F, R> IntoText for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: TextOutcome,
{
    fn into_text(self) -> TextArg {
        TextArg(TextSource::Call(Arc::new(move |session, out| match out {
            Output::Text(out) => self(session).write_to(out),
            Output::Bytes(out) => self(session).write_bytes_to(out),
        })))
    }
}

/// Types that a closure may return where a text is needed: a `String`, a `&'static str`, a number, a `bool`, a [`Value`], or
/// a `Result` of these.
#[diagnostic::on_unimplemented(
    message = "the closure must return a text or a `Result` of one, not `{Self}`",
    label = "this is returned where a text is needed",
    note = "a text is a `String`, a `&'static str`, a number or a `Value`"
)]
pub trait TextOutcome: Sized {
    /// Appends the text to `out`.
    ///
    /// # Errors
    ///
    /// The error returned by the closure.
    fn write_to(self, out: &mut String) -> Result<(), StepError>;

    /// Appends the text to `out`. A value that is bytes is copied unchanged.
    ///
    /// # Errors
    ///
    /// The error returned by the closure.
    fn write_bytes_to(self, out: &mut Vec<u8>) -> Result<(), StepError> {
        write_text(out, |text| self.write_to(text))
    }
}

impl TextOutcome for String {
    fn write_to(self, out: &mut String) -> Result<(), StepError> {
        out.push_str(&self);
        Ok(())
    }
}
impl TextOutcome for &'static str {
    fn write_to(self, out: &mut String) -> Result<(), StepError> {
        out.push_str(self);
        Ok(())
    }
}
impl TextOutcome for Arc<str> {
    fn write_to(self, out: &mut String) -> Result<(), StepError> {
        out.push_str(&self);
        Ok(())
    }
}
impl TextOutcome for Value {
    fn write_to(self, out: &mut String) -> Result<(), StepError> {
        write_value(&self, out);
        Ok(())
    }

    fn write_bytes_to(self, out: &mut Vec<u8>) -> Result<(), StepError> {
        write_bytes(&self, out);
        Ok(())
    }
}
impl<R: TextOutcome, E: Into<StepError>> TextOutcome for Result<R, E> {
    fn write_to(self, out: &mut String) -> Result<(), StepError> {
        self.map_err(Into::into)?.write_to(out)
    }

    fn write_bytes_to(self, out: &mut Vec<u8>) -> Result<(), StepError> {
        self.map_err(Into::into)?.write_bytes_to(out)
    }
}
