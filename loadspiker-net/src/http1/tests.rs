//! Exchanges with servers that behave, and with servers that do not.

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use http::uri::PathAndQuery;
use loadspiker_core::Moment;

use super::response::incomplete;
use super::*;
use crate::failure::{Failure, FailureKind};
use crate::testing::http1::*;
use crate::testing::serve;

/// Answers one request with `response`, then closes.
fn answering_once(response: &'static str) -> impl FnMut(TcpStream) + Send {
    move |mut socket| {
        read_request(&mut socket);
        socket.write_all(response.as_bytes()).unwrap();
    }
}

/// Throws the connection away with a RST: what closing with a linger time of zero does.
fn reset(socket: TcpStream) {
    tokio::net::TcpSocket::from_std_stream(socket).set_zero_linger().unwrap();
}

fn get() -> Request {
    request("GET", "")
}

/// Sends a GET, keeps the body; status and body, or why not.
async fn fetch(connection: &mut Connection) -> Result<(u16, String), Unanswered<Failure>> {
    send(connection, get()).await
}

async fn send(connection: &mut Connection, request: Request) -> Result<(u16, String), Unanswered<Failure>> {
    let mut sink = Collect::up_to(1 << 30);
    let answer = exchange(connection, &request, &mut sink, &Buffers::default(), &Readings::default()).await?;
    Ok((answer.head.status().as_u16(), String::from_utf8(sink.into_body()).unwrap()))
}

/// The answer to a GET of a server that answers once with `response` and closes, and whether the connection can be
/// used again.
async fn answer_to(response: &'static str) -> (Result<(u16, String), Failure>, bool) {
    let mut connection = connect(serve(answering_once(response))).await;
    let answer = fetch(&mut connection).await.map_err(|failure| match failure {
        Unanswered::Failed(error) => error,
        Unanswered::Unsent(..) => panic!("the request was sent"),
    });
    (answer, connection.is_reusable())
}

fn ok(body: &str) -> Result<(u16, String), Failure> {
    Ok((200, body.to_owned()))
}

