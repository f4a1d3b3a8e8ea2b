//! [`Spot`]: what an assertion looks at, found in a report.

use std::borrow::Cow;

use super::scope::Place;
use crate::report::{GroupReport, MetricReport, RequestReport, RunReport, Statistics};

/// What an assertion looks at, found in a report.
pub(super) enum Spot<'a> {
    All,
    /// A request, in one group or several.
    Requests(Vec<&'a RequestReport>),
    Group(&'a GroupReport),
    Scenario(&'a str),
    Check(&'a str),
    Metric(&'a MetricReport),
}

impl<'a> Spot<'a> {
    /// Where `place` is; `path` is that of the request if it is each of them.
    pub(super) fn of(place: &'a Place, path: &str, report: &'a RunReport) -> Option<Self> {
        let requests = |path: &str| {
            let exact: Vec<_> = report.requests().iter().filter(|request| request.path() == path).collect();
            let named = || report.requests().iter().filter(|request| request.name() == path).collect();
            let found: Vec<_> = if exact.is_empty() { named() } else { exact };
            (!found.is_empty()).then_some(Spot::Requests(found))
        };
        match place {
            Place::Global => Some(Spot::All),
            Place::ForAll => requests(path),
            Place::Details(path) => requests(path).or_else(|| report.group(path).map(Spot::Group)),
            Place::Scenario(name) => Some(Spot::Scenario(name)),
            Place::Check(name) => Some(Spot::Check(name)),
            Place::Tagged(..) | Place::Event(..) => None,
            Place::Metric(wanted) => {
                report.metrics().iter().find(|metric| metric.name() == wanted.name).map(Spot::Metric)
            }
        }
    }

    /// The requests that are looked at, each with its figures there.
    pub(super) fn requests(&self, report: &'a RunReport) -> Vec<(&'a RequestReport, Cow<'a, Statistics>)> {
        let all = report.requests().iter();
        let whole = |request: &'a RequestReport| (request, Cow::Borrowed(request.statistics()));
        match self {
            Spot::All | Spot::Check(_) => all.map(whole).collect(),
            Spot::Requests(requests) => requests.iter().copied().map(whole).collect(),
            Spot::Group(group) => {
                let inside = |request: &&RequestReport| {
                    let outer = request.groups().take(group.groups().len());
                    request.groups().len() >= group.groups().len() && outer.eq(group.groups())
                };
                all.filter(inside).map(whole).collect()
            }
            Spot::Scenario(name) => {
                all.filter_map(|request| Some((request, Cow::Owned(request.within(name, report)?)))).collect()
            }
            Spot::Metric(_) => Vec::new(),
        }
    }
}
