//! [`Sample`]: what is known of one finished request, message or connection.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits::clip;
use super::phases::Phases;
use crate::failure::Failure;
use crate::moment::Moment;
use crate::phase::Phase;
use crate::value::Value;

/// A request name known before the run, interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(crate) u32);

impl NameId {
    /// The name at this position of the known names.
    pub const fn new(position: u32) -> Self {
        NameId(position)
    }
}

/// A group within its path of groups, interned by a shard. [`GroupId::ROOT`] is outside of all groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub(crate) u32);

impl GroupId {
    /// Outside of all groups.
    pub const ROOT: GroupId = GroupId(0);
}

/// A scenario (population) of the simulation, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScenarioId(pub(crate) u32);

impl ScenarioId {
    /// The scenario at this position of the simulation.
    pub const fn new(position: u32) -> Self {
        ScenarioId(position)
    }
}

/// Under which name a sample is counted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SampleName<'a> {
    /// A name interned before the run; costs nothing to look up.
    Known(NameId),
    /// A name made during the run. Beyond the limit of names, new ones are counted as `(other)`.
    Dynamic(&'a str),
}

/// What a sample is about. Each kind is counted by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SampleKind {
    /// A request, with or without its response.
    #[default]
    Request,
    /// A message that was sent or received, such as one that a server pushed. It is not among the requests.
    Message,
    /// A connection, from its opening to its end. It is not among the requests.
    Connection,
}

/// The status of a response: a number, or a text where the protocol has texts.
///
/// ```
/// use loadspiker_core::check::Status;
///
/// assert_eq!((Status::from(404), Status::from("NOAUTH")), (Status::Code(404), Status::Text("NOAUTH")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status<'a> {
    /// A number, such as 404.
    Code(u16),
    /// A text, such as `NOAUTH` or `23505`.
    Text(&'a str),
}

impl Status<'_> {
    /// The number, if it is one.
    pub fn code(self) -> Option<u16> {
        match self {
            Status::Code(code) => Some(code),
            Status::Text(_) => None,
        }
    }
}

impl From<u16> for Status<'_> {
    fn from(code: u16) -> Self {
        Status::Code(code)
    }
}

impl<'a> From<&'a str> for Status<'a> {
    fn from(text: &'a str) -> Self {
        Status::Text(text)
    }
}

impl From<Status<'_>> for Value {
    fn from(status: Status<'_>) -> Self {
        match status {
            Status::Code(code) => Value::from(code),
            Status::Text(text) => Value::from(text),
        }
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Code(code) => fmt::Display::fmt(code, f),
            Status::Text(text) => f.pad(text),
        }
    }
}

/// A tag of a sample: name and value.
pub(crate) type SampleTag = (Arc<str>, Arc<str>);

/// A tag; long texts are cut.
pub(crate) fn tag(name: &str, value: &str) -> SampleTag {
    (clip(name).into(), clip(value).into())
}

/// One finished request, message or connection, as a protocol reports it.
///
/// In an action, [`ActionContext::sample`](crate::protocol::ActionContext::sample) makes one. A value of its own is needed
/// where there is no action.
///
/// Three instants are kept apart. *Intended* is when the user meant to send; *started* is when the engine got to
/// it (the difference is the load generator's own lag); *sent* is when the request was handed to a ready
/// connection. *Response time* is ended − intended, *service time* ended − sent, *start lag* started − intended.
///
/// ```
/// use std::time::Duration;
///
/// use loadspiker_core::metrics::{NameId, Sample, SampleName};
/// use loadspiker_core::{Moment, Phase};
///
/// let begin = Moment::START;
/// let sample = Sample::new(SampleName::Known(NameId::new(0)), begin)
///     .sent(begin)
///     .ended(begin + Duration::from_millis(20))
///     .status(200)
///     .phase(Phase::FIRST_BYTE, Duration::from_millis(15));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a sample is not counted until it is recorded"]
pub struct Sample<'a> {
    pub(crate) name: SampleName<'a>,
    pub(crate) kind: SampleKind,
    pub(crate) intended: Moment,
    pub(crate) started: Moment,
    pub(crate) sent: Option<Moment>,
    pub(crate) ended: Moment,
    pub(crate) failure: Option<Failure>,
    pub(crate) status: Option<Status<'a>>,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) phases: Phases,
    pub(crate) tags: Cow<'a, [SampleTag]>,
}

