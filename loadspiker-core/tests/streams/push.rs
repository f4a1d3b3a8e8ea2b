//! A protocol whose server is a script: what it sends after which time.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use loadspiker_core::check::{Check, Response};
use loadspiker_core::dsl::{Chain, IntoChain, Simulation, scenario};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::RunReport;

#[derive(Clone, Debug, Default)]
pub(crate) struct Pushes;

impl Protocol for Pushes {
    fn name(&self) -> &'static str {
        "push"
    }

    fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async { Ok(Rc::new(Nothing) as Rc<dyn ShardState>) })
    }
}

struct Nothing;
impl ShardState for Nothing {}

/// A message.
pub(crate) struct Text(pub(crate) String);

impl Response for Text {
    fn body(&self) -> &[u8] {
        self.0.as_bytes()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The streams of a user, which its branches share.
#[derive(Clone, Default)]
pub(crate) struct Streams(Rc<RefCell<HashMap<String, Stream>>>);

struct Stream {
    inbox: Inbox<Text>,
    tasks: Vec<OwnedTask>,
}

impl UserState for Streams {
    fn fork(&mut self) -> Option<Box<dyn UserState>> {
        Some(Box::new(self.clone()))
    }
}

/// What the server does after so many milliseconds.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    Says(u64, &'static str),
    Closes(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Connect(String, Vec<Line>),
    Send(String, Vec<Line>),
    Receive(String),
}

/// A request as it is written.
#[derive(Clone)]
pub(crate) struct Push {
    name: String,
    stream: String,
    parts: Vec<Part<Operation>>,
    on_message: Option<OnMessage>,
}

pub(crate) fn push(name: &str) -> Push {
    Push { name: name.to_owned(), stream: "main".to_owned(), parts: Vec::new(), on_message: None }
}

impl Push {
    pub(crate) fn stream(mut self, name: &str) -> Self {
        name.clone_into(&mut self.stream);
        self
    }

    /// Connects; the server follows this script.
    pub(crate) fn connect(mut self, script: impl IntoIterator<Item = Line>) -> Self {
        self.parts.push(Part::Do(Operation::Connect(self.stream.clone(), script.into_iter().collect())));
        self
    }

    /// Sends something, which the server answers by this script.
    pub(crate) fn send(mut self, script: impl IntoIterator<Item = Line>) -> Self {
        self.parts.push(Part::Do(Operation::Send(self.stream.clone(), script.into_iter().collect())));
        self
    }

    pub(crate) fn await_text(mut self, limit: Duration, checks: impl IntoIterator<Item = Check>) -> Self {
        self.parts.push(Part::Await(Operation::Receive(self.stream.clone()), Await::new(limit, checks)));
        self
    }

    pub(crate) fn on_message(mut self, name: &str, checks: impl IntoIterator<Item = Check>) -> Self {
        self.on_message = Some(OnMessage::new(name, checks));
        self
    }

    pub(crate) fn sent_at(mut self, check: Check, unit: TimeUnit) -> Self {
        self.on_message = self.on_message.map(|on_message| on_message.sent_at(check, unit));
        self
    }

    fn last(mut self, change: impl FnOnce(Await) -> Await) -> Self {
        if let Some(Part::Await(operation, awaited)) = self.parts.pop() {
            self.parts.push(Part::Await(operation, change(awaited)));
        }
        self
    }

    pub(crate) fn matching(self, check: Check) -> Self {
        self.last(|awaited| awaited.matching(check))
    }

    pub(crate) fn in_background(self) -> Self {
        self.last(Await::in_background)
    }
}

impl From<Push> for Chain {
    #[track_caller]
    fn from(push: Push) -> Chain {
        Chain::action(push)
    }
}

impl ActionBuilder for Push {
    fn describe(&self) -> String {
        format!("push \"{}\"", self.name)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, _) = cx.protocol(|| Pushes);
        let name = cx.request_name(&self.name);
        let on_message = self.on_message.as_ref().map(|on_message| on_message.compile(cx));
        Box::new(Exchange::compile(name, Streamed(slot, on_message), self.parts.iter().cloned(), cx))
    }
}

struct Streamed(ProtocolSlot, Option<CompiledOnMessage>);

impl Streamed {
    fn streams(&self, cx: &mut ActionContext) -> Streams {
        cx.user(self.0, Streams::default).clone()
    }
}

/// Starts the server's script.
fn play(shard: &ShardHandle, inbox: &Inbox<Text>, script: &[Line]) -> OwnedTask {
    let (shard_of_task, inbox, script, begun) = (shard.clone(), inbox.clone(), script.to_vec(), shard.now());
    shard.spawn("script", async move {
        for line in script {
            let (Line::Says(after, _) | Line::Closes(after)) = line;
            shard_of_task.sleep_until(begun + Duration::from_millis(after)).await;
            match line {
                Line::Says(_, text) => inbox.deliver(Text(text.to_owned()), shard_of_task.now()),
                Line::Closes(_) => inbox.close(Failure::new(FailureKind::ClosedByPeer, "connection closed by peer")),
            }
        }
    })
}

impl Streaming for Streamed {
    type Operation = Operation;
    type Message = Text;

