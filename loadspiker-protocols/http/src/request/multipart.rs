//! [`Multipart`]: a body of several parts, fields and files (`multipart/form-data`, RFC 7578).

use std::hash::{BuildHasher, Hasher, RandomState};

use bytes::{BufMut, Bytes, BytesMut};
use loadspiker_core::Session;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, CompiledValue, TextArg, ValueArg};

use super::body::read_now;
use super::file::Files;
use super::form::FormSpec;
use super::whole::Whole;
use crate::error::HttpError;

/// A part as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) enum PartSpec {
    Text(FormSpec),
    File { name: TextArg, path: TextArg },
}

/// A body of several parts, compiled.
#[derive(Debug)]
pub(crate) struct Multipart {
    /// Forms as they were found, before the parts.
    whole: Whole,
    parts: Vec<(CompiledText, Content)>,
    boundary: String,
}

#[derive(Debug)]
enum Content {
    Text(CompiledValue),
    /// A file known before the run, with the name it is sent under.
    File(String, Bytes),
    /// A file found out during the run.
    Named(CompiledText),
}

impl Multipart {
    pub(crate) fn compile(
        forms: &[ValueArg],
        form: &[FormSpec],
        specs: &[PartSpec],
        cx: &mut CompileContext<'_>,
    ) -> Self {
        let whole = Whole::compile(forms, cx);
        let mut parts = Vec::new();
        for field in form {
            let (name, value) = field.compile(cx);
            parts.push((name, Content::Text(value)));
        }
        for spec in specs {
            parts.push(match spec {
                PartSpec::Text(field) => {
                    let (name, value) = field.compile(cx);
                    (name, Content::Text(value))
                }
                PartSpec::File { name, path } => {
                    let path = path.compile(cx);
                    let content = match path.as_literal() {
                        Some(path) if !cx.is_during_run() => Content::File(file_name(path), read_now(path, cx)),
                        _ => Content::Named(path),
                    };
                    (name.compile(cx), content)
                }
            });
        }
        // It must not occur in any part, so it is drawn by chance.
        let boundary = format!("----loadspiker{:016x}", RandomState::new().build_hasher().finish());
        Multipart { whole, parts, boundary }
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body of this user. `buffer` is overwritten.
    pub(crate) fn render(&self, session: &Session, files: &Files, buffer: &mut String) -> Result<Bytes, HttpError> {
        let failed = |error: loadspiker_core::expression::EvalError| HttpError::Build(format!("{error:#}"));
        let mut body = BytesMut::new();
        if !self.whole.is_empty() {
            let named = self.parts.iter().map(|(name, _)| {
                let mut text = String::new();
                name.render(session, &mut text).map(|()| text)
            });
            let named = named.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            let whole = self.whole.each(session, &named, |name, value| {
                self.begin_part(&mut body, name);
                body.put_slice(format!("\r\n\r\n{value}\r\n").as_bytes());
            });
            whole.map_err(failed)?;
        }
        for (name, content) in &self.parts {
            buffer.clear();
            name.render(session, buffer).map_err(failed)?;
            self.begin_part(&mut body, buffer);
            match content {
                Content::Text(value) => {
                    buffer.clear();
                    // The same memory, for what need not be a text.
                    let mut bytes = std::mem::take(buffer).into_bytes();
                    value.render_bytes(session, &mut bytes).map_err(failed)?;
                    body.put_slice(b"\r\n\r\n");
                    body.put_slice(&bytes);
                    bytes.clear();
                    *buffer = String::from_utf8(bytes).unwrap_or_default();
                }
                Content::File(name, content) => put_file(&mut body, name, content),
                Content::Named(path) => {
                    buffer.clear();
                    path.render(session, buffer).map_err(failed)?;
                    put_file(&mut body, &file_name(buffer), &files.read(buffer)?);
                }
            }
            body.put_slice(b"\r\n");
        }
        body.put_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        Ok(body.freeze())
    }

    fn begin_part(&self, body: &mut BytesMut, name: &str) {
        let head = format!("--{}\r\ncontent-disposition: form-data; name=\"{}\"", self.boundary, quoted(name));
        body.put_slice(head.as_bytes());
    }
}

fn put_file(body: &mut BytesMut, name: &str, content: &[u8]) {
    let head = format!("; filename=\"{}\"\r\ncontent-type: application/octet-stream\r\n\r\n", quoted(name));
    body.reserve(head.len() + content.len() + 128);
    body.put_slice(head.as_bytes());
    body.put_slice(content);
}

fn file_name(path: &str) -> String {
    std::path::Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A name within quotes: line breaks and quotes are percent-encoded (WHATWG HTML §4.10.21.8).
fn quoted(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        assert_eq!(quoted("a\"; x=\"b\r\n"), "a%22; x=%22b%0D%0A");
        assert_eq!(file_name("data/photo.png"), "photo.png");
    }
}
