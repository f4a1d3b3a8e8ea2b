//! Counting allocations between points of a scenario.
//!
//! They are counted for the whole process, and so need a test program of their own, with
//! [`count_allocations!`](crate::count_allocations) in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loadspiker_core::dsl::{Chain, exec_fn};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats};

/// Makes the allocator of this test program one that counts. Goes to the top level of the program.
#[macro_export]
macro_rules! count_allocations {
    () => {
        #[global_allocator]
        static ALLOCATOR: &$crate::__private::StatsAlloc<::std::alloc::System> =
            &$crate::__private::INSTRUMENTED_SYSTEM;
    };
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Allocations, and changes of an allocation's size.
    Calls,
    /// Bytes that were allocated.
    Bytes,
}

/// Counts allocations between looks: steps that go into a scenario, before what is measured and after.
#[derive(Clone, Debug)]
pub struct Allocations {
    unit: Unit,
    counts: Arc<Mutex<Vec<usize>>>,
}

impl Allocations {
    /// Counts calls.
    pub fn calls() -> Self {
        Self::of(Unit::Calls)
    }

    /// Counts bytes.
    pub fn bytes() -> Self {
        Self::of(Unit::Bytes)
    }

    fn of(unit: Unit) -> Self {
        // With room for all looks, so that looking allocates nothing.
        Allocations { unit, counts: Arc::new(Mutex::new(Vec::with_capacity(1000))) }
    }

    /// A step that notes how much has been allocated so far.
    pub fn look(&self) -> Chain {
        let this = self.clone();
        exec_fn(move |_| {
            this.counts.lock().unwrap().push(this.unit.count(INSTRUMENTED_SYSTEM.stats()));
            Ok(())
        })
    }

    /// How many looks there were.
    pub fn looks(&self) -> usize {
        self.counts.lock().unwrap().len()
    }

    /// The least that was allocated between two looks, one after another. What is measured allocates between all of them;
    /// what other threads do meanwhile, such as the hand-over of statistics once a second, does not.
    ///
    /// # Panics
    ///
    /// If there were fewer than two looks.
    pub fn least(&self) -> usize {
        self.counts.lock().unwrap().windows(2).map(|pair| pair[1] - pair[0]).min().unwrap()
    }
}

impl Unit {
    fn count(self, stats: Stats) -> usize {
        match self {
            Unit::Calls => stats.allocations + stats.reallocations,
            Unit::Bytes => stats.bytes_allocated,
        }
    }
}

/// Keeps other tests of this program from allocating meanwhile: those that hold this run one after another.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed harms no other.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
