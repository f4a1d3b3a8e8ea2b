//! What steps have in common that send no request of their own: they are counted only if they fail.

use loadspiker_core::compile::RequestName;
use loadspiker_core::metrics::{Phases, Sample, SampleName};
use loadspiker_core::protocol::ActionContext;

/// Counts a step that failed.
pub(crate) fn fail(cx: &mut ActionContext, name: &RequestName, error: &str) {
    let now = cx.now();
    let mut buffer = String::new();
    let sample = Sample {
        name: match name {
            RequestName::Known(id, _) => SampleName::Known(*id),
            rendered => rendered.resolve(cx.session(), &mut buffer),
        },
        intended: cx.intended(),
        started: cx.started(),
        sent: None,
        ended: now,
        error: Some(error),
        status: None,
        bytes_sent: 0,
        bytes_received: 0,
        phases: Phases::default(),
    };
    cx.record(&sample);
}
