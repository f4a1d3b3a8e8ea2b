//! [`TokenCell`]: a token with its expiry, of a user or of all users of a shard, renewed by one of them at a time.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use loadspiker_core::{Moment, StepError};
use tokio::sync::Mutex;

use crate::clock::Clock;

/// A token.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) access: String,
    /// With which the next one is got.
    pub(super) refresh: Option<String>,
    /// When it is to be renewed, and when it is good no more; `None` if that is never.
    pub(super) lapse: Option<Lapse>,
}

/// When a token is to be renewed, and when it is good no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lapse {
    renew: Moment,
    end: Moment,
}

impl Lapse {
    /// Of a token that is good for `lifetime` from `now`, and is to be renewed so long before its end: at most half its
    /// lifetime, since a token that is renewed at once would never be used.
    pub(super) fn after(now: Moment, lifetime: Duration, before: Duration) -> Self {
        Lapse { renew: now + (lifetime - before.min(lifetime / 2)), end: now + lifetime }
    }

    /// Whether it is not yet time to renew it.
    pub(super) fn is_fresh(self, now: Moment) -> bool {
        now < self.renew
    }
}

/// How good a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quality {
    Good,
    /// Good for a while, but it is time for the next.
    Aging,
    /// There is none, or it has lapsed.
    None,
}

/// The place of a token.
#[derive(Default)]
pub(super) struct TokenCell {
    token: RefCell<Option<Token>>,
    /// Whoever holds it gets the next token; others wait.
    turn: Mutex<()>,
    /// How often nobody could get one, and why the last time.
    failures: Cell<u64>,
    reason: RefCell<String>,
    /// Goes up with each token.
    generation: Cell<u64>,
    /// A request with the present token went well.
    proven: Cell<bool>,
}

impl TokenCell {
    pub(super) fn quality(&self, now: Moment) -> Quality {
        match &*self.token.borrow() {
            None => Quality::None,
            Some(Token { lapse: None, .. }) => Quality::Good,
            Some(Token { lapse: Some(lapse), .. }) if lapse.is_fresh(now) => Quality::Good,
            Some(Token { lapse: Some(lapse), .. }) if now < lapse.end => Quality::Aging,
            Some(_) => Quality::None,
        }
    }

    /// Whether somebody has to get a token. Somebody else may be doing it already while the present one is good.
    pub(super) fn wants(&self, now: Moment) -> bool {
        match self.quality(now) {
            Quality::Good => false,
            Quality::Aging => self.turn.try_lock().is_ok(),
            Quality::None => true,
        }
    }

    pub(super) fn access(&self) -> Option<String> {
        self.token.borrow().as_ref().map(|token| token.access.clone())
    }

