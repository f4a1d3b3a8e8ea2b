//! [`Handle`]: what the four kinds of custom metrics have in common.

use std::sync::Arc;

use super::key::{MetricKind, Tags};

/// A custom metric: which, and with what tags. What the four kinds have in common; no user meets it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    name: Name,
    kind: MetricKind,
    unit: &'static str,
    tags: Option<Tags>,
}

#[derive(Clone, Debug, Eq)]
enum Name {
    Fixed(&'static str),
    Made(Arc<str>),
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Name::Fixed(name) => name,
            Name::Made(name) => name,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl Handle {
    pub(crate) const fn fixed(name: &'static str, kind: MetricKind) -> Self {
        Handle { name: Name::Fixed(name), kind, unit: "", tags: None }
    }

    pub(crate) fn made(name: Arc<str>, kind: MetricKind) -> Self {
        Handle { name: Name::Made(name), kind, unit: "", tags: None }
    }

    pub(crate) fn tagged(mut self, name: &str, value: &str) -> Self {
        self.tags = Some(Tags::new(self.tags().chain([(name, value)])));
        self
    }

    pub(crate) fn name(&self) -> &str {
        self.name.text()
    }

    pub(crate) fn kind(&self) -> MetricKind {
        self.kind
    }

    pub(crate) const fn set_unit(&mut self, unit: &'static str) {
        self.unit = unit;
    }

    pub(crate) fn unit(&self) -> &'static str {
        self.unit
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().flat_map(Tags::iter)
    }
}

/// What to say of a value that a metric cannot record.
pub(crate) fn wrong_number(kind: MetricKind, name: &str, wanted: &str) -> String {
    format!("is not {wanted}, which the {kind} \"{name}\" needs")
}
