//! [`Pattern`]: a name, a regular expression, a path; prepared before the run unless it has expressions.

use regex::Regex;

use super::extract::ExtractError;
use crate::expression::Symbols;
use crate::expression::Template;
use crate::session::Session;
use crate::shown::abbreviate;

/// Something that is made from a text.
pub(super) trait FromPattern: Sized {
    /// What it is called in messages.
    const KIND: &'static str;
    /// Or what is wrong with the text.
    fn from_pattern(text: &str) -> Result<Self, String>;
}

pub(super) enum Pattern<T> {
    /// Prepared once, the same for all users.
    Ready(T),
    /// Made for every use.
    Rendered(Template),
}

impl<T: FromPattern> Pattern<T> {
    /// Makes it, if it has no expressions; one that cannot be made is a mistake of the step.
    pub(super) fn compile(source: &str, cx: &mut Symbols<'_>) -> Self {
        let template = cx.template(source);
        let Some(literal) = template.as_literal() else {
            return Pattern::Rendered(template);
        };
        match T::from_pattern(literal) {
            Ok(made) => Pattern::Ready(made),
            Err(why) => {
                cx.mistake(format!("{} \"{}\": {why}", T::KIND, abbreviate(literal)));
                Pattern::Rendered(template)
            }
        }
    }

    /// The pattern, if it is the same for all users.
    pub(super) fn ready(&self) -> Option<&T> {
        match self {
            Pattern::Ready(made) => Some(made),
            Pattern::Rendered(_) => None,
        }
    }

    /// Gives it to `use_it`.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Pattern`] if an expression has no value or the text that it makes is none of this kind.
    pub(super) fn with<R>(&self, session: &Session, use_it: impl FnOnce(&T) -> R) -> Result<R, ExtractError> {
        match self {
            Pattern::Ready(made) => Ok(use_it(made)),
            Pattern::Rendered(template) => {
                let mut text = String::new();
                template.render(session, &mut text)?;
                match T::from_pattern(&text) {
                    Ok(made) => Ok(use_it(&made)),
                    Err(why) => Err(ExtractError::Pattern(format!("{} of this user: {why}", T::KIND))),
                }
            }
        }
    }
}

/// How deep brackets may be nested in most languages.
pub(super) const NESTED: usize = 50;

/// Refuses a text so long, or with so many brackets in brackets or operators in a row, that a parser which calls itself
/// for each could run out of stack.
///
/// # Errors
///
/// What there is too much of.
pub(super) fn refuse_deep(text: &str, nested: usize) -> Result<(), String> {
    const LENGTH: usize = 10_000;
    const OPERATORS: usize = 500;
    if text.len() > LENGTH {
        return Err(format!("it is longer than {LENGTH} bytes"));
    }
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' | b'|' | b'!' | b'-' | b'&' | b'/' | b'+' | b'*' | b'=' | b'<' | b'>' => operators += 1,
            _ => {}
        }
        if depth > nested {
            return Err(format!("brackets are nested more than {nested} deep"));
        }
        if operators > OPERATORS {
            return Err(format!("there are more than {OPERATORS} operators in it"));
        }
    }
    Ok(())
}

impl FromPattern for Regex {
    const KIND: &'static str = "regular expression";

    fn from_pattern(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty, every text matches that; write what to look for".to_owned());
        }
        Regex::new(text).map_err(|error| {
            // A syntax error is a drawing of several lines; its last one says what is wrong.
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default();
            last.trim().trim_start_matches("error: ").to_owned()
        })
    }
}

/// The name of a header.
pub(super) struct HeaderName(pub(super) String);

impl FromPattern for HeaderName {
    const KIND: &'static str = "header name";

    fn from_pattern(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty; name a header".to_owned());
        }
        match text.chars().find(|c| *c == ':' || c.is_whitespace() || c.is_control()) {
            Some(wrong) => Err(format!("a header name cannot contain {wrong:?}; leave it out")),
            None => Ok(HeaderName(text.to_owned())),
        }
    }
}

/// A text to be looked for.
pub(super) struct Substring(pub(super) String);

impl FromPattern for Substring {
    const KIND: &'static str = "substring";

    fn from_pattern(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Err("it is empty, every text holds that; name what to look for".to_owned())
        } else {
            Ok(Substring(text.to_owned()))
        }
    }
}
