//! A client: a program that runs on one core, and is read when it ends.

use std::ffi::OsString;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::cpu::{of_children, pinned};
use crate::support::memory;

/// A client that can be run again and again.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) core: Option<usize>,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<String>,
    /// Finds in what it prints how much it did.
    pub(crate) read: fn(&str) -> Result<Count, String>,
}

/// What a client says of its run.
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
}

/// What a run came to.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) requests_per_second: f64,
    /// Processor time of the client.
    pub(crate) micros_per_request: f64,
    /// The most resident memory it ever had.
    pub(crate) peak_mebibytes: f64,
}

/// How often it is looked at how much memory a client has had. The system keeps the peak, so that nothing is missed but
/// what is new within the last of these times.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Client {
    /// Runs it to its end.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn run(&self) -> Result<Outcome, String> {
        let before = of_children()?;
        let mut command = pinned(self.core, &self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{} cannot be started: {error}", self.name))?;
        let peak = watch_memory(&mut child)?;
        let output = child.wait_with_output().map_err(|error| format!("{}: {error}", self.name))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{} ended with {}:\n{text}{said}", self.name, output.status));
        }
        let processor_time = of_children()?.saturating_sub(before);
        let count = (self.read)(&text).map_err(|mistake| format!("{}: {mistake}:\n{text}", self.name))?;
        if count.requests == 0 || count.elapsed.is_zero() {
            return Err(format!("{} made no requests:\n{text}", self.name));
        }
        Ok(Outcome {
            requests_per_second: count.requests as f64 / count.elapsed.as_secs_f64(),
            micros_per_request: processor_time.as_secs_f64() * 1e6 / count.requests as f64,
            peak_mebibytes: peak as f64 / 1024.0 / 1024.0,
        })
    }
}

/// Looks again and again at the peak of the child's memory, in bytes, until it has ended. What it prints meanwhile is a
/// page at most, and waits in the pipe.
fn watch_memory(child: &mut Child) -> Result<u64, String> {
    let mut peak = 0;
    loop {
        peak = memory::peak_of(child.id()).unwrap_or_default().max(peak);
        if child.try_wait().map_err(|error| error.to_string())?.is_some() {
            return Ok(peak);
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Reads `1234567 requests in 8.00s, 200.00MB read`, which stands before any other number of requests.
pub(crate) fn read_wrk(text: &str) -> Result<Count, String> {
    if let Some(problem) = text.lines().find(|line| line.contains("Socket errors") || line.contains("Non-2xx")) {
        return Err(format!("not all requests succeeded ({})", problem.trim()));
    }
    let line = text.lines().find_map(|line| line.split_once(" requests in "));
    let (requests, rest) = line.ok_or("there is no line with the requests")?;
    let requests = requests.trim().parse().map_err(|_| "the number of requests cannot be read")?;
    let elapsed = rest.split(',').next().and_then(duration).ok_or("the duration cannot be read")?;
    Ok(Count { requests, elapsed })
}

/// Reads `finished in 8.00s, …` and `requests: 1234 total, 1234 started, 1234 done, 1234 succeeded, 0 failed, …`.
pub(crate) fn read_h2load(text: &str) -> Result<Count, String> {
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
    let elapsed = line("finished in ").split(',').next().and_then(duration).ok_or("the duration cannot be read")?;
    let counted = |what: &str| {
        let mut parts = line("requests: ").split(", ");
        parts.find_map(|part| part.strip_suffix(what)?.trim().parse::<u64>().ok())
    };
    match (counted("succeeded"), counted("failed")) {
        (Some(requests), Some(0)) => Ok(Count { requests, elapsed }),
        (_, Some(failed)) => Err(format!("{failed} requests failed")),
        _ => Err("there is no line with the requests".to_owned()),
    }
}

/// A duration as wrk and h2load write it: `8.00s`, `1.00m`, `900.00ms`.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, seconds) = match (text.strip_suffix("ms"), text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(number), ..) => (number, 1e-3),
        (_, Some(number), _) => (number, 1.0),
        (.., Some(number)) => (number, 60.0),
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

/// Reads the JSON that oha prints: how many requests ended with which status, and in how many seconds.
pub(crate) fn read_oha(text: &str) -> Result<Count, String> {
    let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let codes = report["statusCodeDistribution"].as_object().ok_or("there are no status codes")?;
    if let Some((code, _)) = codes.iter().find(|(code, _)| *code != "200") {
        return Err(format!("there were responses with status {code}"));
    }
    let requests = codes.values().filter_map(Value::as_u64).sum();
    let seconds = report["summary"]["total"].as_f64().ok_or("there is not a valid duration")?;
    Ok(Count { requests, elapsed: Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())? })
}

/// Reads the line of JSON that our own programs print last: [`engine::run`](crate::engine::run), and those beside this
/// one that run goose and locust.
pub(crate) fn read_line(text: &str) -> Result<Count, String> {
    let line: Value = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    match (line["requests"].as_u64(), line["failed"].as_u64(), line["seconds"].as_f64()) {
        (Some(requests), Some(0), Some(seconds)) => {
            Ok(Count { requests, elapsed: Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())? })
        }
        (_, Some(failed), _) if failed > 0 => Err(format!("{failed} requests failed")),
        _ => Err("there is no line with the requests".to_owned()),
    }
}
