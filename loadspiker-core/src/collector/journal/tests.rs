//! Journals of runs that died in every way.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::assertion::{Purpose, check_details, details, for_all, global, metric, scenario_details};
use crate::collector::Collector;
use crate::metrics::tests::{Event, collector};
use crate::report::{EndReason, RunReport};
use crate::units::DurationExt;

/// A folder of a test's own, away when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loadspiker-journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn journal(&self) -> PathBuf {
        self.0.join(JOURNAL)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn header() -> Header {
    let crowd = global().requests_per_sec().over(2.secs()).gt(50);
    Header {
        version: VERSION,
        run: RunInfo { seed: 7, host: "here".to_owned(), shards: 2, ..RunInfo::new("shop") },
        process: 1,
        plan: "the plan".to_owned(),
        scenarios: vec!["Browse".into(), "Buy".into()],
        names: vec!["login".into(), "list".into()],
        assertions: vec![global().failed_requests().count().is(0), global().all_requests().count().gt(0)],
        criteria: vec![Guard { purpose: Purpose::Assert, criterion: crowd }],
    }
}

/// What happens in a second: a hundred requests, some in a group, one of which fails.
fn second(second: u64) -> Vec<Event> {
    let name = |n: u64| if n.is_multiple_of(3) { Err("made up") } else { Ok(u32::from(n.is_multiple_of(2))) };
    let group = |n: u64| n.is_multiple_of(4).then_some("cart");
    let event = |n| Event { name: name(n), group: group(n), ..Event::ok(second, 0, 1000 * (n + 1) + second) };
    let mut events: Vec<_> = (0..100).map(event).collect();
    events[5].error = Some("status 500");
    events
}

/// A run of so many seconds whose collector writes to this journal, if to any.
fn collect(seconds: u64, journal: Option<Journal>) -> Collector {
    let (collector, mut recorders) = collector(2);
    let watches = crate::assertion::Watches::new(&header().criteria);
    let mut collector = collector.watched_by(watches).journalled(journal);
    for number in 0..seconds {
        for (place, event) in second(number).iter().enumerate() {
            event.record(&mut recorders[place % 2]);
        }
        for (shard, recorder) in recorders.iter_mut().enumerate() {
            collector.absorb(shard, recorder.take_snapshot(number));
        }
    }
    collector
}

/// The report of the same run, had it lived.
fn alive(seconds: u64, info: RunInfo) -> RunReport {
    let mut collector = collect(seconds, None);
    let watches = std::mem::take(collector.watches());
    let mut report = collector.finish(info);
    report.evaluate(&header().assertions);
    let results = watches.results(&report);
    report.add_results(results);
    report
}

fn unfinished(seconds: u64) -> RunInfo {
    RunInfo { duration: Duration::from_secs(seconds), end: EndReason::Unfinished, ..header().run }
}

