//! Under what a custom metric is counted: name, kind, tags.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::metrics::limits::{OTHER, clip};

/// The kind of a custom metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MetricKind {
    /// A sum of whole numbers.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// The share of what is not zero.
    Rate,
    /// A distribution of numbers.
    Trend,
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Rate => "rate",
            MetricKind::Trend => "trend",
        })
    }
}

/// Tags in the order of their names, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tags(Arc<[(Arc<str>, Arc<str>)]>);

impl Tags {
    /// Of a name given twice the later value counts. Long texts are cut.
    pub(crate) fn new<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sorted: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (name, value) in tags {
            let (name, value) = (clip(name), clip(value));
            match sorted.binary_search_by(|(known, _)| (**known).cmp(name)) {
                Ok(place) => sorted[place].1 = value.into(),
                Err(place) => sorted.insert(place, (name.into(), value.into())),
            }
        }
        Tags(sorted.into())
    }

    /// Those under which combinations are counted once there are too many.
    pub(crate) fn other() -> Self {
        Tags(Arc::new([(OTHER.into(), "".into())]))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether all of `wanted` are among them.
    pub(crate) fn have(&self, wanted: &Tags) -> bool {
        wanted.0.iter().all(|tag| self.0.contains(tag))
    }
}

impl fmt::Display for Tags {
    /// `kind=express, region=eu`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
            if !value.is_empty() {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// A custom metric with a combination of tags.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct MetricKey {
    pub(crate) name: Arc<str>,
    pub(crate) kind: MetricKind,
    #[serde(default)]
    pub(crate) tags: Tags,
    #[serde(default)]
    pub(crate) unit: Arc<str>,
}

impl MetricKey {
    /// Where combinations of tags of this metric are counted once there are too many.
    pub(crate) fn with_other_tags(&self) -> MetricKey {
        MetricKey { tags: Tags::other(), ..self.clone() }
    }

    /// Where metrics of this kind are counted once there are too many.
    pub(crate) fn other(&self) -> MetricKey {
        MetricKey { name: OTHER.into(), kind: self.kind, tags: Tags::default(), unit: Arc::default() }
    }

    /// Whether it is one of these places, which take no room.
    pub(crate) fn is_other(&self) -> bool {
        &*self.name == OTHER || self.tags.iter().any(|(name, _)| name == OTHER)
    }
}
