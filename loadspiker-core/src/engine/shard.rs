//! [`Shard`]: one thread's share of a run. Its users, timers, connections and statistics belong to it alone.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::compile::{Plan, Program, Text};
use crate::engine::clock::Clock;
use crate::engine::cursor::Problem;
use crate::engine::message::{Command, Event};
use crate::engine::population::PopulationState;
use crate::engine::task::{self, Seat};
use crate::engine::timer::Timer;
use crate::engine::user::User;
use crate::engine::waiting::Waiting;
use crate::expression::Counters;
use crate::metrics::{GroupId, Limits, NameId, Recorder, ScenarioId};
use crate::moment::Moment;
use crate::numbers::mix;
use crate::protocol::{ShardInfo, ShardState};
use crate::session::{Schema, Session};

/// One thread's share of a run.
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) clock: Clock,
    pub(crate) recorder: RefCell<Recorder>,
    pub(crate) debug: bool,
    /// Used for rendering, again and again.
    pub(crate) buffers: RefCell<Vec<String>>,
    pub(super) plan: Arc<Plan>,
    pub(super) programs: Vec<ShardProgram>,
    pub(super) schemas: Vec<Rc<Schema>>,
    states: RefCell<Vec<Rc<dyn ShardState>>>,
    pub(super) populations: RefCell<Vec<PopulationState>>,
    pub(super) waiting: RefCell<Waiting>,
    #[expect(clippy::vec_box, reason = "users come and go in their boxes")]
    pub(super) meetings: RefCell<Vec<Vec<Box<User>>>>,
    turns: RefCell<Vec<usize>>,
    /// Tasks that wait for a user.
    pub(crate) seats: RefCell<Vec<Rc<Seat>>>,
    pub(super) users_made: Cell<u64>,
    pub(super) alive: Cell<u64>,
    /// The earliest moment at which something is to be done here, in nanoseconds.
    next_due: Cell<u64>,
    next_tick: Cell<Moment>,
    second: Cell<u64>,
    pub(super) stop_at: Cell<Moment>,
    pub(super) deadline: Cell<Moment>,
    /// Wakes the shard's own loop when something has become due earlier than it knows.
    waker: RefCell<Option<Waker>>,
    events: Sender<Event>,
    /// Whether a task has been spawned or has run lately; simulated time waits for it.
    pub(crate) worked: Cell<bool>,
    /// How many events nobody has heard yet; simulated time waits for the answers they may bring.
    unheard: Cell<usize>,
    /// The grace period is over, all users are counted: what tasks still do no longer matters.
    pub(super) over: Cell<bool>,
}

/// A program, counted by a reference count of the shard's own: a busy user holds one, and the count of the `Arc` is
/// written by all cores.
pub(crate) type ShardProgram = Rc<Arc<Program>>;

/// How many users are let go at a time. A million users that arrive at once would otherwise be a million tasks before
/// the first of them has done anything; so the tasks there are stay about as many as there are busy users. Less than
/// the number of tasks that the runtime runs before it looks at the shard's own loop again (61).
pub(super) const CROWD: usize = 32;

/// How often a shard hands over its statistics.
pub(crate) const TICK: Duration = Duration::from_secs(1);

