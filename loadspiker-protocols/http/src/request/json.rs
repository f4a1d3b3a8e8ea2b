//! [`JsonTemplate`]: a JSON body with expressions in its texts, written straight into the body of a request.

use std::fmt::Write;

use loadspiker_core::Session;
use loadspiker_core::Value;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledValue, EvalError, IntoOutcome, IntoValue, Piece, Template, ValueArg};
use loadspiker_core::protocol::is_secret_name;
use serde::Serialize;

/// Types that can be used as a JSON body: a value that implements `Serialize`, such as `json!(…)` or a reference to it, whose
/// texts may contain expressions; or a closure over the session that returns one.
///
/// `K` distinguishes these ([`Serialized`], [`Computed`], [`OfSession`]); it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not JSON",
    label = "not JSON",
    note = "write `json!(…)`, something that implements `serde::Serialize`, or a closure `|session: &Session| json!(…)`"
)]
pub trait IntoJson<K> {
    /// Converts the value into a body to compile.
    fn into_json(self) -> JsonSpec;
}

/// A JSON body as written by the user.
#[derive(Clone, Debug)]
pub struct JsonSpec(JsonSource);

#[derive(Clone, Debug)]
enum JsonSource {
    Json(serde_json::Value),
    Call(ValueArg),
    /// It does not serialize, for this reason.
    Unfit(String),
}

/// Marker for JSON bodies that implement `Serialize`.
#[derive(Debug)]
pub enum Serialized {}

/// Marker for JSON bodies that are closures over the session.
#[derive(Debug)]
pub enum Computed {}

/// Marker for JSON bodies that are a [`Value`].
#[derive(Debug)]
pub enum OfSession {}

impl<T: Serialize> IntoJson<Serialized> for T {
    fn into_json(self) -> JsonSpec {
        JsonSpec(match serde_json::to_value(self) {
            Ok(json) => JsonSource::Json(json),
            Err(error) => JsonSource::Unfit(error.to_string()),
        })
    }
}
impl IntoJson<OfSession> for Value {
    fn into_json(self) -> JsonSpec {
        JsonSpec(JsonSource::Json(self.to_json()))
    }
}
impl<F, R> IntoJson<Computed> for F
where
    F: Fn(&Session) -> R + Send + Sync + 'static,
    R: IntoOutcome<Value>,
{
    fn into_json(self) -> JsonSpec {
        JsonSpec(JsonSource::Call(self.into_value()))
    }
}

/// A JSON body, compiled: fixed text with holes.
#[derive(Debug)]
pub(crate) struct JsonTemplate {
    parts: Vec<JsonPart>,
}

#[derive(Debug)]
enum JsonPart {
    /// JSON as it stands.
    Fixed(String),
    /// A text that is one expression: its value keeps its type.
    Value(Template),
    /// A text with more than one part, or the name of a field, to be written between quotes.
    Text(Template),
    /// What a closure returns.
    Call(CompiledValue),
}

impl JsonTemplate {
    pub(crate) fn compile(spec: &JsonSpec, cx: &mut CompileContext<'_>) -> Self {
        let mut builder = Builder::default();
        match &spec.0 {
            JsonSource::Json(json) => {
                if let serde_json::Value::String(text) = json
                    && is_json_itself(text)
                {
                    cx.warning(
                        "the text given to .json(…) is JSON itself, and is sent as a string in quotation marks; write \
                         .json(json!(…)), or send it as it is with .body(…) and .header(\"content-type\", \
                         \"application/json\")",
                    );
                }
                builder.add(json, false, cx);
            }
            JsonSource::Call(call) => builder.hole(JsonPart::Call(call.compile(cx))),
            JsonSource::Unfit(why) => cx.mistake(format!("the JSON body cannot be written: {why}")),
        }
        if !builder.text.is_empty() {
            builder.parts.push(JsonPart::Fixed(builder.text));
        }
        JsonTemplate { parts: builder.parts }
    }

    /// The body, if it is the same for all users.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [JsonPart::Fixed(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the JSON for this session to `out`.
    pub(crate) fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        for part in &self.parts {
            match part {
                JsonPart::Fixed(text) => out.push_str(text),
                JsonPart::Value(template) => write_value(&*template.value_ref(session)?, out),
                JsonPart::Call(call) => write_value(&*call.get(session)?, out),
                JsonPart::Text(template) => {
                    let start = out.len();
                    template.render(session, out)?;
                    if out[start..].bytes().any(needs_escape) {
                        let text = out.split_off(start);
                        write_text(&text, out);
                    } else {
                        out.insert(start, '"');
                        out.push('"');
                    }
                }
            }
        }
        Ok(())
    }
}

