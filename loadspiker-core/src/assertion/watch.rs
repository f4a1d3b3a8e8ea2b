//! [`Watches`]: looks at the criteria of a run, second by second.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::criterion::{Criterion, Guard, Purpose};
use super::evaluate::{Finding, event, metric_figures};
use super::look::look;
use super::names::{no_check, no_event, no_request, no_scenario, no_tag};
use super::scope::{MetricPlace, Place, what as called};
use super::spot::Spot;
use super::window::{Counts, Wanted, Window};
use super::{Assertion, AssertionResult, Claim};
use crate::format::precise;
use crate::metrics::{MetricFigures, MetricKind, MetricStats, SampleKind, Tags, Totals};
use crate::moment::Moment;
use crate::report::RunReport;

/// The criteria of a run and what has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    watches: Vec<Watch>,
    /// How many seconds were looked at.
    seconds: u64,
    /// How many of them were looked at elsewhere: they are in no window here.
    restored: u64,
    /// Windows that end later are not looked at.
    until: Option<Duration>,
    end: Option<(String, Moment)>,
}

impl Watches {
    pub(crate) fn new(guards: &[Guard]) -> Self {
        let watches = guards.iter().map(Watch::new).collect();
        Watches { watches, seconds: 0, restored: 0, until: None, end: None }
    }

    /// Says that the run is told to end at this time: criteria ignore what comes after.
    pub(crate) fn until(&mut self, time: Duration) {
        self.until = Some(self.until.map_or(time, |until| until.min(time)));
    }

    /// When what comes is no longer evaluated by criteria, if that is known.
    pub(crate) fn ends_at(&self) -> Option<Duration> {
        self.until.filter(|until| *until < Duration::MAX)
    }

    /// Takes in the next whole second, which ends when `end` seconds of the run have passed.
    pub(crate) fn second(&mut self, end: u64, totals: &Totals) {
        let time = Duration::from_secs(end);
        if self.watches.is_empty() || self.until.is_some_and(|until| time > until) {
            return;
        }
        self.seconds += 1;
        for watch in &mut self.watches {
            watch.second(totals);
            if watch.length as u64 > self.seconds - self.restored {
                continue;
            }
            watch.look(time);
            if self.end.is_none()
                && watch.purpose != Purpose::Assert
                && let Some(found) = &watch.ended_by
            {
                let why = format!("{}, was {} at {}", found.what, found.shown, precise(time));
                self.end = Some((why, Moment::START + time));
                self.until = Some(time);
            }
        }
    }

    /// Why and when the run is to end, if a criterion says so; told once.
    pub(crate) fn take_end(&mut self) -> Option<(String, Moment)> {
        self.end.take()
    }

    /// The assertions behind those that a run can fail by.
    pub(crate) fn assertions(&self) -> impl Iterator<Item = &Assertion> {
        let judging = self.watches.iter().filter(|watch| watch.purpose != Purpose::Stop);
        judging.map(|watch| &watch.criterion.assertion)
    }

    /// What was found so far, without the seconds of windows that have not ended.
    pub(crate) fn save(&self) -> SavedWatches {
        let tracks = |watch: &Watch| {
            watch.tracks.iter().map(|(name, track)| (name.clone(), track.seen.clone())).collect::<BTreeMap<_, _>>()
        };
        let watches = self.watches.iter().map(|watch| (watch.ended_by.clone(), tracks(watch)));
        SavedWatches { seconds: self.seconds, watches: watches.collect() }
    }

    /// Goes on from what was found elsewhere, with windows that begin from now on.
    pub(crate) fn restore(&mut self, saved: SavedWatches) {
        (self.seconds, self.restored) = (saved.seconds, saved.seconds);
        for (watch, (ended_by, tracks)) in self.watches.iter_mut().zip(saved.watches) {
            watch.ended_by = ended_by;
            for (name, seen) in tracks {
                let length = watch.length;
                watch.tracks.entry(name).or_insert_with(|| Track::new(length)).seen = seen;
            }
        }
    }

    /// What has come of those that a run can fail by.
    pub(crate) fn results(&self, report: &RunReport) -> Vec<AssertionResult> {
        self.watches.iter().flat_map(|watch| watch.results(report, self.seconds)).collect()
    }
}

/// What [`Watches`] have found so far.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedWatches {
    seconds: u64,
    watches: Vec<(Option<Match>, BTreeMap<String, Seen>)>,
}

