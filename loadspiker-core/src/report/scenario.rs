//! [`ScenarioReport`]: the users and requests of one scenario.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::statistics::Statistics;
use crate::metrics::UserStatistics;

/// The users and requests of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioReport {
    pub(super) name: Arc<str>,
    pub(super) users: UserStatistics,
    #[serde(skip)]
    pub(super) statistics: Statistics,
}

impl ScenarioReport {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What became of its users.
    pub fn users(&self) -> &UserStatistics {
        &self.users
    }

    /// The figures of all its requests.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}
