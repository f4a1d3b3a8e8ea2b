//! [`Program`]: a scenario as it is run. A flat list of operations with jumps, shared by all virtual users.
//!
//! A user's position in it is a number (the next operation) and a small stack of frames, one for each loop, group and
//! `try_max` that it is in. Whatever the nesting of the scenario, running it never recurses.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::compile::{RequestName, Text, Witness};
use crate::dsl::{PauseType, SessionFn};
use crate::expression::{CompiledArg, CompiledPause, CompiledValue};
use crate::feeder::BoundFeeder;
use crate::pool::BoundPool;
use crate::protocol::Journey;
use crate::protocol::RendezVous;
use crate::protocol::{Action, Block};
use crate::session::Slot;

/// The index of an operation.
pub(crate) type Pc = u32;

pub(crate) enum Op {
    Action(Box<dyn Action>),
    Call(SessionFn),
    Async(AsyncStep),
    Pause(CompiledPause),
    /// The number tells this pace from others in the same scenario.
    Pace(u32, CompiledPause),
    RendezVous(Arc<RendezVous>),
    Feed(Arc<BoundFeeder>, Option<CompiledArg<u64>>),
    CheckOut(Arc<BoundPool>),
    CheckIn(Arc<BoundPool>),
    LoopEnter(Box<Loop>),
    /// The end of a pass: test, and back to behind the [`Op::LoopEnter`] at this index.
    LoopNext(Pc),
    Jump(Pc),
    /// Goes on behind if the condition holds, else jumps.
    Unless(Test, Pc),
    Switch(Box<Switch>),
    TryEnter {
        attempts: CompiledArg<u64>,
        end: Pc,
    },
    TryLeave,
    /// Something that a protocol opens; it is closed at `end`, an [`Op::BlockLeave`].
    BlockEnter {
        block: Box<dyn Block>,
        end: Pc,
    },
    /// The end of the block that was entered there.
    BlockLeave(Pc),
    GroupEnter(Text),
    GroupLeave,
    /// The user rests, its branches begin; afterwards it goes on where they join.
    Fork(Box<Forking>),
    /// The end of a branch.
    BranchEnd,
    Exit(Option<Test>),
    Stop {
        why: Arc<str>,
        condition: Option<Test>,
        crash: bool,
    },
    /// What every user does at its end begins.
    Retire,
    End,
}

impl Op {
    /// Whether this is a step of the user's, before which failures and early exits are looked at.
    pub(crate) fn is_step(&self) -> bool {
        !matches!(
            self,
            Op::LoopNext(_)
                | Op::Jump(_)
                | Op::TryLeave
                | Op::BlockLeave(_)
                | Op::GroupLeave
                | Op::BranchEnd
                | Op::Retire
                | Op::End
        )
    }
}

pub(crate) struct Forking {
    /// Where each branch begins.
    pub(crate) branches: Vec<Pc>,
    /// Behind the last of them.
    pub(crate) join: Pc,
}

/// Async code of the user's.
pub(crate) struct AsyncStep {
    /// What it is counted under as a request; `None` if it is not timed itself.
    pub(crate) name: Option<RequestName>,
    pub(crate) code: Arc<dyn Journey>,
}

pub(crate) enum Test {
    Condition(CompiledArg<bool>),
    Equal(CompiledValue, CompiledValue),
    Failed,
}

pub(crate) struct Loop {
    pub(crate) kind: Kind,
    pub(crate) counter: Option<Slot>,
    pub(crate) exit_asap: bool,
    /// A `forever` that is in no other loop and in no branch: a pass of it is an iteration of the user, at whose end a closed population
    /// may let it go.
    pub(crate) is_outermost_forever: bool,
    /// Behind the loop.
    pub(crate) end: Pc,
}

pub(crate) enum Kind {
    Repeat(CompiledArg<u64>),
    Foreach { list: CompiledValue, element: Slot },
    While { condition: Option<CompiledArg<bool>>, during: Option<CompiledArg<Duration>>, test_first: bool },
}

pub(crate) struct Switch {
    pub(crate) by: SwitchBy,
    /// Where no case fits.
    pub(crate) otherwise: Pc,
}

pub(crate) enum SwitchBy {
    Value(CompiledValue, Vec<(CompiledValue, Pc)>),
    /// Upper bounds of a number drawn from 0..100, ascending.
    Chance(Vec<(f64, Pc)>),
    /// In turn; the number tells this switch from others of the simulation.
    Turn(usize, Vec<Pc>),
}

/// A compiled scenario with all that its users share.
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) pauses: PauseType,
    /// Where that begins which every user does before it ends.
    pub(crate) end: Pc,
    /// Sees what the user of a hook does.
    pub(crate) witness: Option<Witness>,
    /// Where each step begins, and where it was written.
    pub(crate) steps: Vec<(Pc, String, &'static Location<'static>)>,
}

impl Program {
    /// The step that the operation at `pc` belongs to, and where it was written.
    pub(crate) fn step_at(&self, pc: Pc) -> Option<String> {
        let (_, step, place) = self.steps.iter().rev().find(|(begin, ..)| *begin <= pc)?;
        Some(format!("{step} at {place}"))
    }

    /// Whether a user at `pc` does what every user does before it ends, if there is such a thing.
    pub(crate) fn is_retiring(&self, pc: Pc) -> bool {
        pc > self.end && matches!(self.ops.get(self.end as usize), Some(Op::Retire))
    }
}
