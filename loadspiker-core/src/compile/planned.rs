//! What load a plan is to make, as the report tells it.

use super::plan::Plan;
use crate::inject::Profile;
use crate::report::{LoadKind, PlannedLoad};

impl Plan {
    /// Of each population.
    pub(crate) fn planned_load(&self) -> Vec<PlannedLoad> {
        let all = self.scenario_names.iter().zip(&self.populations);
        let load = all.map(|(scenario, population)| PlannedLoad {
            scenario: scenario.clone(),
            kind: match population.profile {
                Profile::Open(_) => LoadKind::Open,
                Profile::Closed(_) => LoadKind::Closed,
            },
            steps: population.profile.written(),
            starts_with_run: population.after.is_empty(),
            points: population.profile.points(),
        });
        load.collect()
    }
}
