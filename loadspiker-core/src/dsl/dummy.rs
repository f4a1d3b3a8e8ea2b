//! [`Dummy`]: a pretended request. It is also the smallest example of an [`Action`].

use std::time::Duration;

use crate::dsl::Chain;
use crate::expression::{Arg, CompiledArg, IntoDuration, IntoText};
use crate::failure::Failure;
use crate::protocol::{Action, ActionBuilder, ActionContext, ActionFuture, CompileContext, RequestName, TagSet, Tags};

/// A pretended request: it waits and is counted like a real one. Made by [`dummy`](crate::dsl::dummy) or
/// [`dummy_request`].
#[derive(Clone, Debug)]
pub struct Dummy {
    name: String,
    duration: Arg<Duration>,
    tags: Tags,
}

impl Dummy {
    /// Counts it under this tag as well; see [`RunReport::tagged`](crate::report::RunReport::tagged). The value may hold
    /// expressions; it must be one of few, since each is counted by itself.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl IntoText) -> Self {
        self.tags.add(name, value);
        self
    }
}

/// A pretended request as a value.
pub fn dummy_request(name: impl Into<String>, duration: impl IntoDuration) -> Dummy {
    Dummy { name: name.into(), duration: duration.into_duration(), tags: Tags::default() }
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
        Box::new(DummyAction {
            name: cx.request_name(&self.name),
            duration: self.duration.compile(cx),
            tags: TagSet::compile(&self.tags, cx),
        })
    }
}

struct DummyAction {
    name: RequestName,
    duration: CompiledArg<Duration>,
    tags: TagSet,
}

impl Action for DummyAction {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let (sent, outcome) = match self.duration.get(cx.session()) {
                Ok(duration) => {
                    let sent = cx.started();
                    cx.sleep(duration).await;
                    (Some(sent), Ok(()))
                }
                Err(error) => (None, Err(Failure::mistake(format!("{error:#}")))),
            };
            cx.sample(&self.name).tags(&self.tags).sent(sent).outcome(outcome).record();
        })
    }
}
