//! Digest authentication, against a server that verifies what RFC 7616 wants verified.

use std::collections::BTreeMap;
use std::sync::Mutex;

use loadspiker_core::check::status;
use loadspiker_core::dsl::{Steps, exec, feed, repeat};
use loadspiker_core::feeder::records;
use loadspiker_core::imperative::User;
use loadspiker_http::{UserHttp, http};
use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::support::*;

/// What a server asks for, and how long a nonce is good.
#[derive(Clone, Copy)]
struct Asks {
    algorithm: &'static str,
    qop: &'static str,
    /// Requests that a nonce is good for.
    uses: u32,
    userhash: bool,
    /// Sends the next nonce with each answer.
    next: bool,
}

const ASKS: Asks = Asks { algorithm: "MD5", qop: "auth", uses: u32::MAX, userhash: false, next: false };

fn hash(algorithm: &str, text: &str) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match algorithm.trim_end_matches("-sess") {
        "MD5" => hex(&Md5::digest(text)),
        "SHA-256" => hex(&Sha256::digest(text)),
        _ => hex(&Sha512_256::digest(text)),
    }
}

/// The parameters of credentials.
fn parameters(credentials: &str) -> BTreeMap<String, String> {
    let pairs = credentials.strip_prefix("Digest ").unwrap().split(", ");
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('"').to_owned())
    };
    pairs.map(pair).collect()
}

/// Why the server does not accept credentials: `stale`, or what is wrong.
fn fault(asks: Asks, seen: &Seen, nonces: &mut BTreeMap<String, u32>) -> Option<&'static str> {
    let given = parameters(seen.header("authorization")?);
    let get = |name: &str| given.get(name).map_or("", String::as_str);
    let h = |text: String| hash(asks.algorithm, &text);
    let (user, realm, password) = ("ada", "shop", "secret of ada");
    let name = if asks.userhash { h(format!("{user}:{realm}")) } else { user.to_owned() };
    let line = seen.line().split_once(' ').unwrap();
    let mut a1 = h(format!("{user}:{realm}:{password}"));
    if asks.algorithm.ends_with("-sess") {
        a1 = h(format!("{a1}:{}:{}", get("nonce"), get("cnonce")));
    }
    let a2 = match get("qop") {
        "auth-int" => h(format!("{}:{}:{}", line.0, line.1, h(seen.text().to_owned()))),
        _ => h(format!("{}:{}", line.0, line.1)),
    };
    let middle = match asks.qop {
        "" => String::new(),
        _ => format!("{}:{}:{}:", get("nc"), get("cnonce"), get("qop")),
    };
    let expected = h(format!("{a1}:{}:{middle}{a2}", get("nonce")));
    if get("username") != name || get("response") != expected {
        return Some("wrong credentials");
    }
    if (get("realm"), get("opaque"), get("uri")) != (realm, "o p", line.1) {
        return Some("wrong parameters");
    }
    let Some(count) = nonces.get_mut(get("nonce")) else { return Some("stale") };
    *count += 1;
    match asks.qop {
        _ if *count > asks.uses => Some("stale"),
        "" => None,
        _ if get("nc") != format!("{count:08x}") || get("cnonce").is_empty() => Some("replayed"),
        _ => None,
    }
}

fn server(asks: Asks) -> Server {
    let nonces = Mutex::new((0, BTreeMap::new()));
    Server::start(move |seen| {
        let (made, nonces) = &mut *nonces.lock().unwrap();
        let new = |made: &mut u32, nonces: &mut BTreeMap<String, u32>| {
            *made += 1;
            nonces.insert(format!("n{made}"), 0);
            format!("n{made}")
        };
        let fault = if seen.header("authorization").is_some() { fault(asks, seen, nonces) } else { Some("none") };
        let Some(fault) = fault else {
            let nonce = if asks.next { new(made, nonces) } else { String::new() };
            let info = format!("rspauth=\"x\", nextnonce=\"{nonce}\"");
            let headers = [("authentication-info", &*info)];
            return reply_with(200, if asks.next { &headers } else { &[] }, "in");
        };
        let nonce = new(made, nonces);
        let mut challenge = format!("Digest realm=\"shop\", nonce=\"{nonce}\", opaque=\"o p\"");
        for (name, value) in [("algorithm", asks.algorithm), ("qop", asks.qop)] {
            if !value.is_empty() {
                challenge.push_str(&format!(
                    ", {name}={}",
                    if name == "qop" { format!("\"{value}\"") } else { value.into() }
                ));
            }
        }
        challenge.push_str(if asks.userhash { ", userhash=true" } else { "" });
        challenge.push_str(if fault == "stale" { ", stale=true" } else { "" });
        reply_with(401, &[("www-authenticate", "Basic realm=\"shop\""), ("www-authenticate", &challenge)], fault)
    })
}

