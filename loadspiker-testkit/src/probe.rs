//! [`Trace`]: a tiny protocol for tests of the engine. Its only action, a probe, takes no time and leaves a trace of who
//! came by, and when it was meant to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::Chain;
use loadspiker_core::protocol_prelude::*;

/// One passage: user, name, moment.
pub type Passage = (u64, String, Duration);

/// Where probes leave their traces.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Vec<Passage>>>);

impl Trace {
    /// A probe; its name may hold expressions. One whose name begins with `!` fails.
    #[track_caller]
    pub fn probe(&self, name: &str) -> Chain {
        Chain::action(self.builder(name))
    }

    /// The request behind [`probe`](Self::probe).
    pub fn builder(&self, name: &str) -> impl ActionBuilder + use<> {
        ProbeBuilder { name: name.to_owned(), trace: self.clone() }
    }

    /// Everything that came by, in order.
    pub fn passages(&self) -> Vec<Passage> {
        self.0.lock().unwrap().clone()
    }

    /// The names that came by, in order.
    pub fn names(&self) -> Vec<String> {
        self.passages().into_iter().map(|(_, name, _)| name).collect()
    }

    /// The names one user came by.
    pub fn names_of(&self, user: u64) -> Vec<String> {
        self.passages().into_iter().filter(|(id, _, _)| *id == user).map(|(_, name, _)| name).collect()
    }

    /// When passages of this name were meant to be, in milliseconds, in order.
    pub fn millis(&self, name: &str) -> Vec<u128> {
        self.passages().into_iter().filter(|(_, n, _)| n == name).map(|(_, _, at)| at.as_millis()).collect()
    }
}

struct ProbeBuilder {
    name: String,
    trace: Trace,
}

impl ActionBuilder for ProbeBuilder {
    fn describe(&self) -> String {
        format!("probe \"{}\"", self.name)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let probe =
            Probe { text: cx.template(&self.name), name: cx.request_name(&self.name), trace: self.trace.clone() };
        Box::new(probe)
    }
}

struct Probe {
    name: RequestName,
    text: Template,
    trace: Trace,
}

impl Action for Probe {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            let mut text = String::new();
            self.text.render(cx.session(), &mut text).unwrap();
            let at = cx.intended();
            self.trace.0.lock().unwrap().push((cx.session().user_id(), text.clone(), at.since_start()));
            let outcome = if text.starts_with('!') { Err("probe failed") } else { Ok(()) };
            cx.sample(&self.name).sent(at).ended(at).outcome(outcome).no_time_passed().record();
        })
    }
}
