//! Windows authentication, against a server that verifies the proof, message by message and connection by connection.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use loadspiker_core::check::{body_string, status};
use loadspiker_core::dsl::{Steps, exec, feed, repeat};
use loadspiker_core::feeder::records;
use loadspiker_http::auth::{Ntlm, authenticate, ntlm};
use loadspiker_http::{HttpRequest, http};
use md5::{Digest, Md5};

use crate::support::*;

/// What the server knows of a connection.
enum Stage {
    /// The first two messages.
    Challenged(Vec<u8>, Vec<u8>),
    /// Who is in.
    In(String),
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The second message of NTLM, with a nonce of the connection's own.
fn challenge(connection: usize, tells_time: bool) -> Vec<u8> {
    let time: &[u8] = if tells_time { &[7, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8] } else { &[] };
    let target = [&[2, 0, 8, 0], &utf16("CORP")[..], time, &[0; 4]].concat();
    let length = [u8::try_from(target.len()).unwrap(), 0];
    let nonce = (connection as u64 + 7).to_le_bytes();
    let head = [&b"NTLMSSP\0\x02\0\0\0"[..], &[0, 0, 0, 0, 48, 0, 0, 0], &[5, 2, 0x88, 0xa2], &nonce, &[0; 8]].concat();
    [&head[..], &length, &length, &[48, 0, 0, 0], &target].concat()
}

/// Who proves by the third message to be who, if the proof is right for what was sent before.
fn proved(first: &[u8], second: &[u8], third: &[u8]) -> Option<String> {
    let field = |at: usize| {
        let length = usize::from(u16::from_le_bytes(third[at..at + 2].try_into().unwrap()));
        let offset = u32::from_le_bytes(third[at + 4..at + 8].try_into().unwrap()) as usize;
        &third[offset..offset + length]
    };
    let text = |at| {
        let units: Vec<u16> = field(at).chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        String::from_utf16(&units).unwrap()
    };
    let (response, domain, user, workstation) = (field(20), text(28), text(36), text(44));
    let password = md4::Md4::digest(utf16(&format!("secret of {user}")));
    let key = mac(&password, &[&utf16(&(user.to_uppercase() + &domain))]);
    if domain != "CORP" || response[..16] != mac(&key, &[&second[24..32], &response[16..]]) {
        return None;
    }
    if second.len() > 70 {
        let session = mac(&key, &[&response[..16]]);
        let blank = [&third[..72], &[0; 16], &third[88..]].concat();
        assert_eq!(third[72..88], mac(&session, &[first, second, &blank]));
    }
    Some(if workstation.is_empty() { user } else { format!("{user} at {workstation}") })
}

/// Says who the user is, and wants it proved for each connection.
fn intranet(scheme: &'static str, tells_time: bool) -> Server {
    let stages: Mutex<BTreeMap<usize, Stage>> = Mutex::default();
    Server::start(move |seen| {
        let stages = &mut *stages.lock().unwrap();
        let refuse = || reply_with(401, &[("www-authenticate", "Basic realm=\"x\""), ("www-authenticate", scheme)], "");
        let token = seen.header("authorization").and_then(|value| value.strip_prefix(scheme)?.strip_prefix(' '));
        let Some(message) = token.map(|token| STANDARD.decode(token).unwrap()) else {
            return match stages.get(&seen.connection) {
                Some(Stage::In(user)) => reply(200, user),
                _ => refuse(),
            };
        };
        assert!(message.starts_with(b"NTLMSSP\0"));
        match (message[8], stages.remove(&seen.connection)) {
            (1, _) => {
                let second = challenge(seen.connection, tells_time);
                let offer = format!("{scheme} {}", STANDARD.encode(&second));
                stages.insert(seen.connection, Stage::Challenged(message, second));
                reply_with(401, &[("www-authenticate", &offer)], "")
            }
            (3, Some(Stage::Challenged(first, second))) => match proved(&first, &second, &message) {
                Some(user) => {
                    stages.insert(seen.connection, Stage::In(user.clone()));
                    reply(200, &user)
                }
                None => refuse(),
            },
            _ => refuse(),
        }
    })
}

fn user(name: &str) -> Ntlm {
    ntlm(format!("CORP\\{name}"), format!("secret of {name}"))
}

/// A request by the user of whom the attribute `name` tells.
fn page() -> HttpRequest {
    let auth = ntlm("#{name}", "secret of #{name}").domain("CORP");
    http("x").get("/x").auth(auth).check(body_string().is("#{name}"))
}

fn names() -> loadspiker_core::feeder::Feeder {
    records(["ada", "bob", "cyd"].map(|name| [("name", name)])).circular()
}

#[test]
fn the_messages_go_over_one_connection_and_are_not_repeated_there() {
    for (scheme, tells_time) in [("NTLM", false), ("Negotiate", true)] {
        let server = intranet(scheme, tells_time);
        let request = http("x").post("/x").body("b").check(body_string().is("ada at desk"));
        let protocol = server.protocol().auth(user("ada").workstation("desk"));
        let report = run_users(2, protocol, exec(authenticate(user("ada"))).repeat(3, request));
        assert_all_ok(&report, "x", 6);
        assert_all_ok(&report, "x Challenge", 4);
        for connection in 0..2 {
            let seen: Vec<_> = server.seen().into_iter().filter(|seen| seen.connection == connection).collect();
            let sent: Vec<_> = seen.iter().map(|seen| seen.header("authorization").is_some()).collect();
            assert_eq!(sent, [false, true, true, false, false]);
            assert!(seen.iter().all(|seen| seen.text() == "b"));
        }
    }
}

#[test]
fn a_connection_of_a_shared_pool_is_for_one_account_alone() {
    let server = intranet("NTLM", true);
    let anonymous = http("anonymous").get("/x").no_auth().check(status().is(401));
    let protocol = server.protocol().share_connections().max_connections_per_host(4);
    let visit = feed(names()).repeat(5, exec(page()).exec(anonymous));
    let report = run_users(30, protocol.clone(), visit);
    assert_all_ok(&report, "x", 150);
    assert_all_ok(&report, "anonymous", 150);
    // Where there is room for all accounts, each of them proves its password once a connection, whoever its users are.
    let server = intranet("NTLM", true);
    let protocol = server.protocol().share_connections().max_connections_per_host(1);
    let report = run_users(10, protocol.auth(user("ada")), repeat(2, http("x").get("/x")));
    assert_all_ok(&report, "x", 20);
    assert_all_ok(&report, "x Challenge", 2);
}

#[test]
fn a_user_that_becomes_somebody_else_proves_it_over_another_connection() {
    let server = intranet("NTLM", false);
    let report = run(server.protocol(), repeat(20, feed(names()).exec(page())));
    assert_all_ok(&report, "x", 20);
    assert_all_ok(&report, "x Challenge", 6);
    // Also where there is no room for all of them.
    let report = run(server.protocol().max_connections_per_host(1), repeat(20, feed(names()).exec(page())));
    assert_all_ok(&report, "x", 20);
}

#[test]
fn a_wrong_password_is_refused_once_and_told() {
    let server = intranet("Negotiate", true);
    // A domain that is written with the user goes first.
    assert_all_ok(&run(server.protocol(), http("x").get("/x").auth(user("ada").domain("OTHER"))), "x", 1);
    for wrong in [ntlm("CORP\\ada", "wrong"), ntlm("ada", "secret of ada"), ntlm("OTHER\\ada", "secret of ada")] {
        let before = server.seen().len();
        let report = run(server.protocol(), http("x").get("/x").auth(wrong));
        assert_eq!(only_error(&report), "ntlm: the server rejected the user name, its domain or the password");
        assert_all_ok(&report, "x Challenge", 2);
        assert_eq!(server.seen().len() - before, 3);
    }
}

#[test]
fn what_the_server_does_instead_is_told() {
    let answer = |header: &'static str| Server::start(move |_| reply_with(401, &[("www-authenticate", header)], ""));
    for (header, error) in [
        ("Basic realm=\"x\"", "the server answered 401 and offers neither NTLM nor Negotiate"),
        ("Negotiate", "the server offers Negotiate, but does not accept NTLM for it"),
        ("NTLM bm90aGluZw==", "the server's challenge is not an NTLM message"),
    ] {
        let report = run(answer(header).protocol(), http("x").get("/x").auth(user("ada")));
        assert_eq!(only_error(&report), format!("ntlm: {error}"));
    }
    let closing = Server::start(|seen| {
        let offer = format!("NTLM {}", STANDARD.encode(challenge(0, false)));
        let offer = if seen.header("authorization").is_some() { &*offer } else { "NTLM" };
        match reply_with(401, &[("www-authenticate", offer), ("connection", "close")], "") {
            Reply::Answer(answer) => Reply::Last(answer),
            other => other,
        }
    });
    let report = run(closing.protocol(), http("x").get("/x").auth(user("ada")));
    assert_eq!(
        only_error(&report),
        "connection closed in the middle of its authentication: the server has to keep it open"
    );
    assert_eq!(closing.seen().len(), 2);
}

#[test]
fn what_cannot_work_is_a_mistake() {
    let server = Server::ok();
    let told = mistakes(server.protocol().keep_alive(false), http("x").get("/x").auth(user("ada")));
    assert!(told.contains("remove keep_alive(false)"), "{told}");
    let told = mistakes(server.protocol(), http("x").get("/x").auth(ntlm("CORP\\#{name}", "p")));
    assert!(told.contains("use .domain(…)"), "{told}");
    assert!(!format!("{:?}", user("ada")).contains("secret"));
    let shown = debugged(intranet("NTLM", false).protocol(), http("x").get("/x").auth(user("ada")));
    assert!(shown.matches("authorization: •••").count() == 2 && !shown.contains("TlRMTVNTUAAD"), "{shown}");
}
