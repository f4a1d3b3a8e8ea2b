//! Two shards instead of one: what a request costs, and how many there are.
//!
//! Shards share nothing, so that a second one should double the rate as long as the server keeps up. On a machine with two
//! cores the server takes its part of them, and no rate shows that; what a second shard may not do is make each request
//! dearer. So processor time of the client a request is compared, and a rate that would follow from it alone. Where the
//! server shares a core with the second shard, that alone makes requests dearer, and by how much is told by two processes
//! with a shard each, which share nothing whatever the engine does: there they are what two shards are compared with.

use std::process::{Child, Stdio};
use std::time::Duration;

use loadspiker::prelude::*;

use crate::Setting;
use crate::findings::Findings;
use crate::support::cpu::{self, pinned_to};
use crate::support::nginx::{self, Nginx};

const USERS: u64 = 128;
const ROUNDS: usize = 5;
/// How much faster two shards are to be than one.
const CLAIMED: f64 = 1.8;

/// What a run came to.
#[derive(Clone, Copy)]
struct Outcome {
    /// Requests a second.
    rate: f64,
    /// Processor time of the client a request, in microseconds.
    cost: f64,
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let seconds = setting.part_of(6);
    let server = Nginx::start(setting.server, nginx::CONNECTIONS)?;
    // Cores that are not there are left out of a list without a word; one that stands alone is an error.
    let (cores, apart, where_it_is) = match setting.server {
        Some(_) if cpu::can_pin_to("2") => (Some("1,2"), true, "of its own"),
        Some(_) => (Some("0,1"), false, "one of the client's two"),
        None => (None, false, "any"),
    };
    let url = server.url("/");
    let mut outcomes = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (shards, outcomes) in [&["1"][..], &["2"], &["1", "1"]].into_iter().zip(&mut outcomes) {
            outcomes.push(run(cores, shards, &url, seconds)?);
        }
    }
    let [one, two, processes] = &outcomes;
    // Machines are not equally fast from minute to minute: what counts is what a round says.
    let beside =
        |others: &[Outcome]| median(others.iter().zip(two).map(|(of, two)| 2.0 * of.cost / two.cost).collect());
    let by_rate = median(one.iter().zip(two).map(|(one, two)| two.rate / one.rate).collect());
    let of = |outcomes: &[Outcome], figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure).collect());
    findings.note("the server's core", where_it_is);
    for (shards, outcomes) in [("one shard", one), ("two shards", two), ("two processes", processes)] {
        let (rate, cost) = (of(outcomes, |outcome| outcome.rate), of(outcomes, |outcome| outcome.cost));
        findings.note(&format!("{shards}: requests a second"), format!("{rate:.0}"));
        findings.note(&format!("{shards}: processor time a request"), format!("{cost:.2} µs"));
    }
    findings.note("two shards, by rate beside this server", format!("{by_rate:.2} times"));
    let (by_one, by_processes) = (beside(one), beside(processes));
    findings.note("two shards, by processor time beside one", format!("{by_one:.2} times"));
    findings.note("the same beside two processes", format!("{by_processes:.2} times"));
    let found = if apart { by_one } else { by_processes };
    let claimed = format!("{CLAIMED} times or more");
    findings.claim("two shards scale", format!("{found:.2} times"), claimed, found >= CLAIMED);
    Ok(())
}

/// Runs this program again: a process for each number of shards, all at once.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn run(cores: Option<&str>, shards: &[&str], url: &str, seconds: u64) -> Result<Outcome, String> {
    let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
    let before = cpu::of_children()?;
    let start = |shards: &&str| {
        let mut command = pinned_to(cores, program.as_ref());
        command.args(["--shards", shards, url, &seconds.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().map_err(|error| format!("the client cannot be started: {error}"))
    };
    let clients: Vec<Child> = shards.iter().map(start).collect::<Result<_, _>>()?;
    let mut requests = 0;
    for client in clients {
        let output = client.wait_with_output().map_err(|error| format!("the client: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match text.trim().parse::<u64>() {
            Ok(count) if output.status.success() && count > 0 => requests += count,
            _ => return Err(format!("the client ended with {}:\n{text}", output.status)),
        }
    }
    let cost = cpu::of_children()?.saturating_sub(before);
    let requests = requests as f64;
    Ok(Outcome { rate: requests / seconds as f64, cost: cost.as_secs_f64() * 1e6 / requests })
}

/// The client: GETs at full speed; its arguments are the shards, the URL and the seconds. Prints how many GETs there were.
pub(crate) fn client(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut next = || arguments.next().ok_or("the client needs shards, URL and seconds");
    let (shards, url, seconds) = (next()?, next()?, next()?);
    let number = |text: &str| text.parse::<u32>().map_err(|error| format!("\"{text}\": {error}"));
    let duration = Duration::from_secs(number(&seconds)?.into());
    let visit = scenario!("visit").forever(exec(http("page").get(url.as_str())));
    let report = Simulation::new("shards")
        .protocol(HttpProtocol::new(url.as_str()))
        .with(visit.inject([constant_concurrent_users(USERS).during(duration)]))
        .shards(usize::try_from(number(&shards)?).unwrap_or(usize::MAX))
        .max_duration(duration)
        .grace_period(Duration::ZERO)
        .run()
        .map_err(|error| error.to_string())?;
    if report.global().failed_count() > 0 {
        return Err(format!("{} requests failed", report.global().failed_count()));
    }
    println!("{}", report.global().count());
    Ok(())
}

/// The middle one of an odd number of values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
