//! What happened: samples, histograms, snapshots.

mod sample;

pub use sample::{GroupId, NameId, Phases, Sample, SampleName, ScenarioId};
