//! [`Shard`]: one thread's share of a run. Its users, timers, connections and statistics belong to it alone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::Waker;
use std::time::Duration;

use crate::compile::{Plan, Program, Text};
use crate::engine::clock::Clock;
use crate::engine::cursor::Problem;
use crate::engine::goodbye::Life;
use crate::engine::hold::Attention;
use crate::engine::hooks::given;
use crate::engine::late::Late;
use crate::engine::listen::Alarms;
use crate::engine::message::Event;
use crate::engine::population::PopulationState;
use crate::engine::pulse::Pulse;
use crate::engine::room::Room;
use crate::engine::steered::Order;
use crate::engine::task::Seat;
use crate::engine::user::User;
use crate::engine::waiting::Waiting;
use crate::inject::{self, Slots};
use crate::metrics::{Book, GroupId, Limits, NameId, Recorder};
use crate::moment::Moment;
use crate::numbers::mix;
use crate::protocol::{Metrics, RunStates, ShardInfo, ShardState};
use crate::session::{Counters, Schema, Session, Shared, Slot};
use crate::shown::plain;
use crate::value::Value;

/// One thread's share of a run.
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) clock: Clock,
    pub(crate) recorder: RefCell<Recorder>,
    /// What users record in custom metrics, and how their checks go.
    pub(crate) book: Rc<Book>,
    pub(crate) debug: bool,
    pub(crate) pulse: Arc<Pulse>,
    pub(super) attention: Attention,
    /// Used for rendering, again and again.
    pub(crate) buffers: RefCell<Vec<String>>,
    pub(super) plan: Arc<Plan>,
    pub(super) programs: Vec<ShardProgram>,
    /// What the sessions of each population share.
    pub(super) shared: Vec<Rc<Shared>>,
    /// What every session begins with, the highest slot first, so that a session makes room once.
    pub(super) given: Vec<(Slot, Value)>,
    pub(super) states: RefCell<Vec<Rc<dyn ShardState>>>,
    pub(super) populations: RefCell<Vec<PopulationState>>,
    /// This shard's slots of the simulation's throttle.
    pub(super) slots: RefCell<Option<Slots>>,
    /// When that began, and later by as much as the run has been paused since.
    pub(super) slots_start: Cell<Moment>,
    pub(super) waiting: RefCell<Waiting>,
    /// Deadlines of users that wait for bells.
    pub(super) alarms: RefCell<Alarms>,
    #[expect(clippy::vec_box, reason = "users come and go in their boxes")]
    pub(super) meetings: RefCell<Vec<Vec<Box<User>>>>,
    /// Where users wait for records.
    pub(super) rooms: RefCell<Vec<Rc<Room>>>,
    /// What is to be done at its moment, in order.
    pub(super) orders: RefCell<VecDeque<(Moment, Order)>>,
    /// Since when the run is paused, if it is: users are held before their next request.
    pub(super) paused: Cell<Option<Moment>>,
    #[expect(clippy::vec_box, reason = "users come and go in their boxes")]
    pub(super) held: RefCell<Vec<Box<User>>>,
    /// Code of users' that is held.
    pub(super) held_calls: RefCell<Vec<Waker>>,
    /// How often the load was changed.
    pub(super) round: Cell<u64>,
    turns: RefCell<Vec<usize>>,
    /// Tasks that wait for a user.
    pub(crate) seats: RefCell<Vec<Rc<Seat>>>,
    pub(super) users_made: Cell<u64>,
    pub(super) branches_made: Cell<u64>,
    /// When branches were joined last, and how often since simulated time moved.
    pub(super) joins: Cell<(Moment, u32)>,
    pub(super) alive: Cell<u64>,
    /// How many users may be there when another one arrives.
    pub(super) most_users: u64,
    /// The earliest moment at which something is to be done here, in nanoseconds.
    pub(super) next_due: Cell<u64>,
    /// When it was last looked at what is due, and something was.
    pub(super) last_look: Cell<Moment>,
    pub(super) next_tick: Cell<Moment>,
    /// While the warm-up is on: when it ends.
    pub(super) warm_up: Cell<Option<Moment>>,
    /// Where time is simulated: a tick has been told of and not been heard. Until then nothing may happen, as what was
    /// told may end the run at this very moment.
    pub(super) tick_unheard: Cell<bool>,
    pub(super) second: Cell<u64>,
    pub(super) stop_at: Cell<Moment>,
    pub(super) deadline: Cell<Moment>,
    /// Wakes the shard's own loop when something has become due earlier than it knows.
    pub(super) waker: RefCell<Option<Waker>>,
    pub(super) events: Sender<Event>,
    /// Whether a task has been spawned or has run lately; simulated time waits for it.
    pub(crate) worked: Cell<bool>,
    /// How many events nobody has heard yet; simulated time waits for the answers they may bring. The beginning is one.
    pub(super) unheard: Cell<usize>,
    /// The grace period is over, all users are counted: what tasks still do no longer matters.
    pub(super) over: Cell<bool>,
    /// What requests of imperative steps brought up.
    pub(super) late: Late,
    pub(super) life: Life,
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
    /// Sets up the shard's share of `plan`, but for the protocols' states. Called on its thread, within its runtime.
    pub(crate) fn new(
        plan: &Arc<Plan>,
        index: usize,
        clock: Clock,
        debug: bool,
        events: Sender<Event>,
        pulse: Arc<Pulse>,
    ) -> Rc<Shard> {
        let info = ShardInfo { index, count: plan.shards };
        let counters = Rc::new(Counters::new(index, info.count));
        let book = Rc::new(Book::new(Limits::default()));
        let simulated = clock.is_simulated();
        let late = Late::default();
        let attributes = plan.attributes.iter().chain(plan.given().iter().map(|(name, _)| name)).cloned();
        let given = given(plan.given(), &Schema::new("", attributes.clone()));
        let shared = |name: &Arc<str>| {
            let schema = Schema::new(&**name, attributes.clone());
            Shared::new(schema, &plan.secrets, &late.names, &counters, &book)
        };
        // For what is recorded outside of any user.
        let outside = shared(&Arc::from(""));
        let shard = Shard {
            index,
            clock,
            recorder: RefCell::new(
                Recorder::new(plan.request_names.clone(), plan.scenario_names.clone(), Limits::default())
                    .reserving(plan.reserved.clone())
                    .logging(plan.sample_log.shard(index)),
            ),
            book: book.clone(),
            debug,
            pulse,
            attention: Attention::default(),
            buffers: RefCell::default(),
            programs: plan.populations.iter().map(|population| Rc::new(population.program.clone())).collect(),
            // The shard's own: the reference counts are not shared with other cores.
            shared: plan.scenario_names.iter().map(|name| Rc::new(shared(name))).collect(),
            given,
            states: RefCell::default(),
            populations: RefCell::new(
                // Seeds of their own: two populations with the same profile must not arrive in step.
                (1..)
                    .zip(&plan.populations)
                    .map(|(n, p)| PopulationState::new(&p.profile, info, mix(plan.seed, n)).limited(p))
                    .collect(),
            ),
            slots: RefCell::new(plan.throttle.as_ref().map(|throttle| throttle.slots(info.into()))),
            slots_start: Cell::new(Moment::START),
            waiting: RefCell::default(),
            alarms: RefCell::default(),
            meetings: RefCell::new(plan.rendez_vous.iter().map(|_| Vec::new()).collect()),
            rooms: RefCell::default(),
            orders: RefCell::default(),
            paused: Cell::new(None),
            held: RefCell::default(),
            held_calls: RefCell::default(),
            round: Cell::new(0),
            turns: RefCell::new(vec![index; plan.turns]),
            seats: RefCell::default(),
            users_made: Cell::new(0),
            branches_made: Cell::new(0),
            joins: Cell::default(),
            alive: Cell::new(0),
            most_users: plan.maximum_users.map_or(u64::MAX, |most| inject::Shard::from(info).share(most)),
            next_due: Cell::new(0),
            last_look: Cell::new(Moment::START),
            next_tick: Cell::new(Moment::START + plan.warm_up.map_or(TICK, |warm_up| warm_up.min(TICK))),
            warm_up: Cell::new(plan.warm_up.map(|warm_up| Moment::START + warm_up)),
            tick_unheard: Cell::new(false),
            second: Cell::new(0),
            stop_at: Cell::new(plan.max_duration.map_or(Moment::NEVER, |duration| Moment::START + duration)),
            deadline: Cell::new(Moment::NEVER),
            waker: RefCell::new(None),
            events,
            worked: Cell::new(false),
            unheard: Cell::new(usize::from(simulated)),
            over: Cell::new(false),
            late,
            life: Life::new(Metrics::new(Session::sharing(Rc::new(outside), 0, 0, 0))),
            plan: plan.clone(),
        };
        Rc::new(shard)
    }

    /// Whether the grace period is over: all users are counted, and what their tasks still do no longer matters.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// When the grace period of a stop is over; never if there was none.
    pub(crate) fn deadline(&self) -> Moment {
        self.deadline.get()
    }

    pub(crate) fn request_stop(&self, why: &str, crash: bool) {
        self.tell(Event::StopRequested { why: plain(why).into_owned(), crash, at: self.clock.now() });
    }

    pub(crate) fn show(&self, text: &str) {
        self.tell(Event::Debug(text.to_owned()));
    }

    /// The name of a request that was known before the run.
    pub(crate) fn name_of(&self, NameId(name): NameId) -> &str {
        self.plan.request_names.get(name as usize).map_or("?", |name| name)
    }

    /// A step of this user's that is no request has failed, with this message: its secrets are masked.
    pub(crate) fn step_failed(&self, user: &User, problem: &Problem) {
        let (scenario, message) = (user.scenario(), user.session.masked(&problem.message));
        if self.debug {
            self.show(&format!("= {}: a step failed: {}\n", user.whose(), plain(&message)));
        }
        Shard::tell_failed_step(user, &message, problem.panicked);
        let mut recorder = self.recorder.borrow_mut();
        recorder.step_error(scenario, &message);
        if problem.panicked {
            recorder.panic_caught(scenario);
        }
    }

    /// Whether a population has more users at `at` than its closed profile wants.
    pub(crate) fn has_surplus(&self, population: u32, at: Moment) -> bool {
        self.populations.borrow_mut()[population as usize].has_surplus(at)
    }

    /// A user has begun what every user does at its end.
    pub(crate) fn user_retires(&self, population: u32) {
        self.populations.borrow_mut()[population as usize].user_retires();
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

    pub(crate) fn run_states(&self) -> &RunStates {
        &self.plan.states
    }

    pub(crate) fn group(&self, outer: GroupId, name: &Text, session: &Session) -> GroupId {
        let mut recorder = self.recorder.borrow_mut();
        match name {
            Text::Fixed(name) => recorder.group(outer, name),
            Text::Rendered(template) => {
                let mut rendered = self.buffers.borrow_mut().pop().unwrap_or_default();
                let group = match template.render(session, &mut rendered) {
                    Ok(()) => recorder.group(outer, &rendered),
                    Err(_) => recorder.group(outer, template.source()),
                };
                rendered.clear();
                // As many as before: one was taken.
                self.buffers.borrow_mut().push(rendered);
                group
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
