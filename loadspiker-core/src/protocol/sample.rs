//! [`SampleBuilder`]: how an action says what came of a request.

use std::borrow::Cow;

use super::{ActionContext, RequestName, TagSet};
use crate::failure::Failure;
use crate::metrics::{Phases, Sample, SampleKind, SampleName, Status, sample_methods};
use crate::moment::Moment;
use crate::phase::Phase;
use crate::session::Session;
use std::time::Duration;

/// What came of a request, to be filled in and [recorded](Self::record). Made by [`ActionContext::sample`].
///
/// What is not said is what holds most often: a request that ends now, was not sent, did not fail, has no status and
/// no bytes, and was intended and started when the action was.
#[must_use = "a sample is not counted until `.record()` is called"]
pub struct SampleBuilder<'a> {
    cx: &'a mut ActionContext,
    /// A name that is rendered when the sample is recorded.
    late: Option<&'a RequestName>,
    sample: Sample<'a>,
    ended: Option<Moment>,
    no_time_passed: bool,
}

impl ActionContext {
    /// A sample under the name of a request. An action may record several, such as one for each command of a pipeline.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use loadspiker_core::protocol_prelude::*;
    /// # struct Ping(RequestName, CheckSet);
    /// # impl Ping {
    /// # async fn exchange(&self) -> Result<String, Failure> { Ok("pong".to_owned()) }
    /// async fn run(&self, cx: &mut ActionContext) {
    ///     let sent = cx.now();
    ///     let answer = self.exchange().await;
    ///     let ended = cx.now();
    ///     cx.sample(&self.0).sent(sent).ended(ended).phase(Phase::FIRST_BYTE, ended - sent).outcome(answer).record();
    /// }
    /// # }
    /// ```
    #[inline]
    pub fn sample<'a>(&'a mut self, name: &'a RequestName) -> SampleBuilder<'a> {
        match name {
            RequestName::Known(id, _) => self.sample_named(SampleName::Known(*id)),
            RequestName::Rendered(_) => {
                SampleBuilder { late: Some(name), ..self.sample_named(SampleName::Dynamic("")) }
            }
        }
    }

    /// A sample under a name made during the run, or one that was resolved already.
    #[inline]
    pub fn sample_named<'a>(&'a mut self, name: SampleName<'a>) -> SampleBuilder<'a> {
        let sample = Sample::new(name, self.intended()).started(self.started());
        SampleBuilder { cx: self, late: None, sample, ended: None, no_time_passed: false }
    }
}

impl<'a> SampleBuilder<'a> {
    sample_methods!(sample);

    /// When the last byte came in, or the failure. By default now.
    #[inline]
    pub fn ended(mut self, at: Moment) -> Self {
        self.ended = Some(at);
        self
    }

    /// The tags of the request: it is counted under each of them as well.
    #[inline]
    pub fn tags(mut self, tags: &'a TagSet) -> Self {
        self.sample.tags = tags.of(self.cx.session());
        self
    }

    /// Nothing that takes time has been done since the request ended: no checks over a body, no decoding. Then the next
    /// step is taken to start at that moment, which saves a reading of the clock. Without it the clock is read again, so
    /// that what was done since counts as the load generator's own lag.
    #[inline]
    pub fn no_time_passed(mut self) -> Self {
        self.no_time_passed = true;
        self
    }

    /// Counts the sample as the action's own. A failed one marks the user, and the group it is in, as failed. After a
    /// request, what follows is intended to begin when it ended, but never earlier than it was before; messages and
    /// connections leave that as it is.
    #[inline]
    pub fn record(self) {
        let SampleBuilder { cx, late, mut sample, ended, no_time_passed } = self;
        let no_time_passed = no_time_passed || ended.is_none();
        sample.ended = ended.unwrap_or_else(|| cx.now());
        match late {
            None => cx.record(sample, no_time_passed),
            Some(name) => {
                let mut buffer = String::new();
                let name = name.resolve(cx.session(), &mut buffer);
                cx.record(Sample { name, ..sample }, no_time_passed);
            }
        }
    }

    /// Only counts the sample: neither the user's schedule nor its outcome changes, and no slot of a throttle is taken. For
    /// what the user did not ask for now, such as a message that a server pushed.
    pub fn observe(self) {
        let SampleBuilder { cx, late, mut sample, ended, .. } = self;
        sample.ended = ended.unwrap_or_else(|| cx.now());
        match late {
            None => cx.observe(sample),
            Some(name) => {
                let mut buffer = String::new();
                let name = name.resolve(cx.session(), &mut buffer);
                cx.observe(Sample { name, ..sample });
            }
        }
    }
}

/// The sample with the secrets that are known to a user masked in its failure.
pub(super) fn masked<'a>(mut sample: Sample<'a>, session: &Session) -> Sample<'a> {
    if let Some(failure) = sample.failure.take() {
        sample.failure = Some(match session.masked(failure.text()) {
            Cow::Borrowed(_) => failure,
            Cow::Owned(text) => failure.with_text(text),
        });
    }
    sample
}