#[tokio::test]
async fn length_delimited_chunked_and_close_delimited_bodies_are_read() {
    assert_eq!(answer_to("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await.0, ok("hello"));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\ntrailer: x\r\n\r\n";
    assert_eq!(answer_to(chunked).await.0, ok("hello"));
    let (answer, reusable) = answer_to("HTTP/1.1 200 OK\r\n\r\nhello").await;
    assert_eq!(answer, ok("hello"));
    assert!(!reusable);
}

#[tokio::test]
async fn responses_without_a_body_end_with_their_head() {
    let connection = &mut connect(serve(answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"))).await;
    assert_eq!(send(connection, request("HEAD", "")).await.unwrap(), (200, String::new()));
    assert!(connection.is_reusable());
    for status in ["204 No Content", "304 Not Modified"] {
        let response: &'static str = format!("HTTP/1.1 {status}\r\ncontent-length: 5\r\n\r\n").leak();
        let connection = &mut connect(serve(answering(response))).await;
        for _ in 0..2 {
            assert_eq!(fetch(connection).await.unwrap().1, "");
        }
    }
}

#[tokio::test]
async fn informational_responses_are_skipped() {
    let response = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    assert_eq!(answer_to(response).await.0, ok("ok"));
}

#[tokio::test]
async fn a_body_cut_short_is_an_error() {
    let cut = [
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ncontent-len",
        "",
    ];
    for response in cut {
        assert_eq!(answer_to(response).await, (Err(incomplete()), false), "{response:?}");
    }
}

#[tokio::test]
async fn a_body_longer_than_announced_ends_where_announced_and_the_connection_with_it() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello, world";
    let mut connection = connect(serve(answering(response))).await;
    assert_eq!(fetch(&mut connection).await.unwrap(), (200, "hello".to_owned()));
    // What follows is no answer to any request: it must not be taken for one.
    if connection.is_reusable() {
        assert!(matches!(fetch(&mut connection).await, Err(Unanswered::Unsent(_))));
    }
}

#[tokio::test]
async fn garbage_is_an_invalid_response() {
    let invalid = |response| async move {
        match answer_to(response).await.0 {
            Err(failure) if failure.kind() == FailureKind::Protocol => {
                failure.text().trim_start_matches("invalid HTTP response: ").to_owned()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(invalid("SSH-2.0-OpenSSH_9.6\r\n\r\n").await, "invalid HTTP version parsed");
    assert_eq!(invalid("HTTP/1.1 abc\r\n\r\n").await, "invalid HTTP status-code parsed");
    let chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n";
    assert_eq!(invalid(chunk).await, "malformed chunk");
    let length = "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\nhello";
    assert!(invalid(length).await.contains("content-length"));
}

#[tokio::test]
async fn a_reset_is_told_from_a_close() {
    let address = serve(|mut socket| {
        read_request(&mut socket);
        reset(socket);
    });
    let failure = fetch(&mut connect(address).await).await.unwrap_err();
    assert!(matches!(&failure, Unanswered::Failed(error) if error.kind() == FailureKind::Reset), "{failure:?}");
}

#[tokio::test]
async fn a_reset_within_the_body_is_an_error() {
    let address = serve(|mut socket| {
        read_request(&mut socket);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello").unwrap();
        reset(socket);
    });
    let failure = fetch(&mut connect(address).await).await.unwrap_err();
    assert!(
        matches!(&failure, Unanswered::Failed(error) if matches!(error.kind(), FailureKind::Reset | FailureKind::ClosedByPeer)),
        "{failure:?}"
    );
}

#[tokio::test]
async fn an_early_answer_to_a_large_request_is_taken_and_ends_the_connection() {
    let address = serve(|mut socket| {
        socket.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest);
    });
    let body: &'static str = "x".repeat(8_000_000).leak();
    let mut connection = connect(address).await;
    let post = request("POST", body);
    match send(&mut connection, post).await {
        Ok((status, _)) => assert_eq!(status, 413),
        // The answer came before the request was begun: it answers nothing.
        Err(Unanswered::Unsent(..)) => {}
        Err(other) => panic!("{other:?}"),
    }
    assert!(!connection.is_reusable());
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (accepted, count) = mpsc::channel();
    let address = serve(move |socket| {
        accepted.send(()).unwrap();
        answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")(socket);
    });
    let mut connection = connect(address).await;
    for round in 0..6 {
        assert_eq!(connection.is_reused(), round > 0);
        assert_eq!(fetch(&mut connection).await.unwrap(), (200, "ok".to_owned()));
        assert!(connection.is_reusable());
    }
    assert_eq!(count.try_iter().count(), 1);
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_found_out_before_anything_is_sent() {
    let (closed, wait) = mpsc::channel();
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
        drop(socket);
        closed.send(()).unwrap();
    });
    let mut connection = connect(address).await;
    fetch(&mut connection).await.unwrap();
    connection.take_traffic();
    wait.recv().unwrap();
    let_the_reactor_run().await;
    let failure = send(&mut connection, request("POST", "order")).await.unwrap_err();
    assert!(matches!(failure, Unanswered::Unsent(_)), "{failure:?}");
    assert!(!connection.is_reusable());
    assert_eq!(connection.take_traffic().0, 0);
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_seen_to_be() {
    let (go_on, wait) = mpsc::channel();
    let (closed, told) = mpsc::channel();
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
        wait.recv().unwrap();
        drop(socket);
        closed.send(()).unwrap();
    });
    let mut connection = connect(address).await;
    fetch(&mut connection).await.unwrap();
    assert!(connection.is_reusable());
    go_on.send(()).unwrap();
    told.recv().unwrap();
    let_the_reactor_run().await;
    assert!(!connection.is_reusable());
}

#[tokio::test]
async fn a_request_that_was_sent_is_not_given_back() {
    let mut first = true;
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        if std::mem::take(&mut first) {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            read_request(&mut socket);
        }
    });
    let mut connection = connect(address).await;
    fetch(&mut connection).await.unwrap();
    let failure = fetch(&mut connection).await.unwrap_err();
    assert!(matches!(&failure, Unanswered::Failed(error) if error.kind() == FailureKind::ClosedByPeer), "{failure:?}");
}

#[tokio::test]
async fn connection_close_is_honoured_in_both_directions() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    let mut connection = connect(serve(answering(response))).await;
    fetch(&mut connection).await.unwrap();
    assert!(!connection.is_reusable());

    let mut connection = connect(serve(answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))).await;
    let mut last = get();
    last.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
    send(&mut connection, last).await.unwrap();
    assert!(!connection.is_reusable());
}

#[tokio::test]
async fn every_byte_on_the_wire_is_counted() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let mut connection = connect(serve(answering(response))).await;
    for _ in 0..2 {
        fetch(&mut connection).await.unwrap();
        let sent = "GET /x HTTP/1.1\r\nhost: test\r\n\r\n".len() as u64;
        assert_eq!(connection.take_traffic(), (sent, response.len() as u64));
    }
}

