//! [`Tags`] and [`TagSet`]: tags of requests, as they are written and compiled.

use std::borrow::Cow;
use std::sync::Arc;

use super::CompileContext;
use crate::expression::{CompiledText, IntoText, TextArg};
use crate::metrics::{SampleTag, tag};
use crate::session::Session;

/// Tags as the user writes them: `.tag("endpoint", "checkout")`. A request builder of a protocol holds them, and compiles
/// them to a [`TagSet`].
///
/// ```
/// use loadspiker_core::expression::IntoText;
/// use loadspiker_core::protocol_prelude::*;
///
/// struct Get {
///     tags: Tags,
/// }
///
/// impl Get {
///     fn tag(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
///         self.tags.add(name, value);
///         self
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tags(Vec<(String, TextArg)>);

impl Tags {
    /// Adds a tag. Of a name that is given twice, the later value counts. The value may hold expressions; it must be one of
    /// few, since each is counted by itself.
    pub fn add(&mut self, name: impl Into<String>, value: impl IntoText) {
        let (name, value) = (name.into(), value.into_text());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

/// The tags of a request, compiled. Without any it takes no memory of its own, and costs a sample nothing.
#[derive(Debug, Default)]
pub struct TagSet(Kind);

#[derive(Debug, Default)]
enum Kind {
    #[default]
    None,
    Fixed(Box<[SampleTag]>),
    Rendered(Box<[(Arc<str>, CompiledText)]>),
}

impl TagSet {
    /// Compiles tags; mistakes are told with `cx.mistake`.
    pub fn compile(tags: &Tags, cx: &mut CompileContext<'_>) -> TagSet {
        if tags.0.is_empty() {
            return TagSet(Kind::None);
        }
        let mut compiled: Vec<(Arc<str>, CompiledText)> = Vec::with_capacity(tags.0.len());
        for (name, value) in &tags.0 {
            if name.trim().is_empty() {
                cx.mistake("the name of a tag is empty; give it one that can be found in a report");
            }
            compiled.push((name.as_str().into(), value.compile(cx)));
        }
        let fixed = compiled.iter().map(|(name, value)| Some(tag(name, value.as_literal()?)));
        match fixed.collect::<Option<_>>() {
            Some(fixed) => TagSet(Kind::Fixed(fixed)),
            None => TagSet(Kind::Rendered(compiled.into())),
        }
    }

    /// The tags of this user's request. An expression that cannot be evaluated leaves out its tag.
    #[inline]
    pub(crate) fn of<'a>(&'a self, session: &Session) -> Cow<'a, [SampleTag]> {
        match &self.0 {
            Kind::None => Cow::Borrowed(&[]),
            Kind::Fixed(tags) => Cow::Borrowed(tags),
            Kind::Rendered(tags) => rendered(tags, session),
        }
    }
}

#[cold]
fn rendered<'a>(tags: &[(Arc<str>, CompiledText)], session: &Session) -> Cow<'a, [SampleTag]> {
    let mut all = Vec::with_capacity(tags.len());
    let mut text = String::new();
    for (name, value) in tags {
        text.clear();
        if value.render(session, &mut text).is_ok() {
            all.push(tag(name, &text));
        }
    }
    Cow::Owned(all)
}
