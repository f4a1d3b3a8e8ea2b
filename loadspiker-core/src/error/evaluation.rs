//! [`ParseError`] and [`EvalError`]: what can be wrong with an expression, before and during a run.

use std::fmt;

use super::{SessionError, maybe_marked};
use crate::shown::abbreviate;
use crate::shown::plain;
use crate::spelling::meant;

/// Why a text with expressions does not parse: the text, the position, the problem and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    text: String,
    character: usize,
    message: String,
}

impl ParseError {
    /// `at` is the byte where the fault is.
    pub(crate) fn new(text: &str, at: usize, message: String) -> Self {
        let character = text.get(..at).unwrap_or(text).chars().count() + 1;
        ParseError { text: text.to_owned(), character, message }
    }

    /// The position of the error, as the number of a character of the text, from 1.
    pub fn character(&self) -> usize {
        self.character
    }

    /// The problem and the remedy, without the text and the position.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of a long text (a request body) the part around the fault is shown.
        let skipped = if self.character > 40 { self.character - 20 } else { 0 };
        let shown: String = self.text.chars().skip(skipped).take(61).collect();
        let dots = if skipped > 0 { "…" } else { "" };
        write!(f, "expression in \"{dots}{}\", character {}: {}", abbreviate(&shown), self.character, self.message)
    }
}

/// Why an expression or an argument has no value for a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// An attribute is not set, or an attribute used as an index is not an integer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A list is too short.
    #[error("#{{{expression}}}: index {index} is out of range, {list} has {len} elements")]
    Index {
        /// The whole expression, without its braces.
        expression: String,
        /// The part of it that is the list.
        list: String,
        /// The index asked for.
        index: i64,
        /// How many elements there are.
        len: usize,
    },
    /// A map does not have the key.
    #[error("#{{{expression}}}: {map} has no key \"{key}\"{} (there are: {})", meant(key, there.iter().map(String::as_str)), there.join(", "))]
    Key {
        /// The whole expression, without its braces.
        expression: String,
        /// The part of it that is the map.
        map: String,
        /// The key asked for.
        key: String,
        /// The keys that are there, at most twelve.
        there: Vec<String>,
    },
    /// A part of the expression has a type to which the next part does not apply.
    #[error("#{{{expression}}}: {part} is of type {found}, {needed}")]
    Type {
        /// The whole expression, without its braces.
        expression: String,
        /// The part with the wrong type.
        part: String,
        /// Its type.
        found: &'static str,
        /// What would be right.
        needed: &'static str,
    },
    /// The result is a text that cannot be converted to the type that the step needs.
    #[error(fmt = unfit)]
    Unfit {
        /// The text as it was written.
        template: String,
        /// Its value for this session, abbreviated.
        value: String,
        /// The type of the value.
        found: &'static str,
        /// What the step needs.
        expected: &'static str,
    },
    /// More records are requested at once than a user can hold.
    #[error("feed_n is to take {count} records at once; take {most} at most")]
    TooMany {
        /// How many records are asked for.
        count: u64,
        /// How many a user can take at once.
        most: u64,
    },
    /// A Jinja template cannot be rendered for this session: its name, the line, the problem.
    #[error("{0}")]
    Template(String),
    /// A closure written by the user returned an error.
    #[error(fmt = closure)]
    Closure(String),
}

fn closure(message: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if f.alternate() { f.write_str(message) } else { f.write_str(&plain(message)) }
}

fn unfit(template: &str, value: &str, found: &&str, expected: &&str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\"{template}\" is the {found} \"{}\", expected {expected}", maybe_marked(value, f))
}
