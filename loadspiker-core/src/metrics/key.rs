//! Under what a figure is counted: scenario, path of groups, name.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::OTHER;
use super::sample::SampleKind;

/// What stands between the names of a path.
pub(crate) const SEPARATOR: &str = " / ";

/// Names of nested groups, outermost first.
pub(crate) type Groups = Arc<[Arc<str>]>;

/// Where a request stands: its groups and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RequestPath {
    pub(crate) groups: Groups,
    pub(crate) name: Arc<str>,
}

impl RequestPath {
    /// Whether it is in the group of this full name, or in one within it.
    pub(crate) fn is_inside(&self, group: &str) -> bool {
        (1..=self.groups.len()).any(|depth| self.groups[..depth].join(SEPARATOR) == group)
    }
}

impl fmt::Display for RequestPath {
    /// `group / name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in &*self.groups {
            write!(f, "{group}{SEPARATOR}")?;
        }
        f.write_str(&self.name)
    }
}

/// A request of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RequestKey {
    pub(crate) scenario: Arc<str>,
    pub(crate) path: RequestPath,
}

/// Messages or connections of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventKey {
    pub(crate) kind: SampleKind,
    pub(crate) of: RequestKey,
}

/// Requests with a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TagKey {
    pub(crate) name: Arc<str>,
    pub(crate) value: Arc<str>,
}

impl TagKey {
    /// Where further values of a tag are counted once there are too many; of too many names, all together.
    pub(crate) fn other(name: &Arc<str>) -> Self {
        TagKey { name: name.clone(), value: OTHER.into() }
    }
}

/// A group of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct GroupKey {
    pub(crate) scenario: Arc<str>,
    pub(crate) path: Groups,
}
