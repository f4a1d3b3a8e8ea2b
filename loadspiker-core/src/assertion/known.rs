//! [`KnownNames`]: finds assertions about names that do not occur, before the run.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::names::not_found;
use super::scope::Place;
use super::{Assertion, Criterion};
use crate::metrics::SEPARATOR;
use crate::spelling::nearest;

/// What the report of a simulation can have, as far as it is known before the run.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    /// Paths of requests.
    pub(crate) requests: BTreeSet<String>,
    /// The requests, without their groups.
    pub(crate) request_names: BTreeSet<Arc<str>>,
    /// Those of them that are in groups which are not known.
    pub(crate) unplaced: BTreeSet<Arc<str>>,
    /// Paths of groups.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) checks: BTreeSet<Arc<str>>,
    pub(crate) scenarios: Vec<Arc<str>>,
    /// There may be other requests and groups.
    pub(crate) late: bool,
    /// There may be other checks.
    pub(crate) late_checks: bool,
}

/// What is to be said of the name in an assertion.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NameDoubt {
    /// It does not occur, or means two things.
    Wrong(String),
    /// Only code of the user's could make it occur, and it looks much like one that is known.
    Perhaps(String),
}

impl Assertion {
    /// What is wrong with the name that it is about.
    pub(crate) fn name_doubt(&self, known: &KnownNames) -> Option<NameDoubt> {
        self.doubt(known, "assertion", self)
    }

    fn doubt(&self, known: &KnownNames, what: &str, of: &dyn fmt::Display) -> Option<NameDoubt> {
        let doubt = match &self.place {
            Place::Details(path) => known.doubt_of_path(path),
            Place::Scenario(name) => known.doubt_of_scenario(name),
            Place::Check(name) => known.doubt_of_check(name),
            Place::Global | Place::ForAll | Place::Metric(_) | Place::Tagged(..) | Place::Event(..) => None,
        }?;
        let text = |message| format!("{what} \"{of}\": {message}");
        Some(match doubt {
            NameDoubt::Wrong(message) => NameDoubt::Wrong(text(message)),
            NameDoubt::Perhaps(message) => NameDoubt::Perhaps(text(message)),
        })
    }
}

impl Criterion {
    /// What is wrong with the name that it is about.
    pub(crate) fn name_doubt(&self, known: &KnownNames) -> Option<NameDoubt> {
        self.assertion.doubt(known, "criterion", self)
    }
}

impl KnownNames {
    fn doubt_of_path(&self, path: &str) -> Option<NameDoubt> {
        if path.trim().is_empty() {
            return None;
        }
        let (request, group) = (self.requests.contains(path), self.groups.contains(path));
        if request && group {
            let message = format!("\"{path}\" is a request and a group; give one of them another name");
            return Some(NameDoubt::Wrong(message));
        }
        if request || group || self.request_names.contains(path) || self.is_derived(path) {
            return None;
        }
        let names = self.requests.iter().chain(&self.groups);
        if !self.late {
            let none = "no request has a name that is known before the run";
            return Some(NameDoubt::Wrong(not_found("request or group", path, "", names.cloned().collect(), none)));
        }
        let names = names.map(String::as_str).chain(self.request_names.iter().map(|name| &**name));
        perhaps("request or group", path, nearest(path, names))
    }

    /// Whether it is a request of a protocol's own, or one that comes of another: "login Redirect 1".
    fn is_derived(&self, path: &str) -> bool {
        let of = |name: &str| {
            let rest = path.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(' ') && !rest.starts_with(SEPARATOR))
        };
        let behind = |name: &Arc<str>| path.strip_suffix(&**name).is_some_and(|groups| groups.ends_with(SEPARATOR));
        self.requests.iter().any(|name| of(name))
            || self.request_names.iter().any(|name| of(name))
            || self.unplaced.iter().any(behind)
    }

    fn doubt_of_scenario(&self, name: &str) -> Option<NameDoubt> {
        let known = name.trim().is_empty() || self.scenarios.iter().any(|known| **known == *name);
        let names = || self.scenarios.iter().map(|name| name.to_string()).collect();
        (!known).then(|| NameDoubt::Wrong(not_found("scenario", name, "", names(), "there are none")))
    }

    fn doubt_of_check(&self, name: &str) -> Option<NameDoubt> {
        if name.trim().is_empty() || self.checks.contains(name) {
            return None;
        }
        if self.late_checks {
            return perhaps("check", name, nearest(name, self.checks.iter().map(|name| &**name)));
        }
        let names = self.checks.iter().map(|name| name.to_string()).collect();
        Some(NameDoubt::Wrong(not_found("check", name, "", names, "there are none")))
    }
}

fn perhaps(what: &str, name: &str, near: Option<&str>) -> Option<NameDoubt> {
    let near = near?;
    Some(NameDoubt::Perhaps(format!("no {what} named \"{name}\" was found; did you mean \"{near}\"?")))
}