/// Parts so far, and the fixed text that follows them.
#[derive(Default)]
struct Builder {
    parts: Vec<JsonPart>,
    text: String,
}

impl Builder {
    fn hole(&mut self, part: JsonPart) {
        if !self.text.is_empty() {
            self.parts.push(JsonPart::Fixed(std::mem::take(&mut self.text)));
        }
        self.parts.push(part);
    }

    /// `is_secret` if the field that it is the value of goes by the name of a secret.
    fn add(&mut self, json: &serde_json::Value, is_secret: bool, cx: &mut CompileContext<'_>) {
        match json {
            serde_json::Value::String(text) => {
                let template = cx.template(text);
                if is_secret {
                    cx.secret_template(&template);
                }
                match template.as_literal() {
                    Some(literal) => write_text(literal, &mut self.text),
                    None if is_single(&template) => self.hole(JsonPart::Value(template)),
                    None => self.hole(JsonPart::Text(template)),
                }
            }
            serde_json::Value::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.add(item, is_secret, cx);
                }
                self.text.push(']');
            }
            serde_json::Value::Object(fields) => {
                self.text.push('{');
                for (index, (written, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    let name = cx.template(written);
                    match name.as_literal() {
                        Some(literal) => write_text(literal, &mut self.text),
                        None => self.hole(JsonPart::Text(name)),
                    }
                    self.text.push(':');
                    self.add(value, is_secret || is_secret_name(written), cx);
                }
                self.text.push('}');
            }
            plain => {
                // Writing into a String cannot fail.
                let _ = write!(self.text, "{plain}");
            }
        }
    }
}

/// Whether a text is a JSON object or array, whatever the values of its expressions are.
fn is_json_itself(text: &str) -> bool {
    if !text.trim_start().starts_with(['{', '[']) {
        return false;
    }
    let mut parts = text.split("#{");
    let mut json = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        json.push('0');
        json.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok()
}

/// Whether a text is nothing but one expression, whose value keeps its type.
fn is_single(template: &Template) -> bool {
    let mut pieces = template.pieces();
    matches!((pieces.next(), pieces.next()), (Some(Piece::Value { .. }), None))
}

/// Whether this may not stand in a JSON string.
pub(super) fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => write_text(text, out),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) => {
            let _ = write!(out, "{value}");
        }
        other => {
            let _ = write!(out, "{}", other.to_json());
        }
    }
}

/// Writes a JSON string (RFC 8259 §7).
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    write_escaped(text, out);
    out.push('"');
}

/// Writes what stands between the quotation marks of a JSON string.
pub(super) fn write_escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use loadspiker_core::Schema;

    use super::*;

    #[test]
    fn texts_are_escaped_as_json_wants_it() {
        for text in ["plain", "a\"b\\c", "line\nbreak\ttab\r", "\u{1}\u{1f}", "ünïcode 😀", ""] {
            let mut written = String::new();
            write_text(text, &mut written);
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }

    #[test]
    fn values_keep_their_types() {
        let written = |value: Value| {
            let mut out = String::new();
            write_value(&value, &mut out);
            out
        };
        assert_eq!(written(Value::from(5)), "5");
        assert_eq!(written(Value::from(u64::MAX)), "18446744073709551615");
        assert_eq!(written(Value::from("5")), "\"5\"");
        assert_eq!(written(Value::Null), "null");
        assert_eq!(written(Value::from(1.0)), "1.0");
        assert_eq!(written(Value::from(f64::NAN)), "null");
        assert_eq!(written(Value::from(vec!["a", "b"])), "[\"a\",\"b\"]");
    }

    #[test]
    fn a_text_that_is_json_itself_is_found_out() {
        for text in ["{}", " {\"a\": 1}\n", "[1, 2]", "{\"id\": #{id}, \"name\": \"#{name}\"}", "[#{list}]"] {
            assert!(is_json_itself(text), "{text}");
        }
        for text in ["", "text", "5", "\"a\"", "#{id}", "{curly}", "[link](url)", "{\"a\": "] {
            assert!(!is_json_itself(text), "{text}");
        }
    }

    #[test]
    fn only_a_lone_expression_keeps_its_type() {
        let single = |text| is_single(&Template::parse(text, &mut |_| Schema::default().intern("a")).unwrap());
        assert!(single("#{id}"));
        assert!(single("#{ids(0)}"));
        assert!(!single("#{a}#{b}"));
        assert!(!single("#{a} "));
        assert!(!single("a#{a}"));
        assert!(!single("a"));
    }
}
