//! [`UsageMeter`]: measures once a second what the load generator uses, on the thread that keeps the run together.

use std::time::Duration;

use crate::engine::health;
use crate::metrics::Usage;

/// Measures what the load generator uses from second to second.
#[derive(Debug)]
pub(super) struct UsageMeter {
    cpu: Option<Duration>,
    /// The second that is measured next.
    next: u64,
}

impl UsageMeter {
    pub(super) fn start() -> Self {
        UsageMeter { cpu: health::cpu_time(), next: 0 }
    }

    /// A shard has told of this second: the first that does ends the measurement of it.
    pub(super) fn second(&mut self, second: u64) -> Option<Usage> {
        if second < self.next {
            return None;
        }
        self.next = second + 1;
        let before = std::mem::replace(&mut self.cpu, health::cpu_time());
        let cpu = self.cpu.zip(before).map(|(now, before)| now.saturating_sub(before)).unwrap_or_default();
        Some(Usage { cpu, memory: health::resident_memory().unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_is_measured_once() {
        let mut meter = UsageMeter::start();
        let first = meter.second(0).unwrap();
        assert_eq!(meter.second(0), None);
        assert!(meter.second(2).is_some());
        assert_eq!((meter.second(1), meter.second(2)), (None, None));
        if cfg!(target_os = "linux") {
            assert!(first.memory > 100_000, "{first:?}");
        }
    }
}
