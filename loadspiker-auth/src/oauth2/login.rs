//! [`LoginVisit`]: a login at a page, for the grants that have one.

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText};
use url::Url;

use crate::Secret;

/// The fields of a login form, as a person fills them in. Their values are never shown.
#[derive(Clone, Debug, Default)]
pub struct LoginFields(Vec<(String, Secret)>);

impl LoginFields {
    /// Adds a field; its value may have expressions.
    pub fn add(&mut self, name: impl Into<String>, value: impl IntoText) {
        self.0.push((name.into(), Secret::new(value)));
    }

    /// Whether nothing is filled in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parses the expressions in the values. Mistakes are reported to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> CompiledLoginFields {
        CompiledLoginFields(self.0.iter().map(|(name, value)| (name.clone(), value.compile_for(name, cx))).collect())
    }
}

/// [`LoginFields`], compiled.
#[derive(Clone)]
pub struct CompiledLoginFields(Vec<(String, CompiledText)>);

impl CompiledLoginFields {
    /// Whether nothing is filled in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CompiledText)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

/// A login at a page: redirects are followed, the form that has the first of the fields is filled in, and other forms, such
/// as one that asks for consent, are sent as they are.
#[non_exhaustive]
pub struct LoginVisit<'a> {
    /// The name that its requests are counted under.
    pub name: String,
    /// Whether its requests are left out of all statistics.
    pub silent: bool,
    /// The first page.
    pub url: String,
    /// The visit ends where a redirect leads here, whatever the query; the URL is not visited. `None`: it ends at the first
    /// page without a form.
    pub goal: Option<Url>,
    /// What is filled in.
    pub fields: &'a CompiledLoginFields,
    /// What is filled in besides, into every form.
    pub extra: Vec<(String, String)>,
}
