//! [`Format`]: how samples are written: CSV, JSON Lines, or the result file of JMeter.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::row::Row;
use crate::error::Error;
use crate::phase::Phase;

/// How samples are written; the ending of the file's name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
    /// What JMeter reads, and makes its dashboard of.
    Jtl,
}

/// The columns of a `.csv`, and of a `.jsonl` the fields, which are left out where there is nothing.
const CSV: &str = "intended_at_us,scenario,groups,request,ok,status,error,response_time_us,service_time_us,\
                   start_lag_us,throttle_wait_us,wait_us,dns_us,connect_us,tls_us,first_byte_us,receive_us,\
                   bytes_sent,bytes_received,warm_up";

const JTL: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
                   bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";

/// A sample with all names, as it is written.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) intended_at_us: u64,
    pub(super) scenario: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) groups: &'a [std::sync::Arc<str>],
    pub(super) request: &'a str,
    pub(super) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'a str>,
    pub(super) response_time_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_time_us: Option<u64>,
    pub(super) start_lag_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) throttle_wait_us: Option<u64>,
    #[serde(flatten)]
    pub(super) phases: PhaseColumns,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) warm_up: bool,
    /// Users of the run at about that time.
    #[serde(skip)]
    pub(super) active: i64,
    #[serde(skip)]
    pub(super) shard: usize,
}

/// The phases, in microseconds.
#[derive(Serialize)]
pub(super) struct PhaseColumns {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wait_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dns_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connect_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_byte_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receive_us: Option<u64>,
}

impl PhaseColumns {
    pub(super) fn of(row: &Row) -> Self {
        let micros = |phase| row.phases.get(phase).map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        PhaseColumns {
            wait_us: micros(Phase::WAIT),
            dns_us: micros(Phase::DNS),
            connect_us: micros(Phase::CONNECT),
            tls_us: micros(Phase::TLS),
            first_byte_us: micros(Phase::FIRST_BYTE),
            receive_us: micros(Phase::RECEIVE),
        }
    }

    fn all(&self) -> [Option<u64>; 6] {
        [self.wait_us, self.dns_us, self.connect_us, self.tls_us, self.first_byte_us, self.receive_us]
    }
}

impl Format {
    /// What the name of the file says.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it says nothing that is known.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv") => Ok(Format::Csv),
            Some("jsonl") => Ok(Format::JsonLines),
            Some("jtl") => Ok(Format::Jtl),
            other => {
                let given = other.map_or("no extension".to_owned(), |other| format!("\".{other}\""));
                let cause = format!("{given} is not a format of a sample log; name the file .csv, .jsonl or .jtl");
                Err(Error::Io { path: path.display().to_string(), cause })
            }
        }
    }

    /// Writes what comes before all samples.
    pub(super) fn header(self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::Csv => writeln!(to, "{CSV}"),
            Format::Jtl => writeln!(to, "{JTL}"),
            Format::JsonLines => Ok(()),
        }
    }

    /// Writes a sample.
    pub(super) fn write(self, line: &Line<'_>, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::JsonLines => serde_json::to_writer(&mut *to, line)?,
            Format::Csv => csv(line, to)?,
            Format::Jtl => jtl(line, to)?,
        }
        to.write_all(b"\n")
    }
}

fn csv(line: &Line<'_>, to: &mut dyn Write) -> io::Result<()> {
    write!(to, "{},", line.intended_at_us)?;
    text(line.scenario, to)?;
    text(&line.groups.join(" / "), to)?;
    text(line.request, to)?;
    write!(to, "{},", line.ok)?;
    text(line.status.unwrap_or_default(), to)?;
    text(line.error.unwrap_or_default(), to)?;
    write!(to, "{},", line.response_time_us)?;
    number(line.service_time_us, to)?;
    write!(to, "{},", line.start_lag_us)?;
    number(line.throttle_wait_us, to)?;
    line.phases.all().into_iter().try_for_each(|phase| number(phase, to))?;
    write!(to, "{},{},{}", line.bytes_sent, line.bytes_received, line.warm_up)
}

fn jtl(line: &Line<'_>, to: &mut dyn Write) -> io::Result<()> {
    write!(to, "{},{},", line.intended_at_us / 1000, line.response_time_us / 1000)?;
    let label = line.groups.iter().map(|group| &**group).chain([line.request]).collect::<Vec<_>>().join(" / ");
    text(&label, to)?;
    text(line.status.unwrap_or_default(), to)?;
    text("", to)?;
    text(&format!("{} {}-1", line.scenario, line.shard + 1), to)?;
    write!(to, "text,{},", line.ok)?;
    text(line.error.unwrap_or_default(), to)?;
    write!(to, "{},{},", line.bytes_received, line.bytes_sent)?;
    write!(to, "{0},{0},", line.active.max(0))?;
    let millis = |micros: Option<u64>| micros.unwrap_or_default() / 1000;
    let PhaseColumns { dns_us, connect_us, tls_us, first_byte_us, .. } = line.phases;
    let connect = dns_us.unwrap_or_default() + connect_us.unwrap_or_default() + tls_us.unwrap_or_default();
    write!(to, ",{},0,{}", millis(first_byte_us), connect / 1000)
}

/// A cell with a text, and what separates it from the next one.
fn text(text: &str, to: &mut dyn Write) -> io::Result<()> {
    if text.contains([',', '"', '\n', '\r']) {
        write!(to, "\"{}\",", text.replace('"', "\"\""))
    } else {
        write!(to, "{text},")
    }
}

fn number(number: Option<u64>, to: &mut dyn Write) -> io::Result<()> {
    match number {
        Some(number) => write!(to, "{number},"),
        None => to.write_all(b","),
    }
}
