//! What the resolver promises.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::*;

fn ip(last: u8) -> IpAddr {
    [127, 0, 0, last].into()
}

/// A resolver whose answers come from `answer`, and how often it was asked.
fn counting(answer: impl Fn(usize) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> (Resolver, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let ask: Ask = Arc::new(move |_| answer(count.fetch_add(1, Ordering::SeqCst) + 1));
    (Resolver::new(&[("alias.test".into(), "10.0.0.1".into()), ("Bücher.test".into(), "10.0.0.2".into())], ask), asked)
}

async fn addresses(resolver: &Resolver, name: &str) -> Vec<IpAddr> {
    resolver.resolve(name).await.unwrap().addresses()
}

#[tokio::test(start_paused = true)]
async fn an_answer_holds_for_its_time_and_is_then_refreshed() {
    let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
    assert!(resolver.known("a.test").is_none());
    resolver.resolve("a.test").await.unwrap();
    assert!(resolver.known("a.test").is_some());
    resolver.resolve("a.test").await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::advance(TTL).await;
    assert!(resolver.known("a.test").is_none());
    resolver.resolve("a.test").await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn users_who_ask_at_the_same_time_share_one_lookup() {
    let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
    let (a, b) = tokio::join!(resolver.resolve("a.test"), resolver.resolve("a.test"));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_lookup_outlives_the_user_who_asked_first() {
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let (resolver, asked) = counting(move |_| {
        let _ = wait.lock().unwrap().recv();
        Ok(vec![ip(1)])
    });
    let given_up = tokio::time::timeout(Duration::ZERO, resolver.resolve("a.test")).await;
    assert!(given_up.is_err());
    drop(go_on);
    assert_eq!(addresses(&resolver, "a.test").await, [ip(1)]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// The thread of the lookup is held until the runtime is gone: were it one of the runtime's, that would never be.
#[test]
fn a_slow_lookup_does_not_hold_up_the_end_of_a_run() {
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let (ended, end) = mpsc::channel();
    let shard = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (resolver, _) = counting(move |_| {
            let _ = wait.lock().unwrap().recv();
            Ok(vec![ip(1)])
        });
        runtime.block_on(async {
            assert!(tokio::time::timeout(Duration::from_millis(1), resolver.resolve("slow.test")).await.is_err());
        });
        drop((resolver, runtime));
        ended.send(()).unwrap();
    });
    end.recv_timeout(Duration::from_secs(60)).unwrap();
    drop(go_on);
    shard.join().unwrap();
}

#[tokio::test]
async fn addresses_take_turns() {
    let (resolver, _) = counting(|_| Ok(vec![ip(1), ip(2)]));
    let host = resolver.resolve("a.test").await.unwrap();
    assert_eq!(host.addresses(), [ip(1), ip(2)]);
    assert_eq!(host.addresses(), [ip(2), ip(1)]);
    assert_eq!(host.addresses(), [ip(1), ip(2)]);
}

#[tokio::test]
async fn families_alternate_and_the_one_that_worked_is_tried_first() {
    let v6 = |last: u16| IpAddr::from([0, 0, 0, 0, 0, 0, 0, last]);
    let (resolver, _) = counting(move |_| Ok(vec![v6(1), v6(2), ip(1)]));
    let host = resolver.resolve("localhost").await.unwrap();
    assert_eq!(host.addresses(), [v6(1), ip(1), v6(2)]);
    host.worked(ip(1), &[]);
    assert_eq!(host.addresses()[0], ip(1));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_did_not_work_is_tried_last_for_a_while() {
    let (resolver, _) = counting(|_| Ok(vec![ip(1), ip(2), ip(3)]));
    let host = resolver.resolve("a.test").await.unwrap();
    host.worked(ip(2), &[ip(1)]);
    for _ in 0..3 {
        assert_eq!(host.addresses().last(), Some(&ip(1)));
    }
    tokio::time::advance(TTL).await;
    resolver.resolve("a.test").await.unwrap();
    assert!((0..3).any(|_| host.addresses()[0] == ip(1)), "it gets another chance");
    host.worked(ip(2), &[ip(1)]);
    host.worked(ip(1), &[]);
    assert!((0..3).any(|_| host.addresses()[0] == ip(1)), "it works again");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_not_asked_for_again_at_once() {
    let (resolver, asked) = counting(|_| Err(io::Error::other("failed to lookup address information: no such name")));
    for _ in 0..3 {
        let failure = resolver.resolve("a.test").await.err().unwrap();
        assert_eq!(failure.to_string(), "cannot look up host \"a.test\": no such name");
        assert_eq!(failure.kind(), FailureKind::Dns);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::advance(RETRY).await;
    assert!(resolver.resolve("a.test").await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn when_a_refresh_fails_the_old_addresses_stay() {
    let (resolver, _) = counting(|n| if n == 1 { Ok(vec![ip(1)]) } else { Err(io::Error::other("down")) });
    resolver.resolve("a.test").await.unwrap();
    tokio::time::advance(TTL).await;
    assert_eq!(addresses(&resolver, "a.test").await, [ip(1)]);
}

#[tokio::test]
async fn an_alias_needs_no_lookup_and_may_be_written_in_any_script() {
    let (resolver, asked) = counting(|_| Ok(vec![ip(1)]));
    assert_eq!(addresses(&resolver, "alias.test").await, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(addresses(&resolver, "xn--bcher-kva.test").await, ["10.0.0.2".parse::<IpAddr>().unwrap()]);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn more_names_than_there_are_threads_wait_for_their_turn() {
    let (running, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let highest = most.clone();
    let (resolver, asked) = counting(move |_| {
        highest.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::yield_now();
        running.fetch_sub(1, Ordering::SeqCst);
        Ok(vec![ip(1)])
    });
    let names: Vec<String> = (0..4 * lookup::AT_A_TIME).map(|n| format!("h{n}.test")).collect();
    for name in &names {
        drop(resolver.under_way(name, &resolver.host(name)));
    }
    for name in &names {
        resolver.resolve(name).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), names.len());
    assert!(most.load(Ordering::SeqCst) <= lookup::AT_A_TIME);
}

#[tokio::test]
async fn a_lookup_whose_thread_panics_is_a_failure() {
    let (resolver, _) = counting(|_| panic!("a resolver module of the system's"));
    let failure = resolver.resolve("a.test").await.err().unwrap();
    assert_eq!(failure.to_string(), "cannot look up host \"a.test\": the lookup was given up");
}

#[tokio::test(start_paused = true)]
async fn names_not_used_for_long_are_forgotten() {
    let (resolver, _) = counting(|_| Ok(vec![ip(1)]));
    for n in 0..100 {
        resolver.resolve(&format!("h{n}.test")).await.unwrap();
    }
    resolver.prune();
    assert_eq!(resolver.hosts.borrow().len(), 100);
    tokio::time::advance(TTL * 2).await;
    resolver.prune();
    assert_eq!(resolver.hosts.borrow().len(), 0);
}
