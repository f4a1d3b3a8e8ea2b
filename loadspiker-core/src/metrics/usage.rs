//! [`Usage`]: what the load generator itself used in a second.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the load generator itself used in a second. Zero where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Processor time, over all cores.
    pub(crate) cpu: Duration,
    /// Resident memory at its end, in bytes.
    pub(crate) memory: u64,
}

impl Usage {
    pub(crate) fn is_none(&self) -> bool {
        *self == Usage::default()
    }

    pub(crate) fn merge(&mut self, later: Usage) {
        self.cpu += later.cpu;
        self.memory = self.memory.max(later.memory);
    }
}
