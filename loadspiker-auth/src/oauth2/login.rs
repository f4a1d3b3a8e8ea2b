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

    /// Whether there are no fields.
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
    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CompiledText)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

/// A login at a web page. Redirects are followed, the form that has the first of the fields is filled in, and other forms, such
/// as a consent form, are submitted unchanged.
#[non_exhaustive]
pub struct LoginVisit<'a> {
    /// The name under which its requests are counted.
    pub name: String,
    /// Whether its requests are left out of all statistics.
    pub silent: bool,
    /// The first page.
    pub url: String,
    /// The visit ends when a redirect leads to this URL, ignoring the query. The URL itself is not requested. `None`: it ends at
    /// the first page without a form.
    pub goal: Option<Url>,
    /// The fields to fill in.
    pub fields: &'a CompiledLoginFields,
    /// Fields to fill in additionally, in every form.
    pub extra: Vec<(String, String)>,
}
