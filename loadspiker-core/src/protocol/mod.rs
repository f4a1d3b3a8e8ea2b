//! What a protocol gives and gets. The engine knows protocols through these traits alone.
//!
//! A protocol crate gives
//!
//! * a configuration, which implements [`Protocol`]: its name, and how to open its state for one shard;
//! * request builders, which implement [`ActionBuilder`] and turn into an [`Action`] when the simulation is compiled;
//! * optionally a response type that implements [`Response`](crate::check::Response), so that all checks work on it.
//!
//! and gets, through the [`ActionContext`], the session, rendered expressions, the clock, time limits and the recorder.
//! HTTP is written against these traits like any other protocol; there is no back door.
//!
//! # A whole protocol
//!
//! A protocol of lines: the client sends one, the server answers with one. Each user keeps a connection of its own.
//!
//! ```
//! use std::any::Any;
//! use std::rc::Rc;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use loadspiker_core::protocol_prelude::*;
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use tokio::net::TcpStream;
//!
//! /// The configuration: what the user passes to `Simulation::protocol`.
//! #[derive(Clone, Debug)]
//! struct LineProtocol {
//!     address: String,
//! }
//!
//! impl Protocol for LineProtocol {
//!     fn name(&self) -> &'static str {
//!         "line"
//!     }
//!     fn check(&self, cx: &mut CompileContext<'_>) {
//!         if !self.address.contains(':') {
//!             cx.mistake(format!("line address \"{}\" has no port; write host:port", self.address));
//!         }
//!     }
//!     fn open<'a>(&'a self, _: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
//!         Box::pin(async { Ok(Rc::new(Lines) as Rc<dyn ShardState>) })
//!     }
//! }
//!
//! /// The state of one shard: here, nothing. A pool or a resolver would be in it.
//! struct Lines;
//! impl ShardState for Lines {}
//!
//! /// The state of one user: its connection, made when it is needed.
//! #[derive(Default)]
//! struct Connection(Option<BufReader<TcpStream>>);
//! impl UserState for Connection {}
//!
//! /// The request as the user writes it.
//! struct Line {
//!     name: String,
//!     text: String,
//!     checks: Vec<Check>,
//! }
//!
//! fn line(name: &str, text: &str) -> Line {
//!     Line { name: name.into(), text: text.into(), checks: Vec::new() }
//! }
//!
//! impl Line {
//!     fn check(mut self, check: Check) -> Self {
//!         self.checks.push(check);
//!         self
//!     }
//! }
//!
//! impl From<Line> for Chain {
//!     #[track_caller]
//!     fn from(line: Line) -> Chain {
//!         Chain::action(line)
//!     }
//! }
//!
//! impl ActionBuilder for Line {
//!     fn describe(&self) -> String {
//!         format!("line \"{}\"", self.name)
//!     }
//!     fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
//!         let (slot, protocol) = cx.protocol(|| LineProtocol { address: "127.0.0.1:7".into() });
//!         Box::new(LineAction {
//!             slot,
//!             protocol,
//!             name: cx.request_name(&self.name),
//!             text: cx.template(&self.text),
//!             checks: CheckSet::compile(&self.checks, cx),
//!         })
//!     }
//! }
//!
//! /// The prepared request, shared by all users.
//! struct LineAction {
//!     slot: ProtocolSlot,
//!     protocol: Arc<LineProtocol>,
//!     name: RequestName,
//!     text: Template,
//!     checks: CheckSet,
//! }
//!
//! /// The response, as checks see it.
//! struct Answer(String);
//! impl Response for Answer {
//!     fn body(&self) -> &[u8] {
//!         self.0.as_bytes()
//!     }
//!     fn as_any(&self) -> &dyn Any {
//!         self
//!     }
//! }
//!
//! impl LineAction {
//!     async fn exchange(&self, line: &str, connection: &mut Connection) -> std::io::Result<Answer> {
//!         let stream = match &mut connection.0 {
//!             Some(stream) => stream,
//!             none => none.insert(BufReader::new(TcpStream::connect(&self.protocol.address).await?)),
//!         };
//!         stream.write_all(line.as_bytes()).await?;
//!         let mut answer = String::new();
//!         stream.read_line(&mut answer).await?;
//!         Ok(Answer(answer))
//!     }
//! }
//!
//! impl Action for LineAction {
//!     fn name(&self) -> &RequestName {
//!         &self.name
//!     }
//!
//!     fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
//!         Box::pin(async move {
//!             let mut line = cx.take_buffer();
//!             let address = &self.protocol.address;
//!             let rendered = self.text.render(cx.session(), &mut line);
//!             line.push('\n');
//!             let sent = cx.now();
//!             // The connection is taken out of the user while it is in use, and given back if it still works.
//!             let mut connection = std::mem::take(cx.user::<Connection>(self.slot, Connection::default));
//!             let answered = match rendered {
//!                 Err(error) => Err(Failure::mistake(error.to_string())),
//!                 Ok(()) => match cx.timeout(Duration::from_secs(5), self.exchange(&line, &mut connection)).await {
//!                     Ok(answer) => answer.map_err(|error| Failure::from_io(&error).at(address)),
//!                     Err(Elapsed) => Err(Failure::timed_out(Phase::RESPONSE, address, "timeout 5 s")),
//!                 },
//!             };
//!             let ended = cx.now();
//!             if answered.is_ok() {
//!                 *cx.user(self.slot, Connection::default) = connection;
//!             }
//!             let received = answered.as_ref().map_or(0, |answer| answer.0.len() as u64);
//!             let outcome = answered.and_then(|answer| self.checks.run(&answer, cx.session_mut()));
//!             let bytes_sent = line.len() as u64;
//!             cx.sample(&self.name).sent(sent).ended(ended).bytes(bytes_sent, received).outcome(outcome).record();
//!             cx.return_buffer(line);
//!         })
//!     }
//! }
//!
//! // And a simulation with it, against a server that answers with what it got.
//! # use std::io::{Read, Write};
//! let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! let address = server.local_addr().unwrap().to_string();
//! std::thread::spawn(move || {
//!     for stream in server.incoming() {
//!         let mut stream = stream.unwrap();
//!         std::thread::spawn(move || {
//!             let mut bytes = [0; 64];
//!             while let Ok(n @ 1..) = stream.read(&mut bytes) {
//!                 stream.write_all(&bytes[..n]).unwrap();
//!             }
//!         });
//!     }
//! });
//!
//! use loadspiker_core::check::{body_string, substring};
//! use loadspiker_core::dsl::{Simulation, Steps, scenario};
//! use loadspiker_core::inject::at_once_users;
//!
//! let report = Simulation::new("lines")
//!     .protocol(LineProtocol { address })
//!     .with(
//!         scenario("talk")
//!             .exec(line("greet", "hello from #{userId()}").check(substring("hello")))
//!             .exec(line("mistaken", "hello").check(body_string().is("good bye")))
//!             .inject([at_once_users(3)]),
//!     )
//!     .run()
//!     .unwrap();
//! assert_eq!(report.request("greet").unwrap().ok_count(), 3);
//! assert_eq!(report.request("mistaken").unwrap().failed_count(), 3);
//! ```

