//! [`json_path`]: values that a JSONPath finds in a body of JSON.

use std::sync::Arc;

use serde_json_path::JsonPath;

use super::outline::{Walk, outline};
use super::parts::JsonParts;
use crate::check::builder::Check;
use crate::check::extract::{Extract, ExtractError, Extractor, Found, Subject};
use crate::check::pattern::{FromPattern, Pattern, refuse_deep};
use crate::compile::CompileContext;
use crate::session::{Session, abbreviate};
use crate::value::Value;

/// The values that a JSONPath (RFC 9535) finds in the body, each of its own type: `json_path("$.items[*].price")`.
pub fn json_path(path: impl AsRef<str>) -> Check {
    Check::from_extractor(Path(path.as_ref().into()))
}

#[derive(Debug)]
struct Path(Arc<str>);

impl Extractor for Path {
    fn label(&self) -> String {
        format!("json_path {}", abbreviate(&self.0))
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Extract> {
        Box::new(CompiledPath(Pattern::compile(&self.0, cx)))
    }
}

struct CompiledPath(Pattern<Outlined>);

impl Extract for CompiledPath {
    fn json_parts(&self) -> Option<JsonParts> {
        Some(self.0.ready().map_or_else(JsonParts::whole, |path| path.parts.clone()))
    }

    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let json = from.json_parts()?;
        self.0.with(session, |path| match &path.way {
            Way::Walk(walk) => walk.through(json, |node| {
                found.offer(|| node);
                found.wants_more()
            }),
            Way::Query(path) => found.offer_all(path.query(json).iter(), |node| Value::from(*node)),
        })
    }
}

/// A path, and what it looks at.
pub(in crate::check) struct Outlined {
    parts: JsonParts,
    way: Way,
}

/// How a path finds what it leads to.
enum Way {
    Walk(Walk),
    Query(JsonPath),
}

impl FromPattern for Outlined {
    const KIND: &'static str = "JSONPath";

    fn from_pattern(text: &str) -> Result<Self, String> {
        // The time that its parser takes doubles with each filter in a filter.
        refuse_deep(text, 10)?;
        let path = JsonPath::parse(text).map_err(|error| {
            let hint = if text.trim_start().starts_with('$') { "" } else { "; a path begins with $" };
            // The position is an offset in bytes.
            let before = text.get(..error.position()).unwrap_or(text);
            let message = error.message().replace("parser error", "no valid path from here on");
            format!("at character {}: {message}{hint}", before.chars().count() + 1)
        })?;
        let (parts, walk) = outline(text);
        Ok(Outlined { parts, way: walk.map_or_else(|| Way::Query(path), Way::Walk) })
    }
}
