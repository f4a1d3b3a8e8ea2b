//! Responses of all kinds, whole and in pieces, and what is none.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::failure::FailureKind;
use crate::http1::Collect;

/// What became of the bytes of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Read {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    reusable: bool,
}

/// Reads what comes in such pieces, and then ends.
fn read<'a>(asked: Asked, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Read, Failure> {
    let (mut decoder, mut sink, buffers) = (Decoder::new(asked), Collect::up_to(1 << 30), Buffers::default());
    let mut complete: Option<Complete> = None;
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        match &mut complete {
            // It has come to its end before: what else comes makes the connection unusable.
            Some(complete) => complete.reusable = false,
            None => complete = decoder.take(piece, &mut sink, &buffers)?,
        }
    }
    let Complete { head, reusable } = match complete {
        Some(complete) => complete,
        None => decoder.end()?,
    };
    let fields = head.fields().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    Ok(Read { status: head.status().as_u16(), fields, body: sink.into_body(), reusable })
}

fn whole(response: &str) -> Result<Read, Failure> {
    read(Asked::Content, [response.as_bytes()])
}

fn invalid(response: &str) -> String {
    match whole(response) {
        Err(failure) if failure.kind() == FailureKind::Protocol => {
            failure.text().trim_start_matches("invalid HTTP response: ").to_owned()
        }
        other => panic!("{response:?}: {other:?}"),
    }
}

/// Body, and whether the connection can be used again.
fn body_of(response: &str) -> (String, bool) {
    let read = whole(response).unwrap();
    (String::from_utf8(read.body).unwrap(), read.reusable)
}

fn answer(body: &str, reusable: bool) -> (String, bool) {
    (body.to_owned(), reusable)
}

#[test]
fn a_connection_stays_open_if_the_response_says_so() {
    let with = |version: &str, fields: &str| {
        body_of(&format!("HTTP/{version} 200 OK\r\n{fields}content-length: 2\r\n\r\nok")).1
    };
    for (version, fields, reusable) in [
        ("1.1", "", true),
        ("1.1", "Connection: keep-alive\r\n", true),
        ("1.1", "connection: close\r\n", false),
        ("1.1", "CONNECTION: Upgrade, Close\r\n", false),
        ("1.1", "connection: close\r\nconnection: keep-alive\r\n", false),
        ("1.0", "", false),
        ("1.0", "connection: Keep-Alive\r\n", true),
        ("1.0", "connection: keep-alive, close\r\n", false),
    ] {
        assert_eq!(with(version, fields), reusable, "{version} {fields:?}");
    }
}