/// One criterion.
#[derive(Debug)]
struct Watch {
    purpose: Purpose,
    criterion: Criterion,
    /// Of a window, in seconds.
    length: usize,
    /// By the name of the place: a single one, but for [`Place::ForAll`].
    tracks: BTreeMap<String, Track>,
    /// The first window that ends the run.
    ended_by: Option<Match>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Match {
    what: String,
    shown: String,
    at: Duration,
    place: String,
    /// Rather than too little.
    too_much: bool,
}

/// What a criterion looks at in one place, and what it has found there.
#[derive(Debug)]
struct Track {
    window: Window,
    seen: Seen,
}

/// What was found in the windows of one place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Seen {
    known: Known,
    /// How many windows had a figure.
    looked: u64,
    /// In how many of them the condition did not hold.
    missed: u64,
    worst: Option<(Finding, Duration)>,
}

/// As what the name of a place has occurred: a later one hides those before, see [`RunReport::request`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Known {
    #[default]
    Not,
    Group,
    RequestInGroups,
    Request,
}

impl Track {
    fn new(length: usize) -> Self {
        Track { window: Window::new(length), seen: Seen::default() }
    }

    fn push(&mut self, known: Known, counts: &Counts) {
        if known > self.seen.known {
            // What it was taken for before was something else; of this there was nothing yet.
            self.window.clear();
            self.seen.known = known;
        }
        self.window.push(if known == self.seen.known { counts } else { const { &Counts::NONE } });
    }
}

impl Watch {
    fn new(guard: &Guard) -> Self {
        let Guard { purpose, criterion } = guard.clone();
        let length = usize::try_from(criterion.window.as_secs()).unwrap_or(usize::MAX);
        let mut tracks = BTreeMap::new();
        if criterion.assertion.place != Place::ForAll {
            tracks.insert(criterion.assertion.place.to_string(), Track::new(length));
        }
        Watch { purpose, criterion, length, tracks, ended_by: None }
    }

    fn second(&mut self, totals: &Totals) {
        let wanted = Wanted::of(self.criterion.claim());
        let mut counts = Counts::default();
        let mut known = Known::Request;
        match &self.criterion.assertion.place {
            Place::Global if self.criterion.claim().measure().is_of_users() => {
                totals
                    .users
                    .values()
                    .for_each(|users| counts.add_users(self.criterion.claim().measure().of_users(users)));
            }
            Place::Scenario(name) if self.criterion.claim().measure().is_of_users() => {
                let users = totals.users.get(&**name).into_iter();
                users.for_each(|users| counts.add_users(self.criterion.claim().measure().of_users(users)));
            }
            Place::Global => totals.requests.values().for_each(|stats| counts.add(stats, wanted)),
            Place::Details(path) => (known, counts) = details(path, totals, wanted),
            Place::Scenario(name) => {
                let inside = totals.requests.iter().filter(|(key, _)| *key.scenario == **name);
                inside.for_each(|(_, stats)| counts.add(stats, wanted));
            }
            Place::Check(name) => {
                totals.checks.get(&**name).into_iter().for_each(|checks| counts.add_checks(*checks));
            }
            Place::Tagged(name, value) => {
                let tagged = totals.tagged.iter().filter(|(key, _)| *key.name == **name && *key.value == **value);
                tagged.for_each(|(_, stats)| counts.add(stats, wanted));
            }
            Place::Event(kind, path) => (known, counts) = events(*kind, path, totals, wanted),
            Place::Metric(place) => place.recorded_in(totals).for_each(|values| counts.add_metric(values)),
            Place::ForAll => {
                let mut found: BTreeMap<String, Counts> = BTreeMap::new();
                for (key, stats) in &totals.requests {
                    found.entry(key.path.to_string()).or_default().add(stats, wanted);
                }
                for name in found.keys() {
                    if !self.tracks.contains_key(name) {
                        self.tracks.insert(name.clone(), Track::new(self.length));
                    }
                }
                for (name, track) in &mut self.tracks {
                    track.push(Known::Request, found.get(name).unwrap_or(const { &Counts::NONE }));
                }
                return;
            }
        }
        self.tracks.values_mut().for_each(|track| track.push(known, &counts));
    }

