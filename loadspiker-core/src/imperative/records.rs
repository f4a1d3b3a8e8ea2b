//! Records that may have to be waited for, in the imperative style: of pools, and of live sources.

use std::sync::Arc;

use crate::engine::{Answer, Got, Supply};
use crate::error::StepError;
use crate::expression::IntoCount;
use crate::feeder::{FeedError, Feeder, at_once};
use crate::imperative::User;
use crate::pool::{BoundPool, Pool};

impl User {
    /// Checks a record out of `pool`, as the step [`checkout`](crate::dsl::checkout) does: each of its fields becomes an
    /// attribute, and no other user has the record until this one returns it, or ends. If all are checked out it waits, as
    /// long as the pool says. The wait is part of no response time. Clones of a pool are the same, here and in built
    /// scenarios.
    ///
    /// Make the pool once, in a `static LazyLock<Pool>` or as a value that the code captures.
    ///
    /// ```
    /// # use loadspiker_core::{DurationExt, imperative::{Outcome, User}, pool::Pool};
    /// async fn transfer(user: &mut User, accounts: &Pool) -> Outcome {
    ///     user.checkout(accounts).await?;
    ///     user.dummy("transfer from #{account}", 20.millis()).await?;
    ///     user.checkin(accounts)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// There was no record in time; the user is marked as failed and the error is counted. Or the pool cannot be read, such
    /// as when its file is missing, which ends the run.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the user has left the queue, and the record that it may have been given goes to the next.
    pub async fn checkout(&mut self, pool: &Pool) -> Result<(), StepError> {
        self.settle();
        let bound = self.pool(pool)?;
        if let Some(taken) = self.cx.user.check_out(&bound) {
            self.cx.shard.checked_out(&bound, taken);
            self.take_turns().await;
            self.go_on();
            return Ok(());
        }
        if bound.patience.is_zero() {
            let problem = self.cx.shard.exhausted(&bound);
            return Err(self.went_without(problem));
        }
        match self.wait(&Supply::Pool(bound.clone()), None).await {
            Got::Record(record) => self.cx.user.hold(&bound, record),
            Got::Nothing(problem) => return Err(self.went_without(problem)),
            Got::Drawn(_) | Got::Ended(_) => {}
        }
        self.go_on();
        Ok(())
    }

    /// Returns the record of `pool` that this user has checked out; its fields are no attributes any more. Without a record
    /// there is nothing to do.
    ///
    /// # Errors
    ///
    /// The pool cannot be read.
    pub fn checkin(&mut self, pool: &Pool) -> Result<(), StepError> {
        self.settle();
        let bound = self.pool(pool)?;
        let at = self.cx.user.intended;
        self.cx.user.check_in(&bound, at);
        self.go_on();
        Ok(())
    }

    /// Takes a record from `feeder`, as [`feed`](Self::feed) does, and waits for one if its source has none yet; see
    /// [`async_records`](crate::feeder::async_records). The wait is part of no response time.
    ///
    /// # Errors
    ///
    /// There was no record in time; the user is marked as failed and the error is counted. Or there are no more, or the
    /// feeder cannot be opened: this ends the run, and the user goes no further than its code does.
    ///
    /// # Cancel safety
    ///
    /// As [`checkout`](Self::checkout).
    pub async fn feed_async(&mut self, feeder: &Feeder) -> Result<(), StepError> {
        self.wait_for_records(feeder, None).await
    }

    /// Takes `count` records: each field becomes a list of `count` values. Otherwise as [`feed_async`](Self::feed_async).
    ///
    /// # Errors
    ///
    /// As [`feed_async`](Self::feed_async), or the count cannot be evaluated or is above
    /// [`MOST_AT_ONCE`](crate::feeder::MOST_AT_ONCE).
    pub async fn feed_n_async(&mut self, feeder: &Feeder, count: impl IntoCount) -> Result<(), StepError> {
        let count =
            self.compile(|cx| count.into_count().compile(cx)).map_err(|(_, mistake)| StepError::new(mistake))?;
        let count = at_once(count.get(self.session())?)?;
        self.wait_for_records(feeder, Some(count)).await
    }

    async fn wait_for_records(&mut self, feeder: &Feeder, count: Option<usize>) -> Result<(), StepError> {
        self.settle();
        let bound = self.cx.shard.feeder(feeder).map_err(|problem| self.give_run_up(problem))?;
        if bound.live().is_none() {
            return self.take_records(feeder, count);
        }
        let given = match self.wait(&Supply::Feeder(bound.clone()), count).await {
            Got::Drawn(drawn) => bound.give(self.session_mut(), &drawn, count.is_some()),
            Got::Nothing(problem) => return Err(self.went_without(problem)),
            Got::Ended(error) => Err(error),
            Got::Record(_) => Ok(()),
        };
        given.map_err(|error: FeedError| self.give_run_up(error.to_string()))?;
        self.go_on();
        Ok(())
    }

    async fn wait(&mut self, supply: &Supply, count: Option<usize>) -> Got {
        let shard = self.cx.shard.clone();
        let answer: Answer = shard.call_for(supply, count, self.cx.user.intended, &self.loose).await;
        self.cx.user.intended = answer.at;
        self.cx.forget_time();
        self.paused += answer.wait;
        shard.count_wait(supply, answer)
    }

    fn pool(&mut self, pool: &Pool) -> Result<Arc<BoundPool>, StepError> {
        self.cx.shard.pool(pool).map_err(|problem| self.give_run_up(problem))
    }

    /// There was no record for the user, and it goes on.
    fn went_without(&mut self, problem: String) -> StepError {
        self.fail_step(problem.clone());
        self.go_on();
        StepError::counted(problem)
    }
}