mod awaiting;
mod binder;
mod block;
mod compile_context;
mod context;
mod exchange;
mod handle;
mod join;
mod journey;
mod kept;
mod life;
mod names;
mod on_message;
mod rendez_vous;
mod resting;
mod run_state;
mod sample;
mod stopping;
mod tags;
mod wakers;
mod within;
mod witness;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub use crate::mask::{MASK, is_secret_name, masked_pairs, masked_url, masked_url_with};
pub(crate) use awaiting::Awaits;
pub use awaiting::{Await, CompiledAwait};
pub(crate) use binder::{Binder, KnownProtocols, compile_during_run};
pub use block::{Block, BlockBuilder, BlockOutcome};
#[cfg(test)]
pub(crate) use compile_context::compile_in_test;
pub(crate) use compile_context::{BoundProtocol, Gathered};
pub use compile_context::{CompileContext, RequestName, Text};
pub use context::{ActionContext, Elapsed, Timeout};
pub use exchange::{Exchange, Part, Progress, Streaming};
pub(crate) use handle::ShardServices;
pub use handle::{LocalFuture, Metrics, Origin, OwnedTask, ShardHandle};
pub use join::JoinAwait;
pub(crate) use journey::Journey;
pub use journey::{Outcome, User};
pub(crate) use names::GroupNode;
pub use on_message::{CompiledOnMessage, OnMessage, TimeUnit};
pub(crate) use rendez_vous::RendezVous;
pub(crate) use resting::Resting;
pub use resting::Woken;
pub(crate) use run_state::RunStates;
pub use sample::SampleBuilder;
pub use stopping::{Cut, Stopping, UntilCut};
pub use tags::{TagSet, Tags};
pub(crate) use wakers::Wakers;
pub(crate) use witness::Witness;

use crate::inject;
pub use crate::shown::varying;

