//! Blocks that a protocol opens and closes around a chain: whatever leads out of one leads past its end first.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use crate::compile::{Op, Pc};
use crate::engine::cursor::Cursor;
use crate::engine::task::{NoPanic, record_block_panic};
use crate::engine::user::{Frame, Leaving};
use crate::engine::{Shard, User};
use crate::protocol::{ActionContext, Block, BlockOutcome, END_TIMEOUT};

impl Cursor<'_> {
    /// If the innermost frame is a block, it is to be ended before the user goes on: the user stands at its end then.
    pub(super) fn is_held_by_block(&mut self, leaving: Leaving) -> bool {
        let Some(Frame::Block { enter, leaving: why, .. }) = self.user.frames.last_mut() else { return false };
        // A user that exits exits, whatever else leads out of the block.
        *why = if *why == Some(Leaving::Exit) { *why } else { Some(leaving) };
        if let Some(Op::BlockEnter { end, .. }) = self.program.ops.get(*enter as usize) {
            self.user.pc = *end;
        }
        true
    }

    /// Leaves all frames down to `depth`. `false` if a block is to be ended first, at which the user then stands.
    #[must_use]
    pub(super) fn unwind_past_blocks(&mut self, depth: usize, leaving: Leaving) -> bool {
        while self.user.frames.len() > depth {
            if self.is_held_by_block(leaving) {
                return false;
            }
            self.pop();
        }
        true
    }

    /// The user goes no further, not even to what every user does at its end. `false` if a block is to be ended first.
    #[must_use]
    pub(super) fn give_up(&mut self) -> bool {
        self.unwind_past_blocks(0, Leaving::Exit)
    }

    /// The block that was entered at `enter` is open.
    pub(super) fn enter_block(&mut self, enter: Pc) {
        self.user.settle_failure();
        let failed_before = self.user.session.is_failed();
        self.user.session.mark_as_succeeded();
        self.push(Frame::Block { enter, failed_before, leaving: None });
    }

    /// Leaves the block, which is the innermost frame: its outcome, and whether the user exits.
    pub(super) fn leave_block(&mut self) -> Option<(BlockOutcome, bool)> {
        let Some(Frame::Block { leaving, .. }) = self.user.frames.last() else { return None };
        let leaving = *leaving;
        let outcome = match leaving {
            _ if self.user.session.is_failed() => BlockOutcome::Failed,
            Some(_) => BlockOutcome::Exited,
            None => BlockOutcome::Ok,
        };
        self.pop();
        Some((outcome, leaving == Some(Leaving::Exit)))
    }
}

impl User {
    /// Whether it is in a block that has to be ended.
    pub(super) fn is_in_block(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Block { .. }))
    }
}

/// Opens a block; whether it is open.
pub(super) async fn begin(block: &dyn Block, cx: &mut ActionContext) -> bool {
    let begun = NoPanic(block.begin(cx).as_mut()).await;
    match begun {
        Ok(open) => open,
        Err(message) => {
            record_block_panic(cx, block.name(), &message);
            false
        }
    }
}

/// Closes a block.
pub(super) async fn end(block: &dyn Block, cx: &mut ActionContext, outcome: BlockOutcome) {
    let ended = NoPanic(block.end(cx, outcome).as_mut()).await;
    if let Err(message) = ended {
        record_block_panic(cx, block.name(), &message);
    }
}

impl Shard {
    /// Ends the blocks that a user is in which the end of the run has cut off, the innermost first.
    pub(super) async fn close_blocks(self: &Rc<Self>, user: Box<User>) -> Box<User> {
        let program = self.program(user.population);
        let mut cx = ActionContext::new(user, self.clone());
        let due = self.clock.now() + END_TIMEOUT;
        while let Some(frame) = cx.user.frames.pop() {
            let Frame::Block { enter, .. } = frame else { continue };
            let Some(Op::BlockEnter { block, .. }) = program.ops.get(enter as usize) else { continue };
            cx.begin_action();
            let mut ending = pin!(end(&**block, &mut cx, BlockOutcome::Stopped));
            let mut timeout = pin!(self.sleep_until(due));
            let in_time = poll_fn(|context| match Pin::new(&mut ending).poll(context) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => timeout.as_mut().poll(context).map(|()| false),
            })
            .await;
            if !in_time {
                break;
            }
        }
        cx.into_user()
    }
}
