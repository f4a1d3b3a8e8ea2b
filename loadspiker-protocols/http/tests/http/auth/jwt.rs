//! Tokens of the user's own making, against a server that verifies them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use loadspiker_core::DurationExt;
use loadspiker_core::dsl::{Steps, exec, feed};
use loadspiker_core::feeder::records;
use loadspiker_http::auth::{JwtAlgorithm, authenticate, jwt, jwt_with_key_file};
use loadspiker_http::http;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::*;

/// Answers with the claims of the token, if `key` has signed it.
fn server(key: &'static str) -> Server {
    Server::start(move |seen| {
        let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let Some((message, signature)) = token.rsplit_once('.') else { return reply(401, "") };
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        match hmac::verify(&key, message.as_bytes(), &signature) {
            Ok(()) => reply(200, ""),
            Err(_) => reply(401, ""),
        }
    })
}

fn claims(seen: &Seen) -> Value {
    let token = seen.header("authorization").unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[test]
fn claims_have_the_users_values_and_the_signature_is_verified() {
    let server = server("k of ada");
    let token =
        jwt(JwtAlgorithm::Hs256, "k of #{user}").claim("sub", "#{user}").claim("age", "#{age}").header("kid", "1");
    let token = token.claim("roles", ["a", "b"]).expires_in(5.minutes());
    let visit = exec(http("x").get("/").auth(&token)).exec(http("x").get("/").auth(&token));
    let ada = records([json!({"user": "ada", "age": 36})].map(|one| one.as_object().unwrap().clone())).circular();
    let report = run(server.protocol(), feed(ada).exec(visit));
    assert_all_ok(&report, "x", 2);
    let seen = claims(&server.seen()[0]);
    assert_eq!((&seen["sub"], &seen["age"], &seen["roles"]), (&json!("ada"), &json!(36), &json!(["a", "b"])));
    assert_eq!(seen["exp"].as_i64().unwrap() - seen["iat"].as_i64().unwrap(), 300);
    assert_eq!(report.global().count(), 2, "nothing else is sent");
}

#[test]
fn a_token_is_saved_by_a_step_and_keys_come_from_files() {
    let path = std::env::temp_dir().join(format!("loadspiker-jwt-{}", std::process::id()));
    std::fs::write(&path, "in a file\n").unwrap();
    let server = server("in a file");
    let token = jwt_with_key_file(JwtAlgorithm::Hs256, &path).claim("sub", 1);
    let chain = exec(authenticate(&token).save_as("token")).exec(http("x").get("/").bearer("#{token}"));
    let report = run(server.protocol(), chain);
    std::fs::remove_file(path).unwrap();
    assert_all_ok(&report, "x", 1);
}

#[test]
fn keys_that_do_not_fit_are_mistakes_and_a_missing_attribute_a_failure() {
    let server = server("k");
    for (token, mistake) in [
        (jwt(JwtAlgorithm::Rs256, "leak"), "jwt: the key for RS256 must be a private key in PEM format"),
        (jwt_with_key_file(JwtAlgorithm::Es256, "no/such.pem"), "jwt: cannot read key file no/such.pem"),
        (jwt(JwtAlgorithm::Hs256, "k").expires_in(5.millis()), "jwt: expires_in is less than a second"),
        (jwt(JwtAlgorithm::Hs256, "k").header("alg", "none"), "jwt: header(\"alg\", …) conflicts with the algorithm"),
    ] {
        assert!(!format!("{token:?}").contains("leak"));
        let told = mistakes(server.protocol(), http("x").get("/").auth(token));
        assert!(told.contains(mistake) && !told.contains("leak"), "{told}");
    }
    let set_elsewhere = loadspiker_core::dsl::exec_fn(|_| Ok(()));
    let token = jwt(JwtAlgorithm::Hs256, "k").claim("sub", "#{nobody}");
    let report = run(server.protocol(), set_elsewhere.exec(http("x").get("/").auth(token)));
    assert!(only_error(&report).starts_with("jwt: no attribute named \"nobody\""), "{}", only_error(&report));
}
