//! [`Text`]: where a template writes to; and how it writes values.

use std::cell::Cell;
use std::io;

use minijinja::value::{Value as Variable, ValueKind};
use minijinja::{AutoEscape, Error, Output, State, escape_formatter};

thread_local! {
    /// Whether what was written last on this thread is within a JSON string. A formatter cannot see the output.
    static IN_STRING: Cell<bool> = const { Cell::new(false) };
}

/// Appends to a text, and keeps an eye on quotation marks if it is JSON.
pub(super) struct Text<'a> {
    out: &'a mut String,
    is_json: bool,
    /// The last character was a backslash that escapes the next one.
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut String, is_json: bool) -> Self {
        IN_STRING.set(false);
        Text { out, is_json, escaped: false }
    }

    fn follow(&mut self, piece: &[u8]) {
        let mut in_string = IN_STRING.get();
        for byte in piece {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if in_string => self.escaped = true,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        IN_STRING.set(in_string);
    }
}

impl io::Write for Text<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(piece).map_err(io::Error::other)?;
        if self.is_json {
            self.follow(piece);
        }
        self.out.push_str(text);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a value. Null and truth values are called as in all other texts.
pub(super) fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Variable) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => return Ok(out.write_str("null")?),
        ValueKind::Bool => return Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        _ => {}
    }
    if !matches!(state.auto_escape(), AutoEscape::Json) || !IN_STRING.get() || value.is_safe() {
        return escape_formatter(out, state, value);
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let json = serde_json::Value::from(text).to_string();
    Ok(out.write_str(&json[1..json.len() - 1])?)
}
