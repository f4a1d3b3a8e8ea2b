//! [`TagReport`]: the requests with a tag.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run_report::RunReport;
use super::statistics::Statistics;
use crate::metrics::{EventKey, RequestStats, SampleKind, TagKey};
use crate::report::RequestReport;

/// The requests with a tag, of all names, groups and scenarios together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagReport {
    name: Arc<str>,
    value: Arc<str>,
    figures: RequestStats,
    #[serde(skip)]
    statistics: Statistics,
}

impl TagReport {
    /// The name of the tag.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of the tag. What there were too many values for is under [`OTHER`](crate::metrics::OTHER).
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The figures of the requests with this tag.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}

/// What is counted beside requests by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Apart {
    pub(super) tags: Vec<TagReport>,
    pub(super) messages: Vec<RequestReport>,
    pub(super) connections: Vec<RequestReport>,
}

impl Apart {
    /// From what was counted in a run.
    pub(super) fn new(
        tagged: impl IntoIterator<Item = (Arc<TagKey>, Box<RequestStats>)>,
        events: impl IntoIterator<Item = (Arc<EventKey>, Box<RequestStats>)>,
    ) -> Self {
        let tag = |(key, figures): (Arc<TagKey>, Box<RequestStats>)| TagReport {
            name: key.name.clone(),
            value: key.value.clone(),
            figures: *figures,
            statistics: Statistics::default(),
        };
        let mut apart = Apart { tags: tagged.into_iter().map(tag).collect(), ..Apart::default() };
        for (key, figures) in events {
            let all = match key.kind {
                SampleKind::Message => &mut apart.messages,
                SampleKind::Connection => &mut apart.connections,
                SampleKind::Request => continue,
            };
            let place = all.iter().position(|known| known.path == key.of.path).unwrap_or_else(|| {
                all.push(RequestReport::empty(key.of.path.clone()));
                all.len() - 1
            });
            all[place].scenarios.insert(key.of.scenario.clone(), *figures);
        }
        for all in [&mut apart.messages, &mut apart.connections] {
            all.sort_by_key(|one| (one.scenarios.values().map(|stats| stats.first_ns).min(), one.path.clone()));
        }
        apart
    }

    /// Computes what follows from the parts, in a run whose rates are counted by so long.
    pub(super) fn derive(&mut self, run: Duration) {
        self.tags.iter_mut().for_each(|tag| tag.statistics = Statistics::new([&tag.figures], run));
        self.messages.iter_mut().chain(&mut self.connections).for_each(|one| one.derive(run));
    }
}

impl RunReport {
    /// The figures of the requests with this tag, of all names together; `None` if there was none.
    pub fn tagged(&self, name: &str, value: &str) -> Option<&Statistics> {
        self.apart.tags.iter().find(|tag| *tag.name == *name && *tag.value == *value).map(TagReport::statistics)
    }

    /// All tags, by name and value.
    pub fn tags(&self) -> &[TagReport] {
        &self.apart.tags
    }

    /// The messages of this name, found as [`request`](Self::request) finds requests. They are not among the requests.
    pub fn message(&self, path: &str) -> Option<&Statistics> {
        find(&self.apart.messages, path)
    }

    /// All messages, by the time of the first one.
    pub fn messages(&self) -> &[RequestReport] {
        &self.apart.messages
    }

    /// The connections of this name, found as [`request`](Self::request) finds requests. They are not among the requests.
    pub fn connection(&self, path: &str) -> Option<&Statistics> {
        find(&self.apart.connections, path)
    }

    /// All connections, by the time of the first one.
    pub fn connections(&self) -> &[RequestReport] {
        &self.apart.connections
    }

    /// With what was counted beside requests by their names.
    pub(super) fn with_apart(mut self, mut apart: Apart) -> Self {
        apart.derive(self.info.rate_window());
        self.apart = apart;
        self
    }
}

fn find<'a>(all: &'a [RequestReport], path: &str) -> Option<&'a Statistics> {
    let exact = all.iter().find(|one| one.path() == path);
    exact.or_else(|| all.iter().find(|one| one.name() == path)).map(RequestReport::statistics)
}
