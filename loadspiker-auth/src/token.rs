//! [`TokenCell`]: a token with its expiry, of a user or of all users of a run, renewed by one of them at a time;
//! [`TokenView`]: what a user or a shard sees of it.

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadspiker_core::{Moment, StepError};
use loadspiker_net::Clock;

/// A token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) access: String,
    /// With which the next one is got.
    pub(crate) refresh: Option<String>,
    /// When it is to be renewed, and when it is good no more; `None` if that is never.
    pub(crate) lapse: Option<Lapse>,
}

/// When a token is to be renewed, and when it is good no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lapse {
    renew: Moment,
    end: Moment,
}

impl Lapse {
    const OVER: Lapse = Lapse { renew: Moment::START, end: Moment::START };

    /// Of a token that is good for `lifetime` from `now`, and is to be renewed so long before its end: at most half its
    /// lifetime, since a token that is renewed at once would never be used.
    pub(crate) fn after(now: Moment, lifetime: Duration, before: Duration) -> Self {
        Lapse { renew: now + (lifetime - before.min(lifetime / 2)), end: now + lifetime }
    }

    /// Whether it is not yet time to renew it.
    pub(crate) fn is_fresh(self, now: Moment) -> bool {
        now < self.renew
    }
}

/// How good a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    Good,
    /// Good for a while, but it is time for the next.
    Aging,
    /// There is none, or it has lapsed.
    None,
}

/// The place of a token: of a user, or of all users of a run.
#[derive(Default)]
pub(crate) struct TokenCell {
    state: Mutex<SharedToken>,
    /// Goes up with each change of what is held but for the proof: who knows this version knows all.
    version: AtomicU64,
    /// Whoever holds it gets the next token; others wait.
    fetching: tokio::sync::Mutex<()>,
    /// How often nobody could get one.
    failures: AtomicU64,
}

/// What is known to all who share a token.
#[derive(Default)]
struct SharedToken {
    token: Option<Arc<Token>>,
    /// Goes up with each token.
    generation: u64,
    /// A request with the present token went well.
    proven: bool,
    /// Why nobody could get one the last time.
    reason: String,
}

impl TokenCell {
    /// A panic elsewhere leaves it in order: each change is made whole.
    fn state(&self) -> MutexGuard<'_, SharedToken> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is held, for all.
    fn change(&self, change: impl FnOnce(&mut SharedToken)) {
        let mut held = self.state();
        change(&mut held);
        self.version.fetch_add(1, Ordering::Release);
    }
}

/// A token as a user, or all users of a shard, see it. What others have made of it shows at once; as long as they have not,
/// nothing that other cores use is written.
#[derive(Default)]
pub(crate) struct TokenView {
    cell: OnceCell<Arc<TokenCell>>,
    version: Cell<u64>,
    token: RefCell<Option<Arc<Token>>>,
    generation: Cell<u64>,
    /// The generation of which all know that it went well.
    proven: Cell<u64>,
}

impl TokenView {
    /// Looks at the cell that `find` finds, unless it does so already. Without this it has one of its own.
    pub(crate) fn share(&self, find: impl FnOnce() -> Arc<TokenCell>) {
        self.cell.get_or_init(find);
    }

    fn cell(&self) -> &TokenCell {
        self.cell.get_or_init(Arc::default)
    }

