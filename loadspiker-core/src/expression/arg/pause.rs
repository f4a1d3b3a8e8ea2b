//! [`IntoPause`]: a think time, fixed, between two bounds, or of another distribution.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::distribution::{CompiledDistribution, Distribution, draw};
use super::{Arg, CompiledArg, IntoDuration};
use crate::expression::EvalError;
use crate::expression::Symbols;
use crate::session::Session;
use crate::value::FromValue;

/// A think time as the user wrote it.
#[derive(Clone)]
pub enum PauseArg {
    /// This long.
    Fixed(Arg<Duration>),
    /// Drawn anew for every pause, each length between the two as likely as the other.
    Between(Duration, Duration),
    /// Drawn anew for every pause.
    Drawn(Distribution),
}

impl PauseArg {
    /// Parses a text with expressions. A range whose end is before its start is a mistake of the step.
    pub fn compile(&self, cx: &mut Symbols<'_>) -> CompiledPause {
        match self {
            PauseArg::Fixed(arg) => CompiledPause::Fixed(arg.compile(cx)),
            PauseArg::Between(from, to) => {
                if from > to {
                    cx.mistake(format!("the range {from:?}..{to:?} ends before it starts; write {to:?}..{from:?}"));
                }
                CompiledPause::Between(*from, (*to).max(*from))
            }
            PauseArg::Drawn(distribution) => CompiledPause::Drawn(distribution.compile(cx)),
        }
    }
}

impl fmt::Debug for PauseArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PauseArg::Fixed(arg) => arg.fmt(f),
            PauseArg::Between(from, to) => write!(f, "{from:?}..{to:?}"),
            PauseArg::Drawn(distribution) => distribution.fmt(f),
        }
    }
}

/// A think time ready for the run.
#[derive(Clone, Debug)]
pub enum CompiledPause {
    /// This long.
    Fixed(CompiledArg<Duration>),
    /// Drawn anew for every pause, uniformly; the second is not less than the first.
    Between(Duration, Duration),
    /// Drawn anew for every pause.
    Drawn(CompiledDistribution),
}

impl CompiledPause {
    /// The length of the next pause of this user.
    ///
    /// # Errors
    ///
    /// [`EvalError`] as [`CompiledArg::get`].
    pub fn get(&self, session: &Session) -> Result<Duration, EvalError> {
        match self {
            CompiledPause::Fixed(arg) => arg.get(session),
            CompiledPause::Between(from, to) => Ok(session.random(|random| draw::uniform(*from, *to, random))),
            CompiledPause::Drawn(distribution) => Ok(session.random(|random| distribution.draw(random))),
        }
    }
}

/// What can be a pause: all that is [`IntoDuration`], ranges: `1..3` (seconds), `200.millis()..2.secs()`, and
/// distributions: `normal(2, 500.millis())` and the others of [`Distribution`].
///
/// A range whose end is before its start is a mistake, so is a negative number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no pause",
    label = "not a pause",
    note = "write a number of seconds, `200.millis()`, a range of these such as `1..3`, a distribution such as `normal(2, 500.millis())`, a text such as \"#{{attribute}}\" or \"1.5s\", or a closure `|session: &Session| …` that returns a `Duration`"
)]
pub trait IntoPause {
    /// The argument to compile.
    fn into_pause(self) -> PauseArg;
}

impl<D: IntoDuration> IntoPause for D {
    fn into_pause(self) -> PauseArg {
        PauseArg::Fixed(self.into_duration())
    }
}
impl IntoPause for PauseArg {
    fn into_pause(self) -> PauseArg {
        self
    }
}
impl IntoPause for Range<Duration> {
    fn into_pause(self) -> PauseArg {
        PauseArg::Between(self.start, self.end)
    }
}

impl IntoPause for Distribution {
    fn into_pause(self) -> PauseArg {
        PauseArg::Drawn(self)
    }
}

macro_rules! ranges_of_seconds {
    ($($t:ty),*) => {$(
        impl IntoPause for Range<$t> {
            fn into_pause(self) -> PauseArg {
                between(self)
            }
        }
    )*};
}
ranges_of_seconds!(u8, u16, u32, u64, usize, i32, i64, f64);

/// A range with a negative number stays a text, which is found to be no duration when the step is compiled.
fn between<T: Into<crate::Value> + Copy + fmt::Debug>(range: Range<T>) -> PauseArg {
    match (Duration::from_value(&range.start.into()), Duration::from_value(&range.end.into())) {
        (Some(from), Some(to)) => PauseArg::Between(from, to),
        _ => PauseArg::Fixed(Arg::Template(format!("{range:?}").into())),
    }
}