#[tokio::test]
async fn a_response_in_one_piece_costs_one_reading_of_the_clock_and_a_trickled_one_two() {
    let mut connection = connect(serve(answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))).await;
    let clock = Readings::default();
    let answer = exchange(&mut connection, &get(), &mut Discard, &Buffers::default(), &clock).await.unwrap();
    assert_eq!((answer.first_byte, answer.ended), (Moment::from_nanos(1), Moment::from_nanos(1)));

    let (go_on, wait) = mpsc::channel();
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        let response =
            b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n01234567890123456789012345678901234567890123456789";
        for byte in response {
            socket.write_all(&[*byte]).unwrap();
            if *byte == b'H' {
                wait.recv().unwrap();
            }
        }
    });
    let mut connection = connect(address).await;
    let clock = Readings::default();
    let (mut sink, request, buffers) = (Collect::up_to(1 << 30), get(), Buffers::default());
    let mut exchanged = Box::pin(exchange(&mut connection, &request, &mut sink, &buffers, &clock));
    // The rest is sent only after the first byte has been seen.
    let answer = std::future::poll_fn(|cx| {
        let polled = exchanged.as_mut().poll(cx);
        if clock.read() > 0 {
            let _ = go_on.send(());
        }
        polled
    });
    let answer = answer.await.unwrap();
    drop(exchanged);
    assert_eq!((answer.first_byte, answer.ended), (Moment::from_nanos(1), Moment::from_nanos(2)));
    assert_eq!(sink.into_body().len(), 50);
}

#[tokio::test]
async fn a_large_body_passes_whether_kept_or_not() {
    let response: &'static str =
        format!("HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n{}", "x".repeat(3_000_000)).leak();
    let mut connection = connect(serve(answering(response))).await;
    assert_eq!(fetch(&mut connection).await.unwrap().1.len(), 3_000_000);
    exchange(&mut connection, &get(), &mut Discard, &Buffers::default(), &Readings::default()).await.unwrap();
    assert_eq!(connection.take_traffic().1, 2 * response.len() as u64);
    let mut sink = Collect::up_to(1_000_000);
    let failure =
        exchange(&mut connection, &get(), &mut sink, &Buffers::default(), &Readings::default()).await.unwrap_err();
    assert!(matches!(&failure, Unanswered::Failed(error) if error.text() == "body is larger than 1000000 bytes"));
    assert!(!connection.is_reusable());
}

#[tokio::test]
async fn a_request_body_is_sent_whole() {
    let (sender, seen) = mpsc::channel();
    let address = serve(move |mut socket| {
        sender.send(read_request(&mut socket).unwrap()).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    send(&mut connect(address).await, request("POST", "a=1")).await.unwrap();
    assert_eq!(seen.recv().unwrap(), "POST /x HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\na=1");
}

#[tokio::test]
async fn a_large_request_body_arrives_whole_at_a_server_that_takes_its_time() {
    let body: &'static str = "0123456789abcdef".repeat(200_000).leak();
    let (sender, seen) = mpsc::channel();
    let address = serve(move |mut socket| {
        let mut received = Vec::new();
        let mut piece = [0; 50_000];
        while !received.ends_with(b"end") {
            let read = socket.read(&mut piece).unwrap();
            received.extend_from_slice(&piece[..read]);
            thread::yield_now();
        }
        sender.send(String::from_utf8(received).unwrap()).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        // The connection stays open until the client closes it.
        let _ = socket.read(&mut piece);
    });
    let mut connection = connect(address).await;
    let body: &'static str = (body.to_owned() + "end").leak();
    assert_eq!(send(&mut connection, request("POST", body)).await.unwrap().0, 200);
    let seen = seen.recv().unwrap();
    let head = format!("POST /x HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len());
    assert!(seen.strip_prefix(&head).is_some_and(|rest| rest == body));
    assert_eq!(connection.take_traffic().0, (head.len() + body.len()) as u64);
    assert!(connection.is_reusable());
}

#[tokio::test]
async fn a_head_that_is_written_down_is_the_one_that_would_be_written() {
    let (sender, seen) = mpsc::channel();
    let address = serve(move |mut socket| {
        while let Some(request) = read_request(&mut socket) {
            sender.send(request).unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    let mut connection = connect(address).await;
    for body in ["", "a=1"] {
        let own = request("POST", body);
        let head = RequestHead::new(own.method().clone(), PathAndQuery::from_static("/x"), own.headers().clone());
        let mut fixed = Request::new(Rc::new(head.written(body.len())), body.into());
        send(&mut connection, own).await.unwrap();
        let expected = seen.recv().unwrap();
        let shared = fixed.clone();
        send(&mut connection, shared).await.unwrap();
        assert_eq!(seen.recv().unwrap(), expected);
        fixed.headers_mut().insert("x-own", http::HeaderValue::from_static("1"));
        send(&mut connection, fixed).await.unwrap();
        assert!(seen.recv().unwrap().contains("\r\nx-own: 1\r\n"));
    }
}

#[tokio::test]
async fn a_server_that_ends_its_side_without_an_answer_is_told() {
    let (hold, held) = mpsc::channel::<()>();
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = held.recv();
    });
    let failure = fetch(&mut connect(address).await).await.unwrap_err();
    assert!(matches!(&failure, Unanswered::Failed(error) if error.kind() == FailureKind::ClosedByPeer), "{failure:?}");
    drop(hold);
}

#[tokio::test]
async fn an_answer_given_before_the_connection_is_thrown_away_is_taken() {
    // The rest of the body meets a closed socket, and its RST comes after the answer.
    let address = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1000]);
        socket.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n").unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = socket.read(&mut [0; 1000]);
    });
    let body: &'static str = "x".repeat(8_000_000).leak();
    let mut connection = connect(address).await;
    match send(&mut connection, request("POST", body)).await {
        Ok((status, _)) => assert_eq!(status, 413),
        // The kernel may throw away what has come when the RST does.
        Err(failure) => {
            assert!(matches!(&failure, Unanswered::Failed(error) if error.kind() == FailureKind::Reset), "{failure:?}");
        }
    }
    assert!(!connection.is_reusable());
}

