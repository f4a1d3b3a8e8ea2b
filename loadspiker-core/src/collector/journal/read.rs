//! [`RunReport::from_journal`]: the report of a run that died.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Header, JOURNAL, ReadLine, UNFINISHED_JOURNAL, VERSION};
use crate::assertion::Watches;
use crate::collector::{Collector, Second};
use crate::error::Error;
use crate::metrics::Limits;
use crate::report::{EndReason, RunInfo, RunReport};

impl RunReport {
    /// Makes a report of the journal that a run has left, or that one is still writing. `path` is the journal, or the
    /// folder that it is in; there it may have been moved aside.
    ///
    /// The report tells of all whole seconds that were written. If the run had not come to its end, it says so
    /// ([`EndReason::Unfinished`]) and has not [passed](Self::passed); assertions are about what there is. A line that
    /// was not written to its end is left out.
    ///
    /// ```no_run
    /// use loadspiker_core::report::RunReport;
    ///
    /// let report = RunReport::from_journal("loadspiker-results/shop-20261123-141530")?;
    /// println!("{}", report.info().end);
    /// # Ok::<(), loadspiker_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read, [`Error::Report`] if it is no journal, or one of another version.
    pub fn from_journal(path: impl AsRef<Path>) -> Result<RunReport, Error> {
        let path = path.as_ref();
        let path = match path.is_dir() {
            true if path.join(JOURNAL).exists() => path.join(JOURNAL),
            true => path.join(UNFINISHED_JOURNAL),
            false => path.to_owned(),
        };
        let failed = |cause: std::io::Error| Error::Io { path: path.display().to_string(), cause: cause.to_string() };
        let file = File::open(&path).map_err(failed)?;
        let of_file = |what: String| Error::Report(format!("{}: {what}", path.display()));
        let mut lines = Lines { file: BufReader::new(file), bytes: Vec::new() };
        let Some(first) = lines.next().map_err(failed)? else {
            return Err(of_file("it is empty: the run died before it began".to_owned()));
        };
        let header = header(first).map_err(of_file)?;
        let mut reading = Reading::new(&header);
        while let Some(line) = lines.next().map_err(failed)? {
            // What comes after a line that makes no sense belongs to it.
            let Ok(line) = serde_json::from_slice(line) else { break };
            reading.take(line);
        }
        Ok(reading.report(&header))
    }
}

fn header(line: &[u8]) -> Result<Header, String> {
    #[derive(serde::Deserialize)]
    struct First {
        header: Version,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        version: u32,
    }
    let first: First = serde_json::from_slice(line).map_err(|error| format!("no journal of a run: {error}"))?;
    let version = first.header.version;
    if version != VERSION {
        return Err(format!(
            "the journal has version {version}, this LoadSpiker reads version {VERSION}; read it with the version that \
             wrote it"
        ));
    }
    match serde_json::from_slice(line) {
        Ok(ReadLine::Header(header)) => Ok(*header),
        Ok(_) => Err("no journal of a run: it does not begin with a header".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The lines that are whole.
struct Lines {
    file: BufReader<File>,
    bytes: Vec<u8>,
}

impl Lines {
    fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        self.bytes.clear();
        self.file.read_until(b'\n', &mut self.bytes)?;
        Ok(self.bytes.strip_suffix(b"\n"))
    }
}

/// What was read so far.
struct Reading {
    collector: Collector,
    end: Option<RunInfo>,
}

impl Reading {
    fn new(header: &Header) -> Self {
        let scenarios: Arc<[Arc<str>]> = header.scenarios.clone().into();
        let collector = Collector::new(1, &header.names, scenarios, Limits::default())
            .warming_up(header.run.warm_up)
            .watched_by(Watches::new(&header.criteria));
        Reading { collector, end: None }
    }

    fn take(&mut self, line: ReadLine) {
        match line {
            ReadLine::State(state) => self.collector.restore(*state),
            ReadLine::Second(told) => {
                told.until.into_iter().for_each(|until| self.collector.watches().until(until));
                let (measured, warm_up, cut) = (told.measured, told.warm_up, told.cut);
                self.collector.replay(told.second, Second { measured, warm_up, cut });
            }
            ReadLine::End(info) => self.end = Some(*info),
            ReadLine::Header(_) => {}
        }
    }

    fn report(mut self, header: &Header) -> RunReport {
        let seconds = Duration::from_secs(self.collector.seconds());
        let unfinished = || RunInfo { duration: seconds, end: EndReason::Unfinished, ..header.run.clone() };
        let info = self.end.take().unwrap_or_else(unfinished);
        let watches = std::mem::take(self.collector.watches());
        let mut report = self.collector.finish(info);
        report.evaluate(&header.assertions);
        let results = watches.results(&report);
        report.add_results(results);
        report
    }
}
