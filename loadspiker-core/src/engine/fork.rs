//! Branches of a user: at a [`Fork`] each goes its own way, as a user of its own to the engine, and the user itself rests
//! until all of them have come to their end.
//!
//! A branch is a [`User`] with a copy of the session, [`Frame::Branch`] at the bottom of its frames, and a link to the fork.
//! It is in no count of users. What it leaves behind when it ends is gathered at the fork, and the last branch lets the
//! user go on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::compile::{Forking, Pc};
use crate::engine::cursor::Cursor;
use crate::engine::user::{Branch, Frame, User};
use crate::engine::{Shard, task};
use crate::moment::Moment;
use crate::protocol::UserState;
use crate::session::Changes;

/// How many users go on from their branches at one moment of simulated time, before it goes on by a little.
const JOINS: u32 = 1000;

/// Where a user rests while its branches are on their way.
pub(crate) struct Fork {
    user: RefCell<Option<Box<User>>>,
    /// The fork that the user itself is a branch of.
    outer: Option<Rc<Fork>>,
    /// The loops around that are to be left as soon as possible, the outermost first.
    loops: Box<[Around]>,
    /// Whether a `try_max` is around.
    tried: bool,
    /// How many branches are still on their way.
    open: Cell<usize>,
    exits: Cell<bool>,
    left: RefCell<Left>,
}

/// A loop around a fork.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    pub(crate) enter: Pc,
    pub(crate) pass: u32,
    pub(crate) since: Moment,
}

/// What the branches that have ended leave to the user.
struct Left {
    latest: Moment,
    /// For how long the branch that ended last was held in pauses of the run.
    held: Duration,
    failed: bool,
    group_failed: bool,
    cumulated_micros: u32,
    changes: Changes,
    /// The outermost of the loops around that a branch found to be over, by its entry.
    leave: Option<Pc>,
    /// A branch was cut off at the end of the run: the user cannot go on.
    interrupted: bool,
}

impl Fork {
    fn new(mut user: Box<User>, branches: usize) -> Rc<Self> {
        user.settle_failure();
        let outer = user.fork().cloned();
        let held = user.held_for();
        let mut loops: Vec<Around> = outer.iter().flat_map(|outer| outer.loops.iter().copied()).collect();
        loops.iter_mut().for_each(|around| around.since = around.since + held);
        loops.extend(user.frames.iter().filter_map(|frame| match *frame {
            Frame::Loop { enter, asap: true, pass, since, .. } => Some(Around { enter, pass, since }),
            _ => None,
        }));
        let tries = user.frames.iter().any(|frame| matches!(frame, Frame::Try { .. }));
        let left = Left {
            latest: user.intended,
            held: Duration::ZERO,
            failed: user.session.is_failed(),
            group_failed: false,
            cumulated_micros: 0,
            changes: Changes::default(),
            leave: None,
            interrupted: false,
        };
        Rc::new(Fork {
            tried: tries || outer.as_ref().is_some_and(|outer| outer.tried),
            loops: loops.into(),
            outer,
            open: Cell::new(branches),
            exits: Cell::new(false),
            left: RefCell::new(left),
            user: RefCell::new(Some(user)),
        })
    }

    pub(crate) fn loops(&self) -> &[Around] {
        &self.loops
    }

    pub(crate) fn is_tried(&self) -> bool {
        self.tried
    }

    /// The user ends: its other branches do so before their next step, those of forks around, too.
    pub(crate) fn exit(&self) {
        self.and_around().for_each(|fork| fork.exits.set(true));
    }

    /// Whether the user is about to end.
    pub(crate) fn is_exiting(&self) -> bool {
        self.and_around().any(|fork| fork.exits.get())
    }

    fn and_around(&self) -> impl Iterator<Item = &Fork> {
        std::iter::successors(Some(self), |fork| fork.outer.as_deref())
    }

    /// A branch found that the loop entered at `enter` is over.
    pub(crate) fn leave_loop(&self, enter: Pc) {
        let leave = &mut self.left.borrow_mut().leave;
        // Of nested loops the outer one is entered first.
        *leave = Some(leave.map_or(enter, |other| other.min(enter)));
    }

    /// A branch has come to the end of its frames: what it leaves to the group around.
    pub(crate) fn frames_left(&self, failed: bool, cumulated_micros: u32) {
        let mut left = self.left.borrow_mut();
        left.group_failed |= failed;
        left.cumulated_micros = left.cumulated_micros.saturating_add(cumulated_micros);
    }

    /// The state of a protocol that a branch begins with: from the user's, which is made if there is none.
    pub(crate) fn state(&self, index: usize, init: impl FnOnce() -> Box<dyn UserState>) -> Box<dyn UserState> {
        match &mut *self.user.borrow_mut() {
            Some(user) => user.state_for_branch(index, init),
            None => init(),
        }
    }