impl<'a> Sample<'a> {
    /// A request that was intended, started and ended at this moment, was not sent and did not fail.
    #[inline]
    pub fn new(name: SampleName<'a>, intended: Moment) -> Self {
        Sample {
            name,
            kind: SampleKind::Request,
            intended,
            started: intended,
            sent: None,
            ended: intended,
            failure: None,
            status: None,
            bytes_sent: 0,
            bytes_received: 0,
            phases: Phases::default(),
            tags: Cow::Borrowed(&[]),
        }
    }
}

/// The methods that fill in a sample, for [`Sample`] and for builders that hold one.
macro_rules! sample_methods {
    ($($sample:ident)?) => {
        /// When the user meant to send, if that is not when it meant to begin the action.
        #[inline]
        pub fn intended(mut self, at: Moment) -> Self {
            self$(.$sample)?.intended = at;
            self
        }

        /// When the engine got to it, if that is not when it got to the action.
        #[inline]
        pub fn started(mut self, at: Moment) -> Self {
            self$(.$sample)?.started = at;
            self
        }

        /// When it was handed to a ready connection. By default, it was not sent: it could not be built, or there was no
        /// connection.
        #[inline]
        pub fn sent(mut self, at: impl Into<Option<Moment>>) -> Self {
            self$(.$sample)?.sent = at.into();
            self
        }

        /// Bytes written and read, headers included. By default none.
        #[inline]
        pub fn bytes(mut self, sent: u64, received: u64) -> Self {
            self$(.$sample)?.bytes_sent = sent;
            self$(.$sample)?.bytes_received = received;
            self
        }

        /// The status of the response, a number or a text. A text must be one of few: each is counted by itself.
        #[inline]
        pub fn status(mut self, status: impl Into<Status<'a>>) -> Self {
            self$(.$sample)?.status = Some(status.into());
            self
        }

        /// How long a part of it took. If given twice, the times are added.
        #[inline]
        pub fn phase(mut self, phase: Phase, took: Duration) -> Self {
            self$(.$sample)?.phases.add(phase, took);
            self
        }

        /// All parts of its time, in place of those given before.
        #[inline]
        pub fn phases(mut self, phases: Phases) -> Self {
            self$(.$sample)?.phases = phases;
            self
        }

        /// It failed. If given twice, the first failure counts.
        #[inline]
        pub fn failed(mut self, failure: impl Into<Failure>) -> Self {
            self$(.$sample)?.failure.get_or_insert_with(|| failure.into());
            self
        }

        /// Whether it failed: as [`failed`](Self::failed) where `outcome` is an error.
        #[inline]
        pub fn outcome<T, F: Into<Failure>>(self, outcome: Result<T, F>) -> Self {
            match outcome {
                Ok(_) => self,
                Err(failure) => self.failed(failure),
            }
        }

        /// What it is. By default a request.
        #[inline]
        pub fn kind(mut self, kind: SampleKind) -> Self {
            self$(.$sample)?.kind = kind;
            self
        }
    };
}

pub(crate) use sample_methods;

impl<'a> Sample<'a> {
    sample_methods!();

    /// When the last byte came in, or the failure. By default when it was intended.
    #[inline]
    pub fn ended(mut self, at: Moment) -> Self {
        self.ended = at;
        self
    }

    /// The same sample with other tags: names and values.
    pub fn tagged(mut self, tags: impl IntoIterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }
}
