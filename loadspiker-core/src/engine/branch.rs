//! A user that is a branch of another: how it begins, when it has nothing more to do, what it hands back.

use std::rc::Rc;
use std::time::Duration;

use crate::compile::{Op, Pc};
use crate::engine::cursor::Cursor;
use crate::engine::fork::Fork;
use crate::engine::user::{Branch, Extras, Frame, Leaving, Rare, User, place};
use crate::protocol::UserState;
use crate::session::Session;

impl User {
    /// A branch of this user that begins at `pc`.
    pub(super) fn branch(&self, session: Session, pc: Pc, link: Branch) -> User {
        let paces = self.extras.as_ref().map(|extras| extras.paces.clone()).unwrap_or_default();
        User {
            session,
            population: self.population,
            pc,
            group: self.group,
            watched: 1,
            frames: vec![Frame::Branch { failed: false, cumulated_micros: 0, over: None }],
            intended: self.intended,
            held: None,
            extras: Some(Box::new(Extras {
                states: Vec::new(),
                paces,
                rare: Some(Box::new(Rare { branch: Some(link), ..Rare::default() })),
            })),
        }
    }

    /// The fork that this user is a branch of.
    pub(crate) fn fork(&self) -> Option<&Rc<Fork>> {
        Some(&self.extras.as_ref()?.branch()?.fork)
    }

    /// For how long this branch was held in pauses of the run; zero if it is none.
    pub(super) fn held_for(&self) -> Duration {
        let branch = self.extras.as_ref().and_then(|extras| extras.branch());
        branch.map_or(Duration::ZERO, |branch| branch.held)
    }

    /// Tells branches of one user apart; 0 if it is no branch.
    pub(crate) fn serial(&self) -> u64 {
        let branch = self.extras.as_ref().and_then(|extras| extras.branch());
        branch.map_or(0, |branch| branch.serial)
    }

    /// The state of the protocol at `index` that a branch of this user begins with.
    pub(super) fn state_for_branch(
        &mut self,
        index: usize,
        init: impl FnOnce() -> Box<dyn UserState>,
    ) -> Box<dyn UserState> {
        let Extras { states, rare, .. } = &mut **self.extras.get_or_insert_default();
        let branch = rare.as_ref().and_then(|rare| rare.branch.as_ref());
        let place = place(states, index);
        if let Some(state) = place {
            return state.fork().unwrap_or_else(init);
        }
        let mut made = new_state(branch, index, init);
        match made.fork() {
            Some(forked) => {
                *place = Some(made);
                forked
            }
            // Branches of it have states of their own, and this one is fresh.
            None => made,
        }
    }

    /// Takes over what a branch keeps between its steps.
    pub(super) fn join(&mut self, branch: &mut User) {
        let (Some(theirs), own) = (&mut branch.extras, &mut self.extras) else { return };
        for (pace, due) in std::mem::take(&mut theirs.paces) {
            let paces = &mut own.get_or_insert_default().paces;
            match paces.iter_mut().find(|(known, _)| *known == pace) {
                // A pace lies in one of the branches; the others have it as it was at the fork.
                Some((_, known)) => *known = (*known).max(due),
                None => paces.push((pace, due)),
            }
        }
        if let Some(rare) = theirs.rare.as_mut().filter(|rare| !rare.holdings.is_empty()) {
            let own = own.get_or_insert_default().rare.get_or_insert_default();
            own.holdings.append(&mut rare.holdings);
        }
        let Some(own) = own else { return };
        for (own, theirs) in own.states.iter_mut().zip(std::mem::take(&mut theirs.states)) {
            if let (Some(own), Some(theirs)) = (own, theirs) {
                own.join(theirs);
            }
        }
    }
}

/// A user's state of the protocol at `index`, at first use.
#[cold]
pub(super) fn new_state(
    branch: Option<&Branch>,
    index: usize,
    init: impl FnOnce() -> Box<dyn UserState>,
) -> Box<dyn UserState> {
    match branch {
        None => init(),
        Some(branch) => branch.fork.state(index, init),
    }
}

impl Cursor<'_> {
    /// Whether this branch has nothing more to do, because its user ends or a loop around is over; if so, it has come
    /// to its end.
    pub(super) fn branch_is_over(&mut self) -> bool {
        let Some(fork) = self.user.fork().cloned() else { return false };
        let over = fork.is_exiting() || self.was_cut(&fork) || self.left_around(&fork);
        if over {
            self.end_branch();
        }
        over
    }

    /// Whether a wait was cut because the time of a loop around is over.
    fn was_cut(&self, fork: &Fork) -> bool {
        match self.user.frames.first() {
            Some(Frame::Branch { over: Some(enter), .. }) => {
                fork.leave_loop(*enter);
                true
            }
            _ => false,
        }
    }

    fn left_around(&mut self, fork: &Fork) -> bool {
        let held = self.user.held_for();
        for around in fork.loops() {
            if let Some(Op::LoopEnter(entered)) = self.program.ops.get(around.enter as usize)
                && self.goes_on(entered, around.pass, around.since + held) != Some(true)
            {
                fork.leave_loop(around.enter);
                return true;
            }
        }
        false
    }

    /// Whether a failure ends this branch, because a `try_max` around it is to start over or to be left; if so, it has
    /// come to its end.
    pub(super) fn failed_branch_is_over(&mut self) -> bool {
        let over = self.user.fork().is_some_and(|fork| fork.is_tried());
        if over {
            self.end_branch();
        }
        over
    }

    /// A branch ends; its user goes on.
    pub(super) fn end_branch(&mut self) {
        let exits = self.user.fork().is_some_and(|fork| fork.is_exiting());
        if !self.unwind_past_blocks(0, if exits { Leaving::Exit } else { Leaving::Early }) {
            return;
        }
        // Behind all operations, where nothing is done any more.
        self.user.pc = Pc::MAX;
    }

    /// Leaves the loop that was entered at `enter`, in which this user has had branches.
    pub(super) fn leave_loop(&mut self, enter: Pc) {
        let entry = |frame: &Frame| matches!(frame, Frame::Loop { enter: pc, .. } if *pc == enter);
        if let Some(depth) = self.user.frames.iter().position(entry) {
            if self.unwind_past_blocks(depth, Leaving::Early)
                && let Some(Op::LoopEnter(entered)) = self.program.ops.get(enter as usize)
            {
                self.user.pc = entered.end;
            }
        } else if let Some(fork) = self.user.fork().cloned() {
            // It is around the fork that this user is itself a branch of.
            fork.leave_loop(enter);
            self.end_branch();
        }
    }
}