#[test]
fn the_end_of_a_body_follows_from_its_framing() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n\
                   2\r\nhe\r\n00003 ;name=\"va;lue\"\r\nllo\r\n0;last\r\nTrailer: x\r\nanother: y\r\n\r\n";
    assert_eq!(body_of(chunked), answer("hello", true));
    assert_eq!(
        body_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n").0.len(),
        10
    );
    assert_eq!(body_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), answer("", true));
    assert_eq!(body_of("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello"), answer("hello", false));
    assert_eq!(body_of("HTTP/1.1 200 OK\r\n\r\nhello"), answer("hello", false));
    assert_eq!(body_of("HTTP/1.1 200 OK\r\n\r\n"), answer("", false));
    assert_eq!(body_of("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), answer("", true));
}

#[test]
fn some_responses_have_no_body_whatever_they_announce() {
    let response = |status: u16| format!("HTTP/1.1 {status} X\r\ncontent-length: 5\r\n\r\n");
    let asked = |asked, status| read(asked, [response(status).as_bytes()]).map(|read| (read.body.len(), read.reusable));
    assert_eq!(asked(Asked::Head, 200), Ok((0, true)));
    assert_eq!(asked(Asked::Content, 204), Ok((0, true)));
    assert_eq!(asked(Asked::Content, 304), Ok((0, true)));
    assert_eq!(asked(Asked::Content, 200), Err(incomplete()));
    // What follows these is no HTTP.
    assert_eq!(asked(Asked::Content, 101), Ok((0, false)));
    assert_eq!(asked(Asked::Tunnel, 200), Ok((0, false)));
    assert_eq!(asked(Asked::Tunnel, 407), Err(incomplete()));
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(read(Asked::Head, [&chunked[..]]).unwrap().reusable);
}

#[test]
fn interim_responses_are_skipped_up_to_a_hundred() {
    let many = |count| format!("{}HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count));
    assert!(whole(&many(100)).is_ok());
    assert!(matches!(whole(&many(101)), Err(failure) if failure.text().contains("more than 100 interim")));
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\ncontent-length: 7\r\n\r\n";
    let read = whole(&format!("{interim}HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\nno")).unwrap();
    assert_eq!((read.status, &read.body[..], read.fields.len()), (404, &b"no"[..], 1));
    assert_eq!(whole(interim), Err(incomplete()));
}

#[test]
fn lengths_must_be_numbers_and_agree() {
    let with = |fields: &str| whole(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nok")).map(|read| read.reusable);
    for fields in
        ["content-length: 2", "content-length: 2\r\ncontent-length: 2", "content-length: 2, 2", "content-length: 002"]
    {
        assert_eq!(with(fields), Ok(true), "{fields}");
    }
    for fields in [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: 2, 3",
        "content-length: 2,",
        "content-length:",
        "content-length: +2",
        "content-length: -2",
        "content-length: 2 2",
        "content-length: 0x2",
        "content-length: 99999999999999999999",
        "content-length: many",
    ] {
        assert_eq!(with(fields), Err(head::invalid("invalid content-length parsed")), "{fields}");
    }
}

#[test]
fn a_length_beside_a_transfer_coding_does_not_count_and_ends_the_connection() {
    let both = "HTTP/1.1 200 OK\r\ncontent-length: 30\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_eq!(body_of(both), answer("ok", false));
    let old = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_eq!(invalid(old), "unexpected transfer-encoding parsed");
}

#[test]
fn what_follows_a_response_ends_the_connection() {
    assert_eq!(body_of("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok!"), answer("ok", false));
    assert_eq!(body_of("HTTP/1.1 204 X\r\n\r\nHTTP/1.1 204 X\r\n\r\n"), answer("", false));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\r\n";
    assert_eq!(body_of(chunked), answer("", false));
}

#[test]
fn what_is_no_response_is_told() {
    for (response, reason) in [
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "invalid HTTP version parsed"),
        ("HTTP/2 200\r\n\r\n", "invalid HTTP version parsed"),
        ("HTTP/1.1 abc\r\n\r\n", "invalid HTTP status-code parsed"),
        ("HTTP/1.1 099 X\r\n\r\n", "invalid HTTP status-code parsed"),
    ] {
        assert_eq!(invalid(response), reason, "{response:?}");
    }
    for chunks in [
        "\r\n",
        "x\r\n",
        "2\nok",
        "2\r\nok?\r\n",
        "2\r\nok\n",
        "2;\n",
        "g\r\n",
        "-1\r\n",
        "0\r\ntrailer\n",
        "0\r\n\rx",
        "10000000000000000\r\n",
    ] {
        let response = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(invalid(&response), "malformed chunk", "{chunks:?}");
    }
}

#[test]
fn lines_may_end_with_a_bare_line_feed_and_fields_may_be_folded() {
    let bare = "HTTP/1.1 200 OK\ncontent-length: 2\n\nok";
    assert_eq!(body_of(bare), answer("ok", true));
    let folded = "HTTP/1.1 200 OK\r\nx-list: a,\r\n  b,\r\n\tc\r\ncontent-length: 2\r\n\r\nok";
    let read = whole(folded).unwrap();
    assert_eq!(read.fields[0], ("x-list".to_owned(), b"a, b, c".to_vec()));
    assert_eq!(read.body, b"ok");
}

#[test]
fn a_line_that_is_no_field_costs_that_line_alone() {
    for (lines, named) in [
        ("no colon\r\n", &["no colon"][..]),
        ("bl ank: x\r\n", &["bl ank"]),
        ("X-Space : 1\r\n", &["X-Space"]),
        (": 1\r\n", &["(without a name)"]),
        ("zero: \0\r\n", &["zero"]),
        ("<br />\n<b>Warning</b>:  session_start(): secret in /index.php\n", &["<br />", "<b>Warning</b>"]),
        ("bad line\r\n folded: on\r\n\tto this\r\nother bad\r\n", &["bad line", "other bad"]),
        (" fold: of nothing\r\n", &[]),
        ("a line of more than forty characters, which is cut\r\n", &["a line of more than forty characters, wh…"]),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{lines}x: 1\r\ncontent-length: 2\r\n\r\nok");
        let seen = whole(&response).unwrap();
        assert_eq!((seen.fields.len(), &seen.body[..], seen.reusable), (2, &b"ok"[..], true), "{lines:?}");
        let (parsed, buffers) = (head::parse(response.as_bytes()).unwrap().unwrap(), Buffers::default());
        let head = Head::new(&response.as_bytes()[..parsed.length], &parsed, &buffers);
        assert_eq!(head.left_out().unwrap().names().collect::<Vec<_>>(), named, "{lines:?}");
        // In whatever pieces it comes.
        for size in [1, 7] {
            assert_eq!(read(Asked::Content, response.as_bytes().chunks(size)).unwrap(), seen, "{lines:?}");
        }
    }
    let parsed = head::parse(b"HTTP/1.1 200 OK\r\nx: 1\r\n\r\n").unwrap().unwrap();
    assert!(parsed.repaired.is_none());
}

#[test]
fn characters_that_no_reason_may_have_cost_the_reason_alone() {
    for reason in ["\u{1b}[31mred", "a\u{7}b", "\u{0}"] {
        let response = format!("HTTP/1.1 404 {reason}\r\nx: 1\r\ncontent-length: 2\r\n\r\nno");
        let parsed = head::parse(response.as_bytes()).unwrap().unwrap();
        assert_eq!((parsed.status.as_u16(), parsed.length), (404, response.len() - 2), "{reason:?}");
        // In whatever pieces it comes.
        for size in [1, 7, 999] {
            let read = read(Asked::Content, response.as_bytes().chunks(size)).unwrap();
            assert_eq!((&*read.body, read.reusable), (&b"no"[..], true), "{reason:?}");
        }
    }
    for line in ["HTTP/1.1 abc no", "HTTP/1.1 20\u{1b} no", "HTTP/1.1 99 \u{1b}", "HTTP/1.1 2000 \u{1b}"] {
        assert_eq!(invalid(&format!("{line}\r\n\r\n")), "invalid HTTP status-code parsed", "{line:?}");
    }
}

#[test]
fn the_end_of_a_body_is_known_although_a_space_stands_before_the_colon() {
    assert_eq!(body_of("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"), answer("ok", true));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding\t: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_eq!(body_of(chunked), answer("ok", true));
    let two = "HTTP/1.1 200 OK\r\nContent-Length : 2\r\ncontent-length: 3\r\n\r\nok";
    assert_eq!(invalid(two), "invalid content-length parsed");
}

#[test]
fn the_charset_is_told() {
    let told = |content_type: &str| {
        let response = format!("HTTP/1.1 200 OK\r\n{content_type}content-length: 0\r\n\r\n");
        let (parsed, buffers) = (head::parse(response.as_bytes()).unwrap().unwrap(), Buffers::default());
        Head::new(response.as_bytes(), &parsed, &buffers).charset().map(str::to_owned)
    };
    assert_eq!(told(""), None);
    assert_eq!(told("content-type: text/html\r\n"), None);
    assert_eq!(told("content-type: x; charset=UTF-8\r\n").as_deref(), Some("utf-8"));
    assert_eq!(told("Content-Type: application/json;charset=\"utf-8\"\r\n").as_deref(), Some("utf-8"));
    assert_eq!(told("content-type: text/html; charset=latin1; x=y\r\n").as_deref(), Some("latin1"));
}

#[test]
fn a_head_has_bounds() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\nok", "x".repeat(head::LIMIT));
    let pieces = |size| read(Asked::Content, long.as_bytes().chunks(size));
    let too_large = Err(head::invalid("message head is too large"));
    assert_eq!(whole(&long), too_large);
    assert_eq!(pieces(1000), too_large);
    let many = |count| format!("HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\nok", "a: b\r\n".repeat(count));
    assert_eq!(whole(&many(200)).unwrap().fields.len(), 201);
    assert_eq!(whole(&many(256)), too_large);
    // Empty lines before a response are skipped (RFC 9112 §2.2), but not without end.
    assert_eq!(read(Asked::Content, "\r\n".repeat(head::LIMIT).as_bytes().chunks(1000)), too_large);
}

#[test]
fn what_nobody_looks_at_in_a_chunked_body_has_bounds() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for chunks in [
        format!("2;{}\r\nok\r\n0\r\n\r\n", "x".repeat(70_000)),
        format!("{}2\r\nok\r\n0\r\n\r\n", "0".repeat(70_000)),
        format!("2{}\r\nok\r\n0\r\n\r\n", " ".repeat(70_000)),
        format!("2\r\nok\r\n0\r\n{}\r\n", "trailer: x\r\n".repeat(7_000)),
    ] {
        assert_eq!(invalid(&format!("{head}{chunks}")), "malformed chunk");
    }
}

