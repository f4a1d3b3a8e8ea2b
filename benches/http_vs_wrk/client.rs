//! The two clients, each as a program that runs on one core and is read when it ends.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::CONNECTIONS;
use crate::cpu::{of_children, pinned};
use crate::options::Scenario;

/// A client that can be run again and again.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    core: Option<usize>,
    program: String,
    arguments: Vec<String>,
    read: fn(&str) -> Result<Count, String>,
}

/// What a client says of its run.
struct Count {
    requests: u64,
    elapsed: Duration,
}

/// What a run came to.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) requests_per_second: f64,
    /// Processor time of the client.
    pub(crate) micros_per_request: f64,
}

impl Client {
    pub(crate) fn wrk(core: Option<usize>, url: &str, seconds: u64) -> Result<Self, String> {
        // Without arguments wrk prints its usage and ends with an error: only whether it is there counts.
        let probe = Command::new("wrk").stdout(Stdio::null()).stderr(Stdio::null()).status();
        probe.map_err(|error| {
            format!("wrk is not installed ({error}); on Debian or Ubuntu: sudo apt-get install wrk")
        })?;
        let arguments = ["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), url].map(str::to_owned).to_vec();
        Ok(Client { name: "wrk", core, program: "wrk".to_owned(), arguments, read: read_wrk })
    }

    /// This program itself, as a child that runs the engine.
    pub(crate) fn engine(core: Option<usize>, url: &str, seconds: u64, scenario: Scenario) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("the bench does not find itself: {error}"))?;
        let program = program.into_os_string().into_string().map_err(|path| format!("{path:?} is not UTF-8"))?;
        let arguments = [scenario.option(), url, &seconds.to_string()].map(str::to_owned).to_vec();
        Ok(Client { name: "loadspiker", core, program, arguments, read: read_engine })
    }

    /// Runs it to its end.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn run(&self) -> Result<Outcome, String> {
        let before = of_children()?;
        let mut command = pinned(self.core, &self.program);
        let output = command.args(&self.arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| format!("{} cannot be started: {error}", self.name))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("{} ended with {}:\n{text}", self.name, output.status));
        }
        let processor_time = of_children()?.saturating_sub(before);
        let count = (self.read)(&text).map_err(|mistake| format!("{}: {mistake}:\n{text}", self.name))?;
        if count.requests == 0 || count.elapsed.is_zero() {
            return Err(format!("{} made no requests:\n{text}", self.name));
        }
        Ok(Outcome {
            requests_per_second: count.requests as f64 / count.elapsed.as_secs_f64(),
            micros_per_request: processor_time.as_secs_f64() * 1e6 / count.requests as f64,
        })
    }
}

/// Reads `1234567 requests in 8.00s, 200.00MB read`, which stands before any other number of requests.
fn read_wrk(text: &str) -> Result<Count, String> {
    if let Some(problem) = text.lines().find(|line| line.contains("Socket errors") || line.contains("Non-2xx")) {
        return Err(format!("not all requests succeeded ({})", problem.trim()));
    }
    let line = text.lines().find_map(|line| line.split_once(" requests in "));
    let (requests, rest) = line.ok_or("there is no line with the requests")?;
    let requests = requests.trim().parse().map_err(|_| "the number of requests cannot be read")?;
    let elapsed = rest.split(',').next().and_then(duration).ok_or("the duration cannot be read")?;
    Ok(Count { requests, elapsed })
}

/// A duration as wrk writes it: `8.00s`, `1.00m`.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, seconds) = match text.strip_suffix('s') {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('m')?, 60.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

/// Reads the line of JSON that [`engine::run`](crate::engine::run) prints.
fn read_engine(text: &str) -> Result<Count, String> {
    let line: Value = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    match (line["requests"].as_u64(), line["failed"].as_u64(), line["seconds"].as_f64()) {
        (Some(requests), Some(0), Some(seconds)) => {
            Ok(Count { requests, elapsed: Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())? })
        }
        (_, Some(failed), _) if failed > 0 => Err(format!("{failed} requests failed")),
        _ => Err("there is no line with the requests".to_owned()),
    }
}
