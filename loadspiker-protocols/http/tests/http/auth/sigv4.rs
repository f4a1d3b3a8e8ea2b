//! AWS Signature Version 4, against a server that computes the signature from what it got.

use loadspiker_core::dsl::{Steps, exec, feed};
use loadspiker_core::feeder::records;
use loadspiker_http::auth::aws_sigv4;
use loadspiker_http::http;
use ring::hmac;
use sha2::{Digest, Sha256};

use crate::support::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the request is signed with the secret `secret of <key id>`. Paths and queries of the tests are canonical as
/// they are sent.
fn is_signed(seen: &Seen) -> Option<bool> {
    let given = seen.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    let (credential, rest) = given.split_once(", SignedHeaders=")?;
    let (signed, signature) = rest.split_once(", Signature=")?;
    let (id, scope) = credential.split_once('/')?;
    let value = |name: &str| seen.header(name).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let headers: String = signed.split(';').map(|name| format!("{name}:{}\n", value(name))).collect();
    let payload = match seen.header("x-amz-content-sha256") {
        Some("UNSIGNED-PAYLOAD") => "UNSIGNED-PAYLOAD".to_owned(),
        _ => hex(&Sha256::digest(&seen.body)),
    };
    let (method, url) = seen.line().split_once(' ')?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let request = format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{payload}");
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", seen.header("x-amz-date")?, hex(&Sha256::digest(request)));
    let mut key = format!("AWS4secret of {id}").into_bytes();
    for part in scope.split('/').chain([&*text]) {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    Some(hex(&key) == signature && signed.contains("host"))
}

fn server() -> Server {
    Server::start(|seen| reply(if is_signed(seen) == Some(true) { 200 } else { 403 }, ""))
}

#[test]
fn requests_are_signed_whole_with_the_users_own_key() {
    let server = server();
    let auth = aws_sigv4("eu-central-1", "execute-api", "#{id}", "secret of #{id}").session_token("token of #{id}");
    let chain = exec(http("get").get("/things?a=1&b=2"))
        .exec(
            http("post").post("/things").json(serde_json::json!({"n": "#{id}"})).header("x-amz-target", "Things  List"),
        )
        .exec(http("put").put("/things/1").body("all of it"));
    let users = records([[("id", "ada")], [("id", "bob")]]).circular();
    let report = run_users(2, server.protocol().auth(auth), feed(users).exec(chain));
    assert_eq!(report.global().ok_count(), 6, "{:?}", report.global().errors());
    let seen = server.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.head.contains("x-amz-security-token") && seen.header("x-amz-content-sha256").is_none())
    );
    assert!(seen.iter().any(|seen| {
        seen.head.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target")
    }));
}

#[test]
fn s3_has_the_hash_of_the_body_in_a_header() {
    let server = server();
    let signed = aws_sigv4("eu-central-1", "s3", "ada", "secret of ada");
    let chain = exec(http("put").put("/bucket/a%20b").body("content").auth(&signed))
        .exec(http("unsigned").put("/bucket/c").body("content").auth(signed.unsigned_payload()));
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().ok_count(), 2, "{:?}", report.global().errors());
    assert_eq!(server.seen()[0].header("x-amz-content-sha256").unwrap(), hex(&Sha256::digest("content")));
    assert_eq!(server.seen()[1].header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
}

#[test]
fn a_wrong_secret_is_refused_and_none_is_shown() {
    let server = server();
    let wrong = aws_sigv4("eu-central-1", "sqs", "ada", "leak");
    let report = run(server.protocol(), http("x").get("/").auth(&wrong));
    assert_eq!(only_error(&report), "status is 403, expected 2xx or 304");
    assert!(!format!("{wrong:?}").contains("leak"));
    let shown = debugged(server.protocol(), http("x").get("/").auth(wrong));
    assert!(!shown.contains("leak") && !shown.contains("Signature="), "{shown}");
}
