//! [`HeaderSpec`]: a header as the user wrote it, and [`Headers`]: all of them, compiled.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use loadspiker_core::Session;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::protocol::is_secret_name;

use crate::error::HttpError;

/// A header as the user wrote it.
#[derive(Clone)]
pub(crate) struct HeaderSpec {
    name: String,
    value: Spec,
    /// Never shown, whatever its name.
    secret: bool,
}

#[derive(Clone, Debug)]
enum Spec {
    Text(TextArg),
    Bearer(TextArg),
    Basic(TextArg, TextArg),
}

impl HeaderSpec {
    pub(crate) fn text(name: impl Into<String>, value: impl IntoText) -> Self {
        HeaderSpec { name: name.into(), value: Spec::Text(value.into_text()), secret: false }
    }

    /// A header whose value is a secret.
    pub(crate) fn secret(name: impl Into<String>, value: impl IntoText) -> Self {
        HeaderSpec { secret: true, ..Self::text(name, value) }
    }

    pub(crate) fn bearer(token: impl IntoText) -> Self {
        HeaderSpec { name: "authorization".to_owned(), value: Spec::Bearer(token.into_text()), secret: true }
    }

    pub(crate) fn basic(user: impl IntoText, password: impl IntoText) -> Self {
        let value = Spec::Basic(user.into_text(), password.into_text());
        HeaderSpec { name: "authorization".to_owned(), value, secret: true }
    }

    pub(crate) fn is(&self, name: &HeaderName) -> bool {
        self.name.eq_ignore_ascii_case(name.as_str())
    }

    /// Puts this header among others; one of the same name gives way.
    pub(crate) fn put_into(self, headers: &mut Vec<HeaderSpec>) {
        headers.retain(|header| !header.name.eq_ignore_ascii_case(&self.name));
        headers.push(self);
    }
}

/// What is secret is left out.
impl fmt::Debug for HeaderSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HeaderSpec");
        shown.field("name", &self.name);
        if self.secret {
            return shown.finish_non_exhaustive();
        }
        shown.field("value", &self.value).finish()
    }
}

/// The headers of a request, compiled.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// Those that are the same for every user.
    pub(crate) fixed: HeaderMap,
    rendered: Vec<Rendered>,
}

#[derive(Debug)]
struct Rendered {
    name: HeaderName,
    value: Value,
    secret: bool,
}

#[derive(Debug)]
enum Value {
    Text(CompiledText),
    Bearer(CompiledText),
    Basic(CompiledText, CompiledText),
}

impl Headers {
    /// Compiles headers; names and fixed values that cannot be sent are mistakes.
    pub(crate) fn compile(specs: &[HeaderSpec], cx: &mut CompileContext<'_>) -> Self {
        let mut headers = Headers::default();
        for spec in specs {
            let Ok(name) = HeaderName::try_from(&spec.name) else {
                cx.mistake(format!("\"{}\" is not a valid header name", spec.name));
                continue;
            };
            if matches!(name, http::header::CONTENT_LENGTH | http::header::TRANSFER_ENCODING) {
                cx.mistake(format!("header \"{name}\" is derived from the body and cannot be set"));
                continue;
            }
            let value = match &spec.value {
                Spec::Text(text) => Value::Text(text.compile(cx)),
                Spec::Bearer(token) => Value::Bearer(token.compile(cx)),
                Spec::Basic(user, password) => Value::Basic(user.compile(cx), password.compile(cx)),
            };
            match &value {
                Value::Text(text) if spec.secret || is_secret_name(&spec.name) => cx.secret(text),
                Value::Bearer(token) => cx.secret(token),
                Value::Basic(_, password) => cx.secret(password),
                Value::Text(_) => {}
            }
            let rendered = Rendered { name, value, secret: spec.secret };
            match rendered.fixed() {
                None => headers.rendered.push(rendered),
                Some(Ok(value)) => {
                    headers.fixed.insert(rendered.name, value);
                }
                Some(Err(error)) => cx.mistake(error.to_string()),
            }
        }
        headers
    }

    /// Whether every value is the same for all users.
    pub(crate) fn are_fixed(&self) -> bool {
        self.rendered.is_empty()
    }

    /// Whether they say that the body is JSON: `application/json`, `application/problem+json` (RFC 6839 §3.1).
    pub(crate) fn say_json(&self) -> bool {
        let content_type = self.fixed.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        let (_, subtype) = essence.split_once('/').unwrap_or_default();
        let suffix = subtype.rsplit('+').next().unwrap_or_default();
        suffix.eq_ignore_ascii_case("json")
    }

    /// Whether the user set this header.
    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        self.fixed.contains_key(name) || self.rendered.iter().any(|header| header.name == *name)
    }

    /// Sets the headers that differ from user to user.
    pub(crate) fn render_into(
        &self,
        map: &mut HeaderMap,
        session: &Session,
        buffer: &mut String,
    ) -> Result<(), HttpError> {
        for header in &self.rendered {
            buffer.clear();
            header.value.render(session, buffer)?;
            map.insert(header.name.clone(), header.finish(buffer)?);
        }
        Ok(())
    }
}

impl Rendered {
    fn fixed(&self) -> Option<Result<HeaderValue, HttpError>> {
        let text = match &self.value {
            Value::Text(text) => text.as_literal()?.to_owned(),
            Value::Bearer(token) => format!("Bearer {}", token.as_literal()?),
            Value::Basic(user, password) => basic(user.as_literal()?, password.as_literal()?),
        };
        Some(self.finish(&text))
    }

    fn finish(&self, text: &str) -> Result<HeaderValue, HttpError> {
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            HttpError::Build(format!("header \"{}\": its value has a line break or a control character", self.name))
        })?;
        value.set_sensitive(self.secret);
        Ok(value)
    }
}

impl Value {
    fn render(&self, session: &Session, out: &mut String) -> Result<(), HttpError> {
        match self {
            Value::Text(text) => text.render(session, out),
            Value::Bearer(token) => {
                out.push_str("Bearer ");
                token.render(session, out)
            }
            Value::Basic(user, password) => {
                let (mut name, mut secret) = (String::new(), String::new());
                let rendered = user.render(session, &mut name).and_then(|()| password.render(session, &mut secret));
                out.push_str(&basic(&name, &secret));
                rendered
            }
        }
        .map_err(|error| HttpError::Build(format!("{error:#}")))
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
