//! A protocol that keeps a log of what happens to it, with actions made of closures.

use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::protocol_prelude::*;

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }
}

/// The configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe {
    pub(crate) log: Log,
    pub(crate) key: &'static str,
    pub(crate) text: String,
    pub(crate) target: Option<String>,
    /// How long the goodbye of a user takes; none if it is `None`.
    pub(crate) goodbye: Option<Duration>,
    pub(crate) opens_in: Duration,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) real_time: bool,
    pub(crate) compiled: Option<Template>,
}

impl Protocol for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    fn key(&self) -> &str {
        self.key
    }

    fn bind(&self, cx: &mut CompileContext<'_>) -> Option<Arc<dyn Protocol>> {
        let compiled = Some(cx.template(&self.text));
        Some(Arc::new(Probe { compiled, ..self.clone() }))
    }

    fn needs_real_time(&self) -> bool {
        self.real_time
    }

    fn open<'a>(&'a self, shard: &'a ShardHandle) -> LocalFuture<'a, Result<Rc<dyn ShardState>, String>> {
        Box::pin(async move {
            if self.opens_in > Duration::ZERO {
                shard.sleep(self.opens_in).await;
            }
            self.log.add(format!("open {}", shard.index()));
            Ok(Rc::new(OnShard(self.log.clone())) as Rc<dyn ShardState>)
        })
    }

    fn open_timeout(&self) -> Duration {
        self.open_timeout.unwrap_or(Duration::from_secs(30))
    }

    fn close_run<'a>(&'a self, _: &'a RunEnd<'a>) -> Option<LocalFuture<'a, ()>> {
        Some(Box::pin(async {
            tokio::task::yield_now().await;
            self.log.add("close run");
        }))
    }

    fn schemes(&self) -> &[&str] {
        &["probe", "probes"]
    }

    fn with_target(&self, target: &str) -> Option<Result<Arc<dyn Protocol>, String>> {
        Some(Ok(Arc::new(Probe { target: Some(target.to_owned()), ..self.clone() })))
    }
}

/// The state of a shard.
pub(crate) struct OnShard(Log);

impl ShardState for OnShard {
    fn close(self: Rc<Self>, shard: &ShardHandle) -> Option<LocalFuture<'static, ()>> {
        let index = shard.index();
        Some(Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.add(format!("close {index}"));
        }))
    }
}

/// The state of a user.
pub(crate) struct OfUser {
    pub(crate) log: Log,
    pub(crate) goodbye: Option<Duration>,
    pub(crate) word: &'static str,
    pub(crate) task: Option<OwnedTask>,
}

impl UserState for OfUser {
    fn end(self: Box<Self>, why: End, shard: &ShardHandle) -> Option<LocalFuture<'static, ()>> {
        self.log.add(format!("{why:?}"));
        let (goodbye, shard) = (self.goodbye?, shard.clone());
        Some(Box::pin(async move {
            shard.sleep(goodbye).await;
            self.log.add("goodbye");
        }))
    }
}

/// What an action does.
pub(crate) type Deed = Arc<dyn for<'a> Fn(&'a mut ActionContext, &'a Used) -> LocalFuture<'a, ()> + Send + Sync>;

/// What an action has at hand.
pub(crate) struct Used {
    pub(crate) slot: ProtocolSlot,
    pub(crate) protocol: Arc<Probe>,
    pub(crate) name: RequestName,
}

impl Used {
    pub(crate) fn user<'c>(&self, cx: &'c mut ActionContext) -> &'c mut OfUser {
        let (log, goodbye) = (self.protocol.log.clone(), self.protocol.goodbye);
        cx.user(self.slot, move || OfUser { log, goodbye, word: "", task: None })
    }

    /// Records a request that has just ended.
    pub(crate) fn record(&self, cx: &mut ActionContext) {
        let ended = cx.now();
        record(cx, &self.name, ended);
    }
}

pub(crate) fn sample<'a>(name: &'a str, at: Moment) -> Sample<'a> {
    Sample::new(SampleName::Dynamic(name), at).sent(at)
}

fn record(cx: &mut ActionContext, name: &RequestName, ended: Moment) {
    cx.sample(name).sent(ended).ended(ended).record();
}

#[derive(Clone)]
pub(crate) struct Act {
    name: &'static str,
    key: &'static str,
    deed: Deed,
}

/// A request that does this.
#[track_caller]
pub(crate) fn act(
    name: &'static str,
    deed: impl for<'a> Fn(&'a mut ActionContext, &'a Used) -> LocalFuture<'a, ()> + Send + Sync + 'static,
) -> Act {
    Act { name, key: "", deed: Arc::new(deed) }
}

impl Act {
    pub(crate) fn on(self, key: &'static str) -> Self {
        Act { key, ..self }
    }
}

impl From<Act> for Chain {
    #[track_caller]
    fn from(act: Act) -> Chain {
        Chain::action(act)
    }
}

impl ActionBuilder for Act {
    fn describe(&self) -> String {
        format!("act \"{}\"", self.name)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (slot, protocol) = cx.protocol_named(self.key, Probe::default);
        Box::new(Compiled { used: Used { slot, protocol, name: cx.request_name(self.name) }, deed: self.deed.clone() })
    }
}

struct Compiled {
    used: Used,
    deed: Deed,
}

impl Action for Compiled {
    fn name(&self) -> &RequestName {
        &self.used.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        (self.deed)(cx, &self.used)
    }
}

/// A request that makes the state of its user, and ends at once.
pub(crate) fn connect() -> Act {
    act("connect", |cx, used| {
        Box::pin(async move {
            used.user(cx);
            used.record(cx);
        })
    })
}
