//! [`Row`]: a sample on its way to the file.

use std::time::Duration;

use crate::metrics::{Groups, NameId, Phases, Sample, SampleName, ScenarioId, clip};
use crate::moment::Moment;
use crate::shown::Message;

/// A sample that owns all it has.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) scenario: ScenarioId,
    pub(super) groups: Groups,
    pub(super) name: Name,
    pub(super) intended: Moment,
    pub(super) started: Moment,
    pub(super) sent: Option<Moment>,
    pub(super) ended: Moment,
    pub(super) error: Option<Box<str>>,
    pub(super) status: Option<Box<str>>,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) phases: Phases,
    pub(super) throttle_wait: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum Name {
    Known(NameId),
    Dynamic(Box<str>),
}

impl Row {
    pub(super) fn of(
        scenario: ScenarioId,
        groups: Groups,
        sample: &Sample<'_>,
        throttle_wait: Option<Duration>,
    ) -> Self {
        let name = match sample.name {
            SampleName::Known(id) => Name::Known(id),
            SampleName::Dynamic(name) => Name::Dynamic(name.into()),
        };
        Row {
            scenario,
            groups,
            name,
            intended: sample.intended,
            started: sample.started,
            sent: sample.sent,
            ended: sample.ended,
            error: sample.failure.as_ref().map(|failure| clip(&Message::of(failure.text()).text).into()),
            status: sample.status.map(|status| status.to_string().into()),
            bytes_sent: sample.bytes_sent,
            bytes_received: sample.bytes_received,
            phases: sample.phases.clone(),
            throttle_wait,
        }
    }
}