    fn perform<'a>(
        &'a self,
        operation: &'a Operation,
        cx: &'a mut ActionContext,
        progress: &'a mut Progress,
    ) -> LocalFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let (streams, shard) = (self.streams(cx), cx.handle());
            let mut streams = streams.0.borrow_mut();
            progress.sending(cx.now());
            match operation {
                Operation::Connect(name, script) => {
                    let inbox = Inbox::new().with_limit(3).counted(name, shard.clone());
                    if let Some(on_message) = &self.1 {
                        inbox.tap(on_message.tap(cx));
                    }
                    let tasks = vec![play(&shard, &inbox, script)];
                    streams.insert(name.clone(), Stream { inbox, tasks });
                }
                Operation::Send(name, script) => {
                    let stream = streams.get_mut(name).ok_or_else(|| Failure::mistake("not connected"))?;
                    stream.tasks.push(play(&shard, &stream.inbox, script));
                    progress.sent_bytes(4);
                }
                Operation::Receive(_) => {}
            }
            Ok(())
        })
    }

    fn expect(
        &self,
        operation: &Operation,
        cx: &mut ActionContext,
        filter: BoundPredicate,
        since: Moment,
    ) -> Result<Expectation<Text>, Failure> {
        let Operation::Receive(name) = operation else { return Err(Failure::mistake("nothing to receive")) };
        let streams = self.streams(cx);
        let streams = streams.0.borrow();
        let stream = streams.get(name).ok_or_else(|| Failure::mistake("not connected"))?;
        Ok(stream.inbox.expect(filter, since))
    }
}

pub(crate) fn says(after: u64, text: &'static str) -> Line {
    Line::Says(after, text)
}

pub(crate) fn simulation(chain: impl IntoChain) -> Simulation {
    use loadspiker_core::dsl::Steps;
    let population = scenario("s").exec(chain).inject([at_once_users(1)]);
    Simulation::new("streams").protocol(Pushes).with(population).seed(1).simulated_clock()
}

/// Runs the chain for one user.
#[track_caller]
pub(crate) fn run(chain: impl IntoChain) -> RunReport {
    simulation(chain).run().unwrap()
}

/// How often, how often failed, and the longest response time.
#[track_caller]
pub(crate) fn figures(report: &RunReport, name: &str) -> (u64, u64, Duration) {
    let request = report.request(name).unwrap_or_else(|| panic!("no request {name}"));
    (request.count(), request.failed_count(), request.response_time().max())
}

/// The errors of a request.
#[track_caller]
pub(crate) fn errors(report: &RunReport, name: &str) -> Vec<String> {
    report.request(name).unwrap().errors().iter().map(|error| error.0.to_owned()).collect()
}
