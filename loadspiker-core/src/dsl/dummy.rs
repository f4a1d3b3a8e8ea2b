//! [`Dummy`]: a pretended request. It is also the smallest example of an [`Action`].

use std::time::Duration;

use crate::dsl::Chain;
use crate::expression::{Arg, CompiledArg, IntoDuration};
use crate::metrics::{Phases, Sample};
use crate::protocol::{Action, ActionBuilder, ActionContext, ActionFuture, CompileContext, RequestName};

/// A pretended request: it waits and is counted like a real one. Made by [`dummy`](crate::dsl::dummy) or
/// [`dummy_request`].
#[derive(Clone, Debug)]
pub struct Dummy {
    name: String,
    duration: Arg<Duration>,
}

/// A pretended request as a value.
pub fn dummy_request(name: impl Into<String>, duration: impl IntoDuration) -> Dummy {
    Dummy { name: name.into(), duration: duration.into_duration() }
}

impl From<Dummy> for Chain {
    #[track_caller]
    fn from(dummy: Dummy) -> Chain {
        Chain::action(dummy)
    }
}

impl ActionBuilder for Dummy {
    fn describe(&self) -> String {
        format!("dummy \"{}\" {:?}", self.name, self.duration)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(DummyAction { name: cx.request_name(&self.name), duration: self.duration.compile(cx) })
    }
}

struct DummyAction {
    name: RequestName,
    duration: CompiledArg<Duration>,
}

impl Action for DummyAction {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let (sent, error) = match self.duration.get(cx.session()) {
                Ok(duration) => {
                    let sent = cx.started();
                    cx.sleep(duration).await;
                    (Some(sent), None)
                }
                Err(error) => (None, Some(format!("{error:#}"))),
            };
            let mut buffer = String::new();
            let sample = Sample {
                name: self.name.resolve(cx.session(), &mut buffer),
                intended: cx.intended(),
                started: cx.started(),
                sent,
                ended: cx.now(),
                error: error.as_deref(),
                status: None,
                bytes_sent: 0,
                bytes_received: 0,
                phases: Phases::default(),
            };
            cx.record(&sample);
        })
    }
}