    pub(super) fn refresh(&self) -> Option<String> {
        self.token.borrow().as_ref()?.refresh.clone()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// The token of this generation went well.
    pub(super) fn prove(&self, generation: u64) {
        if generation == self.generation.get() {
            self.proven.set(true);
        }
    }

    /// The token of this generation is not accepted. Whether it makes sense to get another one: it went well before, or
    /// the server says that the token is at fault, or somebody has got another one meanwhile.
    pub(super) fn reject(&self, generation: u64, is_at_fault: bool) -> bool {
        if generation != self.generation.get() {
            return true;
        }
        if !self.proven.get() && !is_at_fault {
            return false;
        }
        self.lapse_now();
        true
    }

    /// The token is used no more; what renews it stays.
    pub(super) fn lapse_now(&self) {
        if let Some(token) = &mut *self.token.borrow_mut() {
            token.lapse = Some(Lapse { renew: Moment::START, end: Moment::START });
        }
    }

    /// All is forgotten.
    pub(super) fn clear(&self) {
        *self.token.borrow_mut() = None;
    }

    /// Sees to it that there is a good token: gets one with `fetch`, or waits for who does already. Who waited for one
    /// that failed fails with the same reason, so that a server in trouble is not asked by all of them in turn.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the next one who waits gets the token.
    pub(super) async fn renew<C: Clock>(
        &self,
        cx: &mut C,
        fetch: impl AsyncFnOnce(&mut C) -> Result<Token, StepError>,
    ) -> Result<(), StepError> {
        let failures = self.failures.get();
        let _turn = self.turn.lock().await;
        if self.failures.get() != failures {
            return Err(StepError::new(self.reason.borrow().clone()));
        }
        if self.quality(cx.now()) == Quality::Good {
            return Ok(());
        }
        match fetch(cx).await {
            Ok(token) => {
                *self.token.borrow_mut() = Some(token);
                self.generation.set(self.generation.get() + 1);
                self.proven.set(false);
                Ok(())
            }
            Err(_) if self.quality(cx.now()) == Quality::Aging => {
                // It is good for a while, and the next attempt is made when it is good no more.
                if let Some(Token { lapse: Some(lapse), .. }) = &mut *self.token.borrow_mut() {
                    lapse.renew = lapse.end;
                }
                Ok(())
            }
            Err(error) => {
                self.failures.set(self.failures.get() + 1);
                *self.reason.borrow_mut() = error.to_string();
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::START + Duration::from_secs(seconds)
    }

    fn token(access: &str, lapse: Option<Lapse>) -> Token {
        Token { access: access.to_owned(), refresh: None, lapse }
    }

    /// A clock that shows one time.
    struct At(Moment);

    impl Clock for At {
        fn now(&self) -> Moment {
            self.0
        }
    }

    async fn put(cell: &TokenCell, now: u64, token: Token) {
        cell.renew(&mut At(at(now)), async |_| Ok(token)).await.unwrap();
    }

    #[tokio::test]
    async fn a_token_ages_before_it_lapses() {
        let cell = TokenCell::default();
        assert_eq!(cell.quality(at(0)), Quality::None);
        let lapse = Lapse::after(at(100), Duration::from_secs(60), Duration::from_secs(10));
        put(&cell, 100, token("a", Some(lapse))).await;
        for (now, quality) in [
            (100, Quality::Good),
            (149, Quality::Good),
            (150, Quality::Aging),
            (159, Quality::Aging),
            (160, Quality::None),
        ] {
            assert_eq!(cell.quality(at(now)), quality, "{now}");
        }
        put(&cell, 170, token("b", None)).await;
        assert_eq!((cell.quality(Moment::NEVER), cell.access().as_deref()), (Quality::Good, Some("b")));
    }

    #[test]
    fn a_short_lifetime_is_used_for_half_of_it() {
        let lapse = Lapse::after(at(0), Duration::from_secs(20), Duration::from_secs(30));
        assert_eq!(lapse, Lapse { renew: at(10), end: at(20) });
    }

    #[tokio::test]
    async fn one_gets_the_token_and_the_others_wait_for_it() {
        let cell = TokenCell::default();
        let (tell, told) = tokio::sync::oneshot::channel();
        let (mut a, mut b) = (At(at(0)), At(at(0)));
        let first = cell.renew(&mut a, async |_| {
            told.await.unwrap();
            Ok(token("a", None))
        });
        let second = cell.renew(&mut b, async |_| panic!("asked twice"));
        let ((), first, second) = tokio::join!(async { tell.send(()).unwrap() }, first, second);
        assert!(first.is_ok() && second.is_ok());
    }

    #[tokio::test]
    async fn those_who_waited_fail_with_the_one_who_asked_and_the_next_asks_again() {
        let cell = TokenCell::default();
        let (mut a, mut b) = (At(at(0)), At(at(0)));
        let first = cell.renew(&mut a, async |_| {
            tokio::task::yield_now().await;
            Err("down".into())
        });
        let second = cell.renew(&mut b, async |_| panic!("asked twice"));
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first.unwrap_err().to_string(), second.unwrap_err().to_string()), ("down".into(), "down".into()));
        put(&cell, 0, token("a", None)).await;
    }

    #[tokio::test]
    async fn one_who_is_dropped_lets_the_next_ask() {
        let cell = TokenCell::default();
        let mut clock = At(at(0));
        let endless = cell.renew(&mut clock, async |_| std::future::pending().await);
        tokio::select! {
            biased;
            _ = endless => panic!("it never ends"),
            () = tokio::task::yield_now() => {}
        }
        put(&cell, 0, token("a", None)).await;
    }

    #[tokio::test]
    async fn an_aging_token_is_used_while_it_is_renewed_and_if_that_fails() {
        let cell = TokenCell::default();
        let lapse = Lapse::after(at(0), Duration::from_secs(60), Duration::from_secs(10));
        put(&cell, 0, token("a", Some(lapse))).await;
        assert!(!cell.wants(at(49)) && cell.wants(at(50)));
        let mut clock = At(at(50));
        let renewing = cell.renew(&mut clock, async |_| {
            assert!(!cell.wants(at(55)), "it is good meanwhile");
            assert!(cell.wants(at(60)));
            Err("down".into())
        });
        renewing.await.unwrap();
        assert!(!cell.wants(at(59)) && cell.wants(at(60)));
    }

    #[tokio::test]
    async fn a_token_that_is_refused_is_replaced_if_that_makes_sense() {
        let cell = TokenCell::default();
        put(&cell, 0, token("a", None)).await;
        let a = cell.generation();
        assert!(!cell.reject(a, false), "it never went well: another one would not either");
        assert!(cell.reject(a, true), "the server says that the token is at fault");
        assert_eq!(cell.quality(at(0)), Quality::None);
        put(&cell, 0, token("b", None)).await;
        assert!(cell.reject(a, false), "there is another one by now");
        assert_eq!(cell.quality(at(0)), Quality::Good);
        cell.prove(cell.generation());
        assert!(cell.reject(cell.generation(), false));
    }
}
