//! The steps of the language, each once: as a method of [`Steps`] and as a free function that begins a chain.

use std::sync::Arc;

use crate::dsl::chain::{Chain, Exit, LoopKind, Step, StepKind};
use crate::dsl::dummy::dummy_request;
use crate::dsl::into::IntoChain;
use crate::error::StepError;
use crate::expression::{Arg, IntoCondition, IntoCount, IntoDuration, IntoPause, IntoValue};
use crate::feeder::IntoFeeder;
use crate::pool::Pool;
use crate::protocol::{JoinAwait, Outcome, User};
use crate::session::Session;

macro_rules! steps {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $body:block)*) => {
        /// The steps that a [`Chain`] or a [`Scenario`](crate::dsl::Scenario) is made of, each appended to what is
        /// there.
        ///
        /// Where a condition, a number, a duration or a text is asked for, it may be a value, a text with `#{…}`
        /// expressions, or a closure `|session: &Session| …`.
        #[expect(clippy::wrong_self_convention, reason = "`as_long_as` is the name that users know from elsewhere")]
        pub trait Steps: Sized {
            /// Appends all steps of `chain`. The other methods are made from this one.
            #[must_use]
            fn append(self, chain: Chain) -> Self;

            /// Sets whether the loop just written is left as soon as its condition fails (checked before each step in
            /// it, and while the user waits) or only at the end of a pass. On by default for the loops with a time limit (`during`,
            /// `as_long_as_during`, `do_while_during`), off for all others. Anywhere else it is a mistake.
            #[must_use]
            fn exit_asap(self, asap: bool) -> Self;

            $(
                $(#[$doc])*
                #[must_use]
                #[track_caller]
                fn $name(self, $($arg: $type),*) -> Self {
                    self.append($name($($arg),*))
                }
            )*
        }

        $(
            $(#[$doc])*
            #[track_caller]
            pub fn $name($($arg: $type),*) -> Chain $body
        )*
    };
}

#[track_caller]
fn one(kind: StepKind) -> Chain {
    Chain { steps: vec![Step::here(kind)] }
}

#[track_caller]
fn a_loop(kind: LoopKind, counter: Option<String>, body: impl IntoChain) -> Chain {
    let exit_asap = kind.exits_asap();
    one(StepKind::Loop { kind, counter, exit_asap, body: body.into_chain() })
}

fn while_loop(condition: Option<Arg<bool>>, during: Option<Arg<std::time::Duration>>, test_first: bool) -> LoopKind {
    LoopKind::While { condition, during, test_first }
}

#[track_caller]
fn switch(
    value: impl IntoValue,
    cases: impl IntoIterator<Item = (impl IntoValue, impl IntoChain)>,
    otherwise: Option<Chain>,
) -> Chain {
    let cases = cases.into_iter().map(|(key, chain)| (key.into_value(), chain.into_chain())).collect();
    one(StepKind::Switch { value: value.into_value(), cases, otherwise })
}

#[track_caller]
fn by_chance(cases: impl IntoIterator<Item = (impl Into<f64>, impl IntoChain)>, otherwise: Option<Chain>) -> Chain {
    let cases = cases.into_iter().map(|(percent, chain)| (percent.into(), chain.into_chain())).collect();
    one(StepKind::RandomSwitch { cases, otherwise })
}

fn chains(cases: impl IntoIterator<Item = impl IntoChain>) -> Vec<Chain> {
    cases.into_iter().map(IntoChain::into_chain).collect()
}

#[track_caller]
fn stop(why: impl Into<String>, condition: Option<Arg<bool>>, crash: bool) -> Chain {
    one(StepKind::Stop { why: why.into(), condition, crash })
}

steps! {
    /// A request, or a chain in place.
    fn exec(chain: impl IntoChain) { chain.into_chain() }

    /// Changes the session in code of your own. It runs on the shard's thread and must not block. An error (or a
    /// panic) marks the user as failed and is counted; the user goes on.
    ///
    /// ```
    /// # use loadspiker_core::dsl::*;
    /// let chain = exec_fn(|session| {
    ///     let page: i64 = session.get("page")?;
    ///     session.set("next", page + 1)?;
    ///     Ok(())
    /// });
    /// ```
    fn exec_fn(function: impl Fn(&mut Session) -> Result<(), StepError> + Send + Sync + 'static) {
        one(StepKind::Call(Arc::new(function)))
    }

    /// Runs async code of your own: whatever it awaits, and requests made through the [`User`] it gets. It is counted
    /// like a request of this name: from when the user meant to begin to its end, pauses made with [`User::pause`] and
    /// waits for a throttle left out; an error (or a panic) is a failure. Requests made through the user are counted as
    /// well, under their names.
    ///
    /// The code runs on the shard's thread: it must not block, and what it awaits need not be `Send`. At the end of the
    /// grace period it is dropped where it stands. See [`imperative`](crate::imperative).
    ///
    /// ```
    /// # use loadspiker_core::{DurationExt, dsl::*};
    /// let chain = exec_async("look around", async |user| {
    ///     for page in 1..=3 {
    ///         user.dummy(format!("page {page}"), 20.millis()).await?;
    ///         user.pause(1..3).await;
    ///     }
    ///     Ok(())
    /// });
    /// ```
    fn exec_async(
        name: impl Into<String>,
        code: impl AsyncFn(&mut User) -> Outcome + Send + Sync + 'static
    ) {
        Chain::code(name.into(), true, Arc::new(code))
    }

    /// Think time: `pause(1)` (seconds), `pause(1..3)` (uniform), `pause(200.millis())`, `pause("#{think}")`.
    fn pause(duration: impl IntoPause) { one(StepKind::Pause(duration.into_pause())) }

    /// Waits so that this user passes this point not sooner than `period` after it last did. The first pass does not
    /// wait; a user that comes late goes on at once, and nothing is caught up.
    fn pace(period: impl IntoPause) { one(StepKind::Pace(period.into_pause())) }

    /// Waits until `users` users are here, then lets them go; from then on everyone passes.
    fn rendez_vous(users: u64) { one(StepKind::RendezVous(users)) }

    /// Takes a record from `feeder`: each of its fields becomes an attribute.
    fn feed(feeder: impl IntoFeeder) { one(StepKind::Feed { feeder: feeder.into_feeder(), count: None }) }

    /// Takes `count` records, a million at most: each field becomes a list of `count` values.
    fn feed_n(feeder: impl IntoFeeder, count: impl IntoCount) {
        one(StepKind::Feed { feeder: feeder.into_feeder(), count: Some(count.into_count()) })
    }

    /// Checks a record out of `pool`: each of its fields becomes an attribute, and no other user has the record until this
    /// one returns it with [`checkin`], or ends, in whatever way. A user that has one already keeps it.
    ///
    /// When all records are checked out the user waits for one, as long as the pool says; see [`pool`](crate::pool). What
    /// follows is meant to begin when the record came, so the wait is in no response time.
    fn checkout(pool: impl Into<Pool>) { one(StepKind::CheckOut(pool.into())) }

    /// Returns the record of `pool` that this user has checked out, for others to use. Its fields are no attributes any
    /// more. Without a record there is nothing to do.
    fn checkin(pool: impl Into<Pool>) { one(StepKind::CheckIn(pool.into())) }

    /// Times a part of the scenario. Groups nest; requests inside are reported under them.
    fn group(name: impl Into<String>, chain: impl IntoChain) {
        one(StepKind::Group { name: name.into(), body: chain.into_chain() })
    }

    /// Runs `chain` so many times.
    fn repeat(times: impl IntoCount, chain: impl IntoChain) {
        a_loop(LoopKind::Repeat(times.into_count()), None, chain)
    }

    /// As [`repeat`], with the number of the pass, from 0, in the attribute `counter`, which disappears at the end.
    fn repeat_counted(times: impl IntoCount, counter: impl Into<String>, chain: impl IntoChain) {
        a_loop(LoopKind::Repeat(times.into_count()), Some(counter.into()), chain)
    }

    /// Runs `chain` for each item of a list, with the item in the attribute `element`.
    fn foreach(list: impl IntoValue, element: impl Into<String>, chain: impl IntoChain) {
        a_loop(LoopKind::Foreach { list: list.into_value(), element: element.into() }, None, chain)
    }

    /// As [`foreach`], with the number of the pass, from 0, in the attribute `counter`.
    fn foreach_counted(
        list: impl IntoValue,
        element: impl Into<String>,
        counter: impl Into<String>,
        chain: impl IntoChain
    ) {
        a_loop(LoopKind::Foreach { list: list.into_value(), element: element.into() }, Some(counter.into()), chain)
    }

    /// Repeats `chain` for this long. The loop is left as soon as the time is over (see [`Steps::exit_asap`]): a pause, a
    /// [`pace`], a [`rendez_vous`] or a wait for a record ends there, only a request on its way is waited for (also one
    /// that waits for its slot of a throttle), and so is code in the imperative style. So `during(1, pause(5))` takes a
    /// second.
    fn during(duration: impl IntoDuration, chain: impl IntoChain) {
        a_loop(while_loop(None, Some(duration.into_duration()), true), None, chain)
    }

    /// As [`during`], with the number of the pass, from 0, in the attribute `counter`.
    fn during_counted(duration: impl IntoDuration, counter: impl Into<String>, chain: impl IntoChain) {
        a_loop(while_loop(None, Some(duration.into_duration()), true), Some(counter.into()), chain)
    }

    /// Repeats `chain` as long as the condition holds, which is looked at before each pass.
    fn as_long_as(condition: impl IntoCondition, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), None, true), None, chain)
    }

    /// As [`as_long_as`], with the number of the pass, from 0, in the attribute `counter`.
    fn as_long_as_counted(condition: impl IntoCondition, counter: impl Into<String>, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), None, true), Some(counter.into()), chain)
    }

    /// Repeats `chain` as long as the condition holds, for `duration` at most.
    fn as_long_as_during(condition: impl IntoCondition, duration: impl IntoDuration, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), Some(duration.into_duration()), true), None, chain)
    }

    /// As [`as_long_as_during`], with the number of the pass, from 0, in the attribute `counter`.
    fn as_long_as_during_counted(
        condition: impl IntoCondition,
        duration: impl IntoDuration,
        counter: impl Into<String>,
        chain: impl IntoChain
    ) {
        let kind = while_loop(Some(condition.into_condition()), Some(duration.into_duration()), true);
        a_loop(kind, Some(counter.into()), chain)
    }

    /// Runs `chain`, and again as long as the condition holds, which is looked at after each pass.
    fn do_while(condition: impl IntoCondition, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), None, false), None, chain)
    }

    /// As [`do_while`], with the number of the pass, from 0, in the attribute `counter`.
    fn do_while_counted(condition: impl IntoCondition, counter: impl Into<String>, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), None, false), Some(counter.into()), chain)
    }

    /// Runs `chain`, and again as long as the condition holds, for `duration` at most.
    fn do_while_during(condition: impl IntoCondition, duration: impl IntoDuration, chain: impl IntoChain) {
        a_loop(while_loop(Some(condition.into_condition()), Some(duration.into_duration()), false), None, chain)
    }

    /// As [`do_while_during`], with the number of the pass, from 0, in the attribute `counter`.
    fn do_while_during_counted(
        condition: impl IntoCondition,
        duration: impl IntoDuration,
        counter: impl Into<String>,
        chain: impl IntoChain
    ) {
        let kind = while_loop(Some(condition.into_condition()), Some(duration.into_duration()), false);
        a_loop(kind, Some(counter.into()), chain)
    }

    /// Repeats `chain` until the run ends or the user exits.
    ///
    /// A pass of a `forever` that is in no other loop is an iteration of the user: in a closed profile, users that are
    /// too many (because the profile goes down, ends, or was scaled) leave at the end of a pass, and so do all of them
    /// when the run is told to end. In an open profile they stay.
    fn forever(chain: impl IntoChain) { a_loop(while_loop(None, None, true), None, chain) }

    /// As [`forever`], with the number of the pass, from 0, in the attribute `counter`.
    fn forever_counted(counter: impl Into<String>, chain: impl IntoChain) {
        a_loop(while_loop(None, None, true), Some(counter.into()), chain)
    }

    /// Runs `chain` if the condition holds.
    fn do_if(condition: impl IntoCondition, chain: impl IntoChain) {
        one(StepKind::If { condition: condition.into_condition(), then: chain.into_chain(), otherwise: Chain::new() })
    }

    /// Runs `then` if the condition holds, `otherwise` if not.
    fn do_if_or_else(condition: impl IntoCondition, then: impl IntoChain, otherwise: impl IntoChain) {
        one(StepKind::If { condition: condition.into_condition(), then: then.into_chain(), otherwise: otherwise.into_chain() })
    }

    /// Runs `chain` if both values say the same (`5`, `5.0` and `"5"` do).
    fn do_if_equals(left: impl IntoValue, right: impl IntoValue, chain: impl IntoChain) {
        let (left, right) = (left.into_value(), right.into_value());
        one(StepKind::IfEquals { left, right, then: chain.into_chain(), otherwise: Chain::new() })
    }

    /// Runs `then` if both values say the same, `otherwise` if not.
    fn do_if_equals_or_else(
        left: impl IntoValue,
        right: impl IntoValue,
        then: impl IntoChain,
        otherwise: impl IntoChain
    ) {
        let (left, right) = (left.into_value(), right.into_value());
        one(StepKind::IfEquals { left, right, then: then.into_chain(), otherwise: otherwise.into_chain() })
    }

    /// Runs the chain whose key says the same as `value`; none, if there is no such key.
    fn do_switch(value: impl IntoValue, cases: impl IntoIterator<Item = (impl IntoValue, impl IntoChain)>) {
        switch(value, cases, None)
    }

    /// As [`do_switch`], with a chain for all other values.
    fn do_switch_or_else(
        value: impl IntoValue,
        cases: impl IntoIterator<Item = (impl IntoValue, impl IntoChain)>,
        otherwise: impl IntoChain
    ) {
        switch(value, cases, Some(otherwise.into_chain()))
    }

    /// Runs one of the chains by chance, with these percentages: `[(60, a), (40, b)]`. What is missing to 100 runs none
    /// of them; more than 100 is a mistake. Fractions such as `[(0.6, a), (0.4, b)]` are percent, too, and draw a warning:
    /// for weights of any size use [`weighted`].
    fn random_switch(cases: impl IntoIterator<Item = (impl Into<f64>, impl IntoChain)>) { by_chance(cases, None) }

    /// As [`random_switch`], with a chain for what is missing to 100.
    fn random_switch_or_else(
        cases: impl IntoIterator<Item = (impl Into<f64>, impl IntoChain)>,
        otherwise: impl IntoChain
    ) {
        by_chance(cases, Some(otherwise.into_chain()))
    }

    /// Runs one of the chains by chance, each as likely as the others.
    fn uniform_random_switch(cases: impl IntoIterator<Item = impl IntoChain>) {
        one(StepKind::UniformSwitch(chains(cases)))
    }

    /// Runs the chains in turn: the first user that comes here takes the first, the next user the second, and so on.
    fn round_robin_switch(cases: impl IntoIterator<Item = impl IntoChain>) {
        one(StepKind::RoundRobinSwitch(chains(cases)))
    }

    /// Runs one of the chains by chance, each as likely as its weight is of all weights: of `[(3, a), (1, b)]` three
    /// users in four run `a`. A weight is any number that is not negative, at least one of them above 0.
    fn weighted(cases: impl IntoIterator<Item = (impl Into<f64>, impl IntoChain)>) {
        let cases = cases.into_iter().map(|(weight, chain)| (weight.into(), chain.into_chain())).collect();
        one(StepKind::WeightedSwitch(cases))
    }

    /// Goes from state to state by chance, as a Markov chain does. The user begins in the first state; after each one
    /// the next is drawn from the state's row of `matrix`, which says for every state how probable it is to come next
    /// (0 to 1). What is missing to 1 in a row leads on behind `markov`; if nothing is missing anywhere, the user goes
    /// on until the run ends.
    ///
    /// ```
    /// # use loadspiker_core::dsl::*;
    /// # let (browse, cart) = (dummy("browse", 0), dummy("cart", 0));
    /// // After browsing, 6 users in 10 browse on, 3 look into their cart, 1 leaves.
    /// let visit = markov([("browse", browse), ("cart", cart)], [[0.6, 0.3], [0.2, 0.5]]);
    /// ```
    fn markov(
        states: impl IntoIterator<Item = (impl Into<String>, impl IntoChain)>,
        matrix: impl IntoIterator<Item = impl IntoIterator<Item = impl Into<f64>>>
    ) {
        let states = states.into_iter().map(|(name, chain)| (name.into(), chain.into_chain())).collect();
        let matrix = matrix.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        one(StepKind::Markov { states, matrix })
    }

    /// Runs the chains side by side, as branches of one user, and goes on when all of them are done.
    ///
    /// Each branch begins with a copy of the session; of what is changed from then on it sees its own changes only.
    /// They become the user's when the branches join; where two branches have changed the same attribute, the one that
    /// ended last wins. Requests belong to the group around, whose cumulated time counts those of all branches.
    ///
    /// A failure in a branch marks the user as failed when the branches join; `try_max` and `exit_block_on_fail` inside
    /// a branch concern that branch alone. Where one of them is around, a failed branch ends at its next step, the
    /// others go on to their end, then the block starts over or is left. `exit_here` in a branch ends the user: the
    /// other branches end before their next step. When a loop around is to be left as soon as possible, so are the
    /// branches.
    ///
    /// With HTTP the branches share the user's cookies, and each has connections of its own.
    ///
    /// ```
    /// # use loadspiker_core::dsl::*;
    /// # use loadspiker_core::DurationExt;
    /// let page = dummy("page", 50.millis())
    ///     .parallel([repeat(3, dummy("image", 20.millis())), dummy("script", 30.millis()).dummy("data", 40.millis())]);
    /// ```
    fn parallel(branches: impl IntoIterator<Item = impl IntoChain>) { one(StepKind::Parallel(chains(branches))) }

    /// Runs `chain`; as soon as something in it has failed, again from its start, `attempts` times in all, the first
    /// included. If the last attempt fails too, the user is marked as failed and goes on behind the block. `0` is a
    /// mistake; an expression that says 0 leaves the block out.
    fn try_max(attempts: impl IntoCount, chain: impl IntoChain) {
        one(StepKind::Try { attempts: attempts.into_count(), body: chain.into_chain(), name: "try_max" })
    }

    /// Runs `chain` and leaves it at the first failure; the user stays failed and goes on behind the block.
    fn exit_block_on_fail(chain: impl IntoChain) {
        one(StepKind::Try { attempts: Arg::Value(1), body: chain.into_chain(), name: "exit_block_on_fail" })
    }

    /// The user ends here.
    fn exit_here() { one(StepKind::Exit(Exit::Always)) }

    /// The user ends here if the condition holds.
    fn exit_here_if(condition: impl IntoCondition) { one(StepKind::Exit(Exit::If(condition.into_condition()))) }

    /// The user ends here if it has failed.
    fn exit_here_if_failed() { one(StepKind::Exit(Exit::IfFailed)) }

    /// Ends the run gracefully, as if it had been planned to end now.
    fn stop_load_generator(why: impl Into<String>) { stop(why, None, false) }

    /// Ends the run gracefully if the condition holds.
    fn stop_load_generator_if(why: impl Into<String>, condition: impl IntoCondition) {
        stop(why, Some(condition.into_condition()), false)
    }

    /// Ends the run at once, as aborted.
    fn crash_load_generator(why: impl Into<String>) { stop(why, None, true) }

    /// Ends the run at once, as aborted, if the condition holds.
    fn crash_load_generator_if(why: impl Into<String>, condition: impl IntoCondition) {
        stop(why, Some(condition.into_condition()), true)
    }

    /// Waits for the requests of this name whose messages are awaited in the background (`.in_background()`), those of all
    /// branches included. Then their checks run: what these save is saved, and a failure marks the user as failed, here.
    /// The response time of each ends when its message came, however late it is joined. Without such a request the user
    /// goes on at once.
    ///
    /// What is not joined when the user ends counts as failed if its message has not come by then.
    fn join_await(name: impl Into<String>) { Chain::action(JoinAwait::named(name)) }

    /// As [`join_await`], for all requests whose messages are awaited in the background.
    fn join_awaits() { Chain::action(JoinAwait::all()) }

    /// A pretended request that takes this long and sends nothing: to try out a scenario, or a report.
    fn dummy(name: impl Into<String>, duration: impl IntoDuration) {
        Chain::action(dummy_request(name, duration))
    }
}

impl Steps for Chain {
    fn append(mut self, mut chain: Chain) -> Self {
        self.steps.append(&mut chain.steps);
        self
    }

    #[track_caller]
    fn exit_asap(mut self, asap: bool) -> Self {
        match self.steps.last_mut().map(|step| Arc::make_mut(&mut step.kind)) {
            Some(StepKind::Loop { exit_asap, .. }) => *exit_asap = asap,
            _ => self.steps.push(Step::here(StepKind::Misplaced("exit_asap"))),
        }
        self
    }
}
