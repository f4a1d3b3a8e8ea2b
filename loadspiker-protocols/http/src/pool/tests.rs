//! What the pools promise: bounds, order, and nothing lost.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::*;
use crate::connection::Connection;
use crate::testing::{connect, let_the_reactor_run, origin_of, serve};

/// A server that accepts and holds all connections.
fn holding() -> SocketAddr {
    let mut held = Vec::new();
    serve(move |socket| held.push(socket))
}

async fn pending<T>(future: &mut Pin<Box<impl Future<Output = T>>>) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn at_the_bound_users_wait_and_are_served_in_order() {
    let pool = SharedPool::new(2);
    let origin = origin_of("http://a.test/");
    let (one, two) = (pool.try_acquire(&origin).unwrap(), pool.try_acquire(&origin).unwrap());
    assert!(pool.try_acquire(&origin).is_none());

    let (mut first, mut second) = (Box::pin(pool.acquire(&origin)), Box::pin(pool.acquire(&origin)));
    assert!(pending(&mut first).await && pending(&mut second).await);
    drop(one);
    assert!(pool.try_acquire(&origin).is_none(), "a newcomer must not overtake those who wait");
    assert!(pending(&mut second).await);
    let first = first.await;
    drop(two);
    let second = second.await;
    assert!(pool.try_acquire(&origin).is_none());
    drop((first, second));
    assert!(pool.try_acquire(&origin).is_some());
}

#[tokio::test]
async fn who_stops_waiting_loses_nothing_for_others() {
    let pool = SharedPool::new(1);
    let origin = origin_of("http://a.test/");
    let held = pool.try_acquire(&origin).unwrap();
    let (mut first, mut second) = (Box::pin(pool.acquire(&origin)), Box::pin(pool.acquire(&origin)));
    assert!(pending(&mut first).await && pending(&mut second).await);
    drop(held);
    // The permit has been handed to the first, who goes without having taken it.
    drop(first);
    drop(second.await);
    assert!(pool.try_acquire(&origin).is_some());
}

#[tokio::test]
async fn origins_have_bounds_of_their_own() {
    let pool = SharedPool::new(1);
    let origins = crate::origin::Origins::default();
    let of = |url: &str| origins.of(&url::Url::parse(url).unwrap()).unwrap();
    let _a = pool.try_acquire(&of("http://a.test/")).unwrap();
    assert!(pool.try_acquire(&of("http://b.test/")).is_some());
    assert!(pool.try_acquire(&of("http://a.test/x")).is_none());
}

#[tokio::test]
async fn a_connection_given_back_is_taken_again() {
    let pool = SharedPool::new(2);
    let origin = origin_of("http://a.test/");
    let server = holding();
    let permit = pool.try_acquire(&origin).unwrap();
    assert!(permit.take(None).is_none());
    permit.put(connect(server).await);
    pool.sweep();
    pool.sweep();
    let permit = pool.try_acquire(&origin).unwrap();
    let connection: Option<Connection> = permit.take(None);
    assert!(connection.is_some());
}

#[tokio::test]
async fn connections_closed_by_the_server_are_swept_and_never_handed_out() {
    let (sender, closed) = std::sync::mpsc::channel();
    let server = serve(move |socket| {
        drop(socket);
        sender.send(()).unwrap();
    });
    let pool = SharedPool::new(3);
    let origin = origin_of("http://a.test/");
    let mut own = OwnPool::default();
    for _ in 0..2 {
        pool.try_acquire(&origin).unwrap().put(connect(server).await);
        closed.recv().unwrap();
    }
    own.put(&origin, connect(server).await, 6);
    closed.recv().unwrap();
    let_the_reactor_run().await;
    assert!(pool.try_acquire(&origin).unwrap().take(None).is_none());
    assert!(own.take(&origin, None).is_none());
    pool.sweep();
}

