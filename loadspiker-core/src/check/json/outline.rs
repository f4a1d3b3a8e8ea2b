//! What a JSONPath looks at, seen from its text: the library keeps the parsed path to itself. And [`Walk`], for paths of
//! so simple a form that they are walked right away.

use serde_json::Value as Json;

use super::parts::JsonParts;

/// What a valid path looks at, at most, and how to walk it, if it is simple. What follows a segment of no simple form may
/// look at all from there on.
pub(super) fn outline(path: &str) -> (JsonParts, Option<Walk>) {
    let mut segments = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or_default();
    while let Some((segment, after)) = Segment::read(rest) {
        segments.push(segment);
        rest = after;
    }
    // A filter may look at other parts of the document, from its root.
    if rest.contains('$') {
        return (JsonParts::whole(), None);
    }
    let walk = rest.is_empty().then(|| segments.iter().map(Segment::step).collect()).flatten().map(Walk);
    (segments.into_iter().rev().fold(JsonParts::whole(), |parts, segment| segment.around(parts)), walk)
}

/// A path of names, places and wildcards alone: most are. Walking it takes a third of the time that a query takes.
pub(super) struct Walk(Box<[Step]>);

enum Step {
    Name(Box<str>),
    Index(usize),
    Wildcard,
}

impl Walk {
    /// Gives what the path finds to `found`, until that wants no more.
    pub(super) fn through<'j>(&self, json: &'j Json, mut found: impl FnMut(&'j Json) -> bool) {
        walk(&self.0, json, &mut found);
    }
}

/// Whether more is wanted.
fn walk<'j>(steps: &[Step], json: &'j Json, found: &mut impl FnMut(&'j Json) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return found(json) };
    match (step, json) {
        (Step::Name(name), Json::Object(fields)) => fields.get(&**name).is_none_or(|json| walk(rest, json, found)),
        (Step::Index(place), Json::Array(items)) => items.get(*place).is_none_or(|json| walk(rest, json, found)),
        (Step::Wildcard, Json::Array(items)) => items.iter().all(|json| walk(rest, json, found)),
        (Step::Wildcard, Json::Object(fields)) => fields.values().all(|json| walk(rest, json, found)),
        _ => true,
    }
}

enum Segment<'t> {
    Name(&'t str),
    Index(usize),
    /// From the end, or a slice: the length matters.
    AnyElement,
    Wildcard,
    /// With what the filter looks at in each child.
    Filter(JsonParts),
}

impl<'t> Segment<'t> {
    /// The first segment of `text`, and what follows it.
    fn read(text: &'t str) -> Option<(Self, &'t str)> {
        if let Some(text) = text.strip_prefix('.') {
            if let Some(rest) = text.strip_prefix('*') {
                return Some((Segment::Wildcard, rest));
            }
            return name(text).map(|(name, rest)| (Segment::Name(name), rest));
        }
        let text = text.strip_prefix('[')?;
        if let Some(quote @ ('\'' | '"')) = text.chars().next() {
            let (name, rest) = quoted(&text[1..], quote)?;
            return Some((Segment::Name(name), rest.strip_prefix(']')?));
        }
        if let Some(text) = text.strip_prefix('?') {
            return filter(text);
        }
        let (inside, rest) = text.split_once(']')?;
        let segment = match inside {
            "*" => Segment::Wildcard,
            _ if inside.bytes().all(|byte| byte.is_ascii_digit()) => Segment::Index(inside.parse().ok()?),
            _ if inside.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':')) => Segment::AnyElement,
            _ => return None,
        };
        Some((segment, rest))
    }

    fn step(&self) -> Option<Step> {
        match self {
            Segment::Name(name) => Some(Step::Name((*name).into())),
            Segment::Index(place) => Some(Step::Index(*place)),
            Segment::Wildcard => Some(Step::Wildcard),
            Segment::AnyElement | Segment::Filter(_) => None,
        }
    }

    /// What is looked at where this segment stands, if it is `parts` of what the segment selects.
    fn around(self, parts: JsonParts) -> JsonParts {
        let any = |parts: JsonParts| JsonParts::any_field(parts.clone()).and(JsonParts::any_element(parts));
        match self {
            Segment::Name(name) => JsonParts::field(name, parts),
            Segment::Index(place) => JsonParts::element(place, parts),
            Segment::AnyElement => JsonParts::any_element(parts),
            Segment::Wildcard => any(parts),
            Segment::Filter(looked_at) => any(parts.and(looked_at)),
        }
    }
}

fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The text up to the closing quote, and what follows that.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    text.split_once(quote).filter(|(inside, _)| !inside.contains('\\'))
}

/// A filter up to its bracket: it looks at the fields that follow an `@`.
fn filter(mut text: &str) -> Option<(Segment<'_>, &str)> {
    let mut looked_at = JsonParts::kind();
    loop {
        let c = text.chars().next()?;
        text = &text[c.len_utf8()..];
        match c {
            ']' => return Some((Segment::Filter(looked_at), text)),
            '\'' | '"' => text = quoted(text, c)?.1,
            '@' => {
                let mut names = Vec::new();
                while let Some(after) = text.strip_prefix('.') {
                    let (name, rest) = name(after)?;
                    names.push(name);
                    text = rest;
                }
                if text.starts_with('[') || names.is_empty() {
                    return None;
                }
                let parts =
                    names.into_iter().rev().fold(JsonParts::whole(), |parts, name| JsonParts::field(name, parts));
                looked_at = looked_at.and(parts);
            }
            '[' | '$' => return None,
            _ => {}
        }
    }
}