#[test]
fn a_head_that_trickles_is_not_parsed_with_every_byte() {
    assert!(head::may_be_whole(b"anything", 0));
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let tried: Vec<_> = (1..=head.len()).filter(|end| *end > 1 && head::may_be_whole(&head[..*end], end - 1)).collect();
    // Not before the empty line, and then at once.
    assert_eq!(tried.first(), Some(&(head.len() - 1)));
    assert_eq!(tried.last(), Some(&head.len()));
}

/// Responses with bodies of every framing, some with a mistake in them.
fn response() -> impl Strategy<Value = Vec<u8>> {
    let body = || vec(any::<u8>(), 0..40);
    let chunks = vec(vec(any::<u8>(), 1..20), 0..4).prop_map(|chunks| {
        let mut text = b"transfer-encoding: chunked\r\n\r\n".to_vec();
        for chunk in chunks {
            text.extend(format!("{:x};e=1\r\n", chunk.len()).into_bytes());
            text.extend(chunk);
            text.extend(b"\r\n");
        }
        text.extend(b"0\r\nt: x\r\n\r\n");
        text
    });
    let sized = (body(), 0..3_usize)
        .prop_map(|(body, lie)| [format!("Content-Length: {}\r\n\r\n", body.len() + lie).into_bytes(), body].concat());
    let rest = prop_oneof![chunks, sized, body().prop_map(|body| [b"\r\n".to_vec(), body].concat())];
    let start = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"),
        Just("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"),
        Just("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 X\r\nconnection: close\r\n"),
        Just("HTTP/1.1 204 X\r\n"),
        Just("\r\nHTTP/1.1 301 Moved\r\nlocation: a\r\n b\r\n"),
    ];
    (start, rest, proptest::option::of((any::<prop::sample::Index>(), any::<u8>()))).prop_map(|(start, rest, flaw)| {
        let mut response = [start.as_bytes(), &rest[..]].concat();
        if let Some((index, byte)) = flaw {
            let index = index.index(response.len());
            response[index] = byte;
        }
        response
    })
}

