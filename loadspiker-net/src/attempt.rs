//! [`Attempt`]: the time limit and the measured phases of an attempt to get a connection.

use std::fmt;
use std::future::Future;

use loadspiker_core::Moment;
use loadspiker_core::metrics::Phases;

use crate::clock::Clock;
use crate::failure::{Failure, Phase};
use crate::limit::Limit;
use crate::tls::CertificateFiles;

/// An attempt to get a connection: its clock, its time limit, and the phases of the sample that it fills in. One attempt covers
/// all steps, from the wait in a pool to the login.
pub struct Attempt<'a, C> {
    clock: &'a C,
    at: Moment,
    limit: Limit,
    phases: &'a mut Phases,
    certificate: Option<&'a CertificateFiles>,
}

impl<'a, C: Clock> Attempt<'a, C> {
    /// An attempt that begins at `from`: now, or so recently that reading the clock would show no other time.
    pub fn new(clock: &'a C, from: Moment, limit: Limit, phases: &'a mut Phases) -> Self {
        Attempt { clock, at: from, limit, phases, certificate: None }
    }

    /// Uses this client certificate, which belongs to the user.
    #[must_use]
    pub fn with_certificate(mut self, files: Option<&'a CertificateFiles>) -> Self {
        self.certificate = files;
        self
    }

    /// When the last step ended. After a successful attempt that is when the connection was ready.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The time limit.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Adds another limit. The earlier one applies.
    pub fn limit_to(&mut self, limit: Limit) {
        self.limit = self.limit.earlier(limit);
    }

    /// The user that the connection is for, if there is one.
    pub(crate) fn user(&self) -> Option<u64> {
        self.clock.user()
    }

    pub(crate) fn certificate(&self) -> Option<&'a CertificateFiles> {
        self.certificate
    }

    /// Runs one step within the limit. What it took is added to its phase, also if it fails; that of
    /// [`Phase::RESPONSE`] is the service time, and not among the phases.
    /// Runs one step within the limit. Its duration is added to its phase, even if it fails.
    ///
    /// # Errors
    ///
    /// A failure that names phase, `target` and limit, if the limit passes first. The step's future is then dropped.
    pub async fn step<T>(
        &mut self,
        phase: Phase,
        target: &(impl fmt::Display + ?Sized),
        step: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        // tokio's timer goes off also where the step has used up the budget of its task.
        let outcome = tokio::time::timeout(self.limit.until().since(self.at), step).await;
        let now = self.clock.now();
        if phase != Phase::RESPONSE {
            self.phases.add_nanos(phase, now.as_nanos().saturating_sub(self.at.as_nanos()));
        }
        self.at = now;
        outcome.map_err(|_| Failure::timed_out(phase, target, self.limit))
    }
}
