//! [`BodySpec`]: the body of a request as written by the user, and [`Body`]: its compiled form.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use loadspiker_core::Session;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg, TextOutcome};

use super::HttpRequest;
use super::file::{self, Files};
use super::form::Fields;
use super::json::{JsonSpec, JsonTemplate};
use super::multipart::Multipart;
use super::place::Placed;
use crate::error::HttpError;

/// Types that can be used as a body: a text, with or without expressions, a Jinja template, bytes, or a closure over the
/// session that returns a text or a [`Value`](loadspiker_core::Value). An attribute that is bytes is sent unchanged:
/// `.body("#{image}")`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a body",
    label = "not a body",
    note = "write a string such as \"id=#{{id}}\", bytes, or a closure `|session: &Session| …` that returns a text; for JSON there is `.json(json!(…))`"
)]
pub trait IntoBody {
    /// Converts the value into a body to compile.
    fn into_body(self) -> BodySpec;
}

/// The body of a request as written by the user.
#[derive(Clone, Debug)]
pub struct BodySpec(pub(crate) BodySource);

#[derive(Clone, Debug)]
pub(crate) enum BodySource {
    Text(TextArg),
    Bytes(Bytes),
    Json(JsonSpec),
    File(TextArg),
    Template(PathBuf),
}

macro_rules! texts {
    ($($t:ty),*) => {$(
        impl IntoBody for $t {
            fn into_body(self) -> BodySpec {
                BodySpec(BodySource::Text(self.into_text()))
            }
        }
    )*};
}
texts!(&str, String, &String, Cow<'_, str>, TextArg);

// A message is the same with this feature and without.
#[cfg(feature = "templates")]
#[diagnostic::do_not_recommend]
impl IntoBody for loadspiker_core::expression::Jinja {
    fn into_body(self) -> BodySpec {
        BodySpec(BodySource::Text(self.into_text()))
    }
}

macro_rules! bytes {
    ($($t:ty: $owned:expr),*) => {$(
        impl IntoBody for $t {
            fn into_body(self) -> BodySpec {
                let owned: fn($t) -> Bytes = $owned;
                BodySpec(BodySource::Bytes(owned(self)))
            }
        }
    )*};
}
bytes!(Bytes: |b| b, Vec<u8>: Bytes::from, &[u8]: Bytes::copy_from_slice);

impl<const N: usize> IntoBody for &[u8; N] {
    fn into_body(self) -> BodySpec {
        BodySpec(BodySource::Bytes(Bytes::copy_from_slice(self)))
    }
}

#[diagnostic::do_not_recommend]
impl<F, R> IntoBody for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: TextOutcome,
{
    fn into_body(self) -> BodySpec {
        BodySpec(BodySource::Text(self.into_text()))
    }
}

/// A body, compiled.
#[derive(Debug)]
pub(crate) enum Body {
    /// A body without expressions, the same for all users.
    Fixed(Bytes),
    Text(Placed),
    Json(JsonTemplate),
    File(CompiledText),
    Form(Fields),
    Multipart(Multipart),
}

impl Body {
    /// `is_json`: a header says that the body is JSON, so that values in a text are escaped as it wants them.
    pub(crate) fn compile(request: &HttpRequest, is_json: bool, cx: &mut CompileContext<'_>) -> Self {
        let HttpRequest { body: spec, forms, form, parts, .. } = request;
        let no_form = form.is_empty() && forms.is_empty();
        let kinds = usize::from(spec.is_some()) + usize::from(!no_form || !parts.is_empty());
        if kinds > 1 {
            cx.mistake("a request has one body: use either a body or json, or form parameters and uploads");
        }
        let Some(BodySpec(written)) = spec else {
            return match (no_form, parts.is_empty()) {
                (true, true) => Body::Fixed(Bytes::new()),
                (false, true) => Body::Form(Fields::compile_form(forms, form, cx)),
                (_, false) => Body::Multipart(Multipart::compile(forms, form, parts, cx)),
            };
        };
        match written {
            BodySource::Text(text) => text_body(text, is_json, cx),
            BodySource::Bytes(bytes) => Body::Fixed(bytes.clone()),
            BodySource::Json(json) => {
                let json = JsonTemplate::compile(json, cx);
                match json.as_literal() {
                    Some(literal) => Body::Fixed(Bytes::copy_from_slice(literal.as_bytes())),
                    None => Body::Json(json),
                }
            }
            BodySource::File(path) => {
                let path = path.compile(cx);
                match path.as_literal() {
                    Some(path) if !cx.is_during_run() => Body::Fixed(read_now(path, cx)),
                    _ => Body::File(path),
                }
            }
            BodySource::Template(path) => template(path, is_json, cx),
        }
    }

    /// What kind of content it is, unless the user says.
    pub(crate) fn content_type(&self, spec: Option<&BodySpec>) -> Option<Cow<'static, str>> {
        match (self, spec) {
            (_, Some(BodySpec(BodySource::Json(_)))) => Some("application/json".into()),
            (Body::Multipart(multipart), _) => Some(multipart.content_type().into()),
            (Body::Form(_), _) => Some("application/x-www-form-urlencoded".into()),
            _ => None,
        }
    }

    /// The body, if it is the same for all users.
    pub(crate) fn fixed(&self) -> Option<&Bytes> {
        match self {
            Body::Fixed(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The body of this user. `buffer` is overwritten.
    pub(crate) fn render(&self, session: &Session, files: &Files, buffer: &mut String) -> Result<Bytes, HttpError> {
        buffer.clear();
        match self {
            Body::Fixed(bytes) => return Ok(bytes.clone()),
            Body::Text(text) if !text.is_plain() => text.render(session, buffer),
            Body::Text(text) => {
                // The same memory, for what need not be a text.
                let mut bytes = std::mem::take(buffer).into_bytes();
                let rendered = text.render_bytes(session, &mut bytes).map(|()| Bytes::copy_from_slice(&bytes));
                bytes.clear();
                *buffer = String::from_utf8(bytes).unwrap_or_default();
                return rendered.map_err(|error| HttpError::Build(error.to_string()));
            }
            Body::Json(json) => json.render(session, buffer),
            Body::Form(fields) => fields.render(session, buffer),
            Body::File(path) => {
                path.render(session, buffer).map_err(|error| HttpError::Build(format!("{error:#}")))?;
                return files.read(buffer);
            }
            Body::Multipart(multipart) => return multipart.render(session, files, buffer),
        }
        .map_err(|error| HttpError::Build(format!("{error:#}")))?;
        Ok(Bytes::copy_from_slice(buffer.as_bytes()))
    }
}

fn text_body(text: &TextArg, is_json: bool, cx: &mut CompileContext<'_>) -> Body {
    let text = if is_json { text.compile_json(cx) } else { text.compile(cx) };
    match text.as_literal() {
        Some(literal) => Body::Fixed(Bytes::copy_from_slice(literal.as_bytes())),
        None if is_json => Body::Text(Placed::json(text)),
        None => Body::Text(Placed::plain(text)),
    }
}

/// Reads a file before the run; one that cannot be read is a mistake.
pub(crate) fn read_now(path: &str, cx: &mut CompileContext<'_>) -> Bytes {
    file::read(path).unwrap_or_else(|mistake| {
        cx.mistake(mistake);
        Bytes::new()
    })
}

/// A file with expressions; one whose name ends in `.json` is JSON.
fn template(path: &Path, is_json: bool, cx: &mut CompileContext<'_>) -> Body {
    let is_json = is_json || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let bytes = read_now(&path.to_string_lossy(), cx);
    match String::from_utf8(bytes.into()) {
        Ok(text) => text_body(&text.into_text(), is_json, cx),
        Err(_) => {
            cx.mistake(format!("template {} is not in UTF-8; send it as it is with body_file", path.display()));
            Body::Fixed(Bytes::new())
        }
    }
}
