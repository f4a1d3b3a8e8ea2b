//! What a user is in: how the cursor enters and leaves loops, groups, blocks and branches, and what each leaves behind.

use std::time::Duration;

use crate::compile::{Kind, Op};
use crate::engine::cursor::Cursor;
use crate::engine::user::{Frame, Leaving};
use crate::metrics::GroupId;
use crate::moment::Moment;

impl Cursor<'_> {
    pub(super) fn push(&mut self, frame: Frame) {
        self.user.settle_failure();
        self.user.watched += u32::from(is_watched(&frame));
        self.user.frames.push(frame);
    }

    /// Leaves the innermost loop, group or block.
    pub(super) fn pop(&mut self) {
        self.user.settle_failure();
        let Some(frame) = self.user.frames.pop() else { return };
        self.user.watched -= u32::from(is_watched(&frame));
        match frame {
            Frame::Loop { enter, .. } => {
                if let Some(Op::LoopEnter(left)) = self.program.ops.get(enter as usize) {
                    let element = match &left.kind {
                        Kind::Foreach { element, .. } => Some(*element),
                        _ => None,
                    };
                    for slot in [left.counter, element].into_iter().flatten() {
                        self.user.session.remove_at(slot);
                    }
                }
            }
            Frame::Group { outer, failed, cumulated_micros, since } => {
                self.leave_group(outer, failed, cumulated_micros, since);
            }
            Frame::Try { failed_before, .. } => {
                // The block's own outcome first: what was before it does not hide that it has failed.
                if self.user.session.is_failed() {
                    self.user.fail_group();
                }
                if failed_before {
                    self.user.session.restore_failure();
                }
            }
            Frame::Block { failed_before, .. } => {
                if failed_before {
                    self.user.session.restore_failure();
                }
            }
            Frame::Branch { failed, cumulated_micros, .. } => {
                if let Some(fork) = self.user.fork() {
                    fork.frames_left(failed, cumulated_micros);
                }
            }
        }
    }

    fn leave_group(&mut self, outer: GroupId, failed: bool, cumulated_micros: u32, since: Moment) {
        let user = &mut *self.user;
        let duration = user.intended.since(since);
        let cumulated = Duration::from_micros(cumulated_micros.into());
        self.shard.recorder.borrow_mut().record_group(user.scenario(), user.group, !failed, duration, cumulated);
        user.group = outer;
        user.cumulate(cumulated_micros);
        if failed {
            user.fail_group();
        }
    }

    /// Leaves all frames down to `depth`, which none of a protocol's blocks is among.
    pub(crate) fn unwind_to(&mut self, depth: usize) {
        while self.user.frames.len() > depth {
            self.pop();
        }
    }

    /// Before a step: leaves the outermost loop whose condition no longer holds, or retries the innermost block in
    /// which something failed. Says whether the user is now elsewhere.
    pub(super) fn leave_early(&mut self) -> bool {
        if matches!(self.user.frames.first(), Some(Frame::Branch { .. })) && self.branch_is_over() {
            return true;
        }
        for depth in 0..self.user.frames.len() {
            if let Frame::Loop { enter, asap: true, pass, since, over } = self.user.frames[depth]
                && let Some(Op::LoopEnter(entered)) = self.program.ops.get(enter as usize)
                && (over || self.goes_on(entered, pass, since) != Some(true))
            {
                if self.unwind_past_blocks(depth, Leaving::Early) {
                    self.user.pc = entered.end;
                }
                return true;
            }
        }
        if !self.user.session.is_failed() {
            return false;
        }
        match self.user.frames.iter().rposition(|frame| matches!(frame, Frame::Try { .. })) {
            Some(depth) => {
                if self.unwind_past_blocks(depth + 1, Leaving::Early) {
                    self.retry_or_leave();
                }
                true
            }
            None => self.failed_branch_is_over(),
        }
    }

    /// The innermost frame is a `try_max` in which something failed.
    pub(super) fn retry_or_leave(&mut self) {
        let Some(Frame::Try { enter, attempt, .. }) = self.user.frames.last_mut() else { return };
        let Some(Op::TryEnter { attempts, end }) = self.program.ops.get(*enter as usize) else { return };
        let attempts = attempts.get(&self.user.session).unwrap_or(1);
        if u64::from(*attempt) < attempts {
            *attempt += 1;
            self.user.pc = *enter + 1;
            self.user.session.mark_as_succeeded();
        } else {
            self.user.pc = *end;
            self.pop();
        }
    }
}

fn is_watched(frame: &Frame) -> bool {
    matches!(frame, Frame::Loop { asap: true, .. } | Frame::Try { .. } | Frame::Branch { .. })
}
