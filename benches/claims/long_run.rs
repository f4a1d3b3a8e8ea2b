//! Fifty million requests, on the simulated clock, under more names than are kept apart: memory at its highest in the
//! second million and after that.

use std::time::{Duration, Instant};

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};

use crate::Setting;
use crate::findings::{Findings, mebibytes};
use crate::support::memory::resident;

/// The first million: until then names are new.
const WARM: u64 = 1_000_000;
/// Memory goes up and down: whenever the series is full, its points are merged by twos. Up to here that happens once.
const EARLY: u64 = 2_000_000;
/// What may be added: a histogram grows with the longest time in it, and allocators keep what they had once.
const MARGIN: u64 = 4 << 20;

/// Remembers the most memory in the second million of requests, and later.
#[derive(Default)]
struct Memory {
    early: Option<u64>,
    late: Option<u64>,
}

impl Observer for Memory {
    fn progress(&mut self, view: &LiveView) {
        match view.ok {
            ..WARM => {}
            WARM..EARLY => self.early = self.early.max(resident()),
            EARLY.. => self.late = self.late.max(resident()),
        }
    }
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    // Two hundred users, each with ten requests a second: seven hours. The series are full after four minutes, and the
    // million is reached after eight.
    let seconds = setting.part_of(25_000);
    let ask = exec(dummy("page #{randomInt(0,3000)}", 100.millis()));
    let visit = scenario!("visit").forever(ask).inject([constant_concurrent_users(200).during(seconds.secs())]);
    let mut memory = Memory::default();
    let start = Instant::now();
    let report = Simulation::new("long")
        .simulated_clock()
        .with(visit)
        .shards(1)
        .max_duration(Duration::from_secs(seconds))
        .run_with(&RunOptions::default(), &mut memory)
        .map_err(|error| error.to_string())?;
    let count = report.global().count();
    let claimed = setting.part_of(50_000_000);
    findings.claim("requests", count, format!("{claimed}, within 0.1 %"), count.abs_diff(claimed) <= claimed / 1000);
    findings.note("names kept apart", report.requests().len());
    findings.note("time it took", format!("{:.0} s", start.elapsed().as_secs_f64()));
    let measured = memory.early.zip(memory.late).ok_or("memory was never looked at, or cannot be read here")?;
    let (early, late) = measured;
    findings.note("most memory in the second million", mebibytes(early));
    let claimed = format!("at most {} more", mebibytes(MARGIN));
    findings.claim("most memory later", mebibytes(late), claimed, late <= early + MARGIN);
    Ok(())
}
