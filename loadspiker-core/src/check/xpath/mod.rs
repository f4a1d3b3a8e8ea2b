//! [`xpath`]: values found in an XML body by an XPath. `roxmltree` parses the body, once for all checks of a response;
//! `xpath-eval` parses expressions and evaluates them over the tree that [`tree`] builds.

mod review;
mod tree;

use std::sync::Arc;

use roxmltree::{Document, ParsingOptions};
use xpath_eval::{EvaluationContext, Expr, evaluate};

use super::builder::Check;
use super::extract::{Extract, ExtractError, Extractor, Found, Subject};
use super::pattern::{self, FromPattern, Pattern};
use crate::expression::Symbols;
use crate::session::Session;
use crate::shown::abbreviate;
use crate::value::Value;
use tree::Node;

/// The result of an XPath 1.0 expression on an XML or XHTML body: the text of each node, or the float, bool or text that
/// the expression returns.
///
/// In XPath, a name without a prefix is in no namespace. Prefixes declared on the root element of the body are known. For
/// other prefixes, and for a default namespace as in XHTML, use [`xpath_ns`].
///
/// ```
/// use loadspiker_core::check::xpath;
///
/// let checks = [
///     xpath("//item[@id='#{id}']/price").gt(0),
///     xpath("count(//item)").is(3),
///     xpath("/order/@status").is("open"),
///     xpath("//item/@id").find_random().save_as("id"),
/// ];
/// # let _ = checks;
/// ```
pub fn xpath(expression: impl AsRef<str>) -> Check {
    xpath_ns(expression, [] as [(&str, &str); 0])
}

/// Like [`xpath`], with prefixes for namespaces. The body may use other prefixes for the same namespaces.
///
/// ```
/// use loadspiker_core::check::xpath_ns;
///
/// let checks = [
///     xpath_ns("//h:h1", [("h", "http://www.w3.org/1999/xhtml")]).is("Welcome"),
///     xpath_ns("//soap:Fault", [("soap", "http://www.w3.org/2003/05/soap-envelope")]).not_exists(),
/// ];
/// # let _ = checks;
/// ```
pub fn xpath_ns<P: AsRef<str>, U: AsRef<str>>(
    expression: impl AsRef<str>,
    namespaces: impl IntoIterator<Item = (P, U)>,
) -> Check {
    let namespaces = namespaces.into_iter().map(|(prefix, uri)| (prefix.as_ref().into(), uri.as_ref().into()));
    Check::from_extractor(Path { expression: expression.as_ref().into(), namespaces: namespaces.collect() })
}

/// Prefixes and what they stand for.
type Namespaces = Arc<[(Box<str>, Box<str>)]>;

#[derive(Debug)]
struct Path {
    expression: Arc<str>,
    namespaces: Namespaces,
}

impl Extractor for Path {
    fn label(&self) -> String {
        format!("xpath {}", abbreviate(&self.expression))
    }

    fn compile(&self, cx: &mut Symbols<'_>) -> Box<dyn Extract> {
        for (prefix, uri) in &*self.namespaces {
            if prefix.is_empty() || uri.is_empty() {
                cx.mistake(format!(
                    "the namespace (\"{prefix}\", \"{uri}\") of an XPath lacks its prefix or its URI; write both"
                ));
            }
        }
        Box::new(CompiledPath {
            label: self.label().into(),
            expression: Pattern::compile(&self.expression, cx),
            namespaces: self.namespaces.clone(),
        })
    }
}

struct CompiledPath {
    label: Box<str>,
    expression: Pattern<XPath>,
    namespaces: Namespaces,
}

/// An expression, parsed and looked over.
pub(super) struct XPath(Expr);

impl FromPattern for XPath {
    const KIND: &'static str = "XPath";

    fn from_pattern(text: &str) -> Result<Self, String> {
        pattern::refuse_deep(text, pattern::NESTED)?;
        let parsed = xpath_eval::parse(text);
        let parsed = parsed.map_err(|error| format!("at character {}: {}", error.position + 1, error.message))?;
        review::expression(&parsed)?;
        Ok(XPath(parsed))
    }
}

impl Extract for CompiledPath {
    fn extract(&self, from: &Subject<'_>, session: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        let document = from.xml()?;
        self.expression.with(session, |XPath(expression)| {
            let namespaces = |prefix: &str| {
                let own = self.namespaces.iter().find(|(known, _)| **known == *prefix).map(|(_, uri)| &**uri);
                let declared = || document.root_element().lookup_namespace_uri(Some(prefix));
                own.or_else(declared).map(str::to_owned)
            };
            let mut context = EvaluationContext::new(Node::root(document));
            context.namespaces = Some(&namespaces);
            let failed = |error| ExtractError::Response(format!("{}: {error}", self.label));
            let value = evaluate(expression, &context).map_err(failed)?;
            match value {
                xpath_eval::Value::NodeSet(nodes) => found.offer_all(nodes, |node| Value::from(node.text().as_ref())),
                xpath_eval::Value::Number(number) => found.offer(|| number),
                xpath_eval::Value::Boolean(truth) => found.offer(|| truth),
                xpath_eval::Value::String(text) => found.offer(|| text),
            }
            Ok(())
        })?
    }
}

/// Parses a body.
///
/// # Errors
///
/// Why it is no XML.
pub(super) fn parse(text: &str) -> Result<Document<'_>, String> {
    if text.is_empty() {
        return Err("body is not valid XML: it is empty".to_owned());
    }
    // A document type, as XHTML has it, is read over; entities in it are bounded by the parser.
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| format!("body is not valid XML: {error}"))
}