    /// The token, as all see it now.
    fn token(&self) -> Ref<'_, Option<Arc<Token>>> {
        let cell = self.cell();
        if cell.version.load(Ordering::Acquire) != self.version.get() {
            let held = cell.state();
            // It is changed under the lock alone.
            self.version.set(cell.version.load(Ordering::Relaxed));
            self.token.replace(held.token.clone());
            self.generation.set(held.generation);
        }
        self.token.borrow()
    }

    pub(crate) fn quality(&self, now: Moment) -> Quality {
        match self.token().as_deref() {
            None => Quality::None,
            Some(Token { lapse: None, .. }) => Quality::Good,
            Some(Token { lapse: Some(lapse), .. }) if lapse.is_fresh(now) => Quality::Good,
            Some(Token { lapse: Some(lapse), .. }) if now < lapse.end => Quality::Aging,
            Some(_) => Quality::None,
        }
    }

    /// Whether somebody has to get a token. Somebody else may be doing it already while the present one is good.
    pub(crate) fn wants(&self, now: Moment) -> bool {
        match self.quality(now) {
            Quality::Good => false,
            Quality::Aging => self.cell().fetching.try_lock().is_ok(),
            Quality::None => true,
        }
    }

    /// What is sent, and its generation.
    pub(crate) fn access(&self) -> Option<(String, u64)> {
        let access = self.token().as_ref()?.access.clone();
        Some((access, self.generation.get()))
    }

    pub(crate) fn refresh(&self) -> Option<String> {
        self.token().as_ref()?.refresh.clone()
    }

    /// The token of this generation went well.
    pub(crate) fn prove(&self, generation: u64) {
        if generation > self.proven.get() {
            self.proven.set(generation);
            let mut held = self.cell().state();
            held.proven |= generation == held.generation;
        }
    }

    /// The token of this generation is not accepted. Whether it makes sense to get another one: it went well before, or
    /// the server says that the token is at fault, or somebody has got another one meanwhile.
    pub(crate) fn reject(&self, generation: u64, is_at_fault: bool) -> bool {
        let held = self.cell().state();
        let makes_sense = generation != held.generation || held.proven || is_at_fault;
        drop(held);
        if makes_sense {
            self.change(|token, of| {
                if of == generation {
                    // What renews it stays.
                    token.lapse = Some(Lapse::OVER);
                }
            });
        }
        makes_sense
    }

    /// The token is used no more, nor what renews it; but by who is about to send it.
    pub(crate) fn forget(&self) {
        self.change(|token, _| (token.lapse, token.refresh) = (Some(Lapse::OVER), None));
    }

    /// Changes the token, which is of this generation, if there is one.
    fn change(&self, change: impl FnOnce(&mut Token, u64)) {
        self.cell().change(|held| {
            let generation = held.generation;
            if let Some(token) = &mut held.token {
                change(Arc::make_mut(token), generation);
            }
        });
    }

    /// Sees to it that there is a good token: gets one with `fetch`, or waits for who does already, unless the present one
    /// is good meanwhile. Who waited for one that failed fails with the same reason, so that a server in trouble is not
    /// asked by all of them in turn.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the next one who waits gets the token.
    pub(crate) async fn renew<C: Clock>(
        &self,
        cx: &mut C,
        fetch: impl AsyncFnOnce(&mut C) -> Result<Token, StepError>,
    ) -> Result<(), StepError> {
        let cell = self.cell();
        let failures = cell.failures.load(Ordering::Acquire);
        let _turn = match cell.fetching.try_lock() {
            Ok(turn) => turn,
            Err(_) if self.quality(cx.now()) != Quality::None => return Ok(()),
            Err(_) => cell.fetching.lock().await,
        };
        if cell.failures.load(Ordering::Acquire) != failures {
            return Err(StepError::new(cell.state().reason.clone()));
        }
        if self.quality(cx.now()) == Quality::Good {
            return Ok(());
        }
        match fetch(cx).await {
            Ok(token) => {
                cell.change(|held| {
                    held.token = Some(Arc::new(token));
                    held.generation += 1;
                    held.proven = false;
                });
                Ok(())
            }
            Err(_) if self.quality(cx.now()) == Quality::Aging => {
                // It is good for a while, and the next attempt is made when it is good no more.
                self.change(|token, _| {
                    if let Some(lapse) = &mut token.lapse {
                        lapse.renew = lapse.end;
                    }
                });
                Ok(())
            }
            Err(error) => {
                cell.state().reason = format!("{error:#}");
                cell.failures.fetch_add(1, Ordering::Release);
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

    async fn put(view: &TokenView, now: u64, token: Token) {
        view.renew(&mut At(at(now)), async |_| Ok(token)).await.unwrap();
    }

    #[tokio::test]
    async fn a_token_ages_before_it_lapses() {
        let view = TokenView::default();
        assert_eq!(view.quality(at(0)), Quality::None);
        let lapse = Lapse::after(at(100), Duration::from_secs(60), Duration::from_secs(10));
        put(&view, 100, token("a", Some(lapse))).await;
        for (now, quality) in [
            (100, Quality::Good),
            (149, Quality::Good),
            (150, Quality::Aging),
            (159, Quality::Aging),
            (160, Quality::None),
        ] {
            assert_eq!(view.quality(at(now)), quality, "{now}");
        }
        put(&view, 170, token("b", None)).await;
        assert_eq!((view.quality(Moment::NEVER), view.access()), (Quality::Good, Some(("b".to_owned(), 2))));
    }

    #[test]
    fn a_short_lifetime_is_used_for_half_of_it() {
        let lapse = Lapse::after(at(0), Duration::from_secs(20), Duration::from_secs(30));
        assert_eq!(lapse, Lapse { renew: at(10), end: at(20) });
    }

    /// As two shards see a token.
    fn two_views() -> [TokenView; 2] {
        let cell: Arc<TokenCell> = Arc::default();
        [(); 2].map(|()| {
            let view = TokenView::default();
            view.share(|| cell.clone());
            view
        })
    }

    #[tokio::test]
    async fn what_one_shard_makes_of_a_token_all_see() {
        let [one, other] = two_views();
        put(&one, 0, token("a", None)).await;
        assert_eq!(other.access(), Some(("a".to_owned(), 1)));
        one.prove(1);
        assert!(other.reject(1, false));
        assert_eq!(one.quality(at(0)), Quality::None);
        put(&other, 0, token("b", None)).await;
        assert!(one.reject(1, false), "there is another one by now");
        assert_eq!((one.access(), one.quality(at(0))), (Some(("b".to_owned(), 2)), Quality::Good));
        assert!(!other.reject(2, false), "only the one before was proven");
        one.forget();
        assert_eq!(other.quality(at(0)), Quality::None);
    }

    #[tokio::test]
    async fn one_gets_the_token_and_the_others_wait_for_it() {
        let [one, other] = two_views();
        let (tell, told) = tokio::sync::oneshot::channel();
        let (mut a, mut b) = (At(at(0)), At(at(0)));
        let first = one.renew(&mut a, async |_| {
            told.await.unwrap();
            Ok(token("a", None))
        });
        let second = other.renew(&mut b, async |_| panic!("asked twice"));
        let ((), first, second) = tokio::join!(async { tell.send(()).unwrap() }, first, second);
        assert!(first.is_ok() && second.is_ok());
    }

    #[tokio::test]
    async fn those_who_waited_fail_with_the_one_who_asked_and_the_next_asks_again() {
        let [one, other] = two_views();
        let (mut a, mut b) = (At(at(0)), At(at(0)));
        let first = one.renew(&mut a, async |_| {
            tokio::task::yield_now().await;
            Err("down".into())
        });
        let second = other.renew(&mut b, async |_| panic!("asked twice"));
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first.unwrap_err().to_string(), second.unwrap_err().to_string()), ("down".into(), "down".into()));
        put(&other, 0, token("a", None)).await;
    }

    #[tokio::test]
    async fn one_who_is_dropped_lets_the_next_ask() {
        let view = TokenView::default();
        let mut clock = At(at(0));
        let endless = view.renew(&mut clock, async |_| std::future::pending().await);
        tokio::select! {
            biased;
            _ = endless => panic!("it never ends"),
            () = tokio::task::yield_now() => {}
        }
        put(&view, 0, token("a", None)).await;
    }

    #[tokio::test]
    async fn an_aging_token_is_used_while_it_is_renewed_and_if_that_fails() {
        let view = TokenView::default();
        let lapse = Lapse::after(at(0), Duration::from_secs(60), Duration::from_secs(10));
        put(&view, 0, token("a", Some(lapse))).await;
        assert!(!view.wants(at(49)) && view.wants(at(50)));
        let mut clock = At(at(50));
        let renewing = view.renew(&mut clock, async |_| {
            assert!(!view.wants(at(55)), "it is good meanwhile");
            assert!(view.wants(at(60)));
            Err("down".into())
        });
        renewing.await.unwrap();
        assert!(!view.wants(at(59)) && view.wants(at(60)));
    }

    #[tokio::test]
    async fn a_token_that_is_refused_is_replaced_if_that_makes_sense() {
        let view = TokenView::default();
        put(&view, 0, token("a", None)).await;
        let (_, a) = view.access().unwrap();
        assert!(!view.reject(a, false), "it never went well: another one would not either");
        assert!(view.reject(a, true), "the server says that the token is at fault");
        assert_eq!(view.quality(at(0)), Quality::None);
        put(&view, 0, token("b", None)).await;
        assert!(view.reject(a, false), "there is another one by now");
        assert_eq!(view.quality(at(0)), Quality::Good);
        let (_, b) = view.access().unwrap();
        view.prove(b);
        assert!(view.reject(b, false));
    }
}
