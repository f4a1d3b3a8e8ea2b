//! Lowering of branches that run side by side: one after the other in the list, each with an end of its own.

use crate::compile::lower::Lowering;
use crate::compile::program::{Forking, Op};
use crate::dsl::Chain;

impl<'c> Lowering<'_, '_, 'c> {
    pub(super) fn parallel(&mut self, branches: &'c [Chain]) {
        if branches.is_empty() {
            self.cx.mistake("there are no branches in it; give it at least one chain");
        }
        for (number, _) in (1..).zip(branches).filter(|(_, branch)| branch.steps.is_empty()) {
            self.cx.mistake(format!("branch {number} has no steps; give it at least one, or leave the branch out"));
        }
        let fork = self.ops.len();
        // A placeholder: the branches must be lowered before their addresses are known.
        self.ops.push(Op::BranchEnd);
        // A `forever` in a branch is no iteration of the user, who has others on their way.
        self.loops += 1;
        for (number, branch) in (1_usize..).zip(branches) {
            self.part(format!("branch {number}"), branch);
            self.then(|lowering| lowering.ops.push(Op::BranchEnd));
        }
        self.loops -= 1;
        let count = branches.len();
        self.then(move |lowering| {
            let (branches, join) = (lowering.marked(count), lowering.here());
            lowering.ops[fork] = Op::Fork(Box::new(Forking { branches, join }));
        });
    }
}