#[tokio::test]
async fn a_user_keeps_connections_by_origin_up_to_the_bound() {
    let origins = crate::origin::Origins::default();
    let of = |url: &str| origins.of(&url::Url::parse(url).unwrap()).unwrap();
    let (a, b): (Rc<_>, Rc<_>) = (of("http://a.test/"), of("http://b.test/"));
    let server = holding();
    let mut own = OwnPool::default();
    for _ in 0..4 {
        own.put(&a, connect(server).await, 2);
    }
    own.put(&b, connect(server).await, 2);
    assert_eq!(own.len(), 3);
    own.sweep();
    assert!(own.take(&a, None).is_some() && own.take(&a, None).is_some() && own.take(&a, None).is_none());
    assert!(own.take(&b, None).is_some());
}

#[tokio::test]
async fn an_origin_with_an_idle_connection_keeps_its_number() {
    let origins = crate::origin::Origins::default();
    let of = |url: &str| origins.of(&url::Url::parse(url).unwrap()).unwrap();
    let server = holding();
    let (pool, mut own) = (SharedPool::new(1), OwnPool::default());
    own.put(&of("http://a.test/"), connect(server).await, 6);
    pool.try_acquire(&of("http://b.test/")).unwrap().put(connect(server).await);
    pool.sweep();
    origins.prune();
    assert!(own.take(&of("http://a.test/"), None).is_some());
    assert!(pool.try_acquire(&of("http://b.test/")).unwrap().take(None).is_some());
}

#[tokio::test]
async fn what_a_server_sends_unasked_makes_a_connection_unusable() {
    let (sender, sent) = std::sync::mpsc::channel();
    let mut held = Vec::new();
    let server = serve(move |mut socket| {
        socket.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
        sender.send(()).unwrap();
        held.push(socket);
    });
    let origin = origin_of("http://a.test/");
    let mut own = OwnPool::default();
    own.put(&origin, connect(server).await, 6);
    sent.recv().unwrap();
    let_the_reactor_run().await;
    own.sweep();
    assert_eq!(own.len(), 0);
}

/// A connection of this owner's.
async fn owned(server: SocketAddr, owner: &Rc<String>) -> Connection {
    let mut connection = connect(server).await;
    connection.set_owner(Some(owner.clone()));
    connection
}

#[tokio::test]
async fn what_has_an_owner_is_for_its_owner_alone() {
    let (ada, bob) = (Rc::new("ada".to_owned()), Rc::new("bob".to_owned()));
    // Of the same account, whoever says so.
    let also_ada = Rc::new("ada".to_owned());
    let (origin, server) = (origin_of("http://a.test/"), holding());
    let pool = SharedPool::new(3);
    pool.try_acquire(&origin).unwrap().put(connect(server).await);
    pool.try_acquire(&origin).unwrap().put(owned(server, &ada).await);
    let mut own = OwnPool::default();
    own.put(&origin, owned(server, &ada).await, 3);
    own.put(&origin, connect(server).await, 3);
    let permit = pool.try_acquire(&origin).unwrap();
    for connection in [permit.take(Some(&also_ada)), own.take(&origin, Some(&also_ada))] {
        assert_eq!(connection.unwrap().owner(), Some(&ada));
    }
    for connection in [permit.take(Some(&bob)), own.take(&origin, Some(&bob))] {
        assert_eq!(connection.unwrap().owner(), None, "one that is nobody's will do");
    }
    own.put(&origin, owned(server, &ada).await, 3);
    assert!(own.take(&origin, None).is_none() && own.take(&origin, Some(&bob)).is_none());
}

#[tokio::test]
async fn at_the_bound_connections_of_other_owners_make_room() {
    let (ada, bob) = (Rc::new("ada".to_owned()), Rc::new("bob".to_owned()));
    let (origin, server) = (origin_of("http://a.test/"), holding());
    let pool = SharedPool::new(2);
    pool.try_acquire(&origin).unwrap().put(owned(server, &ada).await);
    let first = pool.try_acquire(&origin).unwrap();
    assert!(first.take(Some(&bob)).is_none());
    let second = pool.try_acquire(&origin).unwrap();
    assert!(second.take(None).is_none(), "two are in use by now: the idle one is closed");
    assert!(second.take(Some(&ada)).is_none());
    // A user's own pool keeps those used last.
    let mut own = OwnPool::default();
    own.put(&origin, owned(server, &ada).await, 1);
    own.put(&origin, owned(server, &bob).await, 1);
    assert!(own.take(&origin, Some(&ada)).is_none() && own.take(&origin, Some(&bob)).is_some());
}