    /// Runs `look` with the user, which rests.
    pub(crate) fn with_user<T>(&self, look: impl FnOnce(&mut User) -> T) -> Option<T> {
        self.user.borrow_mut().as_deref_mut().map(look)
    }

    /// Takes over what a branch has changed.
    fn take_over(&self, branch: &mut User) {
        let mut user = self.user.borrow_mut();
        let Some(user) = user.as_deref_mut() else { return };
        let mut left = self.left.borrow_mut();
        let (latest, held) = (left.latest, left.held);
        (left.latest, left.held) = (latest, held).max((branch.intended, branch.held_for()));
        left.failed |= branch.session.is_failed();
        branch.session.note_changes(&user.session, &mut left.changes);
        user.join(branch);
    }

    /// A branch is cut off at the end of the run. If it was the last one, the user is given back, who is cut off, too.
    pub(super) fn interrupt_branch(&self) -> Option<Box<User>> {
        self.left.borrow_mut().interrupted = true;
        self.close()
    }

    /// A branch is gone. If it was the last one, the user is given back.
    fn close(&self) -> Option<Box<User>> {
        self.open.set(self.open.get().saturating_sub(1));
        if self.open.get() > 0 { None } else { self.user.take() }
    }
}

impl Shard {
    /// Sends the branches of `user` on their way.
    pub(crate) fn fork(self: &Rc<Self>, user: Box<User>, forking: &Forking) {
        if self.is_over() {
            return self.cut_off(user);
        }
        let seed = user.session.random(|random| random.u64(..));
        let fork = Fork::new(user, forking.branches.len());
        let mut branches = Vec::with_capacity(forking.branches.len());
        if let Some(user) = fork.user.borrow_mut().as_deref_mut() {
            user.pc = forking.join;
            for (number, pc) in (1..).zip(&forking.branches) {
                let serial = self.branches_made.get() + 1;
                self.branches_made.set(serial);
                let link = Branch { fork: fork.clone(), serial, held: Duration::ZERO };
                branches.push(Box::new(user.branch(user.session.branch(seed, number), *pc, link)));
            }
        }
        branches.into_iter().for_each(|branch| task::spawn(self, branch));
    }

    /// A branch has come to its end.
    pub(super) fn branch_ended(self: &Rc<Self>, mut branch: Box<User>, fork: &Fork) {
        if self.is_over() {
            return self.cut_off(branch);
        }
        fork.take_over(&mut branch);
        // What it holds closes here. Code that is not the engine's may panic up to here; then the branch counts as lost.
        drop(branch);
        self.close(fork);
    }

    /// A branch was lost in a panic of code that is not the engine's.
    pub(super) fn branch_lost(self: &Rc<Self>, fork: &Fork) {
        {
            let mut left = fork.left.borrow_mut();
            left.latest = left.latest.max(self.clock.now());
            left.failed = true;
            left.group_failed = true;
        }
        self.close(fork);
    }

    fn close(self: &Rc<Self>, fork: &Fork) {
        let Some(user) = fork.close() else { return };
        if fork.left.borrow().interrupted {
            self.interrupt(user);
        } else {
            self.join(user, fork);
        }
    }

    /// Lets a user go on whose branches are all done.
    fn join(self: &Rc<Self>, mut user: Box<User>, fork: &Fork) {
        let program = self.program(user.population);
        let (failed, group_failed, cumulated, leave) = {
            let mut left = fork.left.borrow_mut();
            // It has waited for the one that was last, and was held with that.
            user.put_off(left.held);
            user.intended = left.latest;
            user.session.apply(std::mem::take(&mut left.changes));
            (left.failed, left.group_failed, left.cumulated_micros, left.leave)
        };
        if failed {
            user.session.restore_failure();
        }
        if group_failed {
            user.fail_group();
        }
        user.cumulate(cumulated);
        if fork.exits.get() {
            if (Cursor { user: &mut user, program: &program, shard: self }).leave() {
                return self.user_ended(user);
            }
        } else if let Some(enter) = leave {
            Cursor { user: &mut user, program: &program, shard: self }.leave_loop(enter);
        }
        if self.joins_without_end() {
            let due = self.clock.now() + Duration::from_micros(1);
            return self.rest(user, due);
        }
        task::spawn(self, user);
    }

    /// Whether so many branches were joined at one moment of simulated time that it would stand still for ever, if they
    /// are those of an endless loop.
    fn joins_without_end(&self) -> bool {
        if !self.clock.is_simulated() {
            return false;
        }
        let now = self.clock.now();
        let (last, joins) = self.joins.get();
        let joins = if last == now { joins.saturating_add(1) } else { 1 };
        self.joins.set((now, joins));
        joins > JOINS
    }
}