proptest! {
    #[test]
    fn a_response_is_the_same_however_it_is_cut(
        response in response(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        head in any::<bool>(),
    ) {
        let asked = if head { Asked::Head } else { Asked::Content };
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(response.len())).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([response.len()]);
        let pieces = std::iter::once(0).chain(cuts.iter().copied()).zip(ends).map(|(from, to)| &response[from..to]);
        let at_once = read(asked, [&response[..]]);
        prop_assert_eq!(read(asked, pieces), at_once.clone());
        prop_assert_eq!(read(asked, response.chunks(1)), at_once);
    }

    #[test]
    fn whatever_comes_is_taken_or_refused_without_a_panic(pieces in vec(vec(any::<u8>(), 0..60), 0..6)) {
        let _ = read(Asked::Content, pieces.iter().map(Vec::as_slice));
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let _ = read(Asked::Content, std::iter::once(&head[..]).chain(pieces.iter().map(Vec::as_slice)));
    }
}

#[test]
fn what_follows_an_upgrade_is_kept_for_the_protocol_that_follows() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";
    let of = |pieces: &[&[u8]]| {
        let (mut decoder, mut sink, buffers) = (Decoder::new(Asked::Content), Collect::up_to(10), Buffers::default());
        let mut complete = None;
        for piece in pieces {
            complete = decoder.take(piece, &mut sink, &buffers).unwrap();
        }
        let complete = complete.unwrap();
        assert_eq!(complete.head.fields()["upgrade"], "websocket");
        (complete.head.trailing().to_vec(), complete.reusable, sink.into_body().len())
    };
    let both = [head.as_bytes(), b"\x81\x02hi"].concat();
    assert_eq!(of(&[&both]), (b"\x81\x02hi".to_vec(), false, 0));
    assert_eq!(of(&[&both[..20], &both[20..]]), (b"\x81\x02hi".to_vec(), false, 0));
    assert_eq!(of(&[head.as_bytes()]), (Vec::new(), false, 0));
}