    /// Looks at the window that has ended at `time`.
    fn look(&mut self, time: Duration) {
        for (place, track) in &mut self.tracks {
            let counts = track.window.sum();
            let claim = self.criterion.claim();
            let metric = self.criterion.assertion.place.metric_figures(counts.metric.as_ref(), self.criterion.window);
            let requests = metric.is_none();
            if requests && counts.ok + counts.failed == 0 && matches!(claim, Claim::Time(..) | Claim::Percent(..)) {
                continue;
            }
            let Some(found) = claim.find(&counts.figures(self.length, metric.as_ref())) else { continue };
            track.seen.looked += 1;
            track.seen.missed += u64::from(!found.holds);
            if found.holds && self.ended_by.is_none() {
                let (what, shown) = (self.criterion.at(place), found.shown.clone());
                // That it holds is what is wrong.
                let too_much = !found.too_much;
                self.ended_by = Some(Match { what, shown, at: time, place: place.clone(), too_much });
            }
            let rank = |found: &Finding| (!found.holds, found.miss);
            if track.seen.worst.as_ref().is_none_or(|(worst, _)| rank(&found) > rank(worst)) {
                track.seen.worst = Some((found, time));
            }
        }
    }

    fn results(&self, report: &RunReport, seconds: u64) -> Vec<AssertionResult> {
        let unknown = match &self.criterion.assertion.place {
            Place::Details(path) if self.tracks.values().all(|track| track.seen.known == Known::Not) => {
                let known = report.request(path).is_some() || report.group(path).is_some();
                (!known).then(|| no_request(path, report))
            }
            Place::Scenario(name) => report.scenario(name).is_none().then(|| no_scenario(name, report)),
            Place::Check(name) => report.check(name).is_none().then(|| no_check(name, report)),
            Place::Tagged(name, value) => report.tagged(name, value).is_none().then(|| no_tag(name, value, report)),
            Place::Event(kind, path) => event(*kind, path, report).is_none().then(|| no_event(*kind, path, report)),
            Place::Metric(place) => metric_figures(place, self.criterion.claim().measure(), report).err(),
            _ => None,
        };
        match self.purpose {
            Purpose::Stop => Vec::new(),
            Purpose::Fail => vec![self.fail_result(report, unknown)],
            Purpose::Assert => self.assert_results(report, unknown, seconds),
        }
    }

    fn fail_result(&self, report: &RunReport, unknown: Option<String>) -> AssertionResult {
        let looked = self.tracks.values().map(|track| track.seen.looked).max().unwrap_or_default();
        let passed = self.ended_by.is_none() && unknown.is_none();
        let (what, actual, message) = match &self.ended_by {
            Some(found) => {
                (found.what.clone(), found.shown.clone(), format!("was {} at {}", found.shown, precise(found.at)))
            }
            None => {
                let never = || format!("in none of {}", windows(looked));
                (self.criterion.to_string(), String::new(), unknown.unwrap_or_else(never))
            }
        };
        AssertionResult {
            description: format!("fail when {what}"),
            passed,
            actual,
            expected: format!("never {}", self.criterion.claim().condition()),
            message,
            look_at: match &self.ended_by {
                Some(found) => self.look_at(&found.place, found.too_much, report),
                None => Vec::new(),
            },
        }
    }

    /// Where to look for what is wrong at a place.
    fn look_at(&self, place: &str, too_much: bool, report: &RunReport) -> Vec<String> {
        let spot = Spot::of(&self.criterion.assertion.place, place, report);
        spot.map_or_else(Vec::new, |spot| look(self.criterion.claim().measure(), too_much, &spot, report))
    }

    fn assert_results(&self, report: &RunReport, unknown: Option<String>, seconds: u64) -> Vec<AssertionResult> {
        let mut results = Vec::new();
        let mut tracks: Vec<_> = self.tracks.iter().collect();
        let order = |name: &str| report.requests().iter().position(|request| request.path() == *name);
        tracks.sort_by_cached_key(|(name, _)| order(name).unwrap_or(usize::MAX));
        for (name, track) in tracks {
            let Some((worst, at)) = &track.seen.worst else { continue };
            let worst_at = format!("at worst {} at {}", worst.shown, precise(*at));
            let message = match track.seen.missed {
                0 => format!("held in {}, {worst_at}", windows(track.seen.looked)),
                missed => format!("failed in {missed} of {}, {worst_at}", windows(track.seen.looked)),
            };
            let mut result = self.result(name, track.seen.missed == 0, worst.shown.clone(), message);
            if !result.passed {
                result.look_at = self.look_at(name, worst.too_much, report);
            }
            results.push(result);
        }
        let name = self.criterion.assertion.place.to_string();
        if let Some(unknown) = unknown {
            return vec![self.result(&name, false, String::new(), unknown)];
        }
        if results.is_empty() {
            let length = precise(self.criterion.window);
            let message = if seconds < self.length as u64 {
                format!("no window of {length} was complete: {seconds} whole seconds were measured")
            } else {
                let what = match self.criterion.assertion.place {
                    Place::Metric(_) => "value",
                    Place::Check(_) => "check",
                    Place::Event(kind, _) => called(kind),
                    _ if self.criterion.claim().measure().is_of_users() => "user that has ended",
                    _ => "request",
                };
                format!("there was no {what} in any window of {length}")
            };
            results.push(self.result(&name, false, String::new(), message));
        }
        results
    }

