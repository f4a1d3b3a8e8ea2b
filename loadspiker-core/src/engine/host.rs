//! What the system says of this process, of its threads and of the machine: processor time, waits for a core, pressure.

use std::time::Duration;

/// The coarse clock of the system, in nanoseconds: monotonic, right to 1 to 10 ms, and read without a system call. Elsewhere
/// than on Linux it is the fine one.
pub(crate) fn coarse_nanos() -> u64 {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::MonotonicCoarse);
        time.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec.cast_unsigned())
    }
    #[cfg(not(target_os = "linux"))]
    {
        use std::sync::LazyLock;
        use std::time::Instant;
        static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);
        crate::numbers::nanos(BASE.elapsed())
    }
}

/// The number of the calling thread.
pub(crate) fn thread_number() -> Option<u64> {
    let path = std::fs::read_link("/proc/thread-self").ok()?;
    path.file_name()?.to_str()?.parse().ok()
}

/// For how long the calling thread has run, and has waited for a core though it could have run.
pub(crate) fn thread_times() -> Option<(Duration, Duration)> {
    times(&std::fs::read_to_string("/proc/thread-self/schedstat").ok()?)
}

/// The same of another thread of this process.
pub(crate) fn times_of_thread(number: u64) -> Option<(Duration, Duration)> {
    times(&std::fs::read_to_string(format!("/proc/self/task/{number}/schedstat")).ok()?)
}

/// Reads `schedstat`: nanoseconds on a core, nanoseconds in the run queue, turns.
fn times(text: &str) -> Option<(Duration, Duration)> {
    let mut numbers = text.split_whitespace().map(|number| number.parse().ok().map(Duration::from_nanos));
    Some((numbers.next()??, numbers.next()??))
}

/// Counters of the whole machine, to be compared with later ones.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine {
    /// All time of all cores, and that taken by other guests of the host, in the system's own unit.
    total: u64,
    stolen: u64,
    /// For how long some task of the machine has waited for a core.
    pressure: Option<Duration>,
}

impl Machine {
    pub(crate) fn now() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Machine::of(&read("/proc/stat"), &read("/proc/pressure/cpu"))
    }

    fn of(stat: &str, pressure: &str) -> Self {
        let cores = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).unwrap_or_default();
        // user nice system idle iowait irq softirq steal; what follows is contained in these.
        let times: Vec<u64> = cores.split_whitespace().take(8).map(|time| time.parse().unwrap_or(0)).collect();
        let some = pressure.lines().find_map(|line| line.strip_prefix("some ")?.split_once("total="));
        Machine {
            total: times.iter().sum(),
            stolen: times.get(7).copied().unwrap_or(0),
            pressure: some.and_then(|(_, total)| total.trim().parse().ok()).map(Duration::from_micros),
        }
    }

    /// Since `before`: which part (0 to 1) of the time of all cores other guests of the host have taken.
    pub(crate) fn stolen_since(&self, before: &Machine) -> f64 {
        let part = |count: u64| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        match self.total.saturating_sub(before.total) {
            0 => 0.0,
            total => part(self.stolen.saturating_sub(before.stolen)) / part(total),
        }
    }

    /// Since `before`: for how long some task of the machine has waited for a core.
    pub(crate) fn pressure_since(&self, before: &Machine) -> Option<Duration> {
        Some(self.pressure?.saturating_sub(before.pressure?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_the_machine_are_read() {
        let before = Machine::of("cpu  10 0 10 70 5 0 5 0 0 0\ncpu0 1\n", "some avg10=0.00 total=1000\nfull total=7\n");
        let after = Machine::of("cpu  20 0 20 130 10 0 10 10 3 0\n", "some avg10=0.00 total=51000\n");
        assert!((after.stolen_since(&before) - 0.1).abs() < 1e-9);
        assert_eq!(after.pressure_since(&before), Some(Duration::from_millis(50)));
        // An older system, or another one.
        let unknown = Machine::of("", "");
        assert_eq!((unknown.pressure_since(&unknown), unknown.stolen_since(&unknown)), (None, 0.0));
    }

    #[test]
    fn times_of_a_thread_are_read() {
        assert_eq!(times("737603 53373 1\n"), Some((Duration::from_nanos(737_603), Duration::from_nanos(53_373))));
        assert_eq!(times(""), None);
    }
}
