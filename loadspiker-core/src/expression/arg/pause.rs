//! [`IntoPause`]: arguments that are a think time: fixed, a range, or a distribution.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::distribution::{CompiledDistribution, Distribution, draw};
use super::{Arg, CompiledArg, IntoDuration};
use crate::expression::EvalError;
use crate::expression::Symbols;
use crate::session::Session;
use crate::value::FromValue;

/// A think time as written by the user.
#[derive(Clone)]
pub enum PauseArg {
    /// A fixed time.
    Fixed(Arg<Duration>),
    /// Drawn uniformly between two bounds, for every pause.
    Between(Duration, Duration),
    /// Drawn from a distribution, for every pause.
    Drawn(Distribution),
}

impl PauseArg {
    /// Parses the expressions. A range that ends before it starts is a mistake in the step.
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
    /// A fixed time.
    Fixed(CompiledArg<Duration>),
    /// Drawn uniformly for every pause. The second bound is not less than the first.
    Between(Duration, Duration),
    /// Drawn from a distribution, for every pause.
    Drawn(CompiledDistribution),
}

impl CompiledPause {
    /// The length of the next pause of this user.
    ///
    /// # Errors
    ///
    /// See [`CompiledArg::get`].
    pub fn get(&self, session: &Session) -> Result<Duration, EvalError> {
        match self {
            CompiledPause::Fixed(arg) => arg.get(session),
            CompiledPause::Between(from, to) => Ok(session.random(|random| draw::uniform(*from, *to, random))),
            CompiledPause::Drawn(distribution) => Ok(session.random(|random| distribution.draw(random))),
        }
    }
}

/// Types that can be used as a pause: everything that is [`IntoDuration`], ranges such as `1..3` (seconds) and
/// `200.millis()..2.secs()`, and [`Distribution`]s such as `normal(2, 500.millis())`.
///
/// A range that ends before it starts, and a negative number, are mistakes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a pause",
    label = "not a pause",
    note = "write a number of seconds, `200.millis()`, a range of these such as `1..3`, a distribution such as `normal(2, 500.millis())`, a text such as \"#{{attribute}}\" or \"1.5s\", or a closure `|session: &Session| …` that returns a `Duration`"
)]
pub trait IntoPause {
    /// Converts the value into an argument to compile.
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
