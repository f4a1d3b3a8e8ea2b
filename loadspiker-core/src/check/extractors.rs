//! The built-in checks: [`status`], [`header`], [`json_path`] and their like.

use std::sync::Arc;

use regex::{Captures, Regex};

use super::builder::Check;
use super::extract::{Extract, ExtractError, Extractor, Found, Scope, Subject};
use super::pattern::{HeaderName, Pattern, Substring};
use crate::expression::Symbols;
use crate::expression::arg::millis;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::Value;

/// The status, an integer or a text: `status().is(200)`, `status().is("OK")`.
pub fn status() -> Check {
    Check::from_extractor(Plain::Status)
}

/// The URL that the response came from, after redirects; a text.
pub fn current_location() -> Check {
    Check::from_extractor(Plain::Location)
}

/// The values of a header, as texts. Names are case-insensitive.
pub fn header(name: impl AsRef<str>) -> Check {
    Check::from_extractor(Header(name.as_ref().into()))
}

/// The matches of a regular expression in the values of a header; see [`regex`](regex()) for what a match is.
pub fn header_regex(name: impl AsRef<str>, regex: impl AsRef<str>) -> Check {
    Check::from_extractor(HeaderRegex { name: name.as_ref().into(), regex: regex.as_ref().into() })
}

/// The whole body as text, without a byte order mark. As for all checks on text, it is decoded by
/// [`decode_text`](super::decode_text).
pub fn body_string() -> Check {
    Check::from_extractor(Plain::BodyString)
}

/// The whole body as bytes.
pub fn body_bytes() -> Check {
    Check::from_extractor(Plain::BodyBytes)
}

/// The positions at which the body contains a text, without overlaps, as integers: byte offsets from the start of the body
/// in UTF-8, whatever its original encoding.
pub fn substring(text: impl AsRef<str>) -> Check {
    Check::from_extractor(Holds(text.as_ref().into()))
}

/// The matches of a regular expression in the body. Without groups, a match is the whole text that matched; with one group,
/// the text of the group; with several, a list of their texts (null for a group that did not match).
pub fn regex(regex: impl AsRef<str>) -> Check {
    Check::from_extractor(BodyRegex(regex.as_ref().into()))
}

/// The time in milliseconds from the moment at which the user intended to send the request to the last byte, a float.
///
/// The value can be compared with a number or a duration: `response_time().lt(800.millis())`.
pub fn response_time() -> Check {
    Check::from_extractor(Plain::ResponseTime)
}

/// Those that need no preparation.
#[derive(Clone, Copy, Debug)]
enum Plain {
    Status,
    Location,
    BodyString,
    BodyBytes,
    ResponseTime,
}

impl Extractor for Plain {
    fn label(&self) -> String {
        let label = match self {
            Plain::Status => "status",
            Plain::Location => "location",
            Plain::BodyString => "body",
            Plain::BodyBytes => "body bytes",
            Plain::ResponseTime => "response time in ms",
        };
        label.to_owned()
    }

    fn scope(&self) -> Scope {
        match self {
            Plain::Status => Scope::Status,
            Plain::Location => Scope::Location,
            Plain::BodyString | Plain::BodyBytes => Scope::Body,
            Plain::ResponseTime => Scope::Time,
        }
    }

    fn shows_value(&self) -> bool {
        !matches!(self, Plain::BodyString | Plain::BodyBytes | Plain::ResponseTime)
    }

    fn compile(&self, _: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(*self)
    }
}

impl Extract for Plain {
    fn extract(&self, from: &Subject<'_>, _: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let response = from.response();
        match self {
            Plain::Status => found.offer_all(response.status(), Value::from),
            Plain::Location => found.offer_all(response.location(), Value::from),
            Plain::BodyString => {
                let text = from.text()?;
                found.offer(|| text);
            }
            Plain::BodyBytes => found.offer(|| response.body()),
            Plain::ResponseTime => found.offer_all(response.response_time(), millis),
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Header(Arc<str>);

impl Extractor for Header {
    fn label(&self) -> String {
        format!("header {}", self.0)
    }
    fn scope(&self) -> Scope {
        Scope::Header
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledHeader(Pattern::compile(&self.0, cx)))
    }
}

struct CompiledHeader(Pattern<HeaderName>);

impl Extract for CompiledHeader {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        self.0.with(session, |name| found.offer_all(from.response().header(&name.0), Value::from))
    }
}

#[derive(Debug)]
struct HeaderRegex {
    name: Arc<str>,
    regex: Arc<str>,
}

impl Extractor for HeaderRegex {
    fn label(&self) -> String {
        format!("header_regex {} {}", self.name, abbreviate(&self.regex))
    }
    fn scope(&self) -> Scope {
        Scope::Header
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledHeaderRegex {
            name: Pattern::compile(&self.name, cx),
            regex: Pattern::compile(&self.regex, cx),
        })
    }
}

struct CompiledHeaderRegex {
    name: Pattern<HeaderName>,
    regex: Pattern<Regex>,
}

impl Extract for CompiledHeaderRegex {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let values = self.name.with(session, |name| from.response().header(&name.0))?;
        self.regex.with(session, |regex| {
            found.offer_all(values.iter().flat_map(|value| regex.captures_iter(value)), |captures| groups(&captures));
        })
    }
}

#[derive(Debug)]
struct Holds(Arc<str>);

impl Extractor for Holds {
    fn label(&self) -> String {
        format!("substring \"{}\"", abbreviate(&self.0))
    }

    /// It finds places, and no text.
    fn is_secret(&self) -> bool {
        false
    }

    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledHolds(Pattern::compile(&self.0, cx)))
    }
}

struct CompiledHolds(Pattern<Substring>);

impl Extract for CompiledHolds {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let body = from.text()?;
        self.0.with(session, |wanted| found.offer_all(body.match_indices(&wanted.0), |(place, _)| place))
    }
}

#[derive(Debug)]
struct BodyRegex(Arc<str>);

impl Extractor for BodyRegex {
    fn label(&self) -> String {
        format!("regex {}", abbreviate(&self.0))
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledBodyRegex(Pattern::compile(&self.0, cx)))
    }
}

struct CompiledBodyRegex(Pattern<Regex>);

impl Extract for CompiledBodyRegex {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let body = from.text()?;
        self.0.with(session, |regex| found.offer_all(regex.captures_iter(body), |captures| groups(&captures)))
    }
}

/// The whole match, its only group, or the list of its groups.
fn groups(captures: &Captures<'_>) -> Value {
    let group = |index| captures.get(index).map_or(Value::Null, |group| Value::from(group.as_str()));
    match captures.len() {
        1 => group(0),
        2 => group(1),
        len => Value::List((1..len).map(group).collect()),
    }
}