#[test]
fn one_challenge_is_answered_and_its_nonce_counts_on() {
    for (algorithm, qop) in [
        ("MD5", "auth"),
        ("SHA-256", "auth"),
        ("SHA-512-256", "auth"),
        ("MD5-sess", "auth"),
        ("SHA-256", "auth-int"),
        ("SHA-256", "auth,auth-int"),
        ("MD5", ""),
    ] {
        let server = server(Asks { algorithm, qop, ..ASKS });
        let chain = exec(http("a").get("/a?x=%20y&z=1").digest_auth("ada", "#{password}"))
            .repeat(3, http("b").post("/b").body("body of #{userId()}").digest_auth("ada", "#{password}"));
        let known = feed(records([[("password", "secret of ada")]]).circular()).exec(chain);
        let report = run_users(2, server.protocol(), known);
        assert_eq!(report.global().failed_count(), 0, "{algorithm} {qop}: {:?}", report.global().errors());
        assert_all_ok(&report, "a Challenge", 2);
        assert_all_ok(&report, "a", 2);
        assert_all_ok(&report, "b", 6);
        assert_eq!(report.global().count(), 10, "{algorithm} {qop}");
    }
}

#[test]
fn a_stale_nonce_is_replaced_at_the_price_of_a_challenge() {
    let server = server(Asks { uses: 2, ..ASKS });
    let report = run(server.protocol().digest_auth("ada", "secret of ada"), repeat(6, http("x").get("/")));
    assert_all_ok(&report, "x", 6);
    assert_all_ok(&report, "x Challenge", 3);
    assert!(server.seen().iter().all(|seen| seen.connection == 0), "the connection is kept");
}

#[test]
fn the_next_nonce_that_a_server_sends_is_used_without_a_challenge() {
    let server = server(Asks { uses: 1, next: true, algorithm: "SHA-256", ..ASKS });
    let report = run(server.protocol().digest_auth("ada", "secret of ada"), repeat(4, http("x").get("/")));
    assert_all_ok(&report, "x", 4);
    assert_all_ok(&report, "x Challenge", 1);
}

#[test]
fn user_names_are_hashed_where_the_server_wants_it() {
    let server = server(Asks { userhash: true, algorithm: "SHA-256", ..ASKS });
    let report = run(server.protocol().digest_auth("ada", "secret of ada"), repeat(2, http("x").get("/")));
    assert_all_ok(&report, "x", 2);
    assert!(!server.seen()[1].head.contains("\"ada\""), "quoted, since digests have these digits, too");
}

#[test]
fn a_wrong_password_is_tried_once() {
    let server = server(ASKS);
    let report = run(server.protocol(), http("x").get("/").digest_auth("ada", "wrong"));
    assert_eq!(report.request("x").unwrap().errors(), [("status is 401, expected 2xx or 304", 1)]);
    assert_eq!(server.seen().len(), 2);
    let report = run(server.protocol(), http("x").get("/").digest_auth("ada", "wrong").check(status().is(401)));
    assert_all_ok(&report, "x", 1);
}

#[test]
fn a_server_that_offers_no_digest_is_an_error_that_says_what_it_offers() {
    let server = Server::start(|_| reply_with(401, &[("www-authenticate", "Basic realm=\"x\"")], ""));
    let report = run(server.protocol(), http("x").get("/").digest_auth("ada", "secret"));
    assert_eq!(only_error(&report), "digest: the server answered 401 and offers Basic, but no supported digest");
    let server = Server::start(|_| reply_with(401, &[("www-authenticate", "Digest \"")], ""));
    assert!(only_error(&run(server.protocol(), http("x").get("/").digest_auth("a", "b"))).starts_with("digest: "));
}

#[test]
fn each_user_and_each_user_name_answers_its_own_challenge() {
    let server = server(ASKS);
    let names = records([[("user", "ada")], [("user", "bob")]]).circular();
    let request = || http("x").get("/").digest_auth("#{user}", "secret of ada").check(status().one_of([200, 401]));
    let report = run(server.protocol(), repeat(4, feed(names).exec(request())));
    // ada is challenged once; bob, whom the server does not know, each time, and refused.
    assert_all_ok(&report, "x Challenge", 3);
    let codes = report.request("x").unwrap().status_codes().clone();
    assert_eq!(codes, [(200, 2), (401, 2)].into());
}

#[test]
fn credentials_are_not_shown_and_the_imperative_style_has_them_too() {
    let server = server(ASKS);
    let shown = debugged(server.protocol(), http("x").get("/").digest_auth("ada", "secret of ada"));
    assert!(shown.contains("authorization: •••") && !shown.contains("response="), "{shown}");
    assert!(!format!("{:?}", http("x").get("/").digest_auth("ada", "secret of ada")).contains("secret"));
    let code = loadspiker_core::dsl::Chain::journey("code", async |user: &mut User| {
        for _ in 0..2 {
            user.http("x").get("/").digest_auth("ada", "secret of ada").send().await?;
        }
        Ok(())
    });
    let report = run(server.protocol(), code);
    assert_all_ok(&report, "x", 2);
    assert_all_ok(&report, "x Challenge", 1);
}
