//! What to say of a name that does not occur.

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
pub(super) fn not_found(path: &str, report: &RunReport) -> String {
    let requests = report.requests().iter().map(|request| request.path());
    let groups = report.groups().iter().map(|group| group.path());
    let mut names: Vec<String> = requests.chain(groups).collect();
    if names.is_empty() {
        return format!("there is no request or group \"{path}\": {}", nothing(report));
    }
    let wanted = path.to_lowercase();
    names.sort_by_cached_key(|name| (distance(&wanted, &name.to_lowercase()), name.clone()));
    names.dedup();
    let more = names.len().saturating_sub(LISTED);
    let listed: Vec<_> = names.iter().take(LISTED).map(|name| format!("\"{name}\"")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there is no request or group \"{path}\"; there are: {}{more}", listed.join(", "))
}