impl Shard {
    /// Sets up the shard's share of `plan`. Called on its thread, within its runtime.
    pub(crate) fn open(
        plan: &Arc<Plan>,
        index: usize,
        clock: Clock,
        debug: bool,
        events: Sender<Event>,
    ) -> Result<Rc<Shard>, (String, String)> {
        let info = ShardInfo { index, count: plan.shards };
        let states: Result<Vec<_>, _> = plan
            .protocols
            .iter()
            .map(|protocol| protocol.open(info).map_err(|cause| (protocol.name().to_owned(), cause)))
            .collect();
        let counters = Rc::new(Counters::new(index, info.count));
        let schemas = plan.scenario_names.iter();
        let shard = Shard {
            index,
            clock,
            recorder: RefCell::new(Recorder::new(
                plan.request_names.clone(),
                plan.scenario_names.clone(),
                Limits::default(),
            )),
            debug,
            buffers: RefCell::default(),
            programs: plan.populations.iter().map(|population| Rc::new(population.program.clone())).collect(),
            // A schema of the shard's own: its reference count is not shared with other cores.
            schemas: schemas
                .map(|name| Schema::new(&**name, plan.attributes.iter().cloned()).counting_with(&counters).into())
                .collect(),
            states: RefCell::new(states?),
            populations: RefCell::new(
                // Seeds of their own: two populations with the same profile must not arrive in step.
                (1..)
                    .zip(&plan.populations)
                    .map(|(n, p)| PopulationState::new(&p.profile, info, mix(plan.seed, n)))
                    .collect(),
            ),
            waiting: RefCell::default(),
            meetings: RefCell::new(plan.rendez_vous.iter().map(|_| Vec::new()).collect()),
            turns: RefCell::new(vec![index; plan.turns]),
            seats: RefCell::default(),
            users_made: Cell::new(0),
            alive: Cell::new(0),
            next_due: Cell::new(0),
            next_tick: Cell::new(Moment::START + TICK),
            second: Cell::new(0),
            stop_at: Cell::new(plan.max_duration.map_or(Moment::NEVER, |duration| Moment::START + duration)),
            deadline: Cell::new(Moment::NEVER),
            waker: RefCell::new(None),
            events,
            worked: Cell::new(false),
            unheard: Cell::new(0),
            over: Cell::new(false),
            plan: plan.clone(),
        };
        Ok(Rc::new(shard))
    }

    /// Runs until it is told to finish.
    pub(crate) async fn run(self: Rc<Self>, mut commands: UnboundedReceiver<Command>, mut timer: Timer) {
        poll_fn(|cx| {
            self.waker.replace(Some(cx.waker().clone()));
            loop {
                while let Poll::Ready(command) = commands.poll_recv(cx) {
                    // The channel closes only if the other side is gone; then there is nobody to report to.
                    if self.obey(&command.unwrap_or(Command::Finish)) {
                        return Poll::Ready(());
                    }
                }
                let now = self.clock.now();
                self.release_due(now);
                let due = Moment::from_nanos(self.next_due.get());
                if due <= now {
                    // There are more; those let go have their turn first.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if !self.clock.is_simulated() {
                    match timer.poll_until(due, &self.clock, cx) {
                        Poll::Ready(()) => continue,
                        Poll::Pending => return Poll::Pending,
                    }
                }
                // Simulated time goes on only when no task has had anything to do since this was last looked at.
                if self.worked.replace(false) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if due == Moment::NEVER || self.unheard.get() > 0 {
                    return Poll::Pending;
                }
                self.clock.advance_to(due);
            }
        })
        .await;
    }

    /// Does what it is told; whether that is to end.
    fn obey(self: &Rc<Self>, command: &Command) -> bool {
        match *command {
            Command::Start { population, at } => {
                self.populations.borrow_mut()[population].start(at);
                self.due_at(at);
            }
            Command::Stop { deadline } => self.stop(self.clock.now(), deadline),
            Command::Open { rendez_vous, at } => {
                let waiting = std::mem::take(&mut self.meetings.borrow_mut()[rendez_vous]);
                for mut user in waiting {
                    user.intended = user.intended.max(at);
                    task::spawn(self, user);
                }
            }
            Command::Heard => self.unheard.set(self.unheard.get().saturating_sub(1)),
            Command::Finish => {
                self.interrupt_all();
                self.hand_over();
                return true;
            }
        }
        false
    }

    /// Does everything that is due at `now`. Cheap when nothing is.
    pub(crate) fn release_due(self: &Rc<Self>, now: Moment) {
        if now.as_nanos() < self.next_due.get() {
            return;
        }
        if now >= self.stop_at.get() {
            self.stop(self.stop_at.get(), self.stop_at.get() + self.plan.grace_period);
        }
        if now >= self.deadline.get() {
            self.interrupt_all();
        }
        // The rest of a crowd has its turn when these have had theirs: see `CROWD`.
        self.start_users(now);
        self.wake_resting(now);
        self.wake_sleepers(now);
        if now >= self.next_tick.get() {
            self.tick(now);
        }
        self.find_next_due();
    }

