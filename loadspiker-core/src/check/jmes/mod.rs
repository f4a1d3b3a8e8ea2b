//! [`jmes_path`]: values that a JMESPath finds in a body of JSON.
//!
//! The crate `jmespath` parses the expressions and brings the functions. What lies between is walked here, over the JSON
//! as all other checks see it: nothing of the body is copied or converted but what is given to a function.

mod evaluate;
mod outline;
mod parse;

use std::sync::Arc;

use super::builder::Check;
use super::extract::{Extract, ExtractError, Extractor, Found, Subject};
use super::json::{JsonParts, JsonTree};
use super::pattern::Pattern;
use crate::expression::Symbols;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::Value;
pub(super) use parse::JmesPath;

/// The value of a [JMESPath](https://jmespath.org) expression on a JSON body, with its own type: `jmes_path("items[0].price")`,
/// `jmes_path("length(items)")`, ``jmes_path("items[?stock > `0`].id")``.
///
/// A JMESPath returns one value. If that is a list, [`find`](Check::find) returns the whole list. The other methods work on
/// its elements: `find_nth(n)` takes one of them, `find_random()` a random one, `count()` their number, and `find_all()`
/// the list unless it is empty. JMESPath itself does not distinguish missing from null. Here, a missing field or element
/// is not found, and null is found as null.
///
/// ```
/// use loadspiker_core::check::jmes_path;
///
/// let checks = [
///     jmes_path("shop.name").is("Corner"),
///     jmes_path("length(items)").gte(3),
///     jmes_path("items[*].id").find_random().save_as("id"),
///     jmes_path("max_by(items, &price).id").save_as("dearest"),
/// ];
/// # let _ = checks;
/// ```
pub fn jmes_path(expression: impl AsRef<str>) -> Check {
    Check::from_extractor(Path(expression.as_ref().into()))
}

#[derive(Debug)]
struct Path(Arc<str>);

impl Extractor for Path {
    fn label(&self) -> String {
        format!("jmes_path {}", abbreviate(&self.0))
    }
    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(CompiledPath { expression: Pattern::compile(&self.0, cx), label: self.label().into() })
    }
}

struct CompiledPath {
    expression: Pattern<JmesPath>,
    label: Box<str>,
}

impl Extract for CompiledPath {
    fn json_parts(&self) -> Option<JsonParts> {
        Some(self.expression.ready().map_or_else(JsonParts::whole, JmesPath::json_parts))
    }

    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let json = from.json_parts()?;
        self.expression.with(session, |path| {
            let failed = |error| ExtractError::Response(format!("{}: {error}", self.label));
            match path.search(json, from.arena()).map_err(failed)? {
                None => {}
                Some(JsonTree::List(items)) if !found.takes_whole() => found.offer_all(*items, Value::from),
                Some(whole) => found.offer(|| whole),
            }
            Ok(())
        })?
    }
}
