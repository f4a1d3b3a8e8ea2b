//! [`KeptExchange`]: a failed request with what was sent and received, a few of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::RequestPath;
use super::limits::clip;
use crate::numbers::millis;
use crate::shown::Message;

/// How many failed exchanges of one request and one kind of error are kept.
const EACH: usize = 3;

/// How many are kept in all.
const ALL: usize = 50;

/// How many bytes of a request, and of a response, are kept.
const SIDE: usize = 8 * 1024;

/// A request that failed, with what was sent and received, as `--debug` shows it: secrets are masked.
///
/// Of each request and kind of error the first 3 are kept, 50 in all, and of each side 8 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeptExchange {
    /// When it failed, since the run began; in whole milliseconds.
    #[serde(rename = "at_ms", with = "millis")]
    pub at: Duration,
    /// The groups it is in, from the outermost to the innermost.
    pub groups: Arc<[Arc<str>]>,
    /// The name of the request.
    pub name: Arc<str>,
    /// The error in full.
    pub error: Arc<str>,
    /// The error with `…` in place of its values; see [`ErrorGroup`](super::ErrorGroup).
    pub template: Arc<str>,
    /// What was sent. Empty if there was nothing to be sent.
    pub request: String,
    /// What was received. Empty if there was no response.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response: String,
}

impl KeptExchange {
    /// A failed request; long texts are cut.
    pub(crate) fn new(at: Duration, path: RequestPath, error: &str, request: String, response: String) -> Self {
        let Message { template, text } = Message::of(error);
        KeptExchange {
            at: Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(u64::MAX)),
            groups: path.groups,
            name: path.name,
            error: clip(&text).into(),
            template: clip(&template).into(),
            request: side(request),
            response: side(response),
        }
    }

    fn kind(&self) -> (Arc<[Arc<str>]>, Arc<str>, Arc<str>) {
        (self.groups.clone(), self.name.clone(), self.template.clone())
    }
}

/// As much of a side as is kept.
fn side(mut text: String) -> String {
    if text.len() > SIDE {
        let bytes = text.len();
        let end = (0..=SIDE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str(&format!("… ({bytes} bytes in all)\n"));
    }
    text
}

/// What a shard has kept so far of a run: how many of each kind, and those that were not handed over yet.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    kept: BTreeMap<(RequestPath, Arc<str>), usize>,
    all: usize,
    new: Vec<KeptExchange>,
}

impl Keeper {
    /// Whether any could be kept.
    pub(crate) fn has_room(&self) -> bool {
        self.all < ALL
    }

    /// Whether one of this kind can be kept.
    pub(crate) fn has_room_for(&self, path: &RequestPath, error: &str) -> bool {
        let template = || Arc::from(clip(&Message::of(error).template));
        self.has_room() && self.kept.get(&(path.clone(), template())).is_none_or(|kept| *kept < EACH)
    }

    pub(crate) fn keep(&mut self, exchange: KeptExchange) {
        let path = RequestPath { groups: exchange.groups.clone(), name: exchange.name.clone() };
        *self.kept.entry((path, exchange.template.clone())).or_default() += 1;
        self.all += 1;
        self.new.push(exchange);
    }

    /// Those that were kept since the last call.
    pub(crate) fn take(&mut self) -> Vec<KeptExchange> {
        std::mem::take(&mut self.new)
    }
}

/// As many of those that all shards have kept as a run keeps: the earliest of each kind, and first one of each.
pub(crate) fn bounded(mut all: Vec<KeptExchange>) -> Vec<KeptExchange> {
    all.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.kind().cmp(&b.kind())).then_with(|| a.request.cmp(&b.request)));
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, KeptExchange)> = Vec::new();
    for exchange in all {
        let rank = seen.entry(exchange.kind()).or_default();
        if *rank < EACH {
            ranked.push((*rank, exchange));
        }
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(ALL);
    let mut kept: Vec<_> = ranked.into_iter().map(|(_, exchange)| exchange).collect();
    kept.sort_by_key(|exchange| exchange.at);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::varying;

    fn exchange(name: &str, secs: u64, error: &str) -> KeptExchange {
        let path = RequestPath { groups: Arc::default(), name: name.into() };
        KeptExchange::new(Duration::from_secs(secs), path, error, format!("> {name}"), String::new())
    }

    #[test]
    fn a_shard_keeps_three_of_a_kind_and_fifty_in_all() {
        let mut keeper = Keeper::default();
        let path = RequestPath { groups: Arc::default(), name: "pay".into() };
        for value in 0..3 {
            let error = format!("{} is wrong", varying(&value.to_string()));
            assert!(keeper.has_room_for(&path, &error));
            keeper.keep(exchange("pay", value, &error));
        }
        assert!(!keeper.has_room_for(&path, &format!("{} is wrong", varying("9"))));
        assert!(keeper.has_room_for(&path, "another"));
        assert_eq!(keeper.take().len(), 3);
        for n in 3..50 {
            assert!(keeper.has_room());
            keeper.keep(exchange(&n.to_string(), n, "x"));
        }
        assert!(!keeper.has_room() && !keeper.has_room_for(&path, "another"));
    }

    #[test]
    fn of_all_shards_the_earliest_are_kept_and_every_kind_before_a_second_of_one() {
        let mut all: Vec<_> = (0..40).map(|n| exchange(&format!("{n:02}"), 100 + n, "late")).collect();
        for secs in [9, 3, 7, 5, 1] {
            all.push(exchange("early", secs, "x"));
        }
        all.extend((0..40).map(|n| exchange(&format!("{n:02}"), n, "late")));
        let kept = bounded(all);
        assert_eq!(kept.len(), 50);
        assert!(kept.is_sorted_by_key(|one| one.at));
        // One of each of 41 kinds, and of the second ones the nine earliest.
        assert_eq!(kept.iter().filter(|one| &*one.name == "early").count(), 2);
        let names: std::collections::BTreeSet<_> = kept.iter().map(|one| one.name.clone()).collect();
        assert_eq!(names.len(), 41);
    }

    #[test]
    fn a_long_side_is_cut_between_characters() {
        let long = "ü".repeat(SIDE);
        let path = RequestPath { groups: Arc::default(), name: "a".into() };
        let kept = KeptExchange::new(Duration::ZERO, path, "e", format!("x{long}"), long);
        assert!(
            kept.request.ends_with("… (16385 bytes in all)\n") && kept.response.ends_with("… (16384 bytes in all)\n")
        );
        assert_eq!(kept.response.matches('ü').count(), SIDE / 2);
    }
}