    fn find_next_due(&self) {
        let waiting = self.waiting.borrow().next_due();
        let arrival = self.populations.borrow().iter().filter_map(PopulationState::next_due).min();
        let busy = self.alive.get() > 0 || arrival.is_some();
        // Where nothing happens any more, simulated time must stand still, lest it runs away.
        let tick = (busy || !self.clock.is_simulated()).then(|| self.next_tick.get());
        let limits = busy.then(|| self.stop_at.get().min(self.deadline.get()));
        let due = [waiting, arrival, tick, limits].into_iter().flatten().min().unwrap_or(Moment::NEVER);
        self.next_due.set(due.as_nanos());
    }

    /// Something is to be done at `moment`: the shard's loop must wake by then.
    pub(super) fn due_at(&self, moment: Moment) {
        if moment.as_nanos() < self.next_due.get() {
            self.next_due.set(moment.as_nanos());
            if let Some(waker) = &*self.waker.borrow() {
                waker.wake_by_ref();
            }
        }
    }

    /// Whether the grace period is over: all users are counted, and what their tasks still do no longer matters.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    fn tick(&self, now: Moment) {
        self.hand_over();
        self.states.borrow().iter().for_each(|state| state.tick());
        // Ticks that were missed are not made up for: what happened belongs to the second in which it was seen.
        let second = now.as_nanos() / 1_000_000_000;
        self.second.set(second);
        self.next_tick.set(Moment::from_nanos((second + 1) * 1_000_000_000));
    }

    fn hand_over(&self) {
        let snapshot = Box::new(self.recorder.borrow_mut().take_snapshot(self.second.get()));
        self.tell(Event::Snapshot { shard: self.index, snapshot });
    }

    pub(super) fn tell(&self, event: Event) {
        self.unheard.set(self.unheard.get() + usize::from(self.clock.is_simulated()));
        // Nobody listens only if the run was given up.
        let _ = self.events.send(event);
    }

    pub(crate) fn request_stop(&self, why: &str, crash: bool) {
        self.tell(Event::StopRequested { why: why.to_owned(), crash, at: self.clock.now() });
    }

    pub(crate) fn show(&self, text: &str) {
        self.tell(Event::Debug(text.to_owned()));
    }

    /// The name of a request that was known before the run.
    pub(crate) fn name_of(&self, NameId(name): NameId) -> &str {
        self.plan.request_names.get(name as usize).map_or("?", |name| name)
    }

    pub(crate) fn step_failed(&self, scenario: ScenarioId, problem: &Problem) {
        if self.debug {
            self.show(&format!("= a step failed: {}\n", problem.message));
        }
        let mut recorder = self.recorder.borrow_mut();
        recorder.step_error(scenario, &problem.message);
        if problem.panicked {
            recorder.panic_caught(scenario);
        }
    }

    pub(crate) fn action_begins(&self, population: u32) {
        self.populations.borrow_mut()[population as usize].acting += 1;
    }

    pub(crate) fn action_ends(&self, population: u32) {
        self.populations.borrow_mut()[population as usize].acting -= 1;
    }

    pub(crate) fn program(&self, population: u32) -> ShardProgram {
        self.programs[population as usize].clone()
    }

    pub(crate) fn protocol_state(&self, index: usize) -> Rc<dyn ShardState> {
        self.states.borrow()[index].clone()
    }

    pub(crate) fn group(&self, outer: GroupId, name: &Text, session: &Session) -> GroupId {
        let mut recorder = self.recorder.borrow_mut();
        match name {
            Text::Fixed(name) => recorder.group(outer, name),
            Text::Rendered(template) => {
                let mut rendered = String::new();
                match template.render(session, &mut rendered) {
                    Ok(()) => recorder.group(outer, &rendered),
                    Err(_) => recorder.group(outer, template.source()),
                }
            }
        }
    }

    /// The next turn of a `round_robin_switch`. Shards begin at different turns, so that few users are spread too.
    pub(crate) fn next_turn(&self, switch: usize) -> usize {
        let mut turns = self.turns.borrow_mut();
        let turn = turns[switch];
        turns[switch] = turn.wrapping_add(1);
        turn
    }
}
