//! [`json_path`]: values found in a JSON body by a JSONPath.

mod evaluate;
mod outline;
mod parse;
mod query;

use std::sync::Arc;

use bumpalo::Bump;

use super::parts::JsonParts;
use super::tree::JsonTree;
use crate::check::builder::Check;
use crate::check::extract::{Extract, ExtractError, Extractor, Found, Subject};
use crate::check::pattern::{FromPattern, Pattern};
use crate::expression::Symbols;
use crate::session::Session;
use crate::shown::abbreviate;
use query::Query;

/// The values that a JSONPath (RFC 9535) finds in a JSON body, each with its own type: `json_path("$.items[*].price")`.
pub fn json_path(path: impl AsRef<str>) -> Check {
    Check::from_extractor(Path(path.as_ref().into()))
}

#[derive(Debug)]
struct Path(Arc<str>);

impl Extractor for Path {
    fn label(&self) -> String {
        format!("json_path {}", abbreviate(&self.0))
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledPath(Pattern::compile(&self.0, cx)))
    }
}

struct CompiledPath(Pattern<JsonPath>);

impl Extract for CompiledPath {
    fn json_parts(&self) -> Option<JsonParts> {
        Some(self.0.ready().map_or_else(JsonParts::whole, |path| path.json_parts().clone()))
    }

    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let json = from.json_parts()?;
        self.0.with(session, |path| {
            path.through(json, from.arena(), &mut |node| {
                found.offer(|| node);
                found.wants_more()
            });
        })
    }
}

/// A path, and what it looks at.
pub(super) struct JsonPath {
    query: Query,
    parts: JsonParts,
}

impl JsonPath {
    pub(super) fn json_parts(&self) -> &JsonParts {
        &self.parts
    }

    /// Gives what it finds to `take`, in the order of the document, until that wants no more.
    pub(super) fn through<'d>(
        &'d self,
        json: &'d JsonTree<'d>,
        arena: &'d Bump,
        take: &mut dyn FnMut(&'d JsonTree<'d>) -> bool,
    ) {
        self.query.through(json, arena, take);
    }
}

impl FromPattern for JsonPath {
    const KIND: &'static str = "JSONPath";

    fn from_pattern(text: &str) -> Result<Self, String> {
        let query = parse::parse(text)?;
        Ok(JsonPath { parts: query.json_parts(), query })
    }
}
