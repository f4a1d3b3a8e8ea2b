//! How a cursor goes through loops: enters them, begins another pass, or goes on behind.

use crate::compile::{Kind, Loop, Op, Pc};
use crate::engine::cursor::Cursor;
use crate::engine::user::Frame;
use crate::expression::{CompiledValue, EvalError};
use crate::mask::shown_value;
use crate::moment::Moment;
use crate::value::Value;

impl Cursor<'_> {
    pub(super) fn enter_loop(&mut self, pc: Pc, entered: &Loop) {
        let since = self.time_of(entered);
        let test_first = !matches!(entered.kind, Kind::While { test_first: false, .. });
        if test_first && self.goes_on(entered, 0, since) != Some(true) {
            self.user.pc = entered.end;
            return;
        }
        self.push(Frame::Loop { enter: pc, asap: entered.exit_asap, pass: 0, since, over: false });
        self.begin_pass(entered, 0);
    }

    /// The end of a pass: begins another one, or goes on behind. Says whether the user is one too many of a closed
    /// population and is to end here.
    pub(super) fn next_pass(&mut self, enter: Pc) -> bool {
        let Some(Op::LoopEnter(entered)) = self.program.ops.get(enter as usize) else { return false };
        if entered.is_outermost_forever && self.shard.has_surplus(self.user.population, self.user.intended) {
            return true;
        }
        let Some(Frame::Loop { pass, since, over, .. }) = self.user.frames.last_mut() else { return false };
        *pass = pass.saturating_add(1);
        let (pass, since, over) = (*pass, *since, *over);
        if !over && self.goes_on(entered, pass, since) == Some(true) {
            self.user.pc = enter + 1;
            self.begin_pass(entered, pass);
        } else {
            self.pop();
        }
        false
    }

    /// Only loops with a time limit pay for reading the clock.
    fn time_of(&self, entered: &Loop) -> Moment {
        match entered.kind {
            Kind::While { during: Some(_), .. } => self.shard.clock.now(),
            _ => Moment::START,
        }
    }

    pub(super) fn goes_on(&mut self, entered: &Loop, pass: u32, since: Moment) -> Option<bool> {
        let now = self.time_of(entered);
        self.try_to(|cursor| {
            let session = &cursor.user.session;
            match &entered.kind {
                Kind::Repeat(times) => Ok(u64::from(pass) < times.get(session)?),
                Kind::Foreach { list, .. } => Ok((pass as usize) < items(list, list.get(session)?.as_ref())?.len()),
                Kind::While { condition, during, test_first } => {
                    if let Some(limit) = during
                        && now.since(since) > limit.get(session)?
                    {
                        return Ok(false);
                    }
                    match condition {
                        // The first pass runs whatever the condition says.
                        Some(condition) if *test_first || pass > 0 => condition.get(session),
                        _ => Ok(true),
                    }
                }
            }
        })
    }

    fn begin_pass(&mut self, entered: &Loop, pass: u32) {
        if let Kind::Foreach { list, element } = &entered.kind {
            let item = self.try_to(|cursor| {
                let value = list.get(&cursor.user.session)?;
                Ok(items(list, value.as_ref())?.get(pass as usize).cloned().unwrap_or_default())
            });
            if let Some(item) = item {
                self.user.session.set_at(*element, item);
            }
        }
        if let Some(counter) = entered.counter {
            self.user.session.set_at(counter, Value::from(pass));
        }
    }
}

/// The items of the list that a `foreach` was given as `written`.
fn items<'a>(written: &CompiledValue, value: &'a Value) -> Result<&'a [Value], EvalError> {
    match value {
        Value::List(items) => Ok(items),
        other => Err(EvalError::Unfit {
            template: written.to_string(),
            value: shown_value(&written.to_string(), other),
            found: other.type_name(),
            expected: "list",
        }),
    }
}