/// The configuration of a protocol: what a user passes to `Simulation::protocol`.
///
/// Protocols merge by kind (the Rust type) and [key](Self::key): one given on a population replaces the simulation's of
/// the same type and key.
pub trait Protocol: Any + fmt::Debug + Send + Sync {
    /// The protocol's name, in lower case: `http`.
    fn name(&self) -> &'static str;

    /// The configuration in one line, for the plan: the name and what is talked to, without secrets, such as
    /// `http http://127.0.0.1:8080`. By default the name.
    fn describe(&self) -> String {
        self.name().to_owned()
    }

    /// Finds what is wrong with the configuration before the run; each mistake is told with `cx.mistake`.
    fn check(&self, cx: &mut CompileContext<'_>) {
        let _ = cx;
    }

    /// Which of several configurations of this kind it is: the name that it was given with `.named("other")`, and that
    /// requests are given with `.on("other")`. By default the empty one, that of a configuration without a name.
    fn key(&self) -> &str {
        ""
    }

    /// The same configuration with its expressions compiled, which is what [`CompileContext::protocol`] then gives, or
    /// `None` if there are none. Called in each scenario whose requests use the protocol, so that unknown attributes are
    /// found in each; the first result is kept.
    fn bind(&self, cx: &mut CompileContext<'_>) -> Option<Arc<dyn Protocol>> {
        let _ = cx;
        None
    }

    /// Whether the protocol only works in real time, because it waits for what is outside of the process. A simulation
    /// on the [simulated clock](crate::dsl::Simulation::simulated_clock) refuses it then. Default: no.
    fn needs_real_time(&self) -> bool {
        false
    }

    /// Opens the protocol's state for one shard: pools, resolvers, TLS configuration, a login. Called on the shard's own
    /// thread, once, before the first user of any shard starts; nothing in it is shared with another core. Protocols are
    /// opened one after another. Tasks spawned here run at once; the clock of the run stands still meanwhile.
    ///
    /// Where the user gave no configuration and a request of an imperative step is the first to need one, it is opened
    /// during the run, and must not wait for anything.
    ///
    /// # Errors
    ///
    /// A message that names what could not be opened and the remedy; the run does not start.
    ///
    /// # Cancel safety
    ///
    /// Dropped after [`open_timeout`](Self::open_timeout); the run does not start.
    fn open<'a>(&'a self, shard: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>>;

    /// How long [`open`](Self::open) may take on one shard. Default 30 s.
    fn open_timeout(&self) -> Duration {
        OPEN_TIMEOUT
    }

    /// How long [`UserState::end`], and then [`ShardState::close`] and [`close_run`](Self::close_run), may take. What
    /// takes longer is dropped. Default 1 s.
    fn end_timeout(&self) -> Duration {
        END_TIMEOUT
    }

    /// Called once when a run is over, after the states of all shards are closed: a time to delete what was made for the
    /// run. What it returns is awaited on the thread that keeps the run together, in a runtime of its own, for at most
    /// [`end_timeout`](Self::end_timeout). What is done before and after a run are runs of their own.
    fn close_run<'a>(&'a self, run: &'a RunEnd<'a>) -> Option<LocalFuture<'a, ()>> {
        let _ = run;
        None
    }

    /// The schemes of the URLs that [`with_target`](Self::with_target) takes, such as `["http", "https"]`. By default
    /// none: the protocol has no target.
    fn schemes(&self) -> &[&str] {
        &[]
    }

    /// The same configuration with another target, or `None` if the protocol has no such notion. `--base-url` goes to the
    /// protocols that have its scheme among their [`schemes`](Self::schemes), and `--target` to those of a name or scheme.
    ///
    /// # Errors
    ///
    /// What is wrong with `target`.
    fn with_target(&self, target: &str) -> Option<Result<Arc<dyn Protocol>, String>> {
        let _ = target;
        None
    }
}

/// Which shard a protocol's state is opened for.
#[derive(Clone, Copy, Debug)]
pub struct ShardInfo {
    /// From 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl From<ShardInfo> for inject::Shard {
    fn from(info: ShardInfo) -> Self {
        inject::Shard { index: info.index, count: info.count }
    }
}

/// A protocol's state on one shard: everything its users share.
pub trait ShardState: Any {
    /// Called about once a second: a time to close what has been idle, to refresh what has grown old.
    fn tick(&self, shard: &ShardHandle) {
        let _ = shard;
    }

    /// The shard is about to end; all its users have taken their leave. What is returned is awaited, for at most
    /// [`Protocol::end_timeout`]: a time to say goodbye on shared connections, to flush what is buffered. Tasks still run
    /// meanwhile. By default the state is dropped.
    fn close(self: Rc<Self>, shard: &ShardHandle) -> Option<LocalFuture<'static, ()>> {
        let _ = shard;
        None
    }
}

