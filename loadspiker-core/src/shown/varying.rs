//! [`varying`]: values in error messages, marked, so that messages that differ in nothing else are counted together.
//!
//! The marks are two noncharacters of Unicode, which are meant for the inside of a program and stand in no text. They
//! travel with the message through everything that passes texts on, and are taken out where it is counted or shown.

use std::borrow::Cow;

const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// What stands for a value in a template.
const VALUE: char = '…';

/// Marks a value that is part of an error message and may be another in every message. Errors that differ only in such
/// values are counted together, under a template with `…` in their place; the report keeps one whole message as an
/// example. For the error of a [`Sample`](crate::metrics::Sample), the message of a
/// [`StepError`](crate::StepError) and that of a failed check.
///
/// ```
/// use loadspiker_core::protocol::varying;
///
/// let row = "4711";
/// let error = format!("row {} is locked", varying(row));
/// ```
pub fn varying(value: &str) -> String {
    let mut marked = String::with_capacity(value.len() + 6);
    marked.push(OPEN);
    marked.extend(value.chars().filter(|c| !is_mark(*c)));
    marked.push(CLOSE);
    marked
}

pub(super) fn is_mark(c: char) -> bool {
    c == OPEN || c == CLOSE
}

/// The text without marks.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(is_mark) { Cow::Owned(text.replace(is_mark, "")) } else { Cow::Borrowed(text) }
}

/// An error message: as it is, and as one of its kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// With `…` in place of the values that are marked.
    pub(crate) template: Cow<'a, str>,
    /// In full.
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Message<'a> {
    pub(crate) fn of(marked: &'a str) -> Self {
        // Most messages have no values in them.
        if !marked.contains(is_mark) {
            return Message { template: Cow::Borrowed(marked), text: Cow::Borrowed(marked) };
        }
        let mut template = String::with_capacity(marked.len());
        let mut is_value = false;
        for c in marked.chars() {
            match c {
                OPEN if !is_value => {
                    is_value = true;
                    template.push(VALUE);
                }
                CLOSE => is_value = false,
                OPEN => {}
                c if !is_value => template.push(c),
                _ => {}
            }
        }
        Message { template: Cow::Owned(template), text: plain(marked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_a_template_without_its_values_and_a_full_text() {
        let marked = format!("\"{}\" is not \"{}\"", varying("a"), varying("b\u{fdd1}c"));
        let message = Message::of(&marked);
        assert_eq!((&*message.template, &*message.text), ("\"…\" is not \"…\"", "\"a\" is not \"bc\""));
        assert_eq!(plain(&marked), "\"a\" is not \"bc\"");
    }

    #[test]
    fn messages_without_values_and_cut_ones_are_taken_as_they_are() {
        let message = Message::of("connection refused");
        assert!(matches!(message, Message { template: Cow::Borrowed(_), text: Cow::Borrowed("connection refused") }));
        let cut = Message::of("is \u{fdd0}half a va");
        assert_eq!((&*cut.template, &*cut.text), ("is …", "is half a va"));
        assert_eq!(Message::of("a\u{fdd1}b").template, "ab");
    }
}
