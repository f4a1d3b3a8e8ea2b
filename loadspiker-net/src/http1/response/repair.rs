//! [`repair`]: a head without those of its lines that are not fields, such as a warning of PHP's or a space before the
//! colon. Such a line costs nothing but itself.

use std::borrow::Cow;

/// How many of the lines are named, and how much of each is.
const NAMED: usize = 64;
const NAME: usize = 40;

/// A head with its bad lines left out.
#[derive(Debug)]
pub(super) struct Repaired {
    pub(super) bytes: Vec<u8>,
    /// How many bytes it had before.
    pub(super) length: usize,
    pub(super) left_out: LeftOut,
}

/// The names of lines that were skipped in a head: the text before the colon, or the beginning of the line.
#[derive(Clone, Debug, Default)]
pub struct LeftOut(Vec<Box<str>>);

impl LeftOut {
    /// The names, in order. If many lines were skipped, only the first are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    fn add(&mut self, line: &[u8]) {
        if self.0.len() == NAMED {
            return;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        let name: Cow<'_, str> = String::from_utf8_lossy(name);
        let mut shown: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME).collect();
        if name.chars().nth(NAME).is_some() {
            shown.push('…');
        }
        self.0.push(if shown.is_empty() { "(without a name)".into() } else { shown.into() });
    }
}

/// The head that `input` begins with; `None` if it is not whole.
///
/// Where a space before the colon is all that is wrong with the length or the transfer coding of the message, the line
/// is kept without it (RFC 9112 §5.1): without these, nobody knows where the body ends.
pub(super) fn repair(input: &[u8]) -> Option<Repaired> {
    let (mut bytes, mut left_out) = (Vec::new(), LeftOut::default());
    let (mut at, mut begun, mut keeps) = (0, false, false);
    loop {
        let end = at + input[at..].iter().position(|byte| *byte == b'\n')? + 1;
        let line = &input[at..end];
        at = end;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        // Empty lines may come before the status line.
        if !begun {
            begun = !text.is_empty();
            // Behind the code stands a reason that nobody needs: without it, the line says the same.
            let end_of_code = text.iter().position(|byte| *byte == b' ').map_or(0, |space| space + 4);
            match text.split_at_checked(end_of_code) {
                Some((kept, reason)) if begun && !is_value(reason) => bytes.extend([kept, b"\r\n"].concat()),
                _ => bytes.extend_from_slice(line),
            }
            continue;
        }
        if text.is_empty() {
            bytes.extend_from_slice(line);
            return Some(Repaired { bytes, length: end, left_out });
        }
        // A fold goes with the line before it.
        if matches!(text, [b' ' | b'\t', ..]) {
            if keeps && is_value(text) {
                bytes.extend_from_slice(line);
            }
            continue;
        }
        let colon = text.iter().position(|byte| *byte == b':');
        let (name, value) = text.split_at(colon.unwrap_or(text.len()));
        keeps = colon.is_some() && is_name(name) && is_value(value);
        if keeps {
            bytes.extend_from_slice(line);
            continue;
        }
        left_out.add(text);
        let name = name.trim_ascii_end();
        let frames = name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding");
        if frames && is_value(value) {
            for part in [name, value, b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
    }
}

/// Whether the status line has a code, and behind it something else that is wrong with it.
pub(super) fn has_code(input: &[u8]) -> bool {
    let line = input.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let code = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    code.len() == 3 && code.iter().all(u8::is_ascii_digit)
}

/// Whether these are the characters of a name (RFC 9110 §5.6.2).
fn is_name(name: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

/// Whether these are the characters of a value (RFC 9110 §5.5).
fn is_value(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
}