#[test]
fn a_connection_is_small_and_so_is_an_exchange() {
    // A word less where nobody has asked tokio for more than one kind of runtime.
    assert!(size_of::<Connection>() <= 72, "{}", size_of::<Connection>());
    let exchange = size_of::<Exchange<'_, Discard, Readings>>();
    assert!(exchange <= 256, "{exchange}");
}

#[tokio::test]
async fn a_stalled_exchange_can_be_dropped() {
    let (hold, held) = mpsc::channel::<()>();
    let address = serve(move |mut socket| {
        read_request(&mut socket);
        let _ = held.recv();
    });
    let mut connection = connect(address).await;
    let mut exchanged = Box::pin(fetch(&mut connection));
    std::future::poll_fn(|cx| {
        assert!(exchanged.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(exchanged);
    assert!(!connection.is_reusable());
    drop(hold);
}

#[tokio::test]
async fn after_an_upgrade_the_connection_goes_on_as_bytes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = serve(|mut socket| {
        read_request(&mut socket);
        socket.write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\nhello").unwrap();
        crate::testing::echo(&mut socket);
    });
    let mut connection = connect(address).await;
    let (buffers, clock) = (Buffers::default(), Readings::default());
    let answer = exchange(&mut connection, &get(), &mut Discard, &buffers, &clock).await.unwrap();
    assert_eq!((answer.head.status().as_u16(), connection.is_reusable()), (101, false));
    let mut stream = connection.into_stream();
    let mut seen = answer.head.trailing().to_vec();
    // The server's first bytes may have come with the head, or after it.
    while seen.len() < 5 {
        stream.read_buf(&mut seen).await.unwrap();
    }
    assert_eq!(seen, b"hello");
    stream.write_all(b"ping").await.unwrap();
    let mut pong = [0; 4];
    stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"ping");
}

#[tokio::test]
async fn a_body_that_keeps_coming_leaves_others_their_turn() {
    const BODY: usize = 16 << 20;
    let address = serve(|mut socket: TcpStream| {
        read_request(&mut socket);
        socket.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY}\r\n\r\n").as_bytes()).unwrap();
        socket.write_all(&vec![b'x'; BODY]).unwrap();
    });
    let mut connection = connect(address).await;
    let (request, buffers, clock) = (get(), Buffers::default(), Readings::default());
    let (mut sink, mut turns) = (Discard, 0);
    {
        let mut exchanging = std::pin::pin!(exchange(&mut connection, &request, &mut sink, &buffers, &clock));
        std::future::poll_fn(|cx| {
            turns += 1;
            // The server is ahead, so that there is always more to be read.
            std::thread::sleep(std::time::Duration::from_millis(1));
            exchanging.as_mut().poll(cx)
        })
        .await
        .unwrap();
    }
    // A turn takes 256 KiB, and what is read beyond it in one piece.
    assert!(turns >= BODY / (320 * 1024), "{turns}");
}