/// How a user came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It has done what its scenario says.
    Finished,
    /// The run was stopped while it rested.
    Stopped,
    /// The run was stopped while it was within an action, which was dropped: a reply may be on its way.
    Interrupted,
}

/// How long a protocol may take its leave, unless it says otherwise.
pub(crate) const END_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a protocol may take to open on a shard, unless it says otherwise.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// A run that is over, for [`Protocol::close_run`].
pub struct RunEnd<'a> {
    states: &'a RunStates,
}

impl<'a> RunEnd<'a> {
    pub(crate) fn new(states: &'a RunStates) -> Self {
        RunEnd { states }
    }

    /// What the run had one of, as [`ActionContext::run_state`] gives it.
    pub fn run_state<S: Any + Default + Send + Sync>(&self) -> Arc<S> {
        self.states.get()
    }
}

impl fmt::Debug for RunEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunEnd")
    }
}

/// A protocol's state of one virtual user: its connections, its cookies.
pub trait UserState: Any {
    /// The user, or a branch of one, has come to its end, in whichever way. What is returned is awaited, for at most
    /// [`Protocol::end_timeout`]: a time to say goodbye, with a Close frame, DISCONNECT or QUIT. The user keeps its place
    /// in the load until then; the end of the run waits for it. An end that takes longer is a step error. By default the
    /// state is dropped, which closes what it holds.
    ///
    /// Called for every user: also for those that a stop of the run cuts off. Not for one that is lost in a panic.
    fn end(self: Box<Self>, why: End, shard: &ShardHandle) -> Option<LocalFuture<'static, ()>> {
        let _ = (why, shard);
        None
    }

    /// The user is about to rest for this long: give back what can be had again, such as buffers.
    fn rest(&mut self, duration: Duration) {
        let _ = duration;
    }

    /// A branch of this user begins to use the protocol (see [`parallel`](crate::dsl::parallel)): the state, of the same
    /// type, that it begins with. What both are to have in common, such as cookies, is shared by an `Rc`. By default
    /// `None`: the branch begins with a state of its own, as a new user does.
    fn fork(&mut self) -> Option<Box<dyn UserState>> {
        None
    }

    /// A branch of this user has ended: takes over what is of use of its state, such as idle connections. By default
    /// the state is dropped, which closes what it holds.
    fn join(&mut self, branch: Box<dyn UserState>) {
        drop(branch);
    }
}

/// Where a protocol's states are kept; found at compile time by [`CompileContext::protocol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolSlot(pub(crate) usize);

/// A request as the user wrote it: a plain value, not yet compiled.
pub trait ActionBuilder: Send + Sync {
    /// One line for the plan and for mistakes: `http "login" POST /login`.
    fn describe(&self) -> String;

    /// Prepares the request: expressions are parsed, names interned, mistakes told with `cx.mistake`. Called once before
    /// the run; for a request that the user's code makes in the imperative style, each time during the run (see
    /// [`CompileContext::is_during_run`]), when a mistake is the error of the request.
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action>;
}

/// The future of a running action. It lives on one shard and need not be `Send`.
pub type ActionFuture<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A prepared request, shared by all virtual users.
pub trait Action: Send + Sync {
    /// The name of its request: what a panic in it (in a check of the user's, say) is counted under.
    fn name(&self) -> &RequestName;

    /// Whether it sends a request, which needs a slot of a throttle. Yes by default; no for steps that change the user's
    /// state alone, such as those on cookies.
    fn is_request(&self) -> bool {
        true
    }

    /// Runs once for one user: sends the request, runs its checks, records a [sample](ActionContext::sample).
    ///
    /// What goes wrong is a failed sample, never a panic. After a failed one the user goes on with the next step.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the run is stopped and its grace period is over; it must not leave anything
    /// behind that outlives the user.
    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a>;

    /// Goes on with an action that let its user rest with [`ActionContext::rest_until`]: with the state it left there,
    /// because the bell was rung or because the deadline has come. It may rest again.
    ///
    /// Nothing is done unless said otherwise. An action that lets its user rest has to implement it, or its request is
    /// never counted.
    ///
    /// # Cancel safety
    ///
    /// As that of [`run`](Self::run). If the run is stopped while the user rests, this is not called, and the state is
    /// dropped.
    fn resume<'a>(&'a self, state: Box<dyn Any>, woken: Woken, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        let _ = (state, woken, cx);
        Box::pin(std::future::ready(()))
    }
}