#[test]
fn what_was_written_of_a_run_that_died_is_its_report_up_to_then() {
    let scratch = Scratch::new("died");
    let journal = Journal::begin(&scratch.journal(), &header()).unwrap();
    // Dropped without an end, as if the process were killed.
    drop(collect(5, Some(journal)));
    let report = RunReport::from_journal(&scratch.0).unwrap();
    assert_eq!(report, alive(5, unfinished(5)));
    assert!(!report.passed());
    assert_eq!((report.global().count(), report.global().failed_count()), (500, 5));
    assert_eq!(report.assertions().iter().map(|result| result.passed).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!((report.info().seed, report.info().host.as_str()), (7, "here"));
    assert!(report.failure().unwrap().contains("has not passed: unfinished"), "{:?}", report.failure());
    assert!(report.warnings()[0].starts_with("The process died before the run was over"), "{:?}", report.warnings());
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn a_journal_of_a_run_that_ended_is_its_whole_report() {
    let scratch = Scratch::new("ended");
    let info = RunInfo { duration: 2_500.millis(), end: EndReason::Stopped("enough".to_owned()), ..header().run };
    let journal = Journal::begin(&scratch.journal(), &header()).unwrap();
    let _ = collect(3, Some(journal)).finish(info.clone());
    assert_eq!(RunReport::from_journal(scratch.journal()).unwrap(), alive(3, info));
}

#[test]
fn a_last_line_that_is_not_whole_is_left_out() {
    let scratch = Scratch::new("truncated");
    let journal = Journal::begin(&scratch.journal(), &header()).unwrap();
    drop(collect(4, Some(journal)));
    let whole = fs::read(scratch.journal()).unwrap();
    let ends: Vec<_> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end + 1).collect();
    assert_eq!(ends.len(), 5);
    for cut in [1, 2, 100, ends[4] - ends[3] - 1] {
        fs::write(scratch.journal(), &whole[..whole.len() - cut]).unwrap();
        assert_eq!(RunReport::from_journal(scratch.journal()).unwrap(), alive(3, unfinished(3)), "{cut} bytes cut");
    }
    // A machine that lost power may leave zeros.
    let mut zeros = whole[..ends[3]].to_vec();
    zeros.extend([0; 50]);
    zeros.push(b'\n');
    fs::write(scratch.journal(), &zeros).unwrap();
    assert_eq!(RunReport::from_journal(scratch.journal()).unwrap(), alive(3, unfinished(3)));
    // Of the header alone there is an empty report.
    fs::write(scratch.journal(), &whole[..ends[0]]).unwrap();
    assert_eq!(RunReport::from_journal(scratch.journal()).unwrap().global().count(), 0);
}

#[test]
fn what_is_no_journal_is_an_error_that_says_so() {
    let scratch = Scratch::new("foreign");
    let error = |content: &str| {
        fs::write(scratch.journal(), content).unwrap();
        RunReport::from_journal(scratch.journal()).unwrap_err().to_string()
    };
    assert!(error("").contains("it is empty: the run died before it began"));
    assert!(error("{\"header\":{\"ver").contains("it is empty"));
    assert!(error("[1]\n").contains("no journal of a run"));
    assert!(error("{\"header\":{\"version\":9}}\n").contains("version 9, this LoadSpiker reads version 1"));
    assert!(error("{\"header\":{\"version\":1}}\n").contains("missing field"));
    let missing = RunReport::from_journal(scratch.0.join("none.jsonl")).unwrap_err().to_string();
    assert!(missing.contains("none.jsonl: "), "{missing}");
}

/// Begins a journal whose states follow each other closely.
fn eager(scratch: &Scratch) -> Journal {
    let mut journal = Journal::begin(&scratch.journal(), &header()).unwrap();
    journal.limit = 0;
    journal
}

#[test]
fn a_long_journal_stays_bounded_and_tells_the_same() {
    let scratch = Scratch::new("bounded");
    drop(collect(400, Some(eager(&scratch))));
    let length = fs::metadata(scratch.journal()).unwrap().len();
    let lines = fs::read_to_string(scratch.journal()).unwrap();
    assert!(lines.lines().count() < 300, "{} lines", lines.lines().count());
    let state = lines.lines().nth(1).unwrap();
    assert!(state.starts_with("{\"state\":"), "{}", &state[..40]);
    assert!(length < 3 * state.len() as u64, "{length} bytes with a state of {}", state.len());
    assert!(!scratch.0.join("journal.tmp").exists());
    let report = RunReport::from_journal(scratch.journal()).unwrap();
    let alive = alive(400, unfinished(400));
    assert_eq!(
        (report.requests(), report.groups(), report.series()),
        (alive.requests(), alive.groups(), alive.series())
    );
    assert_eq!((report.users(), report.windows()), (alive.users(), alive.windows()));
    // Windows of criteria that a new state has cut in two are not looked at.
    let passed = |report: &RunReport| report.assertions().iter().map(|result| result.passed).collect::<Vec<_>>();
    assert_eq!(passed(&report), passed(&alive));
    assert!(report.assertions()[2].message.contains("held in 39"), "{}", report.assertions()[2].message);
}

#[test]
fn a_line_that_could_not_be_written_is_made_up_for() {
    let scratch = Scratch::new("lost");
    let journal = Journal::begin(&scratch.journal(), &header()).unwrap();
    journal.file.lose();
    drop(collect(6, Some(journal)));
    let lines = fs::read_to_string(scratch.journal()).unwrap();
    assert!(lines.lines().nth(1).unwrap().starts_with("{\"state\":"));
    let report = RunReport::from_journal(scratch.journal()).unwrap();
    assert_eq!(report.requests(), alive(6, unfinished(6)).requests());
}

#[test]
fn the_journal_of_a_run_that_died_is_kept_and_that_of_a_run_that_is_on_is_not_touched() {
    let scratch = Scratch::new("aside");
    let begin = || Journal::begin(&scratch.journal(), &header());
    drop(collect(2, Some(begin().unwrap())));
    let second = begin().unwrap();
    let kept = RunReport::from_journal(scratch.0.join("journal-unfinished.jsonl")).unwrap();
    assert_eq!(kept.global().count(), 200);
    assert!(journal_is_in_use(&scratch.journal()));
    let error = begin().unwrap_err().to_string();
    assert!(error.contains("another run is writing it; give each run a folder of its own"), "{error}");
    drop(second);
    assert!(!journal_is_in_use(&scratch.journal()));
}

#[test]
fn a_journal_that_cannot_be_written_is_an_error_before_the_run() {
    let scratch = Scratch::new("unwritable");
    fs::File::create(scratch.0.join("file")).unwrap().write_all(b"x").unwrap();
    let error = Journal::begin(&scratch.0.join("file").join(JOURNAL), &header()).unwrap_err().to_string();
    assert!(error.contains("the run needs a folder that it can write to"), "{error}");
}

#[test]
fn assertions_and_criteria_of_every_kind_are_read_as_they_were_written() {
    let assertions = vec![
        global().response_time().percentile(99.9).between(1.millis(), 1_500.micros()),
        details("shop / login").response_time().mean().around(1.secs(), 7.micros()),
        for_all().failed_requests().percent().deviates_around(0.1, 2.5),
        scenario_details("Buy").requests_per_sec().gte(1e-3),
        global().status([429, 503]).count().one_of([1, u64::MAX]),
        global().status(500..600).percent().lt(0.1),
        check_details("total").failed().count().is(0),
        metric("basket").percentile(95).lt(20.5),
    ];
    let every = metric("orders").count().over(10.secs()).gt(5);
    let criteria = vec![
        Guard { purpose: Purpose::Stop, criterion: every },
        Guard { purpose: Purpose::Fail, criterion: for_all().response_time().max().over(1.secs()).gt(2.secs()) },
    ];
    let written = Header { assertions, criteria, ..header() };
    let Ok(ReadLine::Header(read)) = serde_json::from_slice(&line(&Line::Header(&written))) else {
        panic!("it is no header")
    };
    assert_eq!(read.assertions, written.assertions);
    assert_eq!(format!("{:?}", read.criteria), format!("{:?}", written.criteria));
}
