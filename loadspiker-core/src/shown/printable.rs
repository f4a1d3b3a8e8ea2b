//! [`printable`]: texts from outside, made harmless for terminals. Whatever this library prints goes through it.
//!
//! A response body, the value of a header, the name of a request or an error may hold escape sequences that move the
//! cursor or change the title of a window, newlines that break a table, and characters that change the direction of
//! writing, so that a line reads as something else (CVE-2021-42574). All of them are written as escapes instead.

use std::borrow::Cow;
use std::fmt::Write;

use super::varying::is_mark;

/// The text on one line, as it may be printed on a terminal or into a file: control characters (escape, newline, tab, C1
/// controls), line separators, characters without width and those that change the direction of writing are written as
/// escapes such as `\n` and `\u{1b}`. All else stays as it is.
///
/// ```
/// use loadspiker_core::format::printable;
///
/// assert_eq!(printable("über 5 €"), "über 5 €");
/// assert_eq!(printable("\u{1b}[2J\nok"), "\\u{1b}[2J\\nok");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| !is_harmful(c))
}

/// As [`printable`], for a text of several lines, such as a response body: newlines and tabs stay, and so does a carriage
/// return before a newline, which is left out.
///
/// ```
/// use loadspiker_core::format::printable_lines;
///
/// assert_eq!(printable_lines("one\r\ntwo\r\u{1b}[K"), "one\ntwo\\r\\u{1b}[K");
/// ```
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    let is_kept = |c| matches!(c, '\n' | '\t') || !is_harmful(c);
    if text.contains("\r\n") {
        return Cow::Owned(escaped(&text.replace("\r\n", "\n"), is_kept).into_owned());
    }
    escaped(text, is_kept)
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(|c| !is_kept(c)) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push_str(&text[..first]);
    for c in text[first..].chars() {
        // Writing to a string does not fail.
        let _ = match c {
            c if is_kept(c) => safe.write_char(c),
            c if is_mark(c) => Ok(()),
            '\n' => safe.write_str("\\n"),
            '\r' => safe.write_str("\\r"),
            '\t' => safe.write_str("\\t"),
            c => write!(safe, "\\u{{{:x}}}", u32::from(c)),
        };
    }
    Cow::Owned(safe)
}

fn is_harmful(c: char) -> bool {
    // Nearly all characters are among these.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || is_mark(c)
        || matches!(
            c,
            // Soft hyphen, and the Arabic mark of direction.
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Without width (the joiners, which emoji and some scripts need, are left), and marks of direction.
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            // Separators of lines and paragraphs; embeddings, overrides and isolates of direction.
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Tags, which are invisible.
            | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_moves_the_cursor_breaks_a_line_or_turns_it_around_is_written_as_an_escape() {
        for (text, shown) in [
            ("plain text, ünï 漢字 👩‍👩‍👧", "plain text, ünï 漢字 👩‍👩‍👧"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\r\nb\tc\u{8}\u{7f}\0", "a\\r\\nb\\tc\\u{8}\\u{7f}\\u{0}"),
            ("user\u{202e}txt.exe\u{2066}", "user\\u{202e}txt.exe\\u{2066}"),
            ("a\u{2028}b\u{200b}c\u{feff}", "a\\u{2028}b\\u{200b}c\\u{feff}"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert!(matches!(printable("nothing to do"), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_stay_lines_where_they_may() {
        assert_eq!(printable_lines("{\n\t\"a\": 1\r\n}"), "{\n\t\"a\": 1\n}");
        assert_eq!(printable_lines("a\rb\u{1b}[1A\u{85}"), "a\\rb\\u{1b}[1A\\u{85}");
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left_and_nothing_else_is_changed(text in "(\\PC|\\p{C}|[a-z\n\r\t]){0,40}") {
            let safe = printable(&text).into_owned();
            prop_assert!(!safe.chars().any(is_harmful));
            prop_assert!(!printable_lines(&text).chars().any(|c| is_harmful(c) && !"\n\t".contains(c)));
            prop_assert_eq!(&printable(&safe), &safe);
            if !text.chars().any(is_harmful) {
                prop_assert_eq!(safe, text);
            }
        }
    }
}
