//! [`NameBook`]: under which names requests, groups and checks will be found in the report, as far as that is known before
//! the run.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::assertion::KnownNames;
use crate::error::Mistake;
use crate::metrics::{Reserved, SEPARATOR};

/// A group of the simulation, by its place in the [`NameBook`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GroupNode(usize);

impl GroupNode {
    /// Outside of all groups.
    pub(crate) const ROOT: GroupNode = GroupNode(0);
    /// It is not known in which groups: the requests of a protocol's own, which are made wherever they are needed.
    pub(crate) const ANYWHERE: GroupNode = GroupNode(usize::MAX);
}

/// Where a name was written first.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) scenario: String,
    pub(crate) step: String,
    pub(crate) place: Option<&'static Location<'static>>,
}

/// A group within another one.
#[derive(Debug)]
struct Node {
    outer: GroupNode,
    /// `None` if it is made during the run.
    name: Option<Arc<str>>,
    spot: Spot,
}

/// The names of requests, groups and checks.
#[derive(Debug, Default)]
pub(crate) struct NameBook {
    /// The first of them has the number 1.
    groups: Vec<Node>,
    inside: FxHashMap<(GroupNode, Option<Arc<str>>), GroupNode>,
    /// In the order of the program.
    requests: Vec<(GroupNode, Arc<str>, Spot)>,
    seen: BTreeSet<(usize, Arc<str>)>,
    /// Requests or groups are named during the run.
    late: bool,
    late_checks: bool,
    /// A name holds a separator, or a part of one.
    odd: bool,
}

/// Groups that are nested more deeply are not told apart before the run.
const DEEPEST: usize = 100;

impl NameBook {
    /// The group of this name in `outer`; `None` if its name is made during the run.
    pub(crate) fn group(&mut self, outer: GroupNode, name: Option<&str>, spot: impl FnOnce() -> Spot) -> GroupNode {
        let name: Option<Arc<str>> = name.map(Arc::from);
        let key = (outer, name.clone());
        if let Some(node) = self.inside.get(&key) {
            return *node;
        }
        self.late |= name.is_none();
        self.odd |= name.as_deref().is_some_and(is_odd);
        self.groups.push(Node { outer, name, spot: spot() });
        let node = GroupNode(self.groups.len());
        self.inside.insert(key, node);
        node
    }

    pub(crate) fn request(&mut self, group: GroupNode, name: &Arc<str>, spot: impl FnOnce() -> Spot) {
        if self.seen.insert((group.0, name.clone())) {
            self.odd |= is_odd(name);
            self.requests.push((group, name.clone(), spot()));
        }
    }

    /// Requests are named during the run; `checks`, too, if these are compiled then.
    pub(crate) fn named_late(&mut self, checks: bool) {
        self.late = true;
        self.late_checks |= checks;
    }

    /// Names of groups from the outermost; `None` if one of them is not known.
    fn path(&self, group: GroupNode) -> Option<Vec<Arc<str>>> {
        let mut path = Vec::new();
        let mut group = group;
        while group != GroupNode::ROOT {
            let node = self.groups.get(group.0.wrapping_sub(1))?;
            path.push(node.name.clone()?);
            if path.len() > DEEPEST {
                return None;
            }
            group = node.outer;
        }
        path.reverse();
        Some(path)
    }

    fn group_paths(&self) -> impl Iterator<Item = (Vec<Arc<str>>, &Spot)> {
        (1..).zip(&self.groups).filter_map(|(number, node)| Some((self.path(GroupNode(number))?, &node.spot)))
    }

    fn request_paths(&self) -> impl Iterator<Item = (Vec<Arc<str>>, &Spot)> {
        self.requests.iter().filter_map(|(group, name, spot)| {
            let mut path = self.path(*group)?;
            path.push(name.clone());
            Some((path, spot))
        })
    }

    /// Requests and groups that differ and have one path.
    pub(crate) fn clashes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        if !self.odd {
            return mistakes;
        }
        let mut taken: FxHashMap<String, (String, Vec<Arc<str>>, &Spot)> = FxHashMap::default();
        let groups = self.group_paths().map(|(path, spot)| ("group", path, spot));
        let requests = self.request_paths().map(|(path, spot)| ("request", path, spot));
        for (what, path, spot) in groups.chain(requests) {
            let joined = path.join(SEPARATOR);
            let described = describe(what, &path);
            let Some((other, other_path, first)) = taken.get(&joined) else {
                taken.insert(joined, (described, path, spot));
                continue;
            };
            if *other_path == path {
                continue;
            }
            let at = first.place.map(|place| format!(" (at {place})")).unwrap_or_default();
            mistakes.push(Mistake {
                scenario: spot.scenario.clone(),
                step: spot.step.clone(),
                place: spot.place,
                message: format!(
                    "the {described} and the {other}{at} have one path, \"{joined}\": reports and assertions could not \
                     tell them apart; give one of them a name without \"{SEPARATOR}\""
                ),
            });
        }
        mistakes
    }

    /// The paths that names made during the run are to keep clear of.
    pub(crate) fn reserved(&self) -> Reserved {
        if !self.odd {
            return Reserved::default();
        }
        let all = self.group_paths().chain(self.request_paths()).map(|(path, _)| path);
        Reserved::new(all.filter(|path| path.iter().any(|name| is_odd(name))))
    }

    /// What assertions may be about.
    pub(crate) fn known(&self, scenarios: &[Arc<str>], checks: &BTreeSet<Arc<str>>) -> KnownNames {
        let joined = |(path, _): (Vec<Arc<str>>, &Spot)| path.join(SEPARATOR);
        let unplaced = self.requests.iter().filter(|(group, ..)| self.path(*group).is_none());
        KnownNames {
            requests: self.request_paths().map(joined).collect(),
            request_names: self.requests.iter().map(|(_, name, _)| name.clone()).collect(),
            unplaced: unplaced.map(|(_, name, _)| name.clone()).collect(),
            groups: self.group_paths().map(joined).collect(),
            checks: checks.clone(),
            scenarios: scenarios.to_vec(),
            late: self.late,
            late_checks: self.late_checks,
        }
    }
}

/// `request "b" in the group "a"`.
fn describe(what: &str, path: &[Arc<str>]) -> String {
    match path.split_last() {
        None => what.to_owned(),
        Some((name, [])) => format!("{what} \"{name}\""),
        Some((name, groups)) => {
            let groups: Vec<_> = groups.iter().rev().map(|group| format!(" in the group \"{group}\"")).collect();
            format!("{what} \"{name}\"{}", groups.concat())
        }
    }
}

/// Whether it holds the separator of paths, or the end of one that neighbours make up a whole of.
fn is_odd(name: &str) -> bool {
    name.contains(SEPARATOR) || name.starts_with("/ ") || name.ends_with(" /")
}
