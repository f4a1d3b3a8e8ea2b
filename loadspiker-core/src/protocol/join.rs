//! [`JoinAwait`]: the step that waits for what is awaited in the background.

use std::any::Any;

use super::awaiting::Settled;
use super::compile_context::{CompileContext, RequestName};
use super::context::ActionContext;
use super::resting::Woken;
use super::{Action, ActionBuilder, ActionFuture};
use crate::expression::Template;
use crate::stream::Bell;

/// Waits for messages that are awaited in the background; made by [`join_await`](crate::dsl::join_await) and
/// [`join_awaits`](crate::dsl::join_awaits).
#[derive(Clone, Debug)]
pub struct JoinAwait {
    name: Option<String>,
}

impl JoinAwait {
    /// Waits for those of this name, in which expressions are allowed.
    pub fn named(name: impl Into<String>) -> Self {
        JoinAwait { name: Some(name.into()) }
    }

    /// Waits for all of them.
    pub fn all() -> Self {
        JoinAwait { name: None }
    }
}

impl ActionBuilder for JoinAwait {
    fn describe(&self) -> String {
        match &self.name {
            Some(name) => format!("join_await \"{name}\""),
            None => "join_awaits".to_owned(),
        }
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let source = self.name.as_deref().unwrap_or("join_awaits");
        if source.trim().is_empty() {
            cx.mistake("the name of the request to wait for is empty; give the name of one that is in the background");
        }
        let template = cx.template(source);
        Box::new(Join { name: self.name.as_ref().map(|_| template.clone()), shown: RequestName::Rendered(template) })
    }
}

struct Join {
    name: Option<Template>,
    /// What a panic in it is counted under.
    shown: RequestName,
}

impl Join {
    /// Takes what is over, and rests if there is more.
    fn go_on(&self, cx: &mut ActionContext) {
        let mut buffer = cx.take_buffer();
        let name = match &self.name {
            None => None,
            Some(template) => match template.render(cx.session(), &mut buffer) {
                Ok(()) => Some(buffer.as_str()),
                Err(error) => {
                    let now = cx.now();
                    return cx.finish_failed(&format!("{error:#}"), now);
                }
            },
        };
        let awaits = cx.awaits();
        while let Some(over) = awaits.take_over(name, cx.now()) {
            over.settle(cx, Settled::Joined);
        }
        let bell = Bell::new();
        if let Some(deadline) = awaits.announce(name, &bell) {
            cx.rest_until(&bell, deadline, ());
        }
        cx.return_buffer(buffer);
    }
}

impl Action for Join {
    fn name(&self) -> &RequestName {
        &self.shown
    }

    fn is_request(&self) -> bool {
        false
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move { self.go_on(cx) })
    }

    fn resume<'a>(&'a self, _: Box<dyn Any>, _: Woken, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move { self.go_on(cx) })
    }
}
