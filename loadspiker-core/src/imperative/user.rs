//! [`User`]: the virtual user, as its code sees it.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::custom_metric::Recording;
use crate::engine::{Cursor, Loose, Problem, ShardBinder, ShardProgram, give_way};
use crate::error::StepError;
use crate::expression::IntoCount;
use crate::feeder::{Feeder, at_once};
use crate::protocol::{ActionContext, CompileContext, User, compile_during_run};
use crate::session::Session;

/// How much a user does before others get their turn, even if none of it had to wait for anything.
const TURN: u32 = 128;

impl User {
    pub(crate) fn new(cx: ActionContext, program: ShardProgram, loose: Rc<Loose>) -> Self {
        let since = cx.now();
        User { cx, program, loose, since, paused: Duration::ZERO, turns: 0 }
    }

    pub(crate) fn into_context(self) -> ActionContext {
        self.cx
    }

    /// What this user knows.
    pub fn session(&self) -> &Session {
        self.cx.session()
    }

    /// What this user knows, to be changed.
    pub fn session_mut(&mut self) -> &mut Session {
        self.cx.session_mut()
    }

    /// The number of this user, unique in the run, from 1.
    pub fn user_id(&self) -> u64 {
        self.session().user_id()
    }

    /// The name of the scenario that this user runs.
    pub fn scenario(&self) -> &str {
        self.session().scenario()
    }

    /// Takes a record from `feeder`: each of its fields becomes an attribute. Clones of a feeder share one cursor, with
    /// each other and with the [`feed`](crate::dsl::feed) of built scenarios.
    ///
    /// Make the feeder once, in a `static LazyLock<Feeder>` or as a value that the code captures: one made anew for each
    /// user begins anew for each user. A feeder that no built scenario uses is read when the first user asks for it.
    ///
    /// # Errors
    ///
    /// There is no record left, or the feeder cannot be opened. This ends the run, as it does in a built scenario, and
    /// the user goes no further than its code does.
    pub fn feed(&mut self, feeder: &Feeder) -> Result<(), StepError> {
        self.take_records(feeder, None)
    }

    /// Takes `count` records: each field becomes a list of `count` values. Otherwise as [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// As [`feed`](Self::feed), or the count cannot be evaluated or is above [`MOST_AT_ONCE`](crate::feeder::MOST_AT_ONCE).
    pub fn feed_n(&mut self, feeder: &Feeder, count: impl IntoCount) -> Result<(), StepError> {
        let count =
            self.compile(|cx| count.into_count().compile(cx)).map_err(|(_, mistake)| StepError::new(mistake))?;
        let count = at_once(count.get(self.session())?)?;
        self.take_records(feeder, Some(count))
    }

    pub(super) fn take_records(&mut self, feeder: &Feeder, count: Option<usize>) -> Result<(), StepError> {
        let shard = self.cx.shard.clone();
        let fed = shard.feeder(feeder).and_then(|bound| {
            let session = self.cx.session_mut();
            bound.feed_by_name(shard.index, session, count).map_err(|error| error.to_string())
        });
        fed.map_err(|problem| self.give_run_up(problem))
    }

    /// The run is to end with this problem, and the user goes no further than its code does.
    pub(super) fn give_run_up(&mut self, problem: String) -> StepError {
        self.cx.shard.request_stop(&problem, true);
        self.loose.ends.set(true);
        StepError::counted(problem)
    }

    /// Compiles what the user's code made; with the mistakes, if there are any, as one message.
    pub(super) fn compile<T>(&self, compile: impl FnOnce(&mut CompileContext<'_>) -> T) -> Result<T, (T, String)> {
        let binder = ShardBinder { shard: &self.cx.shard, population: self.cx.user.population };
        compile_during_run(&binder, self.scenario(), compile)
    }

    /// Makes up for what happened since the engine was last asked: the user's code took its time, and may have dropped
    /// requests and groups.
    pub(crate) fn settle(&mut self) {
        let now = self.cx.now();
        let user = &mut *self.cx.user;
        // How late the engine was before stays as it was.
        user.intended = user.intended + now.since(self.since);
        self.since = now;
        self.cx.witness = None;
        if let Some(micros) = self.loose.dropped_requests.take() {
            user.session.mark_as_failed();
            user.fail_group();
            user.cumulate(micros);
        }
        if let Some(depth) = self.loose.depth.take() {
            self.leave_to(depth);
        }
        self.cx.restart(now);
    }

    /// The user's code is at work again.
    pub(super) fn go_on(&mut self) {
        self.since = self.cx.now();
    }

    /// Leaves groups, up to so many frames.
    pub(crate) fn leave_to(&mut self, depth: usize) {
        let shard = self.cx.shard.clone();
        Cursor { user: &mut self.cx.user, program: &self.program, shard: &shard }.unwind_to(depth);
    }

    /// Counts an error in the user's code that is no failed request.
    pub(super) fn fail_step(&mut self, message: String) {
        let shard = self.cx.shard.clone();
        let mut cursor = Cursor { user: &mut self.cx.user, program: &self.program, shard: &shard };
        cursor.fail_step(&Problem { message, panicked: false });
    }

    /// Lets others have their turn, now and then.
    pub(super) async fn take_turns(&mut self) {
        self.turns += 1;
        if self.turns >= TURN {
            self.turns = 0;
            give_way(&mut self.cx).await;
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("session", self.session()).finish_non_exhaustive()
    }
}

impl Recording for User {
    fn recording_session(&self) -> &Session {
        self.session()
    }
}