    fn result(&self, place: &str, passed: bool, actual: String, message: String) -> AssertionResult {
        let (description, expected) = (self.criterion.at(place), self.criterion.claim().condition());
        AssertionResult { description, passed, actual, expected, message, look_at: Vec::new() }
    }
}

impl Place {
    /// What a window of a custom metric tells, if it is about one. Where nothing was recorded in it, there is still the
    /// count of 0, as there is of requests.
    fn metric_figures(&self, stats: Option<&MetricStats>, window: Duration) -> Option<MetricFigures> {
        let Place::Metric(place) = self else { return None };
        let none = || MetricStats::new(place.kind.unwrap_or(MetricKind::Counter));
        Some(MetricFigures::new(stats.cloned().unwrap_or_else(none), window))
    }
}

impl MetricPlace {
    /// What was recorded there.
    fn recorded_in<'a>(&'a self, totals: &'a Totals) -> impl Iterator<Item = &'a MetricStats> {
        let tags = Tags::new(self.tags.iter().map(|(name, value)| (&**name, &**value)));
        let mut kind = self.kind;
        totals.metrics.iter().filter_map(move |(key, stats)| {
            // Of two kinds of one name the first counts, as in a report.
            let meant = *key.name == *self.name && key.kind == *kind.get_or_insert(key.kind) && key.tags.have(&tags);
            meant.then_some(&**stats)
        })
    }
}

/// What is counted in `totals` under a name, found as by [`RunReport::request`] and [`RunReport::group`].
fn details(path: &str, totals: &Totals, wanted: Wanted<'_>) -> (Known, Counts) {
    let mut best = (Known::Not, Counts::default());
    let mut found = |known: Known, add: &dyn Fn(&mut Counts)| {
        if known > best.0 {
            best = (known, Counts::default());
        }
        if known == best.0 {
            add(&mut best.1);
        }
    };
    for (key, stats) in &totals.requests {
        let name = &*key.path.name;
        if path.ends_with(name) && key.path.to_string() == path {
            found(Known::Request, &|counts| counts.add(stats, wanted));
        } else if name == path {
            found(Known::RequestInGroups, &|counts| counts.add(stats, wanted));
        } else if wanted.part.is_some() && key.path.is_inside(path) {
            // Passes have no status: that of the requests inside is meant.
            found(Known::Group, &|counts| counts.add(stats, wanted));
        }
    }
    if wanted.part.is_some() {
        return best;
    }
    for (key, passes) in &totals.groups {
        if key.path.last().is_some_and(|last| path.ends_with(&**last)) && key.path.join(" / ") == path {
            found(Known::Group, &|counts| counts.add_group(passes, wanted));
        }
    }
    best
}

/// What is counted in `totals` of messages or connections under a name, found as by [`RunReport::message`].
fn events(kind: SampleKind, path: &str, totals: &Totals, wanted: Wanted<'_>) -> (Known, Counts) {
    let mut best = (Known::Not, Counts::default());
    for (key, stats) in totals.events.iter().filter(|(key, _)| key.kind == kind) {
        let known = match &key.of.path {
            at if at.to_string() == path => Known::Request,
            at if *at.name == *path => Known::RequestInGroups,
            _ => continue,
        };
        if known > best.0 {
            best = (known, Counts::default());
        }
        if known == best.0 {
            best.1.add(stats, wanted);
        }
    }
    best
}

fn windows(number: u64) -> String {
    format!("{number} window{}", if number == 1 { "" } else { "s" })
}
