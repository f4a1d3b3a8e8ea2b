//! The expression language: `#{name}`, `#{list(0)}`, `#{map.key}`, `#{randomInt(1,6)}`.

use crate::session::{Session, Slot};

/// A parsed text with expressions.
#[derive(Clone, Debug)]
pub struct Template {
    source: std::sync::Arc<str>,
}

/// Why a template cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x")]
pub struct ParseError;

/// Why a template cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x")]
pub struct EvalError;

impl Template {
    /// Parses; `slots` gives the slot of each attribute mentioned.
    pub fn parse(source: &str, slots: &mut dyn FnMut(&str) -> Slot) -> Result<Template, ParseError> {
        let _ = slots;
        Ok(Template::literal(source))
    }
    /// A text without expressions.
    pub fn literal(text: &str) -> Template {
        Template { source: text.into() }
    }
    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// The text, if there is no expression in it.
    pub fn as_literal(&self) -> Option<&str> {
        Some(&self.source)
    }
    /// Appends the text for this session.
    pub fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        let _ = session;
        out.push_str(&self.source);
        Ok(())
    }
    /// The value: of native type if the template is a single expression.
    pub fn value(&self, session: &Session) -> Result<crate::Value, EvalError> {
        let _ = session;
        Ok((&*self.source).into())
    }
}
