//! A load generator that is itself stopped for three seconds: what was due meanwhile is not made up for all at once, every
//! arrival is accounted for, and the seconds are marked.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::support::process::Process;
use crate::support::server::{Server, ok};

/// For so long it is stopped. Nothing is waited for here that could be asked for: the stop itself is what is tested.
const STOP: Duration = Duration::from_secs(3);

#[test]
fn a_load_generator_that_was_stopped_catches_up_in_bounds_and_marks_the_seconds() {
    let (tell, seen) = channel();
    let tell = Mutex::new(tell);
    let server = Server::start(move |_| {
        let _ = tell.lock().unwrap().send(());
        ok()
    });
    let process = Process::start("steady", &["--base-url", &server.url]);
    assert_eq!(seen.iter().take(150).count(), 150);
    process.signal("STOP");
    std::thread::sleep(STOP);
    process.signal("CONT");
    let ended = process.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();

    // Of 800 arrivals each has started or is counted as dropped, and whoever started did what was asked for.
    let (users, stalls) = (report.users(), &report.info().stalls);
    assert_eq!(users.started + users.dropped, 800);
    assert_eq!(users.dropped, users.dropped_late);
    assert_eq!((report.request("page").unwrap().ok_count(), users.ended), (users.started, users.started));

    // It saw that it stood still, and dropped what was then late by more than a second: a hundred for each second beyond
    // the first.
    assert!(stalls.max() >= STOP - Duration::from_millis(500), "{:?}", stalls.max());
    let stalled = stalls.mean().as_secs_f64() * f64::from(u32::try_from(stalls.count()).unwrap());
    let beyond = stalled - f64::from(u32::try_from(stalls.count()).unwrap());
    let dropped = f64::from(u32::try_from(users.dropped_late).unwrap());
    let rounding = 2.0 * f64::from(u32::try_from(stalls.count()).unwrap());
    assert!((dropped - 100.0 * beyond).abs() <= rounding, "{dropped} dropped, stood still for {stalled} s");

    // The younger ones started at once: no second has more than its own and those of one second before.
    assert!(report.series().iter().all(|second| second.users_started <= 201), "{:?}", report.series());

    // At least three seconds are touched by such a stop, and all of them are marked, one after the other.
    let marked: Vec<u64> = report.series().iter().filter(|point| point.stalled).map(|point| point.second).collect();
    assert!(marked.len() >= 3, "{marked:?}");
    // A second that was spent standing still has nothing to tell, and says so.
    let empty = || report.series().iter().filter(|point| point.second < 8 && point.users_started == 0);
    assert!(empty().count() >= 1 && empty().all(|point| point.stalled), "{:?}", report.series());
    let warnings = report.warnings().join(" ");
    assert!(warnings.contains("The load generator stood still"), "{warnings}");
    assert!(warnings.contains("is not to be trusted"), "{warnings}");
}
