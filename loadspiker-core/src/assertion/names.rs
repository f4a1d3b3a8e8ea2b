//! What to say of a name that does not occur.

use super::scope::{MetricPlace, what};
use crate::metrics::SampleKind;
use crate::report::RunReport;
use crate::spelling::distance;

/// How many names are listed.
const LISTED: usize = 8;

/// Why there is no figure of a run.
pub(super) fn nothing(report: &RunReport) -> &'static str {
    match report.warm_up() {
        Some(_) => "no request has ended after the warm-up",
        None => "no request has ended",
    }
}

/// A message that lists the requests and groups that there are, the nearest first.
pub(super) fn no_request(path: &str, report: &RunReport) -> String {
    let requests = report.requests().iter().map(|request| request.path());
    let groups = report.groups().iter().map(|group| group.path());
    let (what, or) = ("request or group", ", or it was never made");
    not_found(what, path, or, requests.chain(groups).collect(), nothing(report))
}

/// A message that lists the known scenarios, the nearest first.
pub(super) fn no_scenario(name: &str, report: &RunReport) -> String {
    let names = report.scenarios().iter().map(|scenario| scenario.name().to_owned()).collect();
    not_found("scenario", name, "", names, "there are none")
}

/// The same of tags.
pub(super) fn no_tag(name: &str, value: &str, report: &RunReport) -> String {
    let tags = report.tags().iter().map(|tag| format!("{}={}", tag.name(), tag.value())).collect();
    not_found("request with the tag", &format!("{name}={value}"), ", or it was never made", tags, "no request has tags")
}

/// The same of messages and connections.
pub(super) fn no_event(kind: SampleKind, path: &str, report: &RunReport) -> String {
    let all = match kind {
        SampleKind::Message => report.messages(),
        _ => report.connections(),
    };
    not_found(what(kind), path, "", all.iter().map(|one| one.path()).collect(), "there was none")
}

/// The same of checks.
pub(super) fn no_check(name: &str, report: &RunReport) -> String {
    let names = report.checks().iter().map(|check| check.name().to_owned()).collect();
    not_found("check", name, ", or it was never made", names, "none was made")
}

/// A message that lists the known custom metrics or tags, the nearest first.
pub(super) fn no_metric(wanted: &MetricPlace, report: &RunReport) -> String {
    let name = &wanted.name;
    let Some(metric) = report.metrics().iter().find(|metric| metric.name() == name) else {
        let names = report.metrics().iter().map(|metric| metric.name().to_owned()).collect();
        let message = not_found("metric", name, "", names, "nothing was recorded in any");
        return format!("{message}. If it may be that nothing is recorded in it, give the metric itself: metric(&…)");
    };
    let tags: Vec<_> = wanted.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let there = metric.parts().map(|(tags, _)| tags).filter(|tags| !tags.is_empty()).collect();
    not_found("value with the tags", &tags.join(", "), "", there, "it has no tags")
}

/// A message that lists the names that there are, the nearest first. `or` is what else may be the reason.
pub(super) fn not_found(what: &str, path: &str, or: &str, mut names: Vec<String>, none: &str) -> String {
    if names.is_empty() {
        return format!("there is no {what} \"{path}\": {none}");
    }
    let wanted = path.to_lowercase();
    names.sort_by_cached_key(|name| (distance(&wanted, &name.to_lowercase()), name.clone()));
    names.dedup();
    let more = names.len().saturating_sub(LISTED);
    let listed: Vec<_> = names.iter().take(LISTED).map(|name| format!("\"{name}\"")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there is no {what} \"{path}\"{or}; there are: {}{more}", listed.join(", "))
}
